#!/bin/bash
#SBATCH --job-name=apq-mine-results
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --time=12:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --no-requeue
#SBATCH --open-mode=append
#SBATCH --output='/data/my study/launch/results-%j.log'
! compgen -G '/data/my study/launch'/'*.ended' >&2 || { echo "apq launch: results: that ended for good; see its log" >&2; exit 1; }
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
cd /home/me || exit 1
finished='/data/my study/launch'/results-$HOSTNAME-$$.finished
mpirun /opt/apq run --config mine.yaml --set 'search.seed='\''4'\''' --finished "$finished" &
step=$!
trap 'kill -USR1 "$step"; trap "" TERM' USR1
while kill -0 "$step" 2>/dev/null; do wait "$step"; done  # a signal ends a wait early
wait "$step"; status=$?
if [[ $status -eq 0 ]] && ! ls "${finished%/*}" | grep -qxF "${finished##*/}"; then
  echo "apq launch: results: the ranks did not end their work, although their launcher ended with status 0" >&2
  status=1
fi
rm -f "$finished"
case $status in
  0) exit 0 ;;
  2|3|6|70)  # configuration, data, numbers, a bug
    touch '/data/my study/launch/results.ended'
    echo "apq launch: results: ended with status $status, which running again does not mend; the error above says why" >&2
    exit "$status" ;;
esac
exit "$status"  # the next attempt goes on
