#!/bin/bash -l
#SBATCH --job-name=apq-mine-collect
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=4
#SBATCH --time=25:01:00
#SBATCH --partition=long
#SBATCH --account=a
#SBATCH --qos=q
#SBATCH --constraint=x&y
#SBATCH --mem-per-cpu=2G
#SBATCH --array=0-7%3
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output='/data/my study/launch/collect-%A_%a.log'
#SBATCH --exclusive
module load openmpi/4 || exit 1
export A="b c"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
cd /home/me || exit 1
finished='/data/my study/launch'/collect-$HOSTNAME-$$.finished
task=$SLURM_JOB_ID
[[ -z ${SLURM_ARRAY_JOB_ID:-} ]] || task=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
started='/data/my study/launch'/collect-$task.started
for _ in 1 2 3; do
rm -f "$started"
srun --kill-on-bad-exit=1 --mpi=pmix bash -c '[[ $SLURM_PROCID -ne 0 ]] || touch "$0" || exit 4; exec "$@"' "$started" /opt/apq run --config mine.yaml --set 'search.seed='\''4'\''' --until collect.quant --finished "$finished" &
step=$!
trap 'kill -USR1 "$step"; trap "" TERM' USR1
while kill -0 "$step" 2>/dev/null; do wait "$step"; done  # a signal ends a wait early
wait "$step"; status=$?
[[ ! -e $started ]] || break
[[ $status -ne 0 ]] || status=1
done
if [[ $status -eq 0 ]] && ! ls "${finished%/*}" | grep -qxF "${finished##*/}"; then
  echo "apq launch: collect: the ranks did not end their work, although their launcher ended with status 0" >&2
  status=1
fi
rm -f "$finished"
case $status in
  0) exit 0 ;;
  2|3|6|70)  # configuration, data, numbers, a bug
    echo "apq launch: collect: ended with status $status, which running again does not mend; the error above says why" >&2
    exit "$status" ;;
esac
give_up() { echo "apq launch: collect: $1; launch again to go on" >&2; exit "$status"; }
[[ ${SLURM_RESTART_COUNT:-0} -lt 100 ]] || give_up "started again 100 times, as often as resumes of the site profile allows"
if [[ $status -ne 75 ]]; then  # not stopped: a rank died, a disk was full, the start failed
  failures='/data/my study/launch'/collect-$task.failures
  echo "$(date) $(hostname): status $status" >>"$failures"
  [[ $(wc -l <"$failures") -le 3 ]] || give_up "failed more than 3 times, as often as retries of the site profile allows"
fi
echo "apq launch: collect: ended with status $status and queues again" >&2
for _ in {1..20}; do scontrol requeue "$task" && exit "$status"; sleep 15; done  # its controller may be away
give_up "cannot be queued again"
