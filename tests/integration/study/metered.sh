#!/usr/bin/env bash
# A supernet's training that is stopped, or killed, after a checkpoint: what went into the checkpoint is useful, the rest is lost, nothing is
# forgotten, and the parts add up.
set -uo pipefail
apq=$1
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; tail -n 5 log; failures=$((failures + 1)); }
command=("$apq" run --config "$here/stops.yaml" --until supernet --set study.dir=study --set supernet.checkpoint_epochs=1
  --set supernet.epochs=40 --set energy.source=declared --set energy.beat_seconds=0.1)
sum_of_key() { cat study/energy/*.jsonl | grep -oE "\"$1\":[0-9.e-]+" | awk -F: '{ sum += $2 } END { printf "%.9g\n", sum }'; }
is_more() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }
for signal in TERM KILL; do
  rm -rf study
  "${command[@]}" >log 2>&1 &
  job=$!
  for _ in $(seq 600); do
    [[ ! -e study/supernet.checkpoint ]] && kill -0 $job 2>/dev/null || break
    sleep 0.1
  done
  sleep 1
  kill -$signal $job || fail "$signal came too late"
  wait $job 2>/dev/null
  [[ $? -eq $([[ $signal == TERM ]] && echo 75 || echo 137) && -e study/supernet.checkpoint ]] || fail "$signal: it was not ended in its training"
  total=$(sum_of_key cores) useful=$(sum_of_key useful_j) lost=$(sum_of_key lost_j) ended=$(grep -c '"ended":"early"' study/energy/*.jsonl)
  is_more "$useful" 0 || fail "$signal: the checkpoint has taken nothing: $total J, $useful useful"
  is_more "$total" "$useful" || fail "$signal: all is useful: $total J, $useful useful"
  [[ $ended -eq $([[ $signal == TERM ]] && echo 1 || echo 0) ]] || fail "$signal: $ended last lines"
  echo "$signal: $total J, $useful useful, $lost lost by its own word"
  "$apq" footprint study --format json >out 2>log || fail "$signal: footprint"
  kwh=$(sed -nE 's/.*"E_kwh": ([0-9.e-]+).*/\1/p' out | head -n 1)
  # Of the only stage, in kWh: useful, repeated, lost, idle, and all.
  awk '$1 == "\"kwh\":" { all = $2 } $1 ~ /"(useful|repeated|lost|idle)":/ { parts += $2; n++ } n == 4 { exit }
       END { exit !(n == 4 && all > 0 && parts > all * (1 - 1e-9) && parts < all * (1 + 1e-9)) }' out || fail "$signal: the parts do not add up: $(cat out)"
  awk -v kwh="$kwh" -v j="$total" 'BEGIN { exit !(kwh * 3.6e6 > j * (1 - 1e-6) && kwh * 3.6e6 < j * (1 + 1e-6)) }' || fail "$signal: the footprint has $kwh kWh of $total J"
done
exit $((failures > 0))
