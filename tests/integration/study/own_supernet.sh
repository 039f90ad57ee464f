#!/usr/bin/env bash
# A study that trains its own supernet never holds labels of two: once there are labels the supernet is neither trained anew nor replaced,
# whatever is changed, removed or damaged; what would do so is refused before anything is written. Without labels it may be.
set -uo pipefail
apq=$1
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 4 log; failures=$((failures + 1)); }
config=$here/own_supernet.yaml
run() { "$apq" run --config "$config" --set study.dir=study "$@" >log 2>&1; }
supernet() { "$apq" supernet --study study "$@" >log 2>&1; }
anew() { rm -rf study; cp -a whole study; }
trained() { grep -qE 'epoch [0-9]+: ' log; }
is_one() { # what: the labels and the supernet are those of the whole study
  cmp -s study/supernet.pt whole/supernet.pt || fail "$1: the supernet is another one"
  [[ $("$apq" data hash study 2>&1) == "$hash" ]] || fail "$1: the labels are others"
}

run || { fail "the study itself"; exit 1; }
trained && [[ -s study/supernet.log.jsonl && ! -e study/supernet.checkpoint ]] || fail "no supernet was trained"
run || fail "a second run"
for stage in supernet collect.fp collect.quant train search verify report; do grep -q "$stage: is there already" log || fail "$stage was done again"; done
hash=$("$apq" data hash study)
cp -a study whole
before=$(sum_of); supernet || fail "apq supernet with nothing to do"
[[ $before == "$(sum_of)" ]] && grep -q "supernet: is there already" log || fail "apq supernet does again what is there"

# ---- refused, by name, before anything is written; with labels of both stages, of one alone
refuses() { # exit status, what is said, command...
  local status=$1 said=$2 before ended failed=$failures
  shift 2
  before=$(sum_of)
  "$@"; ended=$?
  [[ $ended -eq $status ]] || fail "$*: ends with $ended, not $status"
  [[ $(grep -c 'apq: error' log) -eq 1 ]] && grep -qE "apq: error: .*$said" log || fail "$*: not said: $said"
  [[ $before == "$(sum_of)" ]] || fail "$*: the refused run changed the study"
  [[ $failures -gt $failed ]] || echo "ok: refused $*${without:+, without labels of $without}"
}
for without in "" fp quant; do
  with_labels() { anew; [[ -z $without ]] || rm -r "study/shards/$without" "study/.stages/collect.$without.json"; }
  for change in "supernet.epochs=2" "supernet.random_subnets=2"; do
    key=${change%=*}
    with_labels; refuses 3 "$key.*1.*2" run --set "$change"
    with_labels; refuses 3 "$key.*1.*2" supernet --set "$change"
  done
  with_labels; refuses 3 "images\\.[a-z]+ .*, now |data\\.[a-z_]+ = .*, not " run --set data.train_images=190 --set supernet.batch=95
  with_labels; refuses 2 "--redo supernet" run --redo supernet
done
without=
anew; refuses 3 "supernet.epochs.*1.*2" run --check --set supernet.epochs=2
"$apq" supernet --config "$config" --set study.seed=4 --set study.dir=nothing --output "$work/other.pt" >log 2>&1 || fail "another supernet"
cmp -s other.pt whole/supernet.pt && fail "the other supernet is the same"
anew; refuses 3 "supernet" run --set supernet.weights="$work/other.pt"
run --set study.dir=given --set supernet.weights="$work/other.pt" --until collect.fp || fail "a study of given weights"
rm -rf study; mv given study; refuses 3 "supernet" run

# ---- stamps are lost or damaged
anew; rm -r study/.stages; run || fail "without stamps: apq run ends with $?"
trained && fail "without stamps: the supernet of labels was trained anew"
is_one "without stamps"
anew; rm -r study/.stages; run --set supernet.epochs=2
trained && fail "without stamps, another setting: the supernet of labels was trained anew"
is_one "without stamps, another setting"
anew; truncate -s -10 study/.stages/supernet.json; run || fail "a cut stamp: apq run ends with $?"
grep -q "supernet.json: is not whole JSON" log || fail "the cut stamp was not named"
trained && fail "a cut stamp: the supernet of labels was trained anew"
is_one "a cut stamp"
run || fail "after a cut stamp"
grep -q "supernet: is there already" log || fail "the stamp was not written again"
anew; truncate -s -10 study/.stages/supernet.json; refuses 3 "evaluator.batch = 100, not 50" run --set evaluator.batch=50
echo "ok: stamps"

