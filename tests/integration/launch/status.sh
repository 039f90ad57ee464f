#!/usr/bin/env bash
# What a job does when its ranks have ended, by their status: scripts of `apq launch` run here, among made-up sbatch, srun, mpirun and
# scontrol that note how they were called.
set -uo pipefail
apq=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }

mkdir bin
export PATH=$work/bin:$PATH
fake() { { echo '#!/bin/bash'; echo "echo \"$1 \$*\" >>$work/calls"; cat; } >"bin/$1"; chmod +x "bin/$1"; }
fake sbatch <<<'wc -l <calls'
fake scontrol <<<'exit 0'
# Ends with the status in file status, its work done where that is 0; "lost": with 0 and work undone; "signal": with 75 once it is asked to stop.
for launcher in srun mpirun; do
  fake $launcher <<'E'
status=$(cat status)
[[ $status != unstarted ]] || exit 0  # as srun may
[[ $0 != *srun ]] || SLURM_PROCID=0 "$2" "$3" "$4" "$5" true
case $status in
  signal) ;;
  lost) exit 0 ;;
  0) while [[ $1 != --finished ]]; do shift; done; touch "$2"; exit 0 ;;
  *) exit "$status" ;;
esac
trap 'exit 75' USR1
touch waiting
for _ in {1..200}; do sleep 0.05; done
E
done
calls() { grep -c "^$1" calls; }

printf 'study: {dir: study}\nsupernet: {weights: w.pt}\n' >mine.yaml
launch() { : >calls; "$apq" launch --config mine.yaml "$@" >out 2>err || fail "apq launch $*: $(cat err)"; }
# Runs study/launch/$2.sh with ranks that end with $1 and expects it to end with $3, having asked scontrol $4 times.
job() {
  : >calls
  echo "$1" >status
  SLURM_JOB_ID=7 SLURM_ARRAY_JOB_ID=5 SLURM_ARRAY_TASK_ID=2 bash "study/launch/$2.sh" >out 2>err
  local got=$?
  [[ $got -eq $3 ]] || fail "$2 whose ranks ended with $1 ended with $got, not $3: $(cat err)"
  [[ $(calls scontrol) -eq $4 ]] || fail "$2 whose ranks ended with $1 queued again $(calls scontrol) times, not $4: $(cat err)"
}
says() { grep -q "$1" err || fail "no '$1' in: $(cat err)"; }

# Where jobs may queue again.
printf 'scheduler: slurm\nranks_per_node: 2\nretries: 2\nresumes: 5\n' >site.yaml
launch --site site.yaml
[[ $(calls sbatch) -eq 2 ]] || fail "$(calls sbatch) jobs were submitted, not 2"
job 0 collect 0 0
job 75 collect 75 1
grep -qx 'scontrol requeue 5_2' calls || fail "the job of an array must queue again alone: $(cat calls)"
for status in 2 3 6 70; do
  job $status collect $status 0
  says "collect: ended with status $status, which running again does not mend"
done
job 137 collect 137 1
job lost collect 1 1
says 'the ranks did not end their work'
job 137 collect 137 0
says 'failed more than 2 times'
SLURM_RESTART_COUNT=4 job 75 collect 75 1
SLURM_RESTART_COUNT=5 job 75 collect 75 0
says 'started again 5 times'
rm -f study/launch/*.failures
job unstarted collect 1 1
[[ $(calls srun) -eq 3 ]] || fail "a start that failed was tried $(calls srun) times, not 3"
# A signal for the script alone reaches the ranks.
: >calls
echo signal >status
SLURM_JOB_ID=8 bash study/launch/results.sh >out 2>err &
script=$!
for _ in {1..200}; do [[ ! -e waiting ]] || break; sleep 0.05; done
[[ -e waiting ]] || fail "the ranks never ran"
kill -USR1 $script
wait $script
[[ $? -eq 75 ]] && grep -qx 'scontrol requeue 8' calls || fail "a job that was asked to stop does not queue again: $(cat calls err)"

# Where they may not: the next attempt goes on, or ends at once after an error that it would end with too.
sed -i '/resumes/d' site.yaml
launch --site site.yaml --site-set requeue=false --site-set attempts=3
[[ $(calls sbatch) -eq 6 ]] || fail "$(calls sbatch) jobs were submitted, not 6"
job 75 collect 75 0
job 3 collect 3 0
job 0 collect 1 0
says 'that ended for good'
job 0 results 1 0  # it would do the rest of what ended
[[ $(calls srun) -eq 0 ]] || fail "what comes after a job that ended for good worked"
: >calls
[[ $(calls srun) -eq 0 ]] || fail "an attempt worked after one that ended for good"

# Hosts without a scheduler: the script is run here, again where a rank died.
printf 'scheduler: ssh\nranks_per_node: 2\nhosts_file: hosts\nretries: 2\n' >hosts.yaml
hosts() {  # status of mpirun, runs expected
  : >calls
  echo "$1" >status
  "$apq" launch --config mine.yaml --site hosts.yaml 2>err
  local got=$?
  [[ $got -eq $1 && $(calls mpirun) -eq $2 ]] || fail "mpirun that ends with $1 ran $(calls mpirun) times, not $2, and apq launch ended with $got: $(cat err)"
}
hosts 0 1
grep -q -- '--hostfile hosts --map-by ppr:2:node' calls || fail "mpirun was not told the hosts: $(cat calls)"
[[ -z $(find study/launch -name '*.finished') ]] || fail "marks are left: $(ls study/launch)"
hosts 137 3
hosts 75 1
says 'was stopped'
hosts 2 1
# Ctrl-C and the end of a terminal reach all of its processes: the ranks are asked to stop, and nothing starts again.
for signal in INT HUP; do
  : >calls
  rm -f waiting
  echo signal >status
  setsid env --default-signal=INT "$apq" launch --config mine.yaml --site hosts.yaml >out 2>err &
  group=$!
  for _ in {1..200}; do [[ ! -e waiting ]] || break; sleep 0.05; done
  [[ -e waiting ]] || fail "the ranks never ran"
  kill -$signal -- -$group
  wait $group
  status=$?
  [[ $status -eq 75 && $(calls mpirun) -eq 1 ]] || fail "SIG$signal from a terminal: status $status, mpirun ran $(calls mpirun) times: $(cat err)"
done

# A dry run does nothing; mistakes are told with their place.
rm -rf study
: >calls
"$apq" launch --config mine.yaml --site site.yaml --dry-run >out || fail "--dry-run"
[[ ! -e study && ! -s calls ]] || fail "a dry run did something"
grep -q '^#SBATCH --ntasks-per-node=2$' out && grep -q '^sbatch ' out || fail "a dry run shows neither script nor command"
"$apq" launch --config mine.yaml --site site.yaml --site-set time=5 2>err
[[ $? -eq 2 ]] && says 'site-set time=5: time: unknown key'
[[ $failures -eq 0 ]]
