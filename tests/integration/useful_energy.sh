# Sourced by tests whose jobs are disturbed: what the ledger calls useful, which comes from the journals alone, against the energies in the
# rows. Needs $apq and a `fail`. Studies of these tests write rows into shards as they come (collect.flush_seconds below a sample's time).
joules_of_rows() { # study, stage: of all, of the largest
  "$apq" data query "$1" --stage "${2#collect.}" --columns joules 2>/dev/null |
    awk 'NR > 1 { sum += $1; if ($1 > most) most = $1 } END { printf "%.9g %.9g", sum, most }'
}
useful_joules() { # study, stage; without PUE, which these studies leave at 1
  "$apq" footprint "$1" --format json |
    awk -v stage="\"$2\"," '$1 == "\"stage\":" { here = $2 == stage } here && $1 == "\"useful\":" { printf "%.9g", 3.6e6 * $2; exit }'
}
# With each kill may go what a beat holds, and the rows that came into a shard within it, one of each rank: nobody is left to call them useful.
expect_useful() { # study, ranks killed in a collection (0: none), beat in s; says how far off it was
  local stage rows most useful tolerance
  for stage in collect.fp collect.quant; do
    read -r rows most <<<"$(joules_of_rows "$1" $stage)"
    useful=$(useful_joules "$1" $stage)
    tolerance=$(awk -v ranks="$2" -v beat="$3" -v most="$most" 'BEGIN { print 1e-3 + ranks * (10 * beat + most) }')
    awk -v rows="$rows" -v useful="$useful" -v tolerance="$tolerance" \
      'BEGIN { d = useful - rows; exit !(rows > 0 && useful > 0 && d <= tolerance && -d <= tolerance) }' ||
      fail "$1: $stage: useful $useful J, its rows $rows J, further off than $tolerance J"
    echo "$1: $stage: useful $useful J, its rows $rows J, $tolerance allowed"
  done
}
