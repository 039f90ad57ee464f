#!/usr/bin/env bash
# What the kernel is asked to open by a job of 3 ranks: every shard once by a collection and once by a stage that reads the dataset,
# whatever the number of ranks. HDF5's own opens count, which a counter in apq would miss.
set -uo pipefail
mpiexec=$1
program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strace -f -e trace=open,openat -o "$work/try" true 2>/dev/null || { echo "SKIPPED: no strace, or no right to trace processes"; exit 77; }
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
study=$work/study
traced() {  # log, then the program's arguments
  local log=$1
  shift
  strace -f -e trace=open,openat,openat2,creat -o "$log" "$mpiexec" -n 3 "$program" "$@" 2>"$log.err" || fail "$*: $(tail -n 3 "$log.err")"
}
# Also attempts that fail count: a parallel file system has to answer them too.
opens() { grep -cF "\"$2\"" "$1"; }
expect_opens() {  # log, times, what: of every shard that is there
  local shard shards=0
  for shard in "$study"/shards/quant/*.h5; do
    shards=$((shards + 1))
    [[ $(opens "$1" "$shard") -eq $2 ]] || fail "$3: $(basename "$shard") was opened $(opens "$1" "$shard") times, not $2"
  done
  [[ $shards -gt 2 ]] || fail "$3: only $shards shards are there"
  local strangers
  strangers=$(grep -oE "\"$study/shards/[^\"]*\.h5[^\"]*\"" "$1" | grep -cvE '\.h5"$|\.partial"$')
  [[ $strangers -eq 0 ]] || fail "$3: $strangers attempts at names that are no shard's"
}
traced "$work/first" "$study" 40 1 >"$work/hash_first"
expect_opens "$work/first" 2 "a collection from nothing and a reading"
traced "$work/read" "$study" >"$work/hash_read"
expect_opens "$work/read" 1 "a reading"
traced "$work/more" "$study" 70 1 >/dev/null
expect_opens "$work/more" 2 "a collection that goes on and a reading"
traced "$work/idle" "$study" 70 1 >/dev/null
expect_opens "$work/idle" 2 "a collection with nothing to do and a reading"
cmp -s "$work/hash_first" "$work/hash_read" || fail "the reading alone has another hash"
# A temporary file is made new and through nobody's link.
made=$(grep -E '\.partial", [A-Z_|]*O_CREAT' "$work/first")
[[ -n $made ]] || fail "no temporary file was made"
grep -vE 'O_EXCL.*O_NOFOLLOW|O_NOFOLLOW.*O_EXCL' <<<"$made" && fail "these may be somebody else's files"
echo "$(find "$study/shards" -name '*.h5' | wc -l) shards, each opened once a stage"
exit $((failures > 0))
