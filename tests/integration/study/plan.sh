#!/usr/bin/env bash
# `apq plan` of small studies: hours of every stage that the study will run, one line with their sum, and nothing written anywhere.
set -uo pipefail
mpiexec=$1
apq=$2
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 4 log; failures=$((failures + 1)); }
mkdir temporary
export TMPDIR=$work/temporary
hours() { sed -nE 's/^ *"'"$1"'": (.*[0-9]),?$/\1/p' plan.json; }
planned() { # configuration, ranks, stages, arguments...
  local config=$1 ranks=$2 stages=$3
  shift 3
  "$mpiexec" -n "$ranks" "$apq" plan --config "$here/$config.yaml" --set study.dir=study --ranks 3 --samples 2 --images 50 --format json "$@" >plan.json 2>log ||
    fail "$config on $ranks ranks, $*: ends with $?"
  [[ $(sed -nE 's/^ *"stage": "(.*)",$/\1/p' plan.json | xargs) == "$stages total" ]] || fail "$config on $ranks ranks, $*: other stages: $(xargs <plan.json)"
  local of written
  for of in wall_h core_h kwh gco2e; do
    hours $of | awk '!($1 > 0 && $1 < 1) { exit 1 } { sum += last; last = $1 } END { exit !(NR > 5 && sum > 0.999999 * last && sum < 1.000001 * last) }' ||
      fail "$config on $ranks ranks, $*: $of are not positive, or the last is not the sum of the others: $(hours $of | xargs)"
  done
  written=$(ls -d study temporary/apq* 2>/dev/null | xargs)
  [[ -z $written ]] || fail "$config on $ranks ranks, $*: left $written"
}
stages="collect.fp collect.quant train search verify"
planned tiny 1 "$stages"
planned tiny 2 "$stages" --set search.fitness=measured
"$apq" plan --config "$here/tiny.yaml" --set study.dir=study --ranks 1,16 --samples 2 --images 50 >out 2>log || fail "as a table"
for stage in $stages total; do [[ $(grep -c "^ *$stage " out) -ge 1 ]] || fail "the table lacks $stage: $(cat out)"; done
# A supernet that is yet to be trained, on fewer images than the plan's own steps take.
planned own_supernet 1 "supernet $stages"
planned own_supernet 2 "supernet $stages" --set supernet.batch=200
# What is known at the start is said at the start.
"$apq" plan --config "$here/tiny.yaml" --set study.dir=study --set 'search.constraints=[{metric: macs, limit: 1}]' >out 2>log
[[ $? -eq 6 ]] && grep -q "smallest feasible macs" log && [[ ! -s out && ! -e study ]] || fail "a limit that nothing meets is planned for"
[[ $failures -eq 0 ]] && echo "all stages planned, nothing written"
exit $((failures > 0))
