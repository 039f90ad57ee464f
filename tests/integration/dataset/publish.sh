#!/usr/bin/env bash
# `apq data publish`: what the folder holds, read by plain Python, and that `apq import table` gives the same rows back.
set -uo pipefail
mpiexec=$1
program=$2
apq=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
. "$APQ_SOURCE_DIR/tests/integration/expect.sh"
space=$APQ_SOURCE_DIR/configs/spaces/fashion_mnist.yaml
"$mpiexec" -n 2 "$program" study 60 0 >/dev/null 2>log || fail "no study was collected: $(cat log)"
hash=$("$apq" data hash study)

# Nothing is published that others could not read, and nothing is overwritten that is no published folder.
expect 3 'study: its search space is not known; give it with --space' "$apq" data publish study -o out
expect 3 'has space hash' "$apq" data publish study -o out --space "$APQ_SOURCE_DIR/configs/spaces/apq_imagenet.yaml"
expect 2 '--date today: is no date YYYY-MM-DD' "$apq" data publish study -o out --space "$space" --date today
mkdir taken
expect 4 'taken: is there and is no published folder' "$apq" data publish study -o taken --space "$space"
[[ -z $(ls -d out* taken* | grep -v '^taken$') ]] || fail "a refused publication left something: $(ls)"

expect 0 'licence: not declared' "$apq" data publish study -o out --space "$space"
grep -q '^Licence: not declared' out/LICENSE || fail "LICENSE does not say that none is declared"
expect 0 'out: release 1.0.0 of out is replaced' "$apq" data publish study -o out --space "$space" --license CC-BY-4.0 --author 'A. "Q" Author' \
  --author 'The Others' --url https://example.org/data --name 'Sixty subnets' --release 1.2.0 --date 2026-11-27
(cd out && sha256sum --quiet --strict -c SHA256SUMS) || fail "the checksums are wrong"
[[ $(find out -type f ! -name SHA256SUMS | wc -l) -eq $(wc -l <out/SHA256SUMS) ]] || fail "a file has no checksum"
[[ $("$apq" data hash out) == "$hash" ]] || fail "the published shards are other rows"
expect 0 'shards are sound' "$apq" data verify out
cmp <("$apq" data export study --space "$space") out/rows/quant.csv || fail "rows/quant.csv is not the export"
cmp <("$apq" data export out --format jsonl) out/rows/quant.jsonl || fail "rows/quant.jsonl is not the export"

HASH=$hash python3 - <<'EOS' || fail "plain Python does not find what was published"
import csv, hashlib, json, os
rows = [json.loads(line) for line in open("out/rows/quant.jsonl")]
table = list(csv.DictReader(open("out/rows/quant.csv")))
assert len(rows) == len(table) == 60
digest = hashlib.sha256()
for row, cells in zip(rows, table):  # the content hash as docs/shard_format.md defines it, from text alone
    assert [int(cells[name]) for name in ("id", "correct", "correct5", "total")] == [row[name] for name in ("id", "correct", "correct5", "total")]
    assert json.loads(cells["subnet"]) == row["subnet"] and [int(gene) for gene in cells["genes"].split()] == row["genes"]
    assert abs(float(cells["accuracy"]) - row["correct"] / row["total"]) < 1e-6 and (row["joules"] is None) == (cells["joules"] == "")
    digest.update(row["id"].to_bytes(8, "little") + bytes(row["genes"]))
    digest.update(b"".join(row[name].to_bytes(4, "little") for name in ("correct", "correct5", "total")))