# ---- the weights are lost, damaged or replaced: named, and made again as they were, or refused
no_mixture() { # what was done to supernet.pt, arguments...
  local what=$1 ended
  shift
  run "$@"; ended=$?
  grep -qE 'supernet(\.pt| = )' log || fail "$what supernet.pt: not named"
  if [[ $ended -eq 0 ]]; then is_one "$what supernet.pt"
  else
    [[ $ended -eq 3 && $(grep -c 'apq: error' log) -eq 1 ]] || fail "$what supernet.pt: ends with $ended"
    [[ $rest == "$(rest_of)" ]] || fail "$what supernet.pt: the refused run changed the study"
  fi
  echo "ok: $what supernet.pt: ends with $ended"
}
rest_of() { (cd study && find . -type f ! -path './jobs/*' ! -path './claims/*' -exec sha256sum {} + | sort) | sha256sum; }
anew; rm study/supernet.pt; refuses 3 "evaluator.batch = 100, not 50" run --set evaluator.batch=50
anew; rm study/supernet.pt; refuses 3 "supernet.epochs.*1.*2" run --set supernet.epochs=2
anew; rm study/supernet.pt; rest=$(rest_of); no_mixture "removed"
anew; truncate -s -100 study/supernet.pt; rest=$(rest_of); no_mixture "cut"
anew; : >study/supernet.pt; rest=$(rest_of); no_mixture "emptied"
anew; cp other.pt study/supernet.pt; rest=$(rest_of); no_mixture "replaced"
anew; cp other.pt study/supernet.pt; rm -r study/.stages; rest=$(rest_of); no_mixture "replaced, without stamps,"

# ---- without labels it may be trained anew
rm -rf study; run --until supernet || fail "--until supernet"
cmp study/supernet.pt whole/supernet.pt || fail "the same training came to another supernet"
run --until supernet --redo supernet && trained && cmp study/supernet.pt whole/supernet.pt || fail "--redo supernet without labels"
run --until supernet --set supernet.epochs=2 && trained && grep -q "supernet is stale: supernet.epochs changed (1, now 2)" log || fail "another training without labels"
cmp -s study/supernet.pt whole/supernet.pt && fail "another training came to the same supernet"
echo "ok: without labels"

# ---- a training that was killed goes on as it began; with other images, means or deviations it does not go on from there
long=(--until supernet --set supernet.epochs=6)
rm -rf study
"$apq" run --config "$config" --set study.dir=study "${long[@]}" >log 2>&1 &
training=$!
for _ in $(seq 1200); do
  [[ ! -e study/supernet.checkpoint && -d /proc/$training ]] || break
  sleep 0.05
done
kill -KILL $training; wait $training 2>/dev/null
[[ -e study/supernet.checkpoint && ! -e study/supernet.pt ]] || fail "the training was not killed between two epochs"
rm -rf killed; cp -a study killed
run "${long[@]}" || fail "a killed training does not go on"
[[ $(grep -cE 'epoch [0-9]+: ' log) -lt 7 ]] || fail "a killed training begins anew"
cp study/supernet.pt resumed.pt
rm -rf study; run "${long[@]}" || fail "the same training, undisturbed"
cmp study/supernet.pt resumed.pt || fail "a killed training came to another supernet"
for change in data.mean=0.5 data.deviation=0.3 data.train_images=190; do
  arguments=("${long[@]}" --set $change)
  [[ $change != data.train_images* ]] || arguments+=(--set supernet.batch=95)
  rm -rf study; cp -a killed study; run "${arguments[@]}"; ended=$?
  if [[ $ended -eq 0 ]]; then
    mv study/supernet.pt changed.pt; rm -rf study
    run "${arguments[@]}" || fail "$change from the start"
    cmp study/supernet.pt changed.pt || fail "$change: the training went on from another's checkpoint"
  else
    [[ $ended -eq 3 ]] && grep -q "apq: error: .*supernet.checkpoint" log || fail "$change: ends with $ended and does not name the checkpoint"
    cmp study/supernet.checkpoint killed/supernet.checkpoint && [[ ! -e study/supernet.pt ]] || fail "$change: the refused run changed the study"
  fi
  echo "ok: killed, then $change: ends with $ended"
done
[[ $failures -eq 0 ]] && echo "one supernet for all labels"
exit $((failures > 0))
