#!/usr/bin/env bash
# What a study took, as CodeCarbon writes it down: its own file output takes our header for its own and appends to our file, and its reader
# reads our lines. CodeCarbon comes from the Python index; without it the columns are still compared with those it has (unit test).
set -uo pipefail
mpiexec=$1
apq=$2
tools=$3
. "$APQ_SOURCE_DIR/tests/support/python_tools.sh" "$tools"
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 8 log; exit 1; }
job=(env SLURM_JOB_ID=4711 SLURM_JOB_USER=somebody SLURM_JOB_ACCOUNT=physics SLURM_JOB_PARTITION=batch)
"$mpiexec" -n 2 "${job[@]}" "$apq" run --config "$here/tiny.yaml" --until train --set study.dir=study --set energy.country=DEU --set energy.pue=1.2 >log 2>&1 ||
  fail "the study"
"$apq" footprint study --format emissions >emissions.csv 2>log || fail "footprint --format emissions"
"$apq" footprint study --format json >footprint.json 2>log || fail "footprint --format json"
"$apq" footprint study --pue 2.4 --format json >doubled.json 2>log || fail "footprint --pue"
"$apq" footprint study --by job >jobs 2>log || fail "footprint --by job"
grep -q ' slurm 4711  *somebody, physics, batch; ' jobs || fail "no word of the scheduler: $(cat jobs)"

"$python" - <<'EOS' || fail "CodeCarbon does not take emissions.csv"
import json, math, os
import pandas as pd
from codecarbon.output_methods.emissions_data import EmissionsData
from codecarbon.output_methods.file import FileOutput
from codecarbon.viz.data import Data

footprint = json.load(open("footprint.json"))
ours = pd.read_csv("emissions.csv")
assert len(ours) == sum(stage["runs"] for stage in footprint["stages"]) >= 3, ours
theirs = EmissionsData(timestamp="2026-01-02T03:04:05", project_name="other", run_id="r", experiment_id="e", duration=10.0, emissions=1.0,
                       emissions_rate=0.1, cpu_power=1.0, gpu_power=2.0, ram_power=3.0, cpu_energy=4.0, gpu_energy=5.0, ram_energy=6.0,
                       energy_consumed=15.0, water_consumed=0.0, country_name="Germany", country_iso_code="DEU", region="", cloud_provider="",
                       cloud_region="", os="", python_version="", codecarbon_version="", cpu_count=1, cpu_model="", gpu_count=0, gpu_model="",
                       longitude=0, latitude=0, ram_total_size=1, tracking_mode="machine")
assert list(ours.columns) == list(theirs.values), "other columns than CodeCarbon's, or in another order"
output = FileOutput("emissions.csv", ".", on_csv_write="append")
assert output.has_valid_headers(theirs)
output.out(theirs, None)
assert not [name for name in os.listdir(".") if ".bak" in name or "backup" in name], "it set our file aside"
both = pd.read_csv("emissions.csv")
assert len(both) == len(ours) + 1 and (both.iloc[:-1].run_id == ours.run_id).all()
assert both.iloc[-1].energy_consumed == 15.0 and both.iloc[-1].project_name == "other"

summary = Data.get_project_summary(Data.get_project_data(both, "study").data)
total = footprint["total"]
assert math.isclose(summary["total"]["energy_consumed"], total["kwh"], rel_tol=1e-9), (summary, total)
assert math.isclose(summary["total"]["emissions"] * 1000, total["site_gco2e"], rel_tol=1e-9), (summary, total)
assert summary["country_iso_code"] == "DEU" and summary["country_name"] == "Germany"
assert set(ours.experiment_id) == {"slurm 4711"} and set(ours.pue) == {1.2}
doubled = json.load(open("doubled.json"))
assert math.isclose(doubled["total"]["kwh"], 2 * total["kwh"], rel_tol=1e-9)
for asked in (footprint, doubled):
    for parts in (asked["jobs"], asked["nodes"], asked["devices"]):
        assert math.isclose(sum(part["kwh"] for part in parts), asked["total"]["kwh"], rel_tol=1e-9)
        assert math.isclose(sum(sum(part["kwh_for"].values()) for part in parts), asked["total"]["kwh"], rel_tol=1e-9)
assert footprint["jobs"][0]["account"] == "physics"
EOS
echo "CodeCarbon appends to emissions.csv and reads it"
