# Sourced by tests whose jobs are disturbed: what the ledger calls useful, which comes from the journals alone, against the energies in the
# rows. Needs $apq and a `fail`.
joules_of_rows() { "$apq" data query "$1" --stage "${2#collect.}" --columns joules 2>/dev/null | awk 'NR > 1 { sum += $1 } END { printf "%.9g", sum }'; }
useful_joules() { # study, stage; without PUE, which these studies leave at 1
  "$apq" footprint "$1" --format json |
    awk -v stage="\"$2\"," '$1 == "\"stage\":" { here = $2 == stage } here && $1 == "\"useful\":" { printf "%.9g", 3.6e6 * $2; exit }'
}
expect_useful() { # study, how far off in J at most, for each collection; says how far it was
  local stage rows useful
  for stage in collect.fp collect.quant; do
    rows=$(joules_of_rows "$1" $stage) useful=$(useful_joules "$1" $stage)
    awk -v rows="$rows" -v useful="$useful" -v tolerance="$2" 'BEGIN { d = useful - rows; exit !(rows > 0 && useful > 0 && d <= tolerance && -d <= tolerance) }' ||
      fail "$1: $stage: useful $useful J, its rows $rows J, further off than $2 J"
    echo "$1: $stage: useful $useful J, its rows $rows J"
  done
}
