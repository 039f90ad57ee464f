#!/usr/bin/env bash
# Whatever a finished study has made is removed or cut, one thing at a time: `apq run` makes it again, equal, and then has nothing to do; what
# nobody can make again is named. Of the files only the kinds that stale.sh does not take; APQ_LONG_TESTS=1: every file, removed and cut.
set -uo pipefail
apq=$1
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 4 log; failures=$((failures + 1)); }
run() { "$apq" run --config "$here/own_supernet.yaml" --set study.dir=study >log 2>&1; }
anew() { rm -rf study; cp -a whole study; }
stages="supernet collect.fp collect.quant train search verify report"
run || { fail "the study itself"; exit 1; }
run || fail "a second run"
cp -a study whole
hash=$("$apq" data hash whole)
without_times() { sed -E 's/"([a-z_]*seconds|finished|wall_s)": *[^,}]*//g' "$1"; }

# What has no times in it is equal to the byte; of labels the rows are.
is_equal() { # what
  local file
  [[ $("$apq" data hash study 2>&1) == "$hash" ]] || fail "$1: other labels"
  "$apq" data verify study >out 2>&1 || fail "$1: $(cat out)"
  while IFS= read -r file; do
    case $file in
      shards/* | dataset_* | .stages/* | claims/* | jobs/* | energy/* | ledger.json | report.html | supernet.log.jsonl | search.h5) continue ;;
      train.json | search.json) cmp -s <(without_times "study/$file") <(without_times "whole/$file") || fail "$1: another $file" ;;
      figures/*) [[ -s study/$file ]] || fail "$1: no $file" ;;  # of costs, too
      *) cmp -s "study/$file" "whole/$file" || fail "$1: another $file" ;;
    esac
  done < <(cd whole && find . -type f | sed 's#^\./##')
  for file in search.h5 report.html; do [[ -s study/$file ]] || fail "$1: no $file"; done
  "$apq" status study >out 2>&1 || fail "$1: no status"
  [[ $(grep -c ' done ' out) -eq 7 ]] || fail "$1: not all is done: $(cat out)"
}
heals() { # what was done to the study
  local status stage
  run; status=$?
  if [[ $status -ne 0 ]]; then
    fail "$1: apq run ends with $status"
    return
  fi
  is_equal "$1"
  run || fail "$1: a run after it"
  for stage in $stages; do grep -q "$stage: is there already" log || fail "$1: $stage is never at rest"; done
  echo "healed: $1"
}
named() { # what was done, what is said, exit status
  run; local status=$?
  [[ $status -eq $3 ]] && grep -qE "$2" log || fail "$1: ends with $status, not said: $2"
  echo "named: $1"
}

for directory in shards/fp shards/quant shards winners figures .stages claims jobs; do
  anew; rm -r "study/$directory"; heals "$directory removed"
done
anew; rm study/supernet.pt; heals "supernet.pt removed"
anew; rm study/config.yaml; heals "config.yaml removed"
anew; truncate -s -100 study/config.yaml; heals "config.yaml cut"
anew; rm study/ledger.json; named "ledger.json removed" "ledger.json" 0
anew; truncate -s -20 study/ledger.json; named "ledger.json cut" "apq: error: .*ledger.json: is not whole JSON" 3
anew; find study -type f ! -path '*/shards/*' ! -name supernet.pt -delete; heals "all but labels and supernet removed"

if [[ -n ${APQ_LONG_TESTS:-} ]]; then
  while IFS= read -r file; do
    [[ $file == ledger.json ]] && continue
    anew; rm "study/$file"; heals "$file removed"
    anew; truncate -s $(($(stat -c %s "whole/$file") / 2)) "study/$file"; heals "$file cut"
    anew; : >"study/$file"; heals "$file emptied"
  done < <(cd whole && find . -type f ! -path "./claims/*" ! -path "./jobs/*" | sed 's#^\./##' | sort)
fi
[[ $failures -eq 0 ]] && echo "all healed"
exit $((failures > 0))
