#!/bin/bash
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
cd /home/me || exit 1
finished='/data/my study/launch'/run-$HOSTNAME-$$.finished
setsid mpirun --hostfile /etc/hosts.mpi --map-by ppr:4:node /opt/apq run --config mine.yaml --set 'search.seed='\''4'\''' --finished "$finished" &
step=$!
trap 'kill -USR1 "$step"; trap "kill -TERM $step" INT TERM HUP' INT TERM HUP USR1
while kill -0 "$step" 2>/dev/null; do wait "$step"; done  # a signal ends a wait early
wait "$step"; status=$?
if [[ $status -eq 0 ]] && ! ls "${finished%/*}" | grep -qxF "${finished##*/}"; then
  echo "apq launch: run: the ranks did not end their work, although their launcher ended with status 0" >&2
  status=1
fi
rm -f "$finished"
case $status in
  0) exit 0 ;;
  2|3|6|70)  # configuration, data, numbers, a bug
    echo "apq launch: run: ended with status $status, which running again does not mend; the error above says why" >&2
    exit "$status" ;;
esac
[[ $status -ne 75 ]] || { echo "apq launch: run: was stopped; launch again to go on" >&2; exit 75; }
failures=${APQ_LAUNCH_FAILURES:-0}
[[ $failures -lt 3 ]] || { echo "apq launch: run: failed more than 3 times, as often as retries of the site profile allows; launch again to go on" >&2; exit "$status"; }
echo "apq launch: run: ended with status $status and starts again" >&2
APQ_LAUNCH_FAILURES=$((failures + 1)) exec bash "$0"
