#!/usr/bin/env bash
# `apq status` of a study at work, one look after the other: rows, processor seconds and the beats of its job grow, a rate and an end are told;
# after the work nothing of that is provisional.
set -uo pipefail
mpiexec=$1
apq=$2
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
"$mpiexec" -n 2 "$apq" run --config "$here/tiny.yaml" --until collect.fp --set study.dir=study --set collect.fp.samples=400 --set jobs.expiry=4 >log 2>&1 &
job=$!
figure() { # of a look: a figure of collect.fp
  awk -v key="\"$2\":" '/^  \{/ { value = "" } $1 == key { value = $2; sub(/,$/, "", value) } /"stage": "collect.fp"/ { is_it = 1 }
    /^  \}/ { if (is_it) { print value; exit } }' "$1"
}
look() { "$apq" status study --format json >"$1" 2>status.err || fail "status: $(cat status.err)"; }
for _ in $(seq 600); do
  [[ ! -e study/config.yaml ]] || { look first; [[ $(figure first rows) -gt 0 && $(figure first core_h) != null && $(figure first kwh) != null && $(figure first jobs) -eq 1 ]] && break; }
  sleep 0.1
done
beats() { awk '$1 == "\"counter\":" { sub(/,$/, "", $2); print $2; exit }' study/jobs/*.json; }
before=$(beats)
for _ in $(seq 600); do
  look second
  [[ $(figure second rows) -gt $(figure first rows) && $(beats) -gt $((before + 1)) ]] && break
  kill -0 $job 2>/dev/null || break
  sleep 0.1
done
kill -0 $job 2>/dev/null || fail "the job ended before it was looked at twice"
is_more() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }
for key in rows core_h kwh; do is_more "$(figure second $key)" "$(figure first $key)" || fail "$key does not grow: $(figure first $key), $(figure second $key)"; done
for key in rows_per_second remaining_s; do is_more "$(figure second $key)" 0 || fail "$key is $(figure second $key)"; done
[[ $(figure second is_provisional) == true && $(figure second jobs) -eq 1 && $(figure second wanted) -eq 400 ]] || fail "the second look: $(cat second)"
wait $job || fail "the job ends with $?: $(tail -n 3 log)"
look last
[[ $(figure last rows) -eq 400 && $(figure last is_provisional) == false && $(figure last jobs) -eq 0 && $(figure last remaining_s) == 0.0 ]] || fail "the last look: $(cat last)"
is_more "$(figure last core_h)" "$(figure second core_h)" || fail "the ledger has less than the job told: $(figure second core_h), $(figure last core_h)"
[[ $failures -eq 0 ]] && echo "rows $(figure first rows), $(figure second rows), $(figure last rows); core h $(figure first core_h), $(figure second core_h), $(figure last core_h)"
exit $((failures > 0))
