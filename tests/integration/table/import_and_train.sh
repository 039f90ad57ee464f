#!/usr/bin/env bash
# A small accuracy table becomes a study, and a predictor is trained on it, at 1 and 2 ranks: equal rows, equal predictor, and one
# that orders rows it has not seen.
set -euo pipefail
mpiexec=$1
apq=$2
space=$APQ_SOURCE_DIR/configs/spaces/ofa_mbv3_w1.0.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1"; tail -n 3 "$work/log" 2>/dev/null || true; exit 1; }

# 240 subnets whose accuracy grows with size, depths, kernels and ratios: counts of 10,000 images.
"$apq" space --space "$space" --random 240 --seed 5 --stage fp --format json >"$work/random.json"
tr -d ' \n' <"$work/random.json" | grep -o '{"ks":\[[^{]*"r":[0-9]*}\|{"d":\[[^{]*}' >"$work/subnets" || fail "no random subnets: $(head -c 300 "$work/random.json")"
[[ $(wc -l <"$work/subnets") -eq 240 ]] || fail "$(wc -l <"$work/subnets") subnets of 240"
awk '{
  sum = 0; line = $0
  while (match(line, /[0-9.]+/)) { sum += substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH) }
  sub(/}$/, sprintf(",\"acc\":%.4f}", 0.5 + 0.2 * sum / 4000)); print
}' "$work/subnets" >"$work/table.jsonl"

for ranks in 1 2; do
  "$mpiexec" -n $ranks "$apq" import table "$work/table.jsonl" --space "$space" --study "$work/$ranks" --images 10000 >"$work/said.$ranks" 2>>"$work/log" ||
    fail "import on $ranks ranks"
  grep -q "240 rows of stage fp, images per row: 10000" "$work/said.$ranks" || fail "import said: $(cat "$work/said.$ranks")"
  "$apq" data verify "$work/$ranks" >/dev/null || fail "the imported study is not sound"
  "$mpiexec" -n $ranks "$apq" train --study "$work/$ranks" --stage fp --set train.fp.epochs=60 --set train.bootstrap=100 --format json \
    >"$work/train.$ranks.json" 2>>"$work/log" || fail "train on $ranks ranks"
done
[[ $("$apq" data hash "$work/1") == "$("$apq" data hash "$work/2")" ]] || fail "1 and 2 ranks imported other rows"
cmp "$work/1/predictor.pt" "$work/2/predictor.pt" || fail "predictors of 1 and 2 ranks differ"
cmp <(grep -v seconds "$work/train.1.json") <(grep -v seconds "$work/train.2.json") || fail "metrics of 1 and 2 ranks differ"
tau=$(grep -A 4 '"kendall_tau"' "$work/train.1.json" | grep '"value"' | head -n 1 | grep -o '[-0-9.e]*[0-9]')
awk -v tau="$tau" 'BEGIN { exit !(tau > 0.5) }' || fail "Kendall tau of the held-out rows is $tau"

# The same table again changes nothing; another one is refused; a bad row is named and nothing is imported.
"$apq" import table "$work/table.jsonl" --space "$space" --study "$work/1" --images 10000 2>>"$work/log" | grep -q "the rows were there already" ||
  fail "a second import is not recognised"
head -n 100 "$work/table.jsonl" >"$work/other.jsonl"
status=0
"$apq" import table "$work/other.jsonl" --space "$space" --study "$work/1" --images 10000 >/dev/null 2>"$work/refused" || status=$?
[[ $status -eq 3 ]] && grep -q "holds other rows" "$work/refused" || fail "another table went into the study (status $status)"
sed '7s/"acc":0/"acc":7/' "$work/table.jsonl" >"$work/bad.jsonl"
status=0
"$apq" import table "$work/bad.jsonl" --space "$space" --study "$work/bad" --images 10000 --unit fraction >/dev/null 2>"$work/refused" || status=$?
[[ $status -eq 3 ]] && grep -q "bad.jsonl:7: " "$work/refused" || fail "a bad row was not named (status $status): $(cat "$work/refused")"
[[ ! -d $work/bad/shards/fp ]] || [[ -z $(ls "$work/bad/shards/fp") ]] || fail "rows of a table with a bad one were imported"
echo "240 rows imported and trained on at 1 and 2 ranks: Kendall tau $tau"
