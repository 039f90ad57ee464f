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

try() {  # fault, status ('' for any but 0), what the log says beside the fault, seconds until the job is ended, times that it happens
  local study=$work/$1 status resumed
  # The hanging job has to be ended from outside; the time is not what is tested.
  APQ_FAKE="seconds=0.005 $1@30" timeout -k 5 "${4:-60}" "$mpiexec" -n 2 "$program" "$study" "$samples" >"$study.log" 2>&1
  status=$?
  if [[ -z $2 ]]; then [[ $status -ne 0 ]] || fail "$1: the job ended well"
  else [[ $status -eq $2 ]] || fail "$1: ended with $status, not $2: $(cat "$study.log")"; fi
  [[ $(grep -c "fake evaluator: $1 at sample 30" "$study.log") -eq ${5:-1} ]] || fail "$1: the fault did not happen ${5:-1} times: $(cat "$study.log")"
  grep -q "$3" "$study.log" || fail "$1: no '$3' in $(cat "$study.log")"
  resumed=$(APQ_RETRY=1 "$mpiexec" -n 3 "$program" "$study" "$samples" 1 2>"$study.log") || fail "$1: not resumed: $(cat "$study.log")"
  [[ $resumed == "$whole" ]] || fail "$1: hash ${resumed:0:12} differs from the undisturbed run's ${whole:0:12}"
}
try error 0 "sample 30 of stage quant: the fake evaluator was asked to fail here.*in quarantine" 60 2
try nan 0 "sample 30 of stage quant: the loss is nan.*in quarantine" 60 2
try kill "" ""
try hang "" "" 10

# With a timeout the hanging job puts the sample into quarantine, does all else and ends; the next one has nothing left to do.
study=$work/timeout
APQ_FAKE="seconds=0.005 hang@30" APQ_SAMPLE_TIMEOUT=0.5 timeout -k 5 60 "$mpiexec" -n 2 "$program" "$study" "$samples" >"$study.log" 2>&1
status=$?
[[ $status -ne 0 && $status -ne 124 ]] || fail "timeout: ended with $status: $(cat "$study.log")"
grep -q "fake evaluator: hang at sample 30" "$study.log" || fail "timeout: the fault did not happen: $(cat "$study.log")"
grep -q "sample 30 of stage quant: has not returned after .*; all else is done" "$study.log" || fail "timeout: $(cat "$study.log")"
[[ $(find "$study/quarantine/quant" -name '*.json' | wc -l) -eq 1 && -f $study/quarantine/quant/30.json ]] || fail "timeout: not in quarantine"
"$mpiexec" -n 1 "$program" "$study" "$samples" 1 >/dev/null 2>"$study.log" || fail "timeout: the next job: $(cat "$study.log")"
grep -q "59 labels" "$study.log" || fail "timeout: not 59 labels: $(cat "$study.log")"
grep -q "1 of 60 samples could not be labelled" "$study.log" || fail "timeout: no word of it: $(cat "$study.log")"
[[ $failures -eq 0 ]] && echo "every fault happened, none left a trace"
exit $((failures > 0))
