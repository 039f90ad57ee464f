#!/usr/bin/env bash
# Three tasks of a step that MPI does not join, as under an srun without PMIx: none of them begins, and one says why; the doctor says it too.
set -uo pipefail
apq=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
sed "s#\.\./\.\./\.\./#$APQ_SOURCE_DIR/#" "$APQ_SOURCE_DIR/tests/integration/study/small.yaml" >"$work/c.yaml"
task() { # number, then the command
  env -u PMIX_RANK -u OMPI_COMM_WORLD_SIZE SLURM_JOB_ID=77 SLURM_NTASKS=3 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=3 SLURM_PROCID="$1" SLURM_LOCALID="$1" \
    SLURM_NODEID=0 "$apq" "${@:2}"
}
for number in 0 1 2; do
  for command in run supernet; do
    task $number $command --config "$work/c.yaml" --set study.dir="$work/study" >"$work/$number.out" 2>"$work/$number.err"
    [[ $? -eq 5 ]] || fail "task $number of $command ended with another status: $(cat "$work/$number.err")"
    said=$([[ $number -eq 0 ]] && echo 1 || echo 0)
    [[ $(grep -c 'apq: error: 3 tasks were started, but each is alone.*srun --mpi=pmix' "$work/$number.err") -eq $said ]] ||
      fail "task $number of $command says: $(cat "$work/$number.err")"
  done
done
[[ ! -e $work/study ]] || fail "a task began the study"
task 0 doctor >"$work/doctor" 2>&1 && fail "the doctor finds nothing missing"
grep -A1 '^missing *MPI' "$work/doctor" | grep -q 'srun --mpi=pmix' || fail "the doctor says: $(cat "$work/doctor")"
[[ $failures -eq 0 ]]
