#!/usr/bin/env bash
# A collection killed with SIGKILL at random moments and resumed with other rank counts must end with the very dataset
# of one that was never disturbed.
set -euo pipefail
mpiexec=$1
program=$2
samples=150
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
whole=$("$mpiexec" -n 1 "$program" "$work/whole" "$samples" 2>/dev/null)
[[ ${#whole} -eq 64 ]] || { echo "no hash from the undisturbed run: $whole"; exit 1; }
RANDOM=20260117
for trial in 1 2 3 4 5 6; do
  directory=$work/trial$trial
  interrupted=0
  for ranks in 3 1 2 3; do
    setsid "$mpiexec" -n "$ranks" "$program" "$directory" "$samples" >/dev/null 2>&1 &
    group=$!
    sleep "$((RANDOM % 2)).$((RANDOM % 5 + 4))"
    if kill -KILL -- "-$group" 2>/dev/null; then interrupted=$((interrupted + 1)); fi
    pkill -KILL -f "$directory" 2>/dev/null || true
    wait "$group" 2>/dev/null || true
  done
  rows_before=$(find "$work" -path "$directory/*.h5" | wc -l)
  resumed=$("$mpiexec" -n 2 "$program" "$directory" "$samples" 2>/dev/null)
  echo "trial $trial: killed $interrupted times, $rows_before shards were there, hash ${resumed:0:12}"
  [[ $resumed == "$whole" ]] || { echo "the hash differs from the undisturbed run's ${whole:0:12}"; exit 1; }
  if find "$directory" -name '*.damaged' -o -name '*.partial' | grep -q .; then echo "a damaged or partial shard was left behind"; exit 1; fi
done