record = json.load(open("out/dataset.json"))
assert record["content_hash"] == os.environ["HASH"] and record["license"] == "CC-BY-4.0"
assert record["stages"][0]["content_hash"] == digest.hexdigest()
split = json.load(open("out/splits.json"))["stages"]["quant"]
assert sorted(split["training"] + split["held_out"]) == list(range(60)) and split["held_out"] == sorted(split["held_out"])
assert json.load(open("out/environment.json"))["stages"]["quant"]["libraries"] is not None
croissant = json.load(open("out/croissant.json"))
assert croissant["conformsTo"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
assert croissant["license"] == "https://spdx.org/licenses/CC-BY-4.0.html" and croissant["datePublished"] == "2026-11-27"
assert [creator["name"] for creator in croissant["creator"]] == ['A. "Q" Author', "The Others"]
described = {file["contentUrl"]: file["sha256"] for file in croissant["distribution"]}
summed = dict(reversed(line.split("  ", 1)) for line in open("out/SHA256SUMS").read().splitlines())
assert described == {path: digest for path, digest in summed.items() if path != "croissant.json"}
fields = croissant["recordSet"][0]["field"]
assert [field["source"]["extract"]["column"] for field in fields] == list(table[0])
for name in ("Collection", "CollectionType", "CollectionMissingData", "AnnotationProtocol", "AnnotationAnalysis", "Limitations", "Biases", "UseCases"):
    assert croissant["rai:data" + name], name
assert croissant["rai:personalSensitiveInformation"] and croissant["rai:machineAnnotationTools"]
EOS
grep -q '^  - name: "A. \\"Q\\" Author"$' out/CITATION.cff || fail "CITATION.cff: $(cat out/CITATION.cff)"
grep -q 'SPDX-License-Identifier: CC-BY-4.0' out/LICENSE || fail "LICENSE: $(cat out/LICENSE)"
for part in '# Sixty subnets' '## How it was made' '## Splits' '## Noise' '## Known limits' 'quant: missing: no predictor has been trained' 'Licence: CC-BY-4.0'; do
  grep -qF "$part" out/README.md || fail "the card has no '$part'"
done

# And back: the same hash, at any number of ranks, and rows that merge with the study's own.
for ranks in 1 2; do
  expect 0 "back$ranks: 60 rows of stage quant" "$mpiexec" -n $ranks "$apq" import table out --study back$ranks
  [[ $("$apq" data hash back$ranks) == "$hash" ]] || fail "the imported rows have another hash on $ranks ranks"
done
expect 0 'are sound' "$apq" data verify back1
expect 0 'there already' "$apq" import table out --study back1
expect 0 'nothing is written' "$apq" import table out --dry-run
expect 0 '"already_there": false' "$apq" import table out --study back3 --format json
expect 0 '60 with equal labels on both sides: 60 rows' "$apq" data merge study back1 -o merged
[[ $("$apq" data hash merged) == "$hash" ]] || fail "the merged rows have another hash"
expect 0 '60 subnets in both, 60 with equal counts' "$apq" data diff study back1
expect 0 '60 rows of stage quant' "$apq" import table out/rows/quant.csv --space out/space.yaml --study plain
"$apq" data publish back1 -o again >/dev/null 2>log || fail "what was imported is not published again: $(cat log)"
cmp <(cut -d, -f1-5 out/rows/quant.csv) <(cut -d, -f1-5 again/rows/quant.csv) || fail "published again it is other rows"
cmp <(sed 1,2d out/splits.json) <(sed 1,2d again/splits.json) || fail "published again it has other splits"

expect 2 '--space is missing' "$apq" import table out/rows/quant.csv --study none
expect 2 '--images: a published folder says itself' "$apq" import table out --study none --images 100
expect 2 '--study is missing' "$apq" import table out
cp -r out broken
sed -i '3s/"loss":[0-9.]*/"loss":9.25/' broken/rows/quant.jsonl
expect 3 'broken/rows/quant.jsonl: is not the file that SHA256SUMS lists' "$apq" import table broken --study none
sed -i '3s/"loss":[0-9.]*/"loss":-1/' broken/rows/quant.jsonl
expect 3 'broken/rows/quant.jsonl:3: loss is -1' "$apq" import table broken --study none
cp out/rows/quant.jsonl broken/rows/quant.jsonl
sed -i '3s/"correct":[0-9]*/"correct":1/' broken/rows/quant.jsonl
expect 3 'broken/rows/quant.jsonl: holds other rows .content hash [0-9a-f]{64}. than dataset.json says' "$apq" import table broken --study none
sed -i '3s/"id":2/"id":-2/' broken/rows/quant.jsonl
expect 3 'broken/rows/quant.jsonl:3: -2 is no whole number' "$apq" import table broken --study none
[[ ! -e none ]] || fail "a refused import left something"

if python3 -c 'import h5py' 2>/dev/null; then
  [[ $(python3 "$APQ_SOURCE_DIR/docs/read_shards.py" out quant 2>&1 >read.csv) == "$("$apq" data list out --format json | grep -o '[0-9a-f]\{64\}')" ]] ||
    fail "docs/read_shards.py reads other rows"
  [[ $(wc -l <read.csv) -eq 61 ]] || fail "docs/read_shards.py prints $(wc -l <read.csv) lines"
else
  echo "SKIPPED: docs/read_shards.py, for python3 has no h5py"
fi
[[ $failures -eq 0 ]] && echo "all as it should be"
exit $((failures > 0))
