#!/usr/bin/env bash
# A full disk: a clear error naming file and reason, exit status 4; what was written stays valid, and with room the
# collection goes on. Needs the right to mount a small file system in a namespace of its own.
set -uo pipefail
mpiexec=$1
program=$2
if [[ ${3:-} != inside ]]; then
  unshare -m true 2>/dev/null || { echo "SKIPPED: no right to mount a small file system"; exit 77; }
  exec unshare -m "$0" "$mpiexec" "$program" inside
fi
work=$(mktemp -d)
trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/disk"
mount -t tmpfs -o size=1500k tmpfs "$work/disk" 2>/dev/null || { echo "SKIPPED: tmpfs cannot be mounted"; exit 77; }
fail() { echo "FAILED: $1"; exit 1; }

"$mpiexec" -n 2 "$program" "$work/disk/study" 200 1 >"$work/log" 2>&1
status=$?
[[ $status -eq 4 ]] || fail "ended with $status, not 4: $(cat "$work/log")"
[[ $(grep -c 'apq: error' "$work/log") -eq 1 ]] || fail "not one error line: $(cat "$work/log")"
grep -q 'apq: error: .*shards/quant/.*\.h5: cannot .*No space left on device' "$work/log" || fail "no clear error: $(cat "$work/log")"
grep -qi 'HDF5-DIAG' "$work/log" && fail "HDF5 prints its own errors: $(cat "$work/log")"
shards=$(find "$work/disk/study/shards" -name '*.h5' | wc -l)
[[ $shards -gt 0 ]] || fail "nothing was written before the disk was full"
cp -r "$work/disk/study" "$work/study"
resumed=$("$mpiexec" -n 2 "$program" "$work/study" 200 1 2>"$work/log") || fail "$(cat "$work/log")"
whole=$("$mpiexec" -n 1 "$program" "$work/whole" 200 1 2>/dev/null)
[[ $resumed == "$whole" ]] || fail "hash $resumed after the full disk, $whole without"
grep -q 'set aside' "$work/log" && fail "a shard was damaged: $(cat "$work/log")"
echo "disk full after $shards shards; same hash with more room"
