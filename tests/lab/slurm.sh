#!/usr/bin/env bash
# A real Slurm of four virtual nodes: an array of eight one-node jobs that label one study, then the job for the rest. Whatever happens to them on
# the way, all of it ends by itself, and the study is the one that one process makes.
# Short: a job that is told to stop and a node that dies; a time limit. With APQ_LAB_FULL=1 also: nothing, Slurm's own signal before a time limit,
# scancel, a controller that dies when jobs have just started.
. "$(dirname "$0")/lab.sh"
. "$(dirname "$0")/slurm_cluster.sh"
apq=$1
need_root
need slurmctld slurmd munged sbatch srun pgrep
trap 'stop_cluster; rm -rf "$work"' EXIT
start_cluster 4 2
# Enough to label for twenty seconds on a fast machine: what is to happen meanwhile then does.
make_experiment "${APQ_LAB_FP:-2000}" "${APQ_LAB_QUANT:-40}"
# Starts a job's first run late, so that its time limit comes while it labels, however fast this machine is.
cat >"$work/late_apq" <<W
#!/bin/bash
[[ -n \${SLURM_RESTART_COUNT:-} ]] || sleep "\${APQ_LAB_LATE:-0}"
exec $apq "\$@"
W
chmod +x "$work/late_apq"
cat >"$work/site.yaml" <<Y
scheduler: slurm
executable: $work/late_apq
launcher_options: [--mpi=pmix]
ranks_per_node: 2
collect_jobs: 8
nodes: 2
time_limit: 20
Y
cd "$work" || exit 1
export OMPI_MCA_btl=tcp,self  # virtual nodes have one name, by which Open MPI would take them for one

launch() { # study, options; sets `collect` and `results`
  local study=$1
  shift
  "$apq" launch --config experiment.yaml --site site.yaml --set study.dir="$work/$study" "$@" >ids || { fail "apq launch $study"; return 1; }
  collect=$(awk '$2 == "collect:" {print $1}' ids)
  results=$(awk '$2 == "results:" {print $1}' ids)
}
is_over() { hurry; [[ -z $(timeout 10 squeue -h -o %i || echo away) ]]; }
logs() { tail -n 12 "$1"/launch/*.log; }
# The chain ends by itself, well, with an equal study.
ends_well() { # study, seconds
  if within "$2" is_over; then
    [[ $(state_of "$results") == COMPLETED ]] || fail "$1: its last job is $(state_of "$results"): $(logs "$1")"
    expect_equal "$1"
    cmp reference/winners.json "$1/winners.json" || fail "$1: other winners than one process's"
  else
    fail "$1: not over after $2 s: $(timeout 10 squeue; logs "$1")"
    timeout 10 scancel --user="$(id -un)"
    within 30 no_job_runs
  fi
  say "$1 is over"
}
has_rows() { [[ -n $(find "$1/shards" -name '*.h5' -print -quit 2>/dev/null) ]]; }
running() { timeout 10 squeue -h -t running -o '%F_%K %N'; }  # "JOB_TASK NODE" a line
restarts_of() { timeout 10 scontrol show job -o "$1" | grep -o ' Restarts=[0-9]*' | cut -d= -f2; }
all_restarts() { local job; for job in $(timeout 10 scontrol show job -o "$1" | grep -o '^JobId=[0-9]*' | cut -d= -f2); do restarts_of "$job"; done | awk '{sum += $1} END {print sum + 0}'; }

say "one process"
"$apq" run --config experiment.yaml --set study.dir=reference >log 2>&1 || { cat log; echo "FAILED: one process"; exit 1; }

say "a job that is told to stop, a node that dies"
launch faults
within 120 has_rows faults || fail "no rows: $(logs faults)"
read -r stopped _ < <(running | head -n 1)
read -r lost node < <(running | tail -n 1)
[[ -n $stopped && $stopped != "$lost" ]] || fail "there are no two jobs running: $(running)"
timeout 10 scancel --signal=USR1 --batch "$stopped"
kill_node "$node"
restarted() { [[ $(restarts_of "$1") -ge 1 ]]; }
within 60 restarted "$stopped" || fail "the job that was told to stop does not queue again: $(logs faults)"
within 60 restarted "$lost" || fail "the job of the lost node does not queue again"
start_node "$node"
ends_well faults 300

say "a time limit, of which nothing tells but the scheduler when asked"
APQ_LAB_LATE=45 launch limit --set study.stop_margin_seconds=5 --site-set time_limit=1 --site-set stop_margin=0 --site-set array_limit=4
ends_well limit 400
grep -q 'job.s end' limit/launch/collect-*.log || fail "no job stopped for its time limit: $(logs limit)"
! grep -l TIMEOUT limit/launch/*.log || fail "a job ran into its time limit"
! grep . limit/launch/*.failures 2>/dev/null || fail "a job that stopped for its time limit counts as one that failed"

if [[ ${APQ_LAB_FULL:-} == 1 ]]; then
  say "all well"
  launch plain
  ends_well plain 300
  [[ $(all_restarts "$collect") -eq 0 ]] || fail "jobs queued again for no reason"

  say "Slurm's signal before a time limit"
  APQ_LAB_LATE=40 launch signal --site-set time_limit=2 --site-set stop_margin=60
  ends_well signal 600
  [[ $(all_restarts "$collect") -ge 1 ]] || fail "no signal reached a job"

  say "scancel, and the same command again"
  launch cancelled
  within 120 has_rows cancelled || fail "no rows: $(logs cancelled)"
  read -r task _ < <(running | head -n 1)
  timeout 10 scancel "$task"
  within 300 is_over || fail "what is left of a chain does not end: $(timeout 10 squeue)"
  [[ $(state_of "$task") == CANCELLED ]] || fail "a job that was cancelled is $(state_of "$task")"
  [[ $(state_of "$results") == CANCELLED ]] || fail "what waits for a cancelled job is $(state_of "$results")"
  launch cancelled
  ends_well cancelled 300

  say "a controller that dies when jobs have just started"
  # It has written down that the jobs are there, and not yet that they run: it starts them once more beside themselves.
  timeout 10 scontrol update NodeName=n[1-4] State=drain Reason=lab
  launch controller
  sleep 8
  timeout 10 scontrol update NodeName=n[1-4] State=resume
  for _ in {1..300}; do [[ -z $(running) ]] || break; done
  kill -KILL "$(<"$cluster/slurmctld.pid")"
  sleep 9
  start_controller
  ends_well controller 400
fi
[[ $failures -eq 0 ]]
