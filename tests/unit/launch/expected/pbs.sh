#!/bin/bash
#PBS -N apq_collect
#PBS -l select=1:ncpus=4:mpiprocs=4:mem=8gb:model=x
#PBS -l walltime=01:00:00
#PBS -q workq
#PBS -A a
#PBS -J 0-7%3
#PBS -r y
#PBS -j oe
#PBS -o '/data/my study/launch/'
! compgen -G '/data/my study/launch'/'*.ended' >&2 || { echo "apq launch: collect: that ended for good; see its log" >&2; exit 1; }
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
cd /home/me || exit 1
finished='/data/my study/launch'/collect-$HOSTNAME-$$.finished
mpirun --map-by ppr:4:node /opt/apq run --config mine.yaml --set 'search.seed='\''4'\''' --until collect.quant --finished "$finished" --time-left $((3500 - SECONDS))
status=$?
if [[ $status -eq 0 ]] && ! ls "${finished%/*}" | grep -qxF "${finished##*/}"; then
  echo "apq launch: collect: the ranks did not end their work, although their launcher ended with status 0" >&2
  status=1
fi
rm -f "$finished"
case $status in
  0) exit 0 ;;
  2|3|6|70)  # configuration, data, numbers, a bug
    touch '/data/my study/launch/collect.ended'
    echo "apq launch: collect: ended with status $status, which running again does not mend; the error above says why" >&2
    exit "$status" ;;
esac
exit "$status"  # the next attempt goes on
