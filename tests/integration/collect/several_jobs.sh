#!/usr/bin/env bash
# Several jobs at once on one stage: they end well, with the very dataset of one job, and few samples are labelled twice. One of them is
# killed; one is stopped for longer than the expiry, so that others do what it had, and goes on. So too where there are no locks.
# APQ_JOBS_REPETITIONS=N: N times each.
set -uo pipefail
mpiexec=$1
program=$2
jobs=$3
io_faults=${4:-}  # not there under sanitizers
repetitions=${APQ_JOBS_REPETITIONS:-1}
samples=240
pause=30
work=$(mktemp -d)
pids=()
trap 'kill -KILL "${pids[@]}" 2>/dev/null; rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
export APQ_EXPIRY=2
whole=$("$program" "$work/whole" "$samples" 1 2>/dev/null)
[[ ${#whole} -eq 64 ]] || { echo "no hash from the undisturbed run: $whole"; exit 1; }
shards() { find "$1/shards" -name '*.h5' 2>/dev/null | wc -l; }
is_there() { [[ -r /proc/$1/stat && $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) != Z* ]]; }

try() {  # name, number of the job that is killed (or none), of the one that is stopped (or none)
  local study=$work/$1 killed=$2 stopped=$3 job status stored labels
  pids=()
  for job in $(seq "$jobs"); do
    if [[ $job -eq 3 ]]; then "$mpiexec" -n 2 "$program" "$study" "$samples" "$pause" >"$study.$job.out" 2>"$study.$job.log" &
    else "$program" "$study" "$samples" "$pause" >"$study.$job.out" 2>"$study.$job.log" & fi
    pids+=($!)
  done
  for _ in $(seq 400); do [[ $(shards "$study") -ge $jobs ]] && break; sleep 0.02; done
  if [[ $stopped != none ]]; then
    kill -STOP "${pids[stopped - 1]}" 2>/dev/null
    is_there "${pids[stopped - 1]}" || fail "$1: job $stopped had ended before it was stopped"
  fi
  if [[ $killed != none ]]; then
    is_there "${pids[killed - 1]}" || fail "$1: job $killed had ended before it was killed"
    kill -KILL "${pids[killed - 1]}"
  fi
  if [[ $stopped != none ]]; then
    sleep 3.5
    is_there "${pids[stopped - 1]}" || fail "$1: job $stopped was not stopped"
    kill -CONT "${pids[stopped - 1]}"
  fi
  for job in $(seq "$jobs"); do
    wait "${pids[job - 1]}"
    status=$?
    if [[ $job == "$killed" ]]; then
      [[ $status -eq 137 ]] || fail "$1: job $job ended with $status, it was to be killed"
      continue
    fi
    [[ $status -eq 0 ]] || fail "$1: job $job ended with $status: $(tail -n 5 "$study.$job.log")"
    [[ $(<"$study.$job.out") == "$whole" ]] || fail "$1: job $job has hash $(<"$study.$job.out")"
  done
  read -r stored labels < <("$program" "$study" 2>&1 >/dev/null | sed -nE 's/^([0-9]+) rows stored, ([0-9]+) labels$/\1 \2/p')
  [[ ${labels:-0} -eq $samples ]] || fail "$1: ${labels:-no} labels"
  local twice=$((stored - labels))
  echo "$1: $jobs jobs, $twice of $samples samples twice"
  [[ $((10 * twice)) -le $samples ]] || fail "$1: $twice of $samples samples were labelled twice"
}
for repetition in $(seq "$repetitions"); do
  try "quiet$repetition" none none
  try "disturbed$repetition" 1 2
  [[ -n $io_faults ]] || continue
  export LD_PRELOAD=$io_faults APQ_IO_ROOT=$work APQ_IO_LOG=$work/io APQ_IO_FAULT=nolocks
  try "unlocked$repetition" 2 1
  unset LD_PRELOAD
  [[ -s $work/io ]] || fail "unlocked$repetition: nothing was watched"
  rm -f "$work/io" "$work/io.data"
done
exit $((failures > 0))
