#!/usr/bin/env bash
# Every request to the file system fails, one at a time, in every way: the collection says clearly what could not be done, or does it another
# way; the study lists; the same command goes on to the same rows. And a machine loses its power after any of them: no acknowledged row
# is gone, nothing passes for whole that is not. A collection from nothing, and one that goes on and finds what a killed one left.
# One request in a few is tried; APQ_LONG_TESTS=1: every one.
set -uo pipefail
program=$1 faults=$2 crash_states=$3 apq=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
stride=${APQ_LONG_TESTS:+1}
stride=${stride:-23}
study=$work/study
collect() { "$program" "$study" 24 0 >out 2>log; }
watched() { APQ_IO_ROOT=$study APQ_IO_LOG=$work/io APQ_IO_FAULT=$1 LD_PRELOAD=$faults "${@:2}"; } # KIND@N or nothing, command

collect || { echo "FAILED: $(cat log)"; exit 1; }
whole=$(cat out)
rm -rf study nothing begun
mkdir nothing begun
"$program" begun 12 0 >out 2>log || fail "the first half"
cp "$(ls begun/shards/quant/*.h5 | head -n 1)" begun/shards/quant/0-r00000-00000.h5
truncate -s -100 begun/shards/quant/0-r00000-00000.h5  # a damaged one, to be set aside
echo half >begun/shards/quant/0-r00000-00001.h5.1.partial

start() { rm -rf study io io.data; cp -r "$1" study; }
lists() { # what
  [[ -e study/shards/quant/0-r00000-00000.h5 ]] && return  # still to be set aside
  "$apq" data list study >out 2>log || fail "$1: does not list: $(cat log)"
  "$apq" data verify study >out 2>log || ! grep -qv "does not join all" out || fail "$1: is damaged: $(cat out log)"
}
goes_on() { # what
  collect || fail "$1: does not go on: $(cat log)"
  [[ $(cat out) == "$whole" ]] || fail "$1: other rows"
}
for from in nothing begun; do
  happened=0
  for kind in enospc eio estale short; do
    at=1
    while :; do
      start $from
      watched $kind@$at collect
      status=$?
      fault=$(sed -n 's/^[0-9]* FAULT //p' io)
      [[ -n $fault ]] || break  # there is no such request
      happened=$((happened + 1))
      what="$fault, request $at from $from"
      case $status in
        0) [[ $(cat out) == "$whole" ]] || fail "$what: ends well with other rows" ;;
        4) [[ $(grep -c 'apq: error' log) -eq 1 ]] && grep -qE "apq: error: /.* \((No space left on device|Input/output error|Stale file handle)\)" log ||
             fail "$what: no clear error: $(cat log)" ;;
        *) fail "$what: ends with $status: $(cat log)" ;;
      esac
      [[ $kind != short || $status -eq 0 ]] || fail "$what: half a read or write is no error"
      compgen -G "study/shards/quant/*.h5" >names && lists "$what"  # one without any says just that
      goes_on "$what"
      at=$((at + stride))
    done
  done
  echo "from $from: $happened requests failed"
  [[ $happened -gt $((300 / stride)) ]] || fail "from $from: hardly any request failed"
done

# Power is lost.
rm begun/shards/quant/0-r00000-00000.h5
for from in nothing begun; do
  start $from
  watched "" collect || fail "a watched run: $(cat log)"
  "$crash_states" "$work/io" "$study" "$([[ $from == nothing ]] || echo "$work/begun")" "$work/states" >out || fail "power lost, from $from: $(head -n 5 out)"
  echo "from $from: $(tail -n 1 out)"
  number=0
  for state in states/*; do
    number=$((number + 1))
    [[ $((number % (stride > 1 ? 12 : 1))) -eq 0 ]] || continue
    start "$state"
    goes_on "power lost, from $from, $state"
  done
  rm -rf states
done
[[ $failures -eq 0 ]] && echo "every error was clear, nothing was lost"
exit $((failures > 0))
