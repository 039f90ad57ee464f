#!/usr/bin/env bash
# Nothing stale or damaged passes for a result: whatever a stage reads or wrote is changed, one thing at a time; `apq run` names the change,
# does again what depends on it and nothing else. What may not change is refused before anything is written.
set -uo pipefail
apq=$1
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 4 log; failures=$((failures + 1)); }
cp "$APQ_SOURCE_DIR/configs/hardware/bitfusion_edge.yaml" hardware.yaml
run() { "$apq" run --config "$here/tiny.yaml" --set study.dir=study --set cost.hardware="$work/hardware.yaml" "$@" >log 2>&1; }
all="collect.fp collect.quant train search verify report"

run || { fail "the study itself"; exit 1; }
run || fail "a second run"
for stage in $all; do grep -q "$stage: is there already" log || fail "$stage was done again without a reason"; done
cp -r study whole

# expect NAME "STAGES THAT RUN" "WHAT IS SAID" ARGUMENTS...: after a change made by the caller
expect() {
  local name=$1 stale=$2 said=$3
  shift 3
  run "$@" || fail "$name: apq run ends with $?"
  grep -qE "$said" log || fail "$name: not said: $said"
  for stage in $all; do
    if [[ " $stale " == *" $stage "* ]]; then grep -q "$stage: is there already" log && fail "$name: $stage is there already"
    else grep -q "$stage: is there already" log || fail "$name: $stage is done again"; fi
  done
  echo "ok: $name"
}
anew() { rm -rf study; cp -a whole study; }

# ---- what stages read
anew; sed -i 's/frequency_mhz: 500/frequency_mhz: 50/' hardware.yaml; grep -q 'frequency_mhz: 50$' hardware.yaml || fail "the accelerator was not changed"
expect "accelerator" "search verify report" "search is stale: cost.hardware changed"
cp "$APQ_SOURCE_DIR/configs/hardware/bitfusion_edge.yaml" hardware.yaml
[[ $(ls study/winners | wc -l) -eq 2 ]] || fail "winners of earlier limits were left: $(ls study/winners)"
anew; expect "basis of costs" "search verify report" "search is stale: cost.basis changed \(paper, now complete\)" --set cost.basis=complete
anew; expect "search settings" "search verify report" "search is stale: search.population changed \(21, now 22\)" --set search.population=22
anew; expect "predictor settings" "train search verify report" "train is stale: train.hidden changed \(16, now 20\)" --set train.hidden=20
anew; expect "more samples" "collect.quant train search verify report" "collect.quant is stale: collect.quant.samples changed \(24, now 26\)" --set collect.quant.samples=26
anew; "$here/idx_part.sh" $source_images images t10k 500 200
expect "test images" "verify report" "verify is stale: images.test changed"
"$here/idx_part.sh" $source_images images t10k 0 200
anew; expect "the study's name" "report" "report is stale: study.name changed" --set study.name=other
anew; expect "more full-precision samples" "collect.fp train search verify report" "collect.fp is stale: collect.fp.samples changed \(30, now 32\)" --set collect.fp.samples=32
# The same weights in another file: labels are what they were, what was measured without a label is measured again.
space_file=$APQ_SOURCE_DIR/configs/spaces/fashion_mnist.yaml shipped=$APQ_SOURCE_DIR/data/fashion_mnist_supernet.pt
"$apq" import weights "$shipped" --space "$space_file" --layout release --sort no -o rewritten.pt >log 2>&1 || fail "no other file of the weights"
cmp -s "$shipped" rewritten.pt && fail "the other file of the weights has the same bytes"
anew; expect "rewritten weights" "collect.fp collect.quant verify report" "collect.fp is stale: supernet.weights changed" --set supernet.weights="$work/rewritten.pt"
grep -q "all 30 samples are there already" log && cmp -s study/winners.json whole/winners.json || fail "the same weights in another file came to other results"
# A table of costs: named, then with other content under the same name.
awk 'function layer(i, o, size, kernel, stride, groups, ms) {
    key = sprintf("(%d, %d, %d, %d, %d, %d, %d)-W%dA%d", i, o, size, kernel, stride, int(kernel / 2), groups, w, a)
    if (seen[key]++) return
    ms = i * o / groups * kernel * kernel * size * size * w * a * 1e-9
    printf ", \"%s\": {\"latency\": %g, \"energy\": %g}\n", key, ms, ms
  }
  BEGIN {
    print "{\"head\": {\"latency\": 0.001, \"energy\": 0.001}, \"tail\": {\"latency\": 0.001, \"energy\": 0.001}"
    split("8 16 32", ends)
    for (w = 4; w <= 8; w += 2) for (a = 4; a <= 8; a += 2) for (middle = 12; middle <= 192; middle += 4) for (size = 4; size <= 16; size *= 2) {
      for (e in ends) { layer(ends[e], middle, size, 1, 1, 1); layer(middle, ends[e], size, 1, 1, 1) }
      for (kernel = 3; kernel <= 7; kernel += 2) for (stride = 1; stride <= 2; ++stride) layer(middle, middle, size, kernel, stride, middle)
    }
    print "}"
  }' >table.json
