#!/usr/bin/env bash
# `apq run` killed with SIGKILL, a rank or the whole job, at random moments of all stages and gone on with by other numbers of ranks, until the
# study is done: every product is that of a study that nobody disturbed. 8 kills; APQ_KILLS=N: as many as that.
set -uo pipefail
mpiexec=$1
apq=$2
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
. "$APQ_SOURCE_DIR/tests/integration/killed_job.sh"
. "$APQ_SOURCE_DIR/tests/integration/useful_energy.sh"
trap 'end_job; rm -rf "$work"' EXIT
kills_wanted=${APQ_KILLS:-8}
fail() { echo "FAILED: $1"; tail -n 5 log; failures=$((failures + 1)); }
beat=0.05  # s; a rank takes 10 W at most
run() { # ranks, study
  start_job log "$mpiexec" -n "$1" "$apq" run --config "$here/stops.yaml" --set study.dir="$work/$2" --set energy.beat_seconds=$beat \
    --set energy.source=declared --set collect.flush_seconds=0.05
}
products() { # of a study: what does not depend on when it ran
  (cd "$1" && sha256sum supernet.pt predictor.pt predictor_quant.pt predictor_quant_scratch.pt train.json winners.json winners/*.json &&
    "$apq" data hash . && "$apq" data verify . >&2 && sed -E 's/"(seconds|[a-z_]*_seconds)": [0-9.e-]+/"\1": 0/' search.json | sha256sum)
}
began=$(date +%s%N)
run 2 whole
wait "$session" || { fail "the undisturbed study"; exit 1; }
whole_ms=$((($(date +%s%N) - began) / 1000000))
products whole >products 2>/dev/null
expect_useful whole 0 $beat

RANDOM=20261127
kills=0 studies=0
declare -A of_stage
# At least in three stages; a fast machine may be through with most of them before the first kills.
while [[ $kills -lt $kills_wanted || (${#of_stage[@]} -lt 3 && $kills -lt $((4 * kills_wanted))) ]]; do
  studies=$((studies + 1)) collecting=0
  kills_before=$kills
  while :; do
    ranks=2  # the trained supernet depends on their number, nothing else does
    [[ ! -e study/.stages/supernet.json ]] || ranks=$((1 + RANDOM % 3))
    run $ranks study
    # What is left to do gets less with every run.
    pause=$((RANDOM % (3 * whole_ms / 4)))
    for ((; pause > 0; pause -= 50)); do job_is_there || break; sleep 0.05; done
    if ! job_is_there; then
      wait "$session" || fail "it ended by itself with $?"
      session=
      break
    fi
    kill_job
    kills=$((kills + 1))
    stage=$(sed -nE 's/.* ([a-z.]+): begins.*/\1/p' log | tail -n 1)
    of_stage[${stage:-start}]=$((${of_stage[${stage:-start}]:-0} + 1))
    [[ $stage != collect.* ]] || collecting=$((collecting + 1))
  done
  products study >now 2>log || fail "after $((kills - kills_before)) kills: not whole"
  cmp -s now products || fail "after $((kills - kills_before)) kills: other products: $(diff now products)"
  expect_useful study $((3 * collecting)) $beat
  [[ $failures -eq 0 ]] || break
  rm -rf study
done
for stage in "${!of_stage[@]}"; do echo "$stage: ${of_stage[$stage]} kills"; done
[[ ${#of_stage[@]} -ge 3 ]] || fail "hardly any stage was found at work"
[[ $failures -eq 0 ]] && echo "$kills kills in $studies studies, the same products"
exit $((failures > 0))
