#!/usr/bin/env bash
# Equal identity means equal labels, at every instruction set that oneDNN distinguishes on this processor: asked for by name, taken for the
# processor's best, agreed on by two kinds of processors, and by another processor that goes on with the study. Kinds of processors are made
# of one by ONEDNN_MAX_CPU_ISA, with which oneDNN takes it for a lesser one.
set -uo pipefail
mpiexec=$1 apq=$2
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 4 log; failures=$((failures + 1)); }
host=$(hostname)
options=(run --config "$here/tiny.yaml" --until collect.quant)
label() { "$apq" "${options[@]}" --set study.dir="$1" "${@:2}" >log 2>&1; }  # study, options
limited() { ONEDNN_MAX_CPU_ISA=${1^^} "${@:2}"; }                             # set, command: on a processor whose best it is
rows() { "$apq" data export "$1" --format csv | cut -d, -f1-9,12; }          # all but times
identity() { grep -h '"label\.' "$1"/.stages/collect.*.json | sort; }
value() { sed -n "s/.*\"label.evaluator.$2\": \"\(.*\)\".*/\1/p" "$1/.stages/collect.fp.json"; }

label best || { fail "the best set"; exit 1; }
best=$(value best instructions)
there=()
for set in sse41 avx avx2 avx512_core avx2_vnni avx512_core_vnni avx512_core_amx; do
  if label $set --set evaluator.instructions=$set; then there+=("$set"); continue; fi
  [[ $(grep -c 'apq: error' log) -eq 1 ]] && grep -q "apq: error: evaluator.instructions = $set: rank 0 on $(hostname) has $best; " log || fail "$set is not refused in one line"
  [[ -e $set ]] && fail "a refused run made a study"
done
echo "sets: ${there[*]}, the best is $best; kernels: $(value best kernels)"
[[ ${#there[@]} -ge 2 ]] || { echo "skipped: oneDNN distinguishes nothing on this processor"; exit 77; }
[[ " ${there[*]} " == *" $best "* ]] || fail "the best set cannot be asked for"

# A processor whose best is a set labels with it, and as it.
for set in "${there[@]}"; do
  [[ $(value $set instructions) == "$set" ]] || fail "$set was labelled as $(value $set instructions)"
  limited $set label limited_$set || fail "auto on a processor of $set"
  cmp -s <(identity $set) <(identity limited_$set) || fail "auto on a processor of $set has another identity"
  cmp -s <(rows $set) <(rows limited_$set) || fail "$set: equal identity, other labels"
done
# Other sets have other identities; whether their labels differ is for docs/labels.md.
for a in "${there[@]}"; do
  line="$a ($(value $a engine)): rows that differ"
  for b in "${there[@]}"; do
    [[ $a == "$b" ]] || ! cmp -s <(identity $a) <(identity $b) || fail "$a and $b have one identity"
    line+=" $b fp $(diff <(rows $a | grep ^fp) <(rows $b | grep ^fp) | grep -c '^<') quant $(diff <(rows $a | grep ^quant) <(rows $b | grep ^quant) | grep -c '^<');"
  done
  echo "$line"
done
different=0
for set in "${there[@]}"; do cmp -s <(rows $set) <(rows $best) || different=$((different + 1)); done
[[ $different -gt 0 ]] || fail "the check is blind: all sets label alike"

# A study keeps what it was begun with: a better processor goes on with it as the first would have; a lesser one is refused, and so is a
# job with such a rank.
lesser=${there[0]} more=(--set collect.quant.samples=30)
limited $lesser label kept_whole "${more[@]}" && limited $lesser label kept && label kept "${more[@]}" || fail "a study on two processors"
cmp -s <(rows kept_whole) <(rows kept) || fail "a study on two processors has other labels than on one"
cp -r best before
refused() { # what is said; of the command before
  local status=$?
  [[ $status -eq 2 && $(grep -c 'error:' log) -eq 1 ]] && grep -qE "error: evaluator.instructions = $best: $1; a study keeps" log || fail "not refused in one line: $1"
  diff -r best before >/dev/null || fail "a refused run changed the study"
}
limited $lesser label best "${more[@]}"; refused "rank 0 on $host has $lesser"
job() { # study, options: of two kinds of processors
  local lines=("${options[@]}" --set study.dir="$1" "${@:2}")
  # One program for both ranks: Open MPI 5.0's mpiexec does not survive two.
  "$mpiexec" -n 2 bash -c '[[ $OMPI_COMM_WORLD_RANK -eq 0 ]] || export ONEDNN_MAX_CPU_ISA=$0; exec "$@"' "${lesser^^}" "$apq" "${lines[@]}" >log 2>&1
}
job best "${more[@]}"; refused "rank 1 on $host has $lesser, rank 0 on $host has $best"
job mixed || fail "two kinds of processors"
[[ $(grep -c "processors differ: rank 0 on $(hostname) has $best, rank 1 on $(hostname) has $lesser; evaluator.instructions is $lesser" log) -eq 1 ]] || fail "not said once that processors differ"
cmp -s <(rows mixed) <(rows $lesser) && cmp -s <(identity mixed) <(identity $lesser) || fail "two kinds of processors label otherwise than the lesser"
[[ $failures -eq 0 ]] && echo "equal identity, equal labels"
exit $((failures > 0))
