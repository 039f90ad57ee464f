#!/usr/bin/env bash
# One of 60 subnets cannot be evaluated, for its sums are not finite: the collection ends with 59 labels and one sample in quarantine, with its
# reason; later stages, `apq status`, `apq data verify` and the report say so; --retry-quarantined tries it again.
set -uo pipefail
mpiexec=$1
apq=$2
broken_supernet=$3
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 8 log; failures=$((failures + 1)); }
samples=(--set collect.fp.samples=60 --set collect.quant.samples=12)
run() { # study, ranks, more...
  "$mpiexec" -n "$2" "$apq" run --config "$here/tiny.yaml" --until train --set study.dir="$1" "${samples[@]}" "${@:3}" >log 2>&1
}
sample=$("$broken_supernet" "$APQ_SOURCE_DIR/configs/spaces/fashion_mnist.yaml" "$APQ_SOURCE_DIR/data/fashion_mnist_supernet.pt" broken.pt 3 60 12) ||
  { echo "FAILED: no broken supernet"; exit 1; }
weights=(--set supernet.weights="$work/broken.pt")
reason="not finite"
run sound 2 || { fail "the sound study"; exit 1; }

run study 2 "${weights[@]}" || fail "a broken subnet ends the study"
grep -qE "sample $sample of stage fp: .*$reason.*in quarantine" log || fail "no word of sample $sample"
[[ $(find study/quarantine -name '*.json') == study/quarantine/fp/$sample.json ]] || fail "in quarantine: $(find study/quarantine)"
grep -qE "\"error\": \".*$reason" "study/quarantine/fp/$sample.json" && grep -q '"genes"' "study/quarantine/fp/$sample.json" &&
  grep -q '"host"' "study/quarantine/fp/$sample.json" || fail "the record: $(cat "study/quarantine/fp/$sample.json")"
"$apq" data list study >out 2>&1 && grep -qE "fp .*59" out || fail "not 59 labels: $(cat out)"
for look in "status study" "data verify study"; do
  "$apq" $look >out 2>&1 || fail "$look ends with $?"
  grep -qE "(1 sample could not be labelled: |in quarantine: sample )$sample .*$reason" out || fail "$look: no word of it: $(cat out)"
done
"$apq" report --study study >log 2>&1 && grep -qE "collect.fp: 1 sample could not be labelled: $sample \(.*$reason" study/report.html ||
  fail "the report says nothing"
run study 3 "${weights[@]}" && [[ $(grep -c "is there already" log) -eq 3 ]] || fail "something is left to do"
before=$(stat -c %Y.%i study/quarantine/fp/*.json)
run study 1 "${weights[@]}" --retry-quarantined || fail "tried again"
grep -qE "sample $sample of stage fp: .*$reason.*in quarantine" log || fail "it was not tried again"
[[ $(stat -c %Y.%i study/quarantine/fp/*.json) != "$before" ]] || fail "the record is the old one"
[[ $failures -eq 0 ]] && echo "sample $sample of 60 is in quarantine, 59 are labelled"
exit $((failures > 0))
