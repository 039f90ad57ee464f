#!/usr/bin/env bash
# What `apq import table` says of tables as people have them: how one is understood before anything is written, several files and a
# folder, the options that settle what is ambiguous, repeated measurements, and on which rank count.
set -euo pipefail
mpiexec=$1
apq=$2
space=$APQ_SOURCE_DIR/configs/spaces/ofa_mbv3_w1.0.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "FAILED: $1"; exit 1; }
import() { "$apq" import table "$@" --space "$space" >out 2>err; }
refused() { # expected status, expected text, arguments of import
  local status=0
  import "${@:3}" || status=$?
  [[ $status -eq $1 ]] && grep -qF -- "$2" err || fail "${*:3}: status $status, $(cat err)"
  [[ $(wc -l <err) -eq 1 ]] || fail "${*:3}: more than one line: $(cat err)"
}
said() { grep -qF -- "$1" out || fail "not said: $1: $(cat out)"; }

# A file a kernel size: 20 equal kernels, ratios and 5 depths, image sizes 128 and 160.
twenty() { local list=$1; for _ in {2..20}; do list+=" $1"; done; echo "$list"; }
for kernel in 3 5 7; do
  echo 'KS;E;D;Image size;Top-1 Acc (%)' >$kernel.csv
  for size in 128 160; do echo "$(twenty $kernel);$(twenty 4);2 2 2 2 2;$size;7$kernel,$((size / 32))" >>$kernel.csv; done
done

import 3.csv 5.csv --images 1000 --dry-run || fail "dry run: $(cat err)"
said "3.csv: read as: semicolon-separated, decimal commas, accuracies in percent (Top-1 Acc (%)), subnets from d = D, e = E, ks = KS, r = Image size; 2 entries"
said "5.csv: read as: semicolon-separated"
said '3.csv:2: 734 of 1000 (73.40 %) {"d":[2,2,2,2,2],'
said "4 rows of stage fp, images per row: 1000; nothing is written"
[[ $(grep -c ' of 1000 (' out) -eq 3 ]] || fail "not three rows: $(cat out)"
refused 2 "--study is missing" 3.csv --images 1000
import 3.csv 5.csv 7.csv --study several --images 1000 --format json || fail "several files: $(cat err)"
said '"rows": 6'
"$mpiexec" -n 2 "$apq" import table 3.csv 5.csv 7.csv --space "$space" --study two_ranks --images 1000 >out 2>err || fail "two ranks: $(cat err)"
[[ $("$apq" data hash several) == "$("$apq" data hash two_ranks)" ]] || fail "1 and 2 ranks imported other rows"

refused 3 "3.csv:2: the accuracy 73.4 would be 220.2 hits of 300 images" 3.csv --images 300 --study none
sed 's/;73,4/;0,734/' 3.csv >mixed.csv
sed -i '1s/ (%)//' mixed.csv
refused 3 "0.734 can be 0.734 % or 73.4 %" mixed.csv --images 1000 --study none
refused 4 "no such.csv: cannot be opened" "no such.csv" --images 1000 --study none
sed '1s/$/;acc/; 2,$s/$/;50/' 3.csv >two.csv
refused 3 "Top-1 Acc (%) (number 5) and acc (number 6); choose with --accuracy-column" two.csv --images 1000 --study none
refused 2 "--columns names acc already" two.csv --images 1000 --study none --columns acc=acc --accuracy-column acc
import two.csv --images 1000 --dry-run --accuracy-column acc || fail "--accuracy-column: $(cat err)"
said "two.csv:2: 500 of 1000"
[[ ! -e none ]] || fail "something was written"

# The blocks beyond a depth of 2 are not there: what they say makes no other subnet.
sed '2s/^3 3 3/3 3 7/; 2s/73,4/73,6/' 3.csv >again.csv
refused 3 "again.csv:2: repeats the subnet of 3.csv:2 with another accuracy (736 of 1000 instead of 734 of 1000); --repeats" 3.csv again.csv --images 1000 --study none
for repeats in first:2:734 mean:2:735 all:4:734; do
  IFS=: read -r how rows correct <<<"$repeats"
  import 3.csv again.csv --images 1000 --study "$how" --repeats "$how" || fail "--repeats $how: $(cat err)"
  said "$how: $rows rows of stage fp"
  said "repeats: 2 subnets measured 4 times, standard deviation of a measurement 0.100 %"
  [[ $("$apq" data export "$how" | awk -F, 'NR == 2 { print $3 }') -eq $correct ]] || fail "--repeats $how: $("$apq" data export "$how" | head -n 2)"
  "$apq" data verify "$how" >/dev/null || fail "--repeats $how: not sound"
done
"$apq" data list all | grep -q "fp: 2 subnets measured 4 times" || fail "data list: $("$apq" data list all)"

# A dictionary for each image size, as once-for-all writes them.
mkdir -p acc/src
for size in 128 160; do
  printf '{"{\\"ks\\": [%s], \\"e\\": [%s], \\"d\\": [2, 2, 2, 2, 2]}": 7%s.5}' "$(twenty 3 | tr ' ' ,)" "$(twenty 4 | tr ' ' ,)" $((size / 32)) >acc/src/$size.dict
done
import acc --study folder --images 1000 || fail "folder: $(cat err)"
said "acc/src/128.dict: read as: JSON dictionary, accuracies in percent, subnets from the keys, image size 128 where they say none; 1 entries"
said "folder: 2 rows of stage fp"
echo "tables in other dialects, several files, folders and repeats are read and said"
