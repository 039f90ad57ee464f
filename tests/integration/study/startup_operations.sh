#!/usr/bin/env bash
# What `apq run` on 3 ranks asks of the file system where study, configuration, images and weights lie, from the end of the loader to the
# first label, and in a study where nothing is to be done: root has a bound, and the other ranks, which root tells what they need, a small one.
set -uo pipefail
mpiexec=$1
apq=$2
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
calls=%file,%desc,clone,clone3,execve
strace -f -y -e trace=$calls -o try true 2>/dev/null || { echo "skipped: no strace, or no right to trace processes"; exit 77; }
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
traced() { # log, arguments...
  local log=$1
  shift
  strace -f -y -e trace=$calls -e signal=none -o "$log" "$mpiexec" -n 3 "$apq" run --config "$here/tiny.yaml" --set study.dir="$work/study" \
    --set collect.shard_rows=2 "$@" 2>"$log.err" || fail "$log: $(tail -n 3 "$log.err")"
}
# "root N" and "rank N" of each process: its system calls, its threads' included, that name a path or a descriptor there. Libraries do not
# count, nor what labelling itself does until the first label is told, which a slow machine does more of: claims, and shards it writes.
operations() { # log, where it ends
  awk -v work="$work" -v source="$APQ_SOURCE_DIR" -v end="$2" '
    function is_there(path) {
      if (path !~ /^\//) path = work "/" path
      return path !~ /\.so([.0-9]*)?$|\/claims(\/|$)|\.h5\.[^\/]*\.partial$/ && (index(path, work) == 1 || path ~ "^" source "/(configs|data|tests)/")
    }
    end != "" && index($0, end) { exit }
    {
      pid = $1
      line = substr($0, index($0, " ") + 1)
      sub(/^ +/, "", line)
      if (line ~ /clone3?(\(| resumed)/ && match(line, /= [0-9]+$/)) { parent[substr(line, RSTART + 2)] = pid; next }
      if (line ~ /^<\.\.\. /) next  # counted where it began
      call = substr(line, 1, index(line, "(") - 1)
      line = substr(line, length(call) + 2)
      if (call == "execve") {
        count[pid] = 0
        if (line ~ /apq-torch"/) is_rank[pid] = 1
        next
      }
      if (call == "mmap") path = match(line, /, [0-9]+<[^>]*>/) ? substr(line, RSTART + 2, RLENGTH - 2) : ""
      else path = match(line, /^[0-9]+<[^>]*>/) ? substr(line, 1, RLENGTH) : ""
      if (path != "") { sub(/^[0-9]+</, "", path); sub(/>$/, "", path); if (path !~ /^\//) next }
      else if (match(line, /^(AT_FDCWD(<[^>]*>)?, )?"[^"]*"/)) { path = substr(line, 1, RLENGTH - 1); sub(/^[^"]*"/, "", path) }
      else next
      if (!is_there(path)) next
      ++count[pid]
      if (path ~ /tiny\.yaml$/) is_root[pid] = 1
    }
    END {
      for (pid in count) {
        leader = pid
        while (!(leader in is_rank) && leader in parent) leader = parent[leader]
        if (leader in is_rank) sum[leader] += count[pid]
      }
      for (pid in is_rank) print (pid in is_root ? "root" : "rank"), sum[pid] + 0
    }' "$1"
}
expect_few() { # log, where it ends
  local ranks
  ranks=$(operations "$1" "$2" | sort -r)
  echo "$1: $(tr '\n' ' ' <<<"$ranks")"
  [[ $(grep -c ^root <<<"$ranks") -eq 1 && $(grep -c ^rank <<<"$ranks") -eq 2 ]] || fail "$1: not one rank of three opens the configuration"
  awk '$2 > ($1 == "root" ? 300 : 10) { exit 1 }' <<<"$ranks" || fail "$1: more than 300 operations of root or 10 of another rank"
}

traced fresh
grep -q "first label" fresh || fail "fresh: no first label was seen"
expect_few fresh "first label"
# All that stamps know is out of doubt: a stage's last file is written within two seconds of its stamp.
sed -i -E 's/"recorded_ns": [0-9]+/"recorded_ns": 9000000000000000000/' study/.stages/*.json
traced finished
[[ $(grep -c "is there already" finished.err) -eq 6 ]] || fail "finished: $(cat finished.err)"
expect_few finished ""
shards=$(find study/shards -name '*.h5' | wc -l)
[[ $shards -ge 20 ]] || fail "only $shards shards"
exit $((failures > 0))
