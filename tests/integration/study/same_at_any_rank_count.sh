#!/usr/bin/env bash
# One small study on real images with 1, 2 and 3 ranks, and one that is killed and resumed: equal data hashes, equal predictors,
# equal winners; a second `apq run` does nothing; damage is found.
set -euo pipefail
mpiexec=$1
apq=$2
cd "$APQ_SOURCE_DIR"
[[ -d /usr/share/datasets/fashion-mnist ]] || { echo "skipped: the package dataset-fashion-mnist is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() {  # ranks directory
  "$mpiexec" -n "$1" "$apq" run --config tests/integration/study/small.yaml --set "study.dir=$2" 2>>"$work/log" || { tail -n 5 "$work/log"; return 1; }
}
fail() { echo "FAILED: $1"; exit 1; }
without_seconds() { sed -E 's/"[a-z_]*seconds": *[-+0-9.e]+//g' "$1"; }
for ranks in 1 2 3; do
  run $ranks "$work/$ranks" || fail "apq run on $ranks ranks"
  "$apq" data hash "$work/$ranks" >"$work/$ranks.hash"
  "$apq" data verify "$work/$ranks" || fail "data verify on $ranks ranks"
  [[ -s $work/$ranks/report.html ]] || fail "no report on $ranks ranks"
done
for ranks in 2 3; do
  cmp "$work/1.hash" "$work/$ranks.hash" || fail "content hashes of 1 and $ranks ranks differ"
  for file in predictor.pt predictor_quant.pt predictor_quant_scratch.pt; do
    cmp "$work/1/$file" "$work/$ranks/$file" || fail "$file of 1 and $ranks ranks differ"
  done
  cmp "$work/1/winners.json" "$work/$ranks/winners.json" || fail "winners of 1 and $ranks ranks differ"
  cmp <(without_seconds "$work/1/search.json") <(without_seconds "$work/$ranks/search.json") || fail "fronts of 1 and $ranks ranks differ"
done

# Killed once a shard is there, with samples left to label: the run has begun, and ends before its search.
killed=$work/killed
setsid "$mpiexec" -n 3 "$apq" run --config tests/integration/study/small.yaml --set "study.dir=$killed" >/dev/null 2>&1 &
group=$!
# Whoever is in the session of mpiexec or, since Open MPI 5 gives ranks their own, has this directory on the command line.
processes() { { ps -o stat=,pid= -s "$group" | sed -n 's/^[^Z][^ ]* *//p'; pgrep -f "study.dir=$killed\$"; } 2>/dev/null | sort -un || true; }
shards() { { find "$killed/shards" -name '*.h5' 2>/dev/null || true; } | wc -l; }
for _ in $(seq 1200); do
  [[ $(shards) -eq 0 && -d /proc/$group ]] || break
  sleep 0.05
done
processes | xargs -r kill -KILL 2>/dev/null || true
for _ in $(seq 100); do [[ -n $(processes) ]] || break; sleep 0.05; done
wait "$group" 2>/dev/null && fail "the run ended by itself: nothing was killed"
[[ $(shards) -gt 0 ]] || fail "the run was killed before its first shard"
for file in search.json winners.json report.html .stages/search.json; do [[ ! -e $killed/$file ]] || fail "the run was killed too late: $file is there"; done
run 2 "$work/killed" || fail "the killed study does not resume"
"$apq" data hash "$work/killed" | cmp - "$work/1.hash" || fail "the killed and resumed study has another hash"

before=$(stat -c %Y.%s "$work/1/winners.json" "$work/1/search.json" "$work/1"/shards/*/*.h5)
run 2 "$work/1" || fail "second run"
[[ $before == "$(stat -c %Y.%s "$work/1/winners.json" "$work/1/search.json" "$work/1"/shards/*/*.h5)" ]] || fail "a finished study was done again"

shard=$(ls "$work/2"/shards/fp/*.h5 | head -n 1)
truncate -s -100 "$shard"
if "$apq" data verify "$work/2" >"$work/faults"; then fail "a truncated shard was not noticed"; fi
grep -q "$(basename "$shard")" "$work/faults" || fail "the truncated shard was not named"
echo "1, 2 and 3 ranks and a killed run agree: $(cut -c1-16 "$work/1.hash")"
