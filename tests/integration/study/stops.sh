#!/usr/bin/env bash
# A signal to one of two ranks, at a random moment of each stage, ends `apq run` with status 75 and one line that names stage and signal;
# the next run goes on, and in the end every product is that of a study that nobody disturbed. What was stopped is in the ledger.
# So does the job's end, of which the scheduler knows.
# Short form: one signal a stage, each of the four at least once. APQ_LONG_TESTS=1: every signal in every stage.
set -uo pipefail
mpiexec=$1
apq=$2
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 5 log; failures=$((failures + 1)); }
command=("$apq" run --config "$here/stops.yaml")
products() { # of a study: what does not depend on when it ran
  (cd "$1" && sha256sum supernet.pt predictor.pt predictor_quant.pt predictor_quant_scratch.pt train.json winners.json winners/*.json &&
    "$apq" data hash . && sed -E 's/"(seconds|[a-z_]*_seconds)": [0-9.e-]+/"\1": 0/' search.json | sha256sum)
}
"$mpiexec" -n 2 "${command[@]}" --set study.dir=whole >log 2>&1 || { fail "the undisturbed study"; exit 1; }

RANDOM=20261126
stages=(supernet collect.fp collect.quant train search verify)
signals=(TERM INT USR1 USR2)
stops=0 missed=0
ranks_of() { # pids of the ranks of a job
  local child
  for child in $(pgrep -P "$1"); do [[ $(readlink "/proc/$child/exe") != */apq-torch ]] || echo "$child"; done
}
early() { grep -c '"ended_early": true' study/ledger.json 2>/dev/null || true; }
# One run, to which a signal is sent once the stage has begun. It was there in time where that stage says that it was stopped.
disturb() { # stage, signal, seconds
  local stage=$1 signal=$2 job ended ranks before said
  before=$(early)
  "$mpiexec" -n 2 "${command[@]}" --set study.dir=study >log 2>&1 &
  job=$!
  for _ in $(seq 3000); do
    ! grep -qE "$stage: (begins|is there already)" log || break
    [[ -n $(jobs -r -p) ]] || break
    sleep 0.02
  done
  sleep "$3"
  mapfile -t ranks < <(ranks_of $job)
  [[ ${#ranks[@]} -ne 2 ]] || kill "-$signal" "${ranks[RANDOM % 2]}" 2>/dev/null
  wait $job
  ended=$?
  said=$(sed -nE "s/^apq: error: (.*): stopped by SIG$signal; run the same command again to go on$/\1/p" log)
  said=${said/collect /collect.}
  if [[ $ended -eq 75 && ($said == "$stage" || $said == data) ]] && [[ $(grep -oE "[a-z.]+: begins" log | tail -1) == "$stage: begins" ]]; then
    [[ $(grep -cE "apq: error|^\[rank" log) -eq 1 ]] || fail "$signal in $stage: more than one line"
    [[ $(early) -eq $((before + 1)) ]] || fail "$signal in $stage: not in the ledger"
    stops=$((stops + 1))
    return 0
  fi
  [[ $ended -eq 0 || ($ended -eq 75 && -n $said) ]] || fail "$signal in $stage: status $ended"
  missed=$((missed + 1))
  return 1
}
number=0
for stage in "${stages[@]}"; do
  tried=0
  if [[ -n ${APQ_LONG_TESTS:-} ]]; then of_stage=("${signals[@]}"); else of_stage=("${signals[number % 4]}"); fi
  for signal in "${of_stage[@]}"; do  # one that came too late leaves nothing to the next ones
    [[ ! -e study/.stages/$stage.json ]] || break
    disturb "$stage" "$signal" "0.$((RANDOM % 3))" && tried=$((tried + 1))
  done
  [[ $tried -gt 0 ]] || disturb "$stage" "${of_stage[0]}" 0 || fail "no signal found $stage at work"
  number=$((number + 1))
done
"$mpiexec" -n 2 "${command[@]}" --set study.dir=study >log 2>&1 || fail "the last run"
[[ $(products study) == "$(products whole)" ]] || fail "the products are others: $(diff <(products study) <(products whole))"

# The scheduler says when the job ends: root asks it once, and nothing is begun that would end later, without any signal.
mkdir bin
printf '#!/bin/sh\necho "$@" >>"%s/asked"\necho 0:50\n' "$work" >bin/squeue
chmod +x bin/squeue
supernet=("${command[@]}" --until supernet --set study.dir=ended)
SECONDS=0
# (mpiexec called by its whole name puts its own folder first on the PATH)
"$mpiexec" -n 2 env PATH="$work/bin:$PATH" SLURM_JOB_ID=77 "${supernet[@]}" --set study.stop_margin_seconds=49.8 >log 2>&1
ended=$?
[[ $ended -eq 75 ]] && grep -qE "^apq: error: (supernet|data): stopped by the job's end in [0-9]+ s; run the same command" log || fail "the job's end: status $ended"
[[ $SECONDS -lt 50 ]] || fail "the job's end was $SECONDS s ago"
[[ $(cat asked) == "-h -j 77 -o %L" ]] || fail "the scheduler was asked: $(cat asked)"
"$mpiexec" -n 2 "${supernet[@]}" --time-left 01:00:00 >log 2>&1 && cmp ended/supernet.pt whole/supernet.pt || fail "after the job's end"
"$apq" run --config "$here/stops.yaml" --set study.dir=ended --time-left soon >log 2>&1
[[ $? -eq 2 ]] && grep -q "time-left soon: is neither seconds nor HH:MM:SS" log || fail "--time-left soon"

find study -name '*.partial' -o -name '*.damaged' -o -name '*.checkpoint' | grep . && fail "something is left over"
[[ $failures -eq 0 ]] && echo "stopped $stops times ($missed signals came too late), the same products"
exit $((failures > 0))
