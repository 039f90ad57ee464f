# Sourced by tests of what commands print.
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
expect() {  # status, pattern in the output ('' for none at all), then the command line
  local status=$1 pattern=$2
  shift 2
  local output got
  output=$("$@" 2>&1)
  got=$?
  [[ $got -eq $status ]] || fail "$* ended with $got, not $status: $output"
  grep -qE -- "$pattern" <<<"$output" || fail "$*: no '$pattern' in: $output"
}
