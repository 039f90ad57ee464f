#!/usr/bin/env bash
# Three hosts and what is shipped: a study collected, trained and searched over them is the one that one process makes. A link between hosts
# that is cut ends the job soon and with a message; gone on with, the study is again the same.
. "$(dirname "$0")/lab.sh"
. "$(dirname "$0")/host_namespaces.sh"
. "$APQ_SOURCE_DIR/tests/integration/useful_energy.sh"
apq=$1
need_root
need ip nsenter unshare mpirun
start_hosts 3
make_experiment "${APQ_LAB_FP:-120}" "${APQ_LAB_QUANT:-40}"
printf '%s slots=2\n' "${hosts[@]}" >"$work/hosts"
printf 'scheduler: ssh\nhosts_file: %s\nranks_per_node: 1\nretries: 0\n' "$work/hosts" >"$work/site.yaml"
cd "$work" || exit 1
launch() { # study
  on "${hosts[0]}" "cd $work && exec $apq launch --config experiment.yaml --site site.yaml --set study.dir=$1 --set energy.source=declared --set energy.beat_seconds=0.2 --set collect.flush_seconds=0.05" >"$work/log" 2>&1
}

say "one process"
"$apq" run --config experiment.yaml --set study.dir=reference >"$work/log" 2>&1 || { cat "$work/log"; echo "FAILED: one process"; exit 1; }

say "three hosts"
launch "$work/three" || { fail "three hosts: $(tail -n 20 "$work/log")"; exit 1; }
expect_equal "$work/three"
cmp "$work/reference/winners.json" "$work/three/winners.json" || fail "winners of one process and of three hosts differ"
expect_useful "$work/three" 0 0.2
"$apq" footprint "$work/three" --by node >"$work/nodes" 2>&1
[[ $(wc -l <"$work/nodes") -eq 4 ]] || fail "not three nodes: $(cat "$work/nodes")"

say "a link is cut"
launch "$work/cut" &
job=$!
rows() { [[ $(find "$work/cut/shards" -name '*.h5' 2>/dev/null | wc -l) -ge 2 ]]; }
within 60 rows || fail "no rows to cut off: $(tail -n 20 "$work/log")"
[[ ! -e $work/cut/search.json ]] || fail "cut too late: the search is done"
kill -0 $job || fail "the job ended before the link was cut"
cut_link 3
cut_at=$SECONDS
is_over() { ! kill -0 $job 2>/dev/null; }
within 60 is_over || fail "the job has not ended 60 s after the link was cut"
say "it ended after $((SECONDS - cut_at)) s"
[[ $((SECONDS - cut_at)) -le 30 ]] || fail "the job took $((SECONDS - cut_at)) s to end"
wait $job && fail "a job that lost a host ended well"
grep -qiE 'lost|unreachable|communication' "$work/log" || fail "no message says what happened: $(tail -n 20 "$work/log")"
mend_link 3
for host in "${hosts[@]}"; do within 60 is_empty $host || fail "$host still works: $(processes_on $host | xargs ps -o pid=,args= -p)"; done
launch "$work/cut" || fail "the study does not go on: $(tail -n 20 "$work/log")"
expect_equal "$work/cut"
cmp "$work/reference/winners.json" "$work/cut/winners.json" || fail "winners after a cut link differ"
expect_useful "$work/cut" 3 0.2
say done
[[ $failures -eq 0 ]]
