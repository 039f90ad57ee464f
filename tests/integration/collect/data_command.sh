#!/usr/bin/env bash
# `apq data`: what it prints for a sound study, and that it complains about every kind of fault.
set -uo pipefail
mpiexec=$1
program=$2
apq=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$APQ_SOURCE_DIR/tests/integration/expect.sh"
study=$work/study
stage=$study/shards/quant
space=$APQ_SOURCE_DIR/configs/spaces/fashion_mnist.yaml
stage_hash=$("$mpiexec" -n 2 "$program" "$study" 40 1 2>/dev/null) || fail "no study was collected"

expect 0 "quant: [0-9]+ shards are sound" "$apq" data verify "$study"
expect 0 "quant +40 +[0-9]+ .*$stage_hash" "$apq" data list "$study"
[[ $("$apq" data hash "$stage") == "$stage_hash" ]] || fail "the hash of a stage is not that of its rows"
[[ $("$apq" data hash "$stage/") == "$stage_hash" ]] || fail "a slash at the end changes the hash"
hash=$("$apq" data hash "$study")
[[ $hash =~ ^[0-9a-f]{64}$ ]] || fail "'$hash' is not 64 hex digits"
[[ $("$mpiexec" -n 2 "$apq" data hash "$study" 2>/dev/null) == "$hash" ]] || fail "two ranks print another hash"
"$mpiexec" -n 3 "$program" "$work/other" 40 1 >/dev/null 2>&1
[[ $("$apq" data hash "$work/other") == "$hash" ]] || fail "the same data on 3 ranks has another hash"

[[ $("$apq" data export "$study" | wc -l) -eq 41 ]] || fail "CSV is not a header and 40 rows"
[[ $("$apq" data export "$study" | sed -n 1p) == stage,id,correct,* ]] || fail "no CSV header"
[[ $("$apq" data export "$study" --format jsonl | wc -l) -eq 40 ]] || fail "not 40 JSON lines"
"$apq" data export "$study" --format jsonl --space "$space" | sed -n 1p | grep -E '"ks":\[.*"pw_w_bits":\[' >/dev/null || fail "no subnet in concrete values"
"$apq" data export "$study" --space "$space" | sed -n 2p | grep '""ks""' >/dev/null || fail "no quoted subnet in CSV"
"$apq" data list "$study" --format json | grep -q '"rows": 40' || fail "no JSON list"
expect 3 "has space hash [0-9a-f]{64}, the shards have [0-9a-f]{64}" "$apq" data export "$study" --space "$APQ_SOURCE_DIR/configs/spaces/apq_imagenet.yaml"
[[ ! -e /dev/full ]] || { "$apq" data export "$study" >/dev/full 2>"$work/log"; [[ $? -eq 4 ]] || fail "a full standard output ended with another status than 4: $(cat "$work/log")"; }

expect 4 "nowhere: no such directory" "$apq" data hash "$work/nowhere"
mkdir "$work/empty"
for verb in list verify hash export join; do expect 3 "empty: holds no shards" "$apq" data "$verb" "$work/empty"; done

damage() {  # a fresh copy with a name; prints its first shard
  rm -rf "${work:?}/$1"
  cp -r "$study" "$work/$1"
  find "$work/$1/shards" -name '*.h5' | sort | head -1
}
victim=$(damage flipped)
printf '\xff' | dd of="$victim" bs=1 seek=3000 conv=notrunc status=none
expect 3 "$(basename "$victim"): is damaged" "$apq" data verify "$work/flipped"
expect 3 "samples are missing, the first is" "$apq" data verify "$work/flipped"
for verb in list hash export join; do expect 3 "$(basename "$victim")" "$apq" data "$verb" "$work/flipped"; done
expect 0 ".damaged, its samples are collected again" "$program" "$work/flipped" 40 1
expect 0 "quant: [0-9]+ shards are sound" "$apq" data verify "$work/flipped"
[[ $("$apq" data hash "$work/flipped") == "$hash" ]] || fail "the repaired study has another hash"

victim=$(damage cut)
truncate -s 5000 "$victim"
expect 3 "$(basename "$victim"): is cut off" "$apq" data verify "$work/cut"
victim=$(damage lost)
rm "$victim"
for verb in verify list hash export; do expect 3 "$(basename "$victim") with [0-9]+ rows is missing" "$apq" data "$verb" "$work/lost"; done
victim=$(damage stranger)
echo 'nothing of ours' >"$(dirname "$victim")/zzz.h5"
expect 3 "zzz.h5: is not an HDF5 file" "$apq" data verify "$work/stranger"
victim=$(damage unjoined)
cp "$victim" "$(dirname "$victim")/copy.h5"
expect 3 "does not join all" "$apq" data verify "$work/unjoined"
expect 0 "dataset_quant.h5" "$apq" data join "$work/unjoined"
expect 0 "are sound" "$apq" data verify "$work/unjoined"
expect 0 "dataset_quant.h5" "$apq" data join "$work/unjoined/shards/quant"
expect 0 "are sound" "$apq" data verify "$work/unjoined/shards/quant"
# Another label for sample 7, as a faulty machine gives it.
damage contradicted >/dev/null
APQ_FAKE="other@7" "$program" "$work/contrary" 40 1 >/dev/null 2>"$work/log" || fail "no contradicting study: $(cat "$work/log")"
for shard in "$work"/contrary/shards/quant/*.h5; do cp "$shard" "$work/contradicted/shards/quant/zz-$(basename "$shard")"; done
expect 3 "shards/quant/[^z][^ ]*.h5 and zz-[^ ]*.h5.* 7" "$apq" data verify "$work/contradicted"
expect 0 "zz-[^ ]*.h5.contradicting" "$program" "$work/contradicted" 40 1
[[ $("$apq" data hash "$work/contradicted") == "$hash" ]] || fail "the study has the younger label"
damage unfinished >/dev/null
printf 'study: {seed: 21}\ncollect: {quant: {samples: 60}}\n' >"$work/unfinished/config.yaml"
expect 3 "20 of 60 samples are missing, the first is 40" "$apq" data verify "$work/unfinished"
for verb in list verify hash export join; do expect 0 "Example" "$apq" data "$verb" --help; done
[[ $failures -eq 0 ]] && echo "all as it should be"
exit $((failures > 0))
