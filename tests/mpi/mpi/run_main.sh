#!/usr/bin/env bash
# An error that all ranks hold alike: one line, its exit status. An error of one rank alone: that rank says so, and the job
# ends with the status although the others wait in a collective.
set -uo pipefail
mpiexec=$1
program=$2
failures=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT

expect() {  # ranks, mode, status, line that must be there exactly once
  timeout 30 "$mpiexec" -n "$1" "$program" "$2" >"$output" 2>&1
  local status=$?
  if [[ $status -ne $3 ]]; then
    echo "FAILED: $2 on $1 ranks ended with $status, not $3: $(cat "$output")"
    failures=$((failures + 1))
  fi
  if [[ $# -eq 4 && $(grep -cxF -- "$4" "$output") -ne 1 ]]; then
    echo "FAILED: $2 on $1 ranks does not print once '$4': $(cat "$output")"
    failures=$((failures + 1))
  fi
}
for ranks in 1 2 3; do
  expect $ranks ok 0
  expect $ranks status 9
  expect $ranks alike 3 "apq: error: shard 3: is damaged"
done
expect 1 alone 6 "apq: error: loss: is nan"
expect 1 unexpected 70 "apq: error: unexpected: out of range"
expect 2 alone 6 "[rank 1] error: loss: is nan"
expect 3 alone 6 "[rank 2] error: loss: is nan"
expect 3 unexpected 70 "[rank 2] error: unexpected: out of range"
expect 1 light 0 "MPI initialised: true, ranks: 1, same 0 node 1"
expect 2 light 0 "MPI initialised: true, ranks: 2, same 0.5 node 2"
alone=$("$program" light) || { echo "FAILED: light alone ended with $?"; failures=$((failures + 1)); }
[[ $alone == "MPI initialised: false, ranks: 1, same 0 node 1" ]] || { echo "FAILED: light alone: $alone"; failures=$((failures + 1)); }
[[ $failures -eq 0 ]] && echo "all endings as they should be"
exit $((failures > 0))
