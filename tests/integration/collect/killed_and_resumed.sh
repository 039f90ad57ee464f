#!/usr/bin/env bash
# A collection killed with SIGKILL at random moments and resumed with other rank counts must end with the very dataset
# of one that was never disturbed; so must one that SIGTERM stopped, and one that a single rank's death ended.
set -euo pipefail
mpiexec=$1
program=$2
samples=150
work=$(mktemp -d)
session=
# Every process of a trial is in the session that its mpiexec leads or, since Open MPI 5 gives ranks their own, has this
# test's directory on its command line: nothing else is ever signalled.
session_pids() {
  local stat fields words
  for stat in /proc/[0-9]*/stat; do
    { read -r fields <"$stat"; } 2>/dev/null || continue
    read -r -a fields <<<"${fields##*) }"  # state, parent, group, session
    [[ ${fields[0]} != Z ]] || continue
    mapfile -d '' -t words 2>/dev/null <"${stat%/stat}/cmdline" || words=()
    [[ ${fields[3]} != "$session" && ${words[*]} != *"$work/"* ]] || basename "${stat%/stat}"
  done
}
end_session() {
  [[ -z $session ]] || session_pids | xargs -r kill -KILL 2>/dev/null || true
  for _ in $(seq 100); do [[ -n $session && -n $(session_pids) ]] || break; sleep 0.05; done
  session=
}
trap 'end_session; rm -rf "$work"' EXIT
whole=$("$mpiexec" -n 1 "$program" "$work/whole" "$samples" 2>/dev/null)
[[ ${#whole} -eq 64 ]] || { echo "no hash from the undisturbed run: $whole"; exit 1; }

start() {  # ranks, study
  setsid "$mpiexec" -n "$1" "$program" "$2" "$samples" >"$2.log" 2>&1 &
  session=$!
}
is_running() { [[ -r /proc/$session/stat && $(sed 's/.*) //' "/proc/$session/stat" 2>/dev/null) != Z* ]]; }  # ended and not waited for: Z
rows() { { find "$1/shards" -name '*.h5' 2>/dev/null || true; } | wc -l; }
wait_for_shards() {  # study, so many more than now: the collection is under way, however slow the machine
  local want=$(($(rows "$1") + $2))
  for _ in $(seq 200); do
    [[ $(rows "$1") -lt $want ]] && is_running || return 0
    sleep 0.05
  done
}
resume_and_compare() {  # study, ranks
  local resumed
  resumed=$("$mpiexec" -n "$2" "$program" "$1" "$samples" 2>"$1.log") || { cat "$1.log"; exit 1; }
  [[ $resumed == "$whole" ]] || { echo "hash ${resumed:0:12} differs from the undisturbed run's ${whole:0:12}"; exit 1; }
  if find "$1" -name '*.damaged' -o -name '*.partial' | grep -q .; then echo "a damaged or partial file was left in $1"; exit 1; fi
}

RANDOM=20260117
all_kills=0 with_rows=0
for trial in 1 2 3 4 5 6; do
  study=$work/trial$trial
  kills=0
  for ranks in 3 1 2; do
    start "$ranks" "$study"
    wait_for_shards "$study" $((RANDOM % 4))
    sleep "0.$((RANDOM % 10))"
    if [[ $((RANDOM % 3)) -eq 0 ]]; then  # one rank alone; mpiexec ends the others
      victim=$(session_pids | grep -vx "$session" | tail -1 || true)
      [[ -n $victim ]] && kill -KILL "$victim" 2>/dev/null || true
      for _ in $(seq 100); do is_running || break; sleep 0.05; done
    fi
    group=$session
    end_session
    wait "$group" 2>/dev/null || true
    if ! grep -qE '^[0-9a-f]{64}$' "$study.log"; then  # it never came to its hash
      kills=$((kills + 1))
      [[ $(rows "$study") -eq 0 ]] || with_rows=$((with_rows + 1))
    fi
  done
  all_kills=$((all_kills + kills))
  before=$(rows "$study")
  resume_and_compare "$study" 2
  echo "trial $trial: killed $kills times, $before shards were there, same hash ${whole:0:12}"
done
[[ $all_kills -gt 0 && $with_rows -gt 0 ]] || { echo "of 18 runs $all_kills were killed, $with_rows with rows there: nothing was tried"; exit 1; }

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
