#!/usr/bin/env bash
# Every option of every command that is a number says its range in the help, and what lies outside, is none or no finite number is refused in
# a line that names option and range, with exit status 2.
set -uo pipefail
apq=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
options=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }

try() { # command words, option, range as "LOW to HIGH"
  local command=$1 option=$2 low=${3% to *} high=${3#* to } value got
  # Below the range by one, or far below it; 1e33 lies above every range of numbers, its digits above every range of whole numbers.
  for value in nan 3x "" 1000000000000000000000000000000000 $([[ $low != *[.e]* ]] && echo $((low - 1)) || echo -1e30); do
    # shellcheck disable=SC2086
    "$apq" $command "$option=$value" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    [[ $got -eq 2 ]] || fail "$command $option='$value' ended with $got: $(cat "$work/err")"
    if [[ -n $value ]]; then
      grep -qF -- "$option: $value is not a" "$work/err" && grep -qF "from $low to $high" "$work/err" || fail "$command $option='$value' says: $(cat "$work/err")"
    fi
  done
}

walk() { # command words
  local line option range name
  # shellcheck disable=SC2086
  "$apq" $1 --help >"$work/help" 2>&1 || { fail "$1 --help"; return; }
  local numbers subcommands
  numbers=$(grep -E '^ +-.* (INT|UINT|FLOAT)([ :=]|$)' "$work/help")
  subcommands=$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]\+\) .*/\1/p' "$work/help")
  while read -r line; do
    [[ -n $line ]] || continue
    option=$(grep -oE -- '--[a-z-]+' <<<"${line%% INT*}" | head -n 1)
    range=$(sed -nE 's/.*[ :]in \[([^] ]+) - ([^] ]+)\].*/\1 to \2/p' <<<"$line")
    [[ -n $range ]] || { fail "$1 $option: the help gives no range: $line"; continue; }
    options=$((options + 1))
    try "$1" "$option" "$range"
  done <<<"$numbers"
  for name in $subcommands; do walk "$1 $name"; done
}
walk ""
[[ $options -ge 12 ]] || fail "only $options options are numbers: the help is not understood"
echo "$options options"
[[ $failures -eq 0 ]]
