#!/usr/bin/env bash
# `apq data merge`, `diff` and `query` on collected studies, read back by plain Python.
set -uo pipefail
mpiexec=$1
program=$2
apq=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
. "$APQ_SOURCE_DIR/tests/integration/expect.sh"
space=$APQ_SOURCE_DIR/configs/spaces/fashion_mnist.yaml
collect() { "$mpiexec" -n 2 "$program" "$@" 0 >/dev/null 2>log || fail "no study was collected: $(cat log)"; }
collect a 40
collect b 60
APQ_FAKE="other@7" collect contrary 40
cp -r b part  # half of b's shards
ls part/shards/quant/*.h5 | sed -n 'p;n' | xargs rm
rm -f part/dataset_quant.h5

# Merging: two parts of a dataset are the dataset; nothing is overwritten; contradictions are refused, or listed.
expect 0 '^quant: 40 and 60 rows, 40 with equal labels on both sides: 60 rows$' "$apq" data merge a b -o both
[[ $("$apq" data hash both) == "$("$apq" data hash b)" ]] || fail "the merged rows are not b's"
expect 0 '1 shards are sound' "$apq" data verify both --space "$space"
expect 0 ': 60 rows$' "$apq" data merge part b/shards/quant -o from_stage
[[ $("$apq" data hash from_stage) == "$("$apq" data hash b)" ]] || fail "a part and one stage's shards are not b"
expect 4 'both: is there already; merge into a new folder' "$apq" data merge a b -o both
expect 3 'sample 7: .* in a, .* in contrary .1 samples have two labels; nothing was merged.; --contradictions first or drop' "$apq" data merge a contrary -o none
expect 3 'sample 7' "$mpiexec" -n 2 "$apq" data merge a contrary -o none
[[ -z $(ls -d none* 2>/dev/null) ]] || fail "a refused merge left something"
expect 0 'contradiction: sample 7: ' "$apq" data merge a contrary -o first --contradictions first
[[ $("$apq" data hash first) == "$("$apq" data hash a)" ]] || fail "the first one's labels did not stay"
"$apq" data merge a contrary -o dropped --contradictions drop --format json >said.json || fail "merge --contradictions drop"
python3 -c 'import json; s = json.load(open("said.json"))[0]; assert (s["rows"], s["folded"], len(s["contradictions"])) == (39, 39, 1), s' || fail "merge says: $(cat said.json)"
expect 4 'nowhere: no such directory' "$apq" data merge a nowhere -o none

# Another dataset is refused by what differs.
"$apq" data export a --format jsonl --space "$space" >rows.jsonl
"$apq" import table rows.jsonl --space "$space" --study imported >/dev/null 2>log || fail "import: $(cat log)"
expect 3 'imported: stage quant belongs to another dataset than that of a \(.*study.seed: 0 there, 21 here; table: [0-9a-f]{64} there, nothing here' "$apq" data merge a imported -o none

# Comparing: what was planted is found; rows of one side; labels alike in other studies.
expect 0 '^quant: 40 rows in a, 40 in contrary; 40 subnets in both, 39 with equal counts$' "$apq" data diff a contrary
"$apq" data diff a contrary --format json >diff.json || fail "diff --format json"
python3 - <<'EOS' || fail "diff says: $(cat diff.json)"
import json
stage, = json.load(open("diff.json"))["stages"]
assert [pair["first"]["id"] for pair in stage["differing"]] == [7]
first, second = stage["differing"][0]["first"], stage["differing"][0]["second"]
points = 100 * (second["correct"] / second["total"] - first["correct"] / first["total"])
assert abs(stage["differing"][0]["difference_points"] - points) < 1e-9
mean = stage["difference_points"]
assert abs(mean["mean"] - points / 40) < 1e-9 and mean["low95"] <= mean["mean"] <= mean["high95"]
EOS
expect 0 '20 rows in b alone: 40, 41' "$apq" data diff a b
expect 0 'table: nothing in a, [0-9a-f]{64} in imported' "$apq" data diff a imported
expect 0 '40 subnets in both' "$apq" data diff a imported

# Queries: the same rows as a plain reading finds.
"$apq" data query b --space "$space" --where 'accuracy >= 0.5' --where 'any bits = 4' --columns id,accuracy,ks,size_bytes --format jsonl >found.jsonl 2>log ||
  fail "query: $(cat log)"
"$apq" data export b --space "$space" >rows.csv
python3 - <<'EOS' || fail "the query found other rows"
import csv, json
wanted = []
for row in csv.DictReader(open("rows.csv")):
    subnet, genes = json.loads(row["subnet"]), [int(gene) for gene in row["genes"].split()]
    bits = [b for role in ("pw_w", "pw_a", "dw_w", "dw_a") for b, gene in zip(subnet[role + "_bits"], genes) if gene]
    if float(row["accuracy"]) >= 0.5 and 4 in bits:
        wanted.append((int(row["id"]), subnet["ks"]))
found = [json.loads(line) for line in open("found.jsonl")]
assert wanted and wanted == [(row["id"], row["ks"]) for row in found], (wanted, found)
assert all(list(row) == ["id", "accuracy", "ks", "size_bytes"] and row["size_bytes"] > 0 for row in found)
EOS
[[ $("$apq" data query b --limit 3 --columns id 2>/dev/null | tr '\n' ' ') == "id 0 1 2 " ]] || fail "--limit 3 --columns id"
expect 3 'b: ks needs the search space of the rows, which is not known; give it with --space' "$apq" data query b --columns ks
expect 2 "--where speed > 3: speed is no column of a row; there are stage, id" "$apq" data query b --where 'speed > 3'
expect 3 'b: has no rows of stage fp' "$apq" data query b --stage fp
for verb in merge diff query; do expect 0 Example "$apq" data "$verb" --help; done
[[ $failures -eq 0 ]] && echo "all as it should be"
exit $((failures > 0))
