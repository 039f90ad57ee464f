#!/usr/bin/env bash
# Programs that are one source, compiled for several kinds of processors, print the same; those that this processor cannot run are left out.
set -uo pipefail
count=0
for program in "$@"; do
  output=$("$program" 2>/dev/null)
  status=$?
  [[ $status -eq 132 ]] && { echo "skipped: $(basename "$program") is for another processor"; continue; }  # SIGILL
  [[ $status -eq 0 && -n $output ]] || { echo "FAILED: $program ended with $status"; exit 1; }
  [[ $count -eq 0 || $output == "$first" ]] || { echo "FAILED: $program prints $output, not $first"; exit 1; }
  first=$output count=$((count + 1))
done
[[ $count -ge 2 ]] || exit 77
echo "$count kinds of processors: $first"
