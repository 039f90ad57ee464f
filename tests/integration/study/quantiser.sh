#!/usr/bin/env bash
# Scales of quantised layers: a new study takes those of nearly all devices and its labels say so; a study that is older than the choice keeps
# the paper's, is told so, and nothing of it is done again; labels of two kinds never come together.
set -uo pipefail
apq=$1
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 6 log; failures=$((failures + 1)); }
run() { "$apq" run --config "$here/tiny.yaml" --until collect.quant --set study.dir="$1" "${@:2}" >log 2>&1; }
identity() { strings -n 8 "$1"/shards/quant/*.h5 | grep -o 'weights per_[a-z]* [a-z]*, activations [a-z]*' | sort -u; }

run new || fail "a new study"
[[ $(identity new) == "weights per_channel "* ]] || fail "a new study's labels do not say their scales: $(identity new)"
grep -q 'weights: per_channel' new/config.yaml || fail "a new study's configuration does not say its scales"
run new && [[ $(grep -c 'is there already\|are there already' log) -ge 2 ]] || fail "a new study is done again"

old=(--set evaluator.quantiser.weights=per_tensor --set evaluator.quantiser.weight_ranges=kl --set evaluator.quantiser.activation_ranges=kl)
run old "${old[@]}" || fail "a study with the paper's scales"
[[ -z $(identity old) ]] || fail "labels with the paper's scales are no longer those of before: $(identity old)"
# As versions before the choice left it.
sed -i '/^  quantiser:/,/^  [a-z]/{/^  quantiser:/d;/^    /d}' old/config.yaml
! grep -q per_tensor old/config.yaml || fail "the configuration still says its scales"
hash=$("$apq" data hash old)
run old || fail "a study that is older than the choice"
grep -q 'quantised as the study was begun, where nothing else is said: weights per_tensor kl, activations kl' log || fail "it is not told that it keeps its scales"
grep -q 'quant: all 24 samples are there already\|collect.quant: is there already' log || fail "its labels are made again"
[[ $("$apq" data hash old) == "$hash" ]] || fail "its rows are others now"
grep -q 'weights: per_tensor' old/config.yaml || fail "what it keeps is not written down"

run old --set evaluator.quantiser.weights=per_channel --set evaluator.quantiser.weight_ranges=max; [[ $? -eq 3 ]] || fail "labels of two kinds come together"
grep -q 'begun with evaluator.quantiser = nothing, not weights per_channel max' log || fail "the other scales are not named"
run bad --set evaluator.quantiser.weights=per_channel --set evaluator.quantiser.weight_ranges=kl; [[ $? -eq 2 && ! -e bad ]] || fail "kl per channel is taken"
run release --set evaluator.fidelity=release || fail "the release's fidelity"
[[ -z $(identity release) ]] || fail "the release's fidelity has other scales than the paper: $(identity release)"
[[ $("$apq" data hash new) != "$hash" ]] || fail "both kinds of scales give the same labels: nothing is tried"
exit $((failures > 0))
