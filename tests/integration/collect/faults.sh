#!/usr/bin/env bash
# An evaluator that fails, says NaN, kills its process or hangs at a sample, on request: the fault happened, the job ends as it should,
# and a run without it completes the very same dataset.
set -uo pipefail
mpiexec=$1
program=$2
samples=60
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
whole=$("$mpiexec" -n 1 "$program" "$work/whole" "$samples" 1 2>/dev/null)
[[ ${#whole} -eq 64 ]] || { echo "no hash from the undisturbed run: $whole"; exit 1; }

try() {  # fault, status ('' for any but 0), what the log says beside the fault
  local study=$work/$1 status resumed
  # The hanging job has to be ended from outside; the time is not what is tested.
  APQ_FAKE="seconds=0.005 $1@30" timeout -k 5 "${4:-60}" "$mpiexec" -n 2 "$program" "$study" "$samples" >"$study.log" 2>&1
  status=$?
  [[ $status -ne 0 ]] || fail "$1: the job ended well"
  [[ -z $2 || $status -eq $2 ]] || fail "$1: ended with $status, not $2: $(cat "$study.log")"
  [[ $(grep -c "fake evaluator: $1 at sample 30" "$study.log") -eq 1 ]] || fail "$1: the fault did not happen: $(cat "$study.log")"
  grep -q "$3" "$study.log" || fail "$1: no '$3' in $(cat "$study.log")"
  resumed=$("$mpiexec" -n 3 "$program" "$study" "$samples" 1 2>"$study.log") || fail "$1: not resumed: $(cat "$study.log")"
  [[ $resumed == "$whole" ]] || fail "$1: hash ${resumed:0:12} differs from the undisturbed run's ${whole:0:12}"
}
try error 3 "sample 30 of stage quant: the fake evaluator was asked to fail here"
try nan 6 "sample 30 of stage quant: the loss is nan"
try kill "" ""
try hang "" "" 10
[[ $failures -eq 0 ]] && echo "every fault happened, none left a trace"
exit $((failures > 0))
