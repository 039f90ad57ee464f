# Sourced by labs: a Slurm of virtual nodes n1, n2, ... on this machine, below $work/slurm: its daemons run by hand, nothing outside that
# directory changes, and stop_cluster ends all of it. The processors of nodes are made up: all share this machine's.
cluster=$work/slurm
ports=$((20000 + $$ % 20000))  # beside other labs

start_cluster() { # nodes, processors of each
  num_nodes=$1
  local cpus=$2 host node
  host=$(hostname -s)
  mkdir -p "$cluster"/{state,log,munge}
  chmod 755 "$work" "$cluster"
  (umask 077 && head -c 128 /dev/urandom >"$cluster/munge/key")
  munged --force --key-file="$cluster/munge/key" --socket="$cluster/munge/socket" --pid-file="$cluster/munge/pid" \
    --log-file="$cluster/log/munged.log" --seed-file="$cluster/munge/seed" || no_lab "munged does not start"
  cat >"$cluster/slurm.conf" <<C
ClusterName=lab
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$ports
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$cluster/munge/socket
CredType=cred/munge
StateSaveLocation=$cluster/state
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmctldLogFile=$cluster/log/slurmctld.log
SlurmdPidFile=$cluster/slurmd-%n.pid
SlurmdSpoolDir=$cluster/spool/%n
SlurmdLogFile=$cluster/log/slurmd-%n.log
SlurmdParameters=config_overrides
TmpFS=$cluster/tmp/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=pmix
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=2,batch_sched_delay=0,sched_min_interval=100000
PriorityType=priority/basic
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/none
JobRequeue=1
ReturnToService=2
KillWait=10
MinJobAge=3600
InactiveLimit=0
SlurmctldTimeout=30
SlurmdTimeout=10
BatchStartTimeout=10
MessageTimeout=15
PartitionName=lab Nodes=ALL Default=YES MaxTime=60 DefaultTime=10 OverSubscribe=NO State=UP
C
  # From 23.11 on a node insists on control groups, which a container has not to give; those before do not know the key.
  [[ $(slurmd -V) =~ ([0-9]+)\.([0-9]+) ]]
  ((10#${BASH_REMATCH[1]} * 100 + 10#${BASH_REMATCH[2]} < 2311)) || echo CgroupPlugin=disabled >"$cluster/cgroup.conf"
  for ((node = 1; node <= num_nodes; ++node)); do
    mkdir -p "$cluster"/{spool,tmp}/n$node  # PMIx wants the temporary directory of every node
    echo "NodeName=n$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$((ports + node)) CPUs=$cpus Boards=1 SocketsPerBoard=1" \
      "CoresPerSocket=$cpus ThreadsPerCore=1 RealMemory=4000 State=UNKNOWN" >>"$cluster/slurm.conf"
  done
  export SLURM_CONF=$cluster/slurm.conf
  export OMPI_MCA_btl_tcp_if_include=lo  # where all nodes are
  start_controller -c
  for ((node = 1; node <= num_nodes; ++node)); do start_node n$node; done
  within 20 nodes_are_idle || { tail -n 5 "$cluster"/log/*.log; no_lab "Slurm's nodes do not come up"; }
}
start_controller() { slurmctld "$@" -f "$SLURM_CONF" >/dev/null 2>&1 </dev/null; }
start_node() { slurmd -c -N "$1" -f "$SLURM_CONF" >/dev/null 2>&1 </dev/null; }
nodes_are_idle() { [[ $(timeout 10 sinfo -h -t idle -o %D) == "$num_nodes" ]]; }

# A process and all that it started, the elder ones first.
below() { local child; echo "$1"; for child in $(pgrep -P "$1"); do below "$child"; done; }
# As if the power failed: the node's daemon, the managers of its jobs' steps, and all below them.
kill_node() {
  local jobs manager victims
  jobs=$(timeout 10 squeue -h -w "$1" -t running -o %A)
  victims=$(<"$cluster/slurmd-$1.pid")
  for manager in $(pgrep -x slurmstepd); do
    [[ $(readlink "/proc/$manager/cwd") == "$cluster/log" ]] || continue
    for job in $jobs; do [[ $(tr '\0' ' ' <"/proc/$manager/cmdline") != *"[$job."* ]] || victims+=" $(below "$manager")"; done
  done
  # All stand still before the first one dies: a manager that outlives its script by a moment reports the script's end, and the job has failed.
  kill -STOP $victims
  kill -KILL $victims
}

stop_cluster() {
  local file pid
  timeout 10 scancel --user="$(id -un)" >/dev/null 2>&1
  within 20 no_job_runs
  for file in "$cluster"/slurmd-*.pid "$cluster/slurmctld.pid" "$cluster/munge/pid"; do
    [[ -s $file ]] && kill "$(<"$file")" 2>/dev/null
  done
  for file in "$cluster"/slurmd-*.pid "$cluster/slurmctld.pid" "$cluster/munge/pid"; do
    [[ ! -s $file ]] || within 10 is_gone "$(<"$file")" || kill -KILL "$(<"$file")" 2>/dev/null
  done
}
is_gone() { ! kill -0 "$1" 2>/dev/null; }
no_job_runs() { [[ -z $(timeout 10 squeue -h -t running,completing) ]]; }

state_of() { timeout 10 scontrol show job -o "$1" | grep -o 'JobState=[A-Z_]*' | cut -d= -f2; }
# Jobs that queue again wait two minutes: only five seconds of them. Any sooner a node takes their second start for the first, which has ended.
declare -A waiting_since
hurry() {
  local job
  for job in $(timeout 10 squeue -h -r -t pending -o '%i %r' | awk '$2 == "BeginTime" {print $1}'); do
    waiting_since[$job]=${waiting_since[$job]:-$SECONDS}
    ((SECONDS - waiting_since[$job] < 5)) || { timeout 10 scontrol update JobId="$job" StartTime=now && unset "waiting_since[$job]"; }
  done
}
