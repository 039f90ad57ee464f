#!/usr/bin/env bash
# What the kernel is asked to open by `apq run` on 3 ranks: every shard once by whatever reads its rows, whatever the number of ranks, and
# never for a stage that did not change. Opens of HDF5 itself count, and attempts that fail.
set -uo pipefail
mpiexec=$1
apq=$2
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
strace -f -e trace=open,openat -o try true 2>/dev/null || { echo "skipped: no strace, or no right to trace processes"; exit 77; }
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
traced() { # log, arguments...
  local log=$1
  shift
  strace -f -e trace=open,openat,openat2,creat -o "$log" "$mpiexec" -n 3 "$apq" run --config "$here/tiny.yaml" --set study.dir="$work/study" \
    --set collect.shard_rows=6 "$@" 2>"$log.err" || fail "$*: $(tail -n 3 "$log.err")"
}
opens() { grep -cE "\"($work/)?$2\"" "$1"; }
expect_opens() { # log, times of a shard of fp, of quant, what
  local stage times shard count shards
  for stage in fp quant; do
    times=$2 shards=0
    [[ $stage == fp ]] || times=$3
    for shard in study/shards/$stage/*.h5; do
      shards=$((shards + 1))
      count=$(opens "$1" "$shard")
      [[ $count -eq $times ]] || fail "$4: $shard was opened $count times, not $times"
    done
    [[ $shards -gt 2 ]] || fail "$4: only $shards shards of $stage"
  done
}
ran() { # log, the stages that are done again; all others are there
  local stage
  for stage in collect.fp collect.quant train search verify report; do
    if [[ " $2 " == *" $stage "* ]]; then grep -q " $stage is stale: " "$1.err" || fail "$1: $stage was not done again"
    else grep -q " $stage: is there already" "$1.err" || fail "$1: $stage was done again"; fi
  done
}
# All that stamps know is out of doubt: a stage's last file is written within two seconds of its stamp.
believe_stamps() { sed -i -E 's/"recorded_ns": [0-9]+/"recorded_ns": 9000000000000000000/' study/.stages/*.json; }

traced first
expect_opens first 3 3 "a whole study"  # what a collection wrote is checked, then its rows are read for all stages; the report reads its own
find study/shards -name '*.h5' -exec touch {} +
traced doubt
ran doubt ""
expect_opens doubt 1 1 "nothing to do, and every shard in doubt"
rm study/.stages/collect.*
traced unstamped
expect_opens unstamped 3 3 "collections without a stamp"  # at the start; by the collection, which has nothing to do; for its stamp

believe_stamps
traced known
ran known ""
expect_opens known 0 0 "nothing to do, and nothing in doubt"
read_again=$(grep -oE "\"($work/)?study/[^\"]*\"" known | tr -d '"' | sed "s|^$work/||" | grep -vE '^study/(config.yaml|ledger.json|jobs/.*|\.stages/[a-z.]*\.json)$' |
  while read -r file; do [[ -d $file ]] || echo "$file"; done | sort -u)
[[ -z $read_again ]] || fail "nothing to do, and nothing in doubt: opened all the same: $read_again"

traced name --set study.name=other
ran name report
expect_opens name 1 1 "another name"
believe_stamps
traced search --set study.name=other --set search.population=22
ran search "search verify report"
expect_opens search 1 2 "another search"  # read for search and verification; the report reads its own
believe_stamps
traced train --set study.name=other --set search.population=22 --set train.hidden=20
ran train "train search verify report"
expect_opens train 2 2 "another training"
[[ $failures -eq 0 ]] && echo "$(find study/shards -name '*.h5' | wc -l) shards, each opened once by whatever reads their rows, on 3 ranks"
exit $((failures > 0))
