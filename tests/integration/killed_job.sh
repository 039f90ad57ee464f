# Sourced by tests that kill jobs of `mpiexec`; needs $work, a directory that is on the command line of whatever the test starts.
# Every process of a job is in the session that its mpiexec leads or, since Open MPI 5 gives ranks their own, has this test's directory on
# its command line: nothing else is ever signalled.
session=
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
start_job() { # log, command...
  setsid "${@:2}" >"$1" 2>&1 &
  session=$!
}
job_is_there() { [[ -r /proc/$session/stat && $(sed 's/.*) //' "/proc/$session/stat" 2>/dev/null) != Z* ]]; }  # ended and not waited for: Z
end_job() {
  [[ -z $session ]] || session_pids | xargs -r kill -KILL 2>/dev/null || true
  for _ in $(seq 100); do [[ -n $session && -n $(session_pids) ]] || break; sleep 0.05; done
  [[ -z $session ]] || wait "$session" 2>/dev/null || true
  session=
}
# SIGKILL for the whole job or, one time in three, for one rank: mpiexec ends the others.
kill_job() {
  local victim
  if [[ $((RANDOM % 3)) -eq 0 ]]; then
    victim=$(session_pids | grep -vx "$session" | tail -1 || true)
    [[ -n $victim ]] && kill -KILL "$victim" 2>/dev/null || true
    for _ in $(seq 100); do job_is_there || break; sleep 0.05; done
  fi
  end_job
}
