#!/usr/bin/env bash
# Jobs on one study at once, killed, stopped and continued: every job ends with 0 and the products are those of one undisturbed job.
set -uo pipefail
apq=$1
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 6 log log.* 2>/dev/null; failures=$((failures + 1)); }
# Training takes seconds, so that there is something to disturb.
run() { "$apq" run --config "$here/tiny.yaml" --set study.dir="$1" --set train.bootstrap=400 --set jobs.expiry=1 "${@:2}"; }
products="predictor.pt predictor_quant.pt predictor_quant_scratch.pt train.json search.json winners.json"
same_as_alone() { # study, what
  for product in $products; do cmp "alone/$product" "$1/$product" || fail "$2: $product differs from a lone run's"; done
  [[ $("$apq" data hash "$1") == "$("$apq" data hash alone)" ]] || fail "$2: the labels differ from a lone run's"
  "$apq" data verify "$1" >log || fail "$2: data verify"
  run "$1" >log 2>&1 && [[ $(grep -c 'is there already' log) -eq 6 ]] || fail "$2: something is left to do"
}
# Waits until some job of the study says that it is in the stage; its process id.
in_stage() { # study, stage
  local file
  for _ in $(seq 600); do
    file=$(grep -ls "\"stage\": \"$2\"" "$1"/jobs/*.json 2>/dev/null | head -n 1)
    [[ -n $file ]] && { sed -n 's/^ *"pid": \([0-9]*\),/\1/p' "$file"; return; }
    sleep 0.05
  done
  echo "no job came to $2" >&2
  return 1
}
state_of() { sed -n 's/^ *"state": "\(.*\)",/\1/p' "$1"/jobs/*.json | sort | tr '\n' ' '; }

run alone >log 2>&1 || { fail "the lone run"; exit 1; }

# ---- three at once
for job in 1 2 3; do run three >log.$job 2>&1 & pids[job]=$!; done
for job in 1 2 3; do wait "${pids[job]}" || fail "job $job of three ends with $?"; done
grep -qE 'waits for .*process [0-9]+' log.1 log.2 log.3 || fail "no job says for whom it waits"
[[ $(cat log.1 log.2 log.3 | grep -c 'train: is there already') -eq 2 ]] || fail "the training was not done by one of three jobs"
same_as_alone three "three jobs"
rm -f log.*
echo "ok: three at once"

# ---- killed in training, and taken over
run killed >log.1 2>&1 & first=$!
pid=$(in_stage killed train) && kill -KILL "$pid"
wait "$first" 2>/dev/null; [[ $? -eq 137 ]] || fail "the job was not killed"
[[ ! -e killed/train.json ]] || fail "the job was killed too late"
"$apq" status killed >log || fail "status of a killed job"
grep -qE "process .*" log && grep -qE " $pid .* gone +train" log || fail "status does not say that the job is gone"
run killed >log.2 2>&1 || fail "the job after a killed one ends with $?"
grep -qE 'train: .*is gone; this job takes over' log.2 || fail "the take-over is not told"
same_as_alone killed "killed in training"
rm -f log.*
echo "ok: killed in training"

# ---- stopped for longer than the expiry, taken over, continued
run stopped >log.1 2>&1 & first=$!
pid=$(in_stage stopped train) && kill -STOP "$pid"
run stopped >log.2 2>&1 || fail "the job beside a stopped one ends with $?"
grep -qE 'train: .*is gone; this job takes over' log.2 || fail "the stopped job was not taken for gone"
kill -CONT "$pid"
wait "$first" || fail "the continued job ends with $?"
same_as_alone stopped "stopped and continued"
[[ $(state_of stopped) == "ended ended " ]] || fail "the jobs say that they $(state_of stopped)"
rm -f log.*
echo "ok: stopped and continued"

# ---- another configuration beside a job at work, which trains for so long that the other comes in time, and is then told to stop
run beside --set train.bootstrap=20000 >log.1 2>&1 & first=$!
pid=$(in_stage beside train)
run beside --set train.bootstrap=20000 --set train.hidden=20 >log 2>&1; [[ $? -eq 3 ]] || fail "another training beside a job that trains was not refused"
grep -q 'works here with train.hidden = 16, not 20' log || fail "the job at work and what it works with are not named"
kill -TERM "$pid"
wait "$first"; [[ $? -eq 75 ]] || fail "the job beside a refused one was not stopped in its training"
run beside >log 2>&1 || fail "the job after a refused one ends with $?"
same_as_alone beside "after a refused job"
run beside --set train.hidden=20 >log 2>&1 || fail "the other training afterwards"
echo "ok: another configuration"
exit $((failures > 0))
