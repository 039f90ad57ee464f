#!/usr/bin/env bash
# What the kernel is asked to open by `apq run` on 3 ranks: every shard at most once a stage that reads its rows, whatever the number of
# ranks; nothing but the stages that changed read them again. Opens of HDF5 itself count.
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
at_most() { # log, stage of the rows, times, what
  local shard count shards=0
  for shard in study/shards/"$2"/*.h5; do
    shards=$((shards + 1))
    count=$(grep -cE "\"($work/)?$shard\"" "$1")
    [[ $count -le $3 ]] || fail "$4: $shard was opened $count times, not $3 at most"
    [[ $3 -eq 0 || $count -gt 0 ]] || fail "$4: $shard was never opened: the test sees nothing"
  done
  [[ $shards -gt 2 ]] || fail "$4: only $shards shards of $2"
}
traced first
at_most first fp 3 "a whole study"     # collection, training, report
at_most first quant 5 "a whole study"  # search and verification too
traced again
at_most again fp 2 "nothing to do"  # at most: what was written two seconds ago is in doubt, and looked at by the collection too
at_most again quant 2 "nothing to do"
sleep 2.1
find study/shards -name '*.h5' -exec touch -d '1 hour ago' {} +  # known by content, no longer in doubt once it is stamped again
rm study/.stages/collect.*
traced stamped
traced known
at_most known fp 0 "nothing to do, and nothing in doubt"
at_most known quant 0 "nothing to do, and nothing in doubt"
traced search --set search.population=22
at_most search fp 3 "another search"
at_most search quant 5 "another search"
[[ $failures -eq 0 ]] && echo "$(find study/shards -name '*.h5' | wc -l) shards, each opened at most once a stage on 3 ranks"
exit $((failures > 0))
