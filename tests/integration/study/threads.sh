#!/usr/bin/env bash
# Predictors do not depend on what a launcher or a user's environment says of threads, kernels and cores: they are equal to the bit.
set -uo pipefail
mpiexec=$1 apq=$2
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 4 log; failures=$((failures + 1)); }
# Hidden layers of the default width: products large enough for BLAS to share among threads.
options=(run --config "$here/tiny.yaml" --until train --set train.hidden=400 --set train.bootstrap=2 --set 'train.curve=[]')
clean=(env -u OMP_NUM_THREADS -u OPENBLAS_NUM_THREADS)
"${clean[@]}" "$apq" "${options[@]}" --set study.dir=study >log 2>&1 || { fail "the study itself"; exit 1; }
cp -r study whole
predictors=(predictor.pt predictor_quant.pt predictor_quant_scratch.pt)

trains_alike() { # name, command that stands before apq
  "${@:2}" "$apq" "${options[@]}" --set study.dir=study --redo train >log 2>&1 || fail "$1: ends with $?"
  for file in "${predictors[@]}"; do
    [[ study/$file -nt whole/$file ]] || fail "$1: $file was not made again"
    cmp -s study/$file whole/$file || fail "$1: another $file"
  done
}
for threads in 1 2 4; do
  trains_alike "OPENBLAS_NUM_THREADS=$threads" "${clean[@]}" OPENBLAS_NUM_THREADS=$threads
  trains_alike "OMP_NUM_THREADS=$threads" "${clean[@]}" OMP_NUM_THREADS=$threads
done
trains_alike "other kernels" "${clean[@]}" OPENBLAS_CORETYPE=Sandybridge ATEN_CPU_CAPABILITY=default
trains_alike "bound to a core" "${clean[@]}" taskset -c 0 env
trains_alike "two ranks, unbound" "${clean[@]}" "$mpiexec" --bind-to none -n 2
trains_alike "two ranks, bound to a core each" "${clean[@]}" "$mpiexec" --bind-to core:overload-allowed -n 2
# The executable that holds LibTorch, called without the other.
"${clean[@]}" OPENBLAS_NUM_THREADS=4 OPENBLAS_CORETYPE=Sandybridge "$apq-torch" "${options[@]}" --set study.dir=study --redo train >log 2>&1 || fail "apq-torch"
for file in "${predictors[@]}"; do cmp -s study/$file whole/$file || fail "apq-torch: another $file"; done
[[ $failures -eq 0 ]] && echo "equal predictors"
exit $((failures > 0))
