#!/usr/bin/env bash
# A study is done again by its record alone: in a directory of its own, equal to the bit at another number of ranks; what differs is named.
set -uo pipefail
mpiexec=$1
apq=$2
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 8 log; failures=$((failures + 1)); }

cp "$APQ_SOURCE_DIR/data/fashion_mnist_supernet.pt" weights.pt
"$apq" run --config "$here/tiny.yaml" --set study.dir=first --set supernet.weights="$work/weights.pt" >log 2>&1 || { fail "the first study"; exit 1; }
"$apq" data provenance first >log 2>&1 && [[ $(cat log) == first/provenance.json ]] || fail "no record: $(cat log)"
"$apq" data provenance first/ -o record.json >log 2>&1 || fail "data provenance -o"
for part in '"format": "apq provenance"' '"commit"' '"processor"' '"config"' '"supernet.weights"' '"collect.fp"' '"token"'; do
  grep -qF "$part" record.json || fail "the record lacks $part"
done

"$mpiexec" -n 2 "$apq" run --reproduce record.json >log 2>&1 || fail "done again on two ranks"
grep -q 'reproduced: the rows and every product are equal to the bit' log || fail "it came out differently"
for rows in 30 24; do grep -q "; $rows subnets in both, $rows with equal counts" log || fail "no comparison of $rows rows"; done
[[ $("$apq" data hash first) == "$("$apq" data hash first-again)" ]] || fail "other rows"
for product in predictor.pt predictor_quant.pt train.json search.json winners.json; do
  cmp "first/$product" "first-again/$product" || fail "another $product"
done

"$apq" run --reproduce record.json --set study.dir=other --set search.population=24 >log 2>&1; [[ $? -eq 1 ]] || fail "with another population"
grep -qE 'search: search.population changed \([0-9]+, now 24\)' log || fail "the other population is not named"
! grep -q 'reproduced: the rows' log || fail "another search passes for the same"

"$apq" run --reproduce record.json --set study.dir=first >log 2>&1; [[ $? -eq 2 ]] || fail "the study may be done again in its own place"
grep -q 'first: holds the study that is to be done again; choose another study.dir' log || fail "no word of the place"
ln -s first linked
for same in first/ linked; do
  "$apq" run --reproduce record.json --set study.dir=$same >log 2>&1; [[ $? -eq 2 ]] || fail "the study may be done again in its own place, called $same"
done
"$apq" run --reproduce record.json --against nowhere --set study.dir=elsewhere >log 2>&1; [[ $? -eq 4 && ! -e elsewhere ]] || fail "compared with nothing"
"$apq" data publish first -o published >log 2>&1 && "$apq" import table published --study copied >log 2>&1 || fail "a copy of the labels"
"$apq" run --reproduce record.json --set study.dir=copied >log 2>&1; [[ $? -ne 0 ]] || fail "copied labels pass for labels made again"
! grep -q 'reproduced: the rows' log || fail "copied labels pass for labels made again"
printf 'x' >>weights.pt
"$apq" run --reproduce record.json --set study.dir=changed >log 2>&1
grep -q 'weights.pt is another file than then' log || fail "other weights are not named"
rm weights.pt
"$apq" run --reproduce record.json --set study.dir=changed >log 2>&1; [[ $? -ne 0 ]] || fail "no weights, no error"
grep -q 'weights.pt is missing' log || fail "missing weights are not named"
sed -i 's/"format_version": 1/"format_version": 9/' record.json
"$apq" run --reproduce record.json --set study.dir=newer >log 2>&1; [[ $? -eq 3 ]] || fail "a record of another version is read"
exit $((failures > 0))