anew; expect "a table of costs" "search verify report" "search is stale: cost.table changed \(none, now [0-9a-f]{64}\)" --set cost.table="$work/table.json"
sed -i 's/"head": {"latency": 0.001/"head": {"latency": 0.002/' table.json; grep -q 'head": {"latency": 0.002' table.json || fail "the table was not changed"
expect "another content of the table" "search verify report" "search is stale: cost.table changed$" --set cost.table="$work/table.json"
# A search that measures reads weights, engine and images, and no predictor.
measured=(--set search.fitness=measured --set search.population=4 --set search.parents=2 --set search.mutants=2 --set search.crossovers=2 --set search.generations=1)
anew; expect "a measured search" "search verify report" "search is stale: .*search.fitness changed \(predictor, now measured\)" "${measured[@]}"
grep -q "search is stale: .*predictor_quant.pt is gone" log && grep -q "search is stale: .*supernet.weights is new" log || fail "a measured search reads what one that predicts does"
expect "another training, a measured search" "train report" "train is stale: train.hidden changed \(16, now 20\)" "${measured[@]}" --set train.hidden=20
expect "rewritten weights, a measured search" "collect.fp collect.quant search verify report" "search is stale: supernet.weights changed$" "${measured[@]}" --set train.hidden=20 --set supernet.weights="$work/rewritten.pt"

