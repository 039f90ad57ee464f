#!/usr/bin/env bash
# A job whose ranks wait for a lost one ends, and says which; a slow rank is waited for, and so is a job that was stopped as a whole. A
# request to stop that reached one rank alone reaches all, also those that do not communicate. APQ_LONG_TESTS=1: samples of 60 s.
set -uo pipefail
mpiexec=$1
program=$2
output=$(mktemp)
trap 'rm -f "$output"' EXIT
failures=0
fail() { echo "FAILED: $1: $(cat "$output")"; failures=$((failures + 1)); }
run() {  # ranks, arguments...
  local ranks=$1
  shift
  local start=$SECONDS
  timeout -k 5 120 "$mpiexec" -n "$ranks" "$program" "$@" >"$output" 2>&1
  status=$?
  took=$((SECONDS - start))
}
says() { [[ $(grep -cE "$1" "$output") -eq 1 ]] || fail "not said once: $1"; }

for ranks in 2 3; do
  last=$((ranks - 1))
  run $ranks 2 stopped
  [[ $status -eq 5 && $took -lt 30 ]] || fail "stopped on $ranks ranks: status $status after $took s"
  says "probe: stopped begins"
  says "^\[rank $((last - 1))\] error: rank $last on $(hostname) \(process [0-9]+\) has been stopped for 2 s; the job ends with status 5, run the same command again"
done
run 3 2 asked
[[ $status -eq 75 && $took -lt 20 ]] || fail "asked: status $status after $took s"
says "^apq: error: probe: stopped by SIGINT; run the same command again to go on"
for mode in killed left; do
  run 3 2 $mode
  [[ $status -ne 0 && $took -lt 30 ]] || fail "$mode: status $status after $took s"
  says "probe: $mode begins"
done

if [[ -n ${APQ_LONG_TESTS:-} ]]; then sample=60 silent=15; else sample=4 silent=1; fi
run 2 $silent slow $sample
[[ $status -eq 0 && $took -ge $((sample - 1)) ]] || fail "a sample of $sample s: status $status after $took s"
says "probe: slow is over"

# All ranks are stopped for longer than a lost one would be, and go on one after the other.
"$mpiexec" -n 3 "$program" 2 wait 3 >"$output" 2>&1 &
job=$!
for _ in $(seq 200); do grep -q "wait begins" "$output" && break; sleep 0.05; done
ranks=()
for child in $(pgrep -P $job); do [[ $(readlink "/proc/$child/exe") != "$(realpath "$program")" ]] || ranks+=("$child"); done
[[ ${#ranks[@]} -eq 3 ]] || fail "the whole job: ${#ranks[@]} ranks were found, not 3"
kill -STOP "${ranks[@]}"
sleep 5
for rank in "${ranks[@]}"; do
  [[ $(sed 's/.*) //' "/proc/$rank/stat") == T* ]] || fail "the whole job: rank $rank was not stopped"
done
for rank in "${ranks[@]}"; do kill -CONT "$rank"; sleep 0.3; done
wait $job
status=$?
[[ $status -eq 0 ]] || fail "the whole job: status $status"
says "probe: wait is over"
[[ $failures -eq 0 ]] && echo "lost ranks end the job, slow ones do not"
exit $((failures > 0))
