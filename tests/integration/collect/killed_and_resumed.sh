#!/usr/bin/env bash
# A collection killed with SIGKILL at random moments and resumed with other rank counts must end with the very dataset of one that was
# never disturbed, and hold every shard that was there when something was killed; so must one that SIGTERM stopped.
# 20 kills of ranks and whole jobs; APQ_KILLS=N: as many as that.
set -euo pipefail
mpiexec=$1
program=$2
kills_wanted=${APQ_KILLS:-20}
samples=150
work=$(mktemp -d)
. "$APQ_SOURCE_DIR/tests/integration/killed_job.sh"
trap 'end_job; rm -rf "$work"' EXIT
whole=$("$mpiexec" -n 1 "$program" "$work/whole" "$samples" 2>/dev/null)
[[ ${#whole} -eq 64 ]] || { echo "no hash from the undisturbed run: $whole"; exit 1; }

start() { start_job "$2.log" "$mpiexec" -n "$1" "$program" "$2" "$samples"; }  # ranks, study
rows() { { find "$1/shards" -name '*.h5' 2>/dev/null || true; } | wc -l; }
wait_for_shards() {  # study, so many more than now: the collection is under way, however slow the machine
  local want=$(($(rows "$1") + $2))
  for _ in $(seq 200); do
    [[ $(rows "$1") -lt $want ]] && job_is_there || return 0
    sleep 0.05
  done
}
resume_and_compare() {  # study, ranks
  local resumed
  resumed=$("$mpiexec" -n "$2" "$program" "$1" "$samples" 2>"$1.log") || { cat "$1.log"; exit 1; }
  [[ $resumed == "$whole" ]] || { echo "hash ${resumed:0:12} differs from the undisturbed run's ${whole:0:12}"; exit 1; }
  # (Of records and claims a partial file may stay until the study is done.)
  if find "$1/shards" -name '*.damaged' -o -name '*.partial' | grep .; then echo "a damaged or partial shard was left"; exit 1; fi
}

RANDOM=20260117
kills=0 with_rows=0 acknowledged=0 trial=0
while [[ $kills -lt $kills_wanted ]]; do
  trial=$((trial + 1))
  [[ $trial -le $kills_wanted ]] || { echo "only $kills runs of $((3 * trial)) were killed"; exit 1; }
  study=$work/trial$trial
  for ranks in 3 1 2; do
    start "$ranks" "$study"
    wait_for_shards "$study" $((RANDOM % 4))
    sleep "0.$((RANDOM % 10))"
    kill_job
    ! grep -qE '^[0-9a-f]{64}$' "$study.log" || continue  # it came to its hash: nothing was killed
    kills=$((kills + 1))
    [[ $(rows "$study") -eq 0 ]] || with_rows=$((with_rows + 1))
  done
  [[ $(rows "$study") -eq 0 ]] || sha256sum "$study"/shards/*/*.h5 >"$study.acknowledged"
  acknowledged=$((acknowledged + $(rows "$study")))
  resume_and_compare "$study" 2
  [[ ! -e $study.acknowledged ]] || sha256sum --quiet -c "$study.acknowledged" || { echo "a shard that was there is gone from $study"; exit 1; }
  rm -rf "$study" "$study".*
done
[[ $((4 * with_rows)) -gt $kills ]] || { echo "of $kills kills only $with_rows found rows: hardly anything was tried"; exit 1; }
echo "$kills kills in $trial collections, $with_rows found rows; all $acknowledged shards of then are there, hash ${whole:0:12} each time"

study=$work/terminated
start 1 "$study"
wait_for_shards "$study" 2
session_pids | grep -vx "$session" | xargs -r kill -TERM || true  # the rank, not mpiexec
status=0
wait "$session" || status=$?
session=
grep -q "stopped by SIGTERM; run the same command again to go on" "$study.log" || { echo "SIGTERM ended it with $status without a word: $(cat "$study.log")"; exit 1; }
resume_and_compare "$study" 3
echo "terminated: same hash"
