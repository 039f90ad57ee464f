#!/usr/bin/env bash
# A space of OFA-MobileNetV3's kind, in which the image size is a gene, from training to a predictor: the supernet learns, 1, 2 and 3
# ranks collect the same labels, the sizes differ in them, and `apq eval` takes the sizes of the space and no others.
set -euo pipefail
mpiexec=$1
apq=$2
cd "$APQ_SOURCE_DIR/tests/integration/study"
[[ -d /usr/share/datasets/fashion-mnist ]] || { echo "skipped: the package dataset-fashion-mnist is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1"; tail -n 5 "$work/log"; exit 1; }
"$mpiexec" -n 2 "$apq" supernet --config image_sizes.yaml --set "study.dir=$work/supernet" 2>"$work/log" || fail "supernet"
weights=$work/supernet/supernet.pt
for ranks in 1 2 3; do
  for stage in fp quant; do
    "$mpiexec" -n $ranks "$apq" collect --stage $stage --config image_sizes.yaml --set "study.dir=$work/$ranks" --set "supernet.weights=$weights" \
      2>"$work/log" || fail "collect $stage on $ranks ranks"
  done
  "$apq" data verify "$work/$ranks" >/dev/null || fail "data verify on $ranks ranks"
  "$apq" data hash "$work/$ranks" >"$work/$ranks.hash"
  cmp "$work/1.hash" "$work/$ranks.hash" || fail "labels of 1 and $ranks ranks differ"
done
"$mpiexec" -n 2 "$apq" train --stage all --study "$work/1" --format json >"$work/train.json" 2>"$work/log" || fail "train"

space=image_sizes_space.yaml
eval_at() { "$apq" eval --space $space --weights "$weights" --split validation --validation-images 500 --calibration-images 200 --format json "$@" 2>"$work/log"; }
top1() { grep '"top1"' | grep -o '[0-9.]*,' | tr -d ,; }
at_28=$(eval_at --size 28 | top1) || fail "eval at 28"
at_32=$(eval_at | top1) || fail "eval at 32"
for accuracy in "$at_28" "$at_32"; do
  awk -v a="$accuracy" 'BEGIN { exit !(a > 40) }' || fail "the largest network is at $accuracy % after training; chance is 10 %"
done
status=0
eval_at --size 30 >/dev/null || status=$?
[[ $status -eq 2 ]] && grep -q -- "--size 30: is not a size of the space; allowed: 28, 32" "$work/log" || fail "a foreign size was not refused (status $status)"
echo "1, 2 and 3 ranks agree: $(cut -c1-16 "$work/1.hash"); largest network at 28: $at_28 %, at 32: $at_32 %"