# ---- what stages wrote
damaged() { # file stages-that-run stage-named
  anew
  case $1 in
    *.json | *.html) truncate -s -20 "study/$1" ;;
    *) printf x >>"study/$1" ;;
  esac
  local name=${1//+/\\+}  # in a regular expression
  expect "cut or edited $1" "$2" "$3 is stale: .*$name is not what the stage wrote"
  anew; rm "study/$1"
  expect "removed $1" "$2" "$3 is stale: .*$name is missing"
}
damaged train.json "train report" train
damaged predictor.pt "train report" train
damaged predictor_quant.pt "train report" train
damaged predictor_quant_scratch.pt "train report" train
damaged search.h5 "search report" search
damaged search.json "search report" search
damaged "winners/$(cd whole/winners && ls | head -n 1)" "search report" search
damaged winners.json "verify report" verify
damaged report.html "report" report
damaged figures/"$(cd whole/figures && ls | head -n 1)" "report" report
# A shard: what is lost is labelled again, and as the rows are the same nothing that reads them is done again.
anew; shard=$(cd study && ls shards/fp/*.h5 | head -n 1); truncate -s -100 "study/$shard"
expect "cut shard" "collect.fp report" "collect.fp is stale: $shard is not what the stage wrote"
grep -q "set aside" log || fail "the cut shard was not set aside"
anew; rm "study/$shard"
expect "removed shard" "collect.fp report" "collect.fp is stale: $shard is missing"
# What joins the shards is no result: it stops nothing where it is damaged, and is made again; nobody misses it.
for stage in fp quant; do
  for damage in "truncate -s -100" rm; do
    anew; $damage study/dataset_$stage.h5
    run || fail "$damage dataset_$stage.h5: apq run ends with $?"
    [[ $damage == rm ]] || grep -q "dataset_$stage.h5" log || fail "$damage dataset_$stage.h5: not named"
    "$apq" data verify study >log 2>&1 || fail "$damage dataset_$stage.h5: not made again"
    "$apq" status study | grep -qE "^(train|search|verify) .* stale" && fail "$damage dataset_$stage.h5: made what reads rows stale"
  done
done

# ---- stamps
for stage in $all; do
  anew; truncate -s -10 "study/.stages/$stage.json"
  run || fail "a cut stamp of $stage"
  grep -q "$stage.json: is not whole JSON" log || fail "the cut stamp of $stage was not named"
  grep -q "$stage: is there already" log && fail "$stage was believed without its stamp"
  anew; sed -i 's/"format_version": 1/"format_version": 2/' "study/.stages/$stage.json"
  run || fail "a stamp of another version of $stage"
  grep -q "$stage.json: is of format version 2 (this apq reads 1)" log || fail "the other version of $stage's stamp was not named"
done
# A result of another version of a format is made again.
anew; sed -i 's/"format": "1, train.json 1"/"format": "1, train.json 0"/' study/.stages/train.json; grep -q 'train.json 0' study/.stages/train.json || fail "the format was not changed"
expect "another version of a format" "train report" 'train is stale: format changed \(1, train.json 0, now 1, train.json 1\)'
anew; rm -r study/.stages; run || fail "a study without stamps"
grep -q "is there already" log && fail "a stage was believed without a stamp"
cmp study/winners.json whole/winners.json || fail "the study without stamps came to other winners"
echo "ok: stamps"

# ---- status: no image, no weights, no MPI, no LibTorch
anew
"$apq" status study >out || fail "status"
[[ $(grep -c ' done ' out) -eq 6 ]] || fail "status does not say that all is done: $(cat out)"
"$apq" status study --format json | grep -q '"state": "done"' || fail "status as JSON"
sed -i 's/frequency_mhz: 500/frequency_mhz: 50/' hardware.yaml
"$apq" status study >out
grep -A1 '^search  *stale' out | grep -q "cost.hardware changed" || fail "status does not say why the search is stale: $(cat out)"
grep -A9 '^verify  *stale' out | grep -q "search is stale" || fail "status believes a verification of a stale search"
grep -q '^train  *done' out || fail "status doubts the training"
cp "$APQ_SOURCE_DIR/configs/hardware/bitfusion_edge.yaml" hardware.yaml
anew; rm study/.stages/collect.quant.json study/"$(cd study && ls shards/quant/*.h5 | head -n 1)"
"$apq" status study >out
grep -qE '^collect.quant  *in part  *[0-9]+ of 24' out || fail "status does not count the rows of a part: $(cat out)"
anew; truncate -s -10 study/.stages/train.json
"$apq" status study >out || fail "status of a cut stamp"
grep -q "train.json: is not whole JSON" out || fail "status does not name a cut stamp"
"$apq" status nowhere 2>log; [[ $? -eq 4 ]] && grep -q "nowhere: holds no study" log || fail "status of nothing"

# ---- what may not change is refused, with both values, and no file is touched
refuses() { # what is said, arguments...: the study as it is
  local said=$1 before
  shift
  before=$(sum_of)
  run "$@"
  local status=$?
  [[ $status -eq 3 ]] || fail "$*: ends with $status, not 3"
  [[ $(grep -c 'apq: error' log) -eq 1 ]] && grep -qE "apq: error: .*$said" log || fail "$*: not said: $said"
  [[ $before == "$(sum_of)" ]] || fail "$*: the refused run changed the study"
  echo "ok: refused $*"
}
refused() { anew; refuses "$@"; }
sed 's/^name: .*/name: wider/; s/width: 8,/width: 16,/' "$space_file" >other_space.yaml
sed 's/momentum: 0.1/momentum: 0.2/' "$space_file" >other_momentum.yaml
sed 's/pw_w: \[4, 6, 8\]/pw_w: [4, 8]/' "$space_file" >fewer_bits.yaml
refused "study.seed = 3, not 4" --set study.seed=4
refused "evaluator.batch = 100, not 50" --set evaluator.batch=50
refused "evaluator.calibration_batch = 250, not 50" --set evaluator.calibration_batch=50
refused "evaluator.fidelity = corrected, not release" --set evaluator.fidelity=release
refused "data.validation = 100 images [0-9a-f]+, not 120 images" --set data.validation_images=120
refused "data.calibration = 100 images [0-9a-f]+, not 90 images" --set data.calibration_images=90
refused "data.normalisation = .*, not 0.5" --set data.mean=0.5
refused "collect.sequential = off, not" --set collect.sequential.half_width_points=5
refused "collect.quant.policies_per_architecture = 1, not 2" --set collect.quant.policies_per_architecture=2
refused "keys do not match" --set space="$work/other_space.yaml"
for space in other_momentum fewer_bits; do  # the weights fit
  cmp -s "$space_file" $space.yaml && fail "$space.yaml is the study's space"
  refused "space = [0-9a-f]{64}, not fashion_mnist [0-9a-f]{64}" --set space="$work/$space.yaml"
done
# Other weights of the same space, and another engine.
run --until supernet --set study.dir=other --set supernet.weights=null --set supernet.epochs=0 --set supernet.teacher_epochs=0 --set supernet.batch=50 \
  --set supernet.monitor_images=50 || fail "other weights"
refused "supernet = [0-9a-f]{64}, not [0-9a-f]{64}" --set supernet.weights="$work/other/supernet.pt"
labels_engine=$(sed -n 's/.*"label.evaluator.engine": "\(.*\)".*/\1/p' whole/.stages/collect.fp.json)
for engine in reference onednn; do
  if [[ $engine == "$labels_engine" ]]; then anew; run --set evaluator.engine=$engine && grep -q "verify: is there already" log || fail "the study's own engine, by its name"
  elif run --check --set study.dir=nothing --set evaluator.engine=$engine; then refused "evaluator.engine = $labels_engine, not $engine" --set evaluator.engine=$engine
  else echo "skipped: this build has no engine $engine"; fi
done
"$here/idx_part.sh" $source_images images train 400 400
refused "data.calibration = 100 images [0-9a-f]+, not 100 images [0-9a-f]+"
"$here/idx_part.sh" $source_images images train 0 400
# What earlier runs cost is made again by nobody: a damaged ledger is named before anything is done, also where nothing is.
for change in "" search.population=22 collect.fp.samples=32; do
  anew; truncate -s -10 study/ledger.json
  refuses "ledger.json: is not whole JSON" ${change:+--set $change}
done
anew; sed -i 's/"format_version": 1/"format_version": 2/' study/ledger.json
refuses "ledger.json: is of format version 2 \(this apq reads 1\)" --set search.population=22
refuses "ledger.json: is of format version 2 \(this apq reads 1\)" --check

# ---- exploration replaces nothing
took() { cat study/energy/*.jsonl | grep -c '"stage":"train.explored".*"ended":"whole"' || true; }
but_what_it_took() { (cd study && find . -type f ! -path './jobs/*' ! -path './claims/*' ! -path './energy/*' ! -name ledger.json -exec sha256sum {} + | sort) | sha256sum; }
for arguments in "--train-rows 10" "--seed 99" "--train-rows 10 --stage fp"; do
  anew; before=$(but_what_it_took)
  "$apq" train --study study $arguments >out 2>log || fail "apq train $arguments"
  grep -q "fp " out || fail "apq train $arguments prints no figures"
  [[ $before == "$(but_what_it_took)" ]] || fail "apq train $arguments changed the study"
  [[ $(took) -eq 1 ]] || fail "apq train $arguments is not in the ledger: $(tail -n 2 study/energy/*.jsonl)"
done
# A command run alone goes through the same row.
for command in train search report; do
  anew; before=$(sum_of)
  "$apq" $command --study study >out 2>log || fail "apq $command"
  grep -q "$command: is there already" log && [[ $before == "$(sum_of)" ]] || fail "apq $command does again what is there"
done
anew; run --redo search || fail "--redo search"
awk -F'"repeated_j":' '/"stage":"search"/ && /"ended":"whole"/ && $2 + 0 > 0 { found = 1 } END { exit !found }' study/energy/*.jsonl || fail "--redo search is not repeated work in the ledger"
grep -q "search: is there already" log && fail "--redo search does nothing"
rm -rf study; run --until train && [[ -f study/train.json && ! -f study/search.json ]] || fail "--until train"
run --redo nothing; [[ $? -eq 2 ]] && grep -q "its stages are collect.fp, " log || fail "an unknown stage is not refused"

# ---- what is known at the start is said at the start, and nothing is made
rm -rf study
known() { # exit status, what is said, arguments...
  local status=$1 said=$2 check ended
  shift 2
  run --check "$@"; check=$?
  grep -qE "apq: error: .*$said" log || fail "--check $*: not said: $said"
  run "$@"; ended=$?
  [[ $check -eq $status && $ended -eq $status && ! -e study ]] || fail "$*: --check $check, run $ended, not $status, or a study was made"
  echo "ok: known $*"
}
echo '{}' >empty.json; echo 'array: {rows: 0}' >no_rows.yaml
known 2 "search.constraints" --set search.constraints=null
known 6 "smallest feasible latency_ms" --set 'search.constraints=[{metric: latency_ms, limit: 1.0e-6}]'
known 6 "smallest feasible macs" --set 'search.constraints=[{metric: latency_ms, limit: 0.05, also: [{metric: macs, limit: 1}]}]'
known 3 "empty.json: lacks the layer" --set cost.table="$work/empty.json"
known 4 "nowhere.json" --set cost.table=/nowhere.json
known 4 "nowhere.yaml" --set cost.hardware=/nowhere.yaml
known 2 "array.rows = 0" --set cost.hardware="$work/no_rows.yaml"
known 3 "rows of stage quant" --set collect.quant.samples=1
known 3 "rows of stage quant" --set collect.quant.samples=0
known 3 "rows of stage fp" --set collect.fp.samples=3
known 2 "energy.source = rapl" --set energy.source=rapl --set energy.powercap="$work"
known 3 "keys do not match" --set space="$work/other_space.yaml"
[[ $failures -eq 0 ]] && echo "all as it should be"
exit $((failures > 0))
