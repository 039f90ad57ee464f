#!/usr/bin/env bash
# A published folder in the hands of tools that are not ours: Croissant's own validator and loader, and h5py. They come from the Python
# index into a virtual environment in a folder that stays; without the index, or without Python's venv, the test skips.
set -uo pipefail
program=$1
apq=$2
tools=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "FAILED: $1"; exit 1; }
. "$APQ_SOURCE_DIR/tests/support/python_tools.sh" "$tools"
"$program" study 30 0 >/dev/null 2>log || fail "no study was collected: $(cat log)"
"$apq" data publish study -o out --space "$APQ_SOURCE_DIR/configs/spaces/fashion_mnist.yaml" --license CC-BY-4.0 --author 'A. Author' >/dev/null 2>log ||
  fail "nothing was published: $(cat log)"
"$apq" data publish study -o bare --space "$APQ_SOURCE_DIR/configs/spaces/fashion_mnist.yaml" >/dev/null 2>log || fail "nothing was published: $(cat log)"

"$python" - out bare <<'EOS' || fail "mlcroissant does not take croissant.json"
import csv, importlib.metadata, logging, sys
import mlcroissant
warnings = []
class Keep(logging.Handler):
    def emit(self, record):
        warnings.append(record.getMessage())
from absl import logging as absl_logging
absl_logging.get_absl_logger().addHandler(Keep(level=logging.WARNING))
for folder in sys.argv[1:]:
    dataset = mlcroissant.Dataset(jsonld=folder + "/croissant.json")  # raises where it is not valid
    assert not dataset.metadata.ctx.issues.errors, dataset.metadata.ctx.issues.report()
    assert not dataset.metadata.ctx.issues.warnings, dataset.metadata.ctx.issues.report()
    assert dataset.metadata.ctx.is_v1_1() and dataset.metadata.data_limitations and dataset.metadata.data_collection
    records = list(dataset.records("rows_quant"))
    rows = list(csv.DictReader(open(folder + "/rows/quant.csv")))
    assert len(records) == len(rows) == 30
    for record, row in zip(records, rows):
        assert record["rows_quant/id"] == int(row["id"]) and record["rows_quant/correct"] == int(row["correct"]), (record, row)
        assert abs(record["rows_quant/accuracy"] - float(row["accuracy"])) < 1e-9
assert not warnings, warnings
print("mlcroissant", importlib.metadata.version("mlcroissant"), "validates it and reads its rows")
EOS
hash=$("$python" "$APQ_SOURCE_DIR/docs/read_shards.py" out quant 2>&1 >read.csv) || fail "docs/read_shards.py: $hash"
[[ $("$apq" data list out --format json) == *"\"$hash\""* ]] || fail "docs/read_shards.py reads other rows: $hash"
[[ $(wc -l <read.csv) -eq 31 && $(sed -n 1p read.csv) == id,genes,correct,* ]] || fail "docs/read_shards.py prints $(wc -l <read.csv) lines"
echo "h5py reads the same rows"
