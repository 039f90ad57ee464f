#!/usr/bin/env bash
# Commands that need no LibTorch don't load it, nor Open MPI's components where no launcher started them; the others get all of it
# in the same process, with its arguments, standard input and exit status, wherever apq is called from.
set -uo pipefail
mpiexec=$1
apq=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
space=$APQ_SOURCE_DIR/configs/spaces/fashion_mnist.yaml

"$apq" space --space "$space" --random 2 --format json >"$work/subnets.json" || fail "apq space"
mkdir -p "$work/shards"
loaded() {  # the libraries that a command line loads, one a line
  LD_DEBUG=files LD_DEBUG_OUTPUT="$work/ld" "$@" >"$work/out" 2>&1 </dev/null
  sed -nE 's/.*calling init: (.*)/\1/p' "$work"/ld.*
  rm -f "$work"/ld.*
}
light=("--help" "--version" "cost --space $space --subnets $work/subnets.json" "space --space $space"
       "encode --space $space --subnets $work/subnets.json" "data list $work" "cost --help")
for line in "${light[@]}"; do
  read -r -a words <<<"$line"
  libraries=$(loaded "$apq" "${words[@]}")
  grep -q 'libc\.so' <<<"$libraries" || fail "LD_DEBUG says nothing about apq $line"
  grep -q 'libtorch' <<<"$libraries" && fail "apq $line loads LibTorch"
  grep -qE 'openmpi[0-9]*/.*mca_|/mca_' <<<"$libraries" && fail "apq $line initialises MPI: $(grep mca_ <<<"$libraries" | head -1)"
done
grep -q 'libtorch' <<<"$(loaded "$apq" collect --help)" || fail "the check is blind: apq collect loads no LibTorch"

# As rank of a job a light command joins it and one rank speaks.
[[ $("$mpiexec" -n 2 "$apq" space --space "$space" --format json 2>"$work/log" | wc -l) -eq 1 ]] || fail "two ranks do not print one line: $(cat "$work/log")"

# The same process goes on: bash's child has the id that the heavy command sees.
"$apq" collect --config /dev/stdin --check <<<"nonsense: 1" >"$work/out" 2>&1
[[ $? -eq 2 ]] || fail "the exit status of a heavy command is lost: $(cat "$work/out")"
grep -q '/dev/stdin' "$work/out" || fail "standard input does not reach a heavy command: $(cat "$work/out")"
(cd "$work" && ln -s "$apq" linked && ./linked collect --help | grep -q -- --stage) || fail "not found through a link"
(PATH=$(dirname "$apq"):$PATH && cd "$work" && apq --help collect | grep -q -- --stage) || fail "not found through PATH"

cp "$apq" "$work/apq"
"$work/apq" collect >"$work/out" 2>&1
[[ $? -eq 4 ]] || fail "without apq-torch the exit status is not 4"
grep -q "apq: error: $work/apq-torch: cannot be started (No such file or directory); it belongs beside apq" "$work/out" || fail "unclear: $(cat "$work/out")"
"$work/apq" space --space "$space" >/dev/null || fail "light commands do not work alone"
mkdir -p "$work/prefix/bin" "$work/prefix/libexec/apq"
cp "$apq" "$work/prefix/bin"
ln -s "$(dirname "$apq")/apq-torch" "$work/prefix/libexec/apq/apq-torch"
"$work/prefix/bin/apq" collect --help | grep -q -- --stage || fail "apq-torch is not found in libexec/apq"
[[ $failures -eq 0 ]] && echo "light commands load no LibTorch and initialise no MPI"
exit $((failures > 0))
