#!/usr/bin/env bash
# A request to the file system fails in any stage of a study: `apq run` says clearly what could not be done, or does it another way; the study
# lists, and the same command ends with the same labels and winners. A few requests are tried; APQ_LONG_TESTS=N: every N-th.
set -uo pipefail
apq=$1 faults=$2
. "$APQ_SOURCE_DIR/tests/integration/study/small_images.sh"
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
study=$work/study
run() { "$apq" run --config "$here/tiny.yaml" --set study.dir="$study" --set collect.fp.samples=12 --set collect.quant.samples=12 >log 2>&1; }
watched() { APQ_IO_ROOT=$study APQ_IO_LOG=$work/io APQ_IO_FAULT=$1 LD_PRELOAD=$faults run; } # KIND@N
products() { (cd "$study" && sha256sum predictor*.pt winners.json winners/*; "$apq" data hash .); }

watched none@999999 || { echo "FAILED: the study itself: $(cat log)"; exit 1; }
products >whole
requests=$(wc -l <io)  # a few less than there are: closes and reads are not in the log
writes=$(grep -c "^[0-9]* write " io)
kinds=(enospc eio estale short)
happened=0
try() { # kind, number
  local status fault what
  rm -rf study io io.data
  watched "$1@$2"; status=$?
  fault=$(sed -n 's/^[0-9]* FAULT //p' io)
  [[ -n $fault ]] || return 1
  happened=$((happened + 1))
  what="$fault, request $2"
  case $status in
    0) [[ $1 == short || $(grep -cE "$reasons" log) -gt 0 ]] || echo "note: ends well, unsaid: $what" ;;
    4) [[ $(grep -c 'apq: error' log) -eq 1 ]] && grep -qE "apq: error: .*/.*($reasons)" log || fail "$what: no clear error: $(cat log)" ;;
    *) fail "$what: ends with $status: $(tail -n 3 log)" ;;
  esac
  [[ $1 != short || $status -eq 0 ]] || fail "$what: half a read or write is no error"
  if [[ -e $study/config.yaml ]]; then
    "$apq" status "$study" >out 2>&1 || fail "$what: no status: $(cat out)"
    ! compgen -G "$study/shards/*/*.h5" >names || "$apq" data list "$study" >out 2>&1 || fail "$what: does not list: $(cat out)"
  fi
  run || { fail "$what: does not go on: $(tail -n 3 log)"; return 0; }
  products >now
  cmp -s now whole || fail "$what: other products"
}
reasons="No space left on device|Input/output error|Stale file handle"
if [[ -n ${APQ_LONG_TESTS:-} ]]; then
  for kind in "${kinds[@]}"; do
    at=1
    while try $kind $at; do at=$((at + APQ_LONG_TESTS)); done
  done
else
  tries=8
  for ((i = 0; i < tries; ++i)); do
    kind=${kinds[$((i % 4))]}
    of=$([[ $kind == short ]] && echo "$writes" || echo "$requests")  # nothing else can be half done
    try "$kind" $((1 + (2 * i + 1) * of / (2 * tries))) || fail "$kind at $i/$tries of $of requests did not happen"
  done
fi
[[ $happened -ge 8 ]] || fail "only $happened requests failed"
echo "of $requests requests and more $happened failed"
[[ $failures -eq 0 ]] && echo "every error was clear, the study is the same"
exit $((failures > 0))
