#!/usr/bin/env bash
# What a person gets to see: help with an example for every command, and for every mistake one line that says what is wrong,
# where, and what would be right, with an exit status by kind; the same under mpirun, printed once.
set -uo pipefail
mpiexec=$1
apq=$2
cd "$APQ_SOURCE_DIR"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }

"$apq" --help >"$work/help" || fail "apq --help"
for command in run status launch plan supernet collect train search report footprint eval data space cost encode import doctor; do
  grep -qE "^ +$command " "$work/help" || fail "apq --help does not list $command"
  "$apq" "$command" --help >"$work/out" || fail "apq $command --help"
  grep -q "Example" "$work/out" || fail "apq $command --help has no example"
done
"$apq" --version | grep -qE '^apq [0-9]+\.[0-9]+\.[0-9]+( \([0-9A-Za-z.-]+\))?$' || fail "apq --version"

expect() {  # status, pattern, then the command line
  local status=$1 pattern=$2
  shift 2
  "$@" >"$work/stdout" 2>"$work/stderr"
  local got=$?
  [[ $got -eq $status ]] || fail "$* ended with $got, not $status: $(cat "$work/stderr")"
  local lines
  lines=$(grep -c 'apq: error' "$work/stderr")
  [[ $lines -eq 1 ]] || fail "$* printed $lines error lines, not one: $(cat "$work/stderr")"
  grep -qE "$pattern" "$work/stderr" || fail "$*: no '$pattern' in: $(cat "$work/stderr")"
}
config=$work/c.yaml
write() { sed "s#\.\./\.\./\.\./#$APQ_SOURCE_DIR/#" tests/integration/study/small.yaml >"$config"; }

write; sed -i 's/seed: 3/sed: 3/' "$config"
expect 2 "c.yaml:2: study.sed: unknown key; did you mean seed\?" "$apq" run --config "$config" --check
for ranks in 1 2 3; do
  expect 2 "c.yaml:2: study.sed: unknown key" "$mpiexec" -n $ranks "$apq" run --config "$config" --check
done
write; sed -i 's/samples: 41/samples: -1/' "$config"
expect 2 "c.yaml:[0-9]+: collect.fp.samples = -1" "$apq" run --config "$config" --check
write
expect 2 "set collect.fp.samples=many: collect.fp.samples = many is not a whole number" "$apq" run --config "$config" --check --set collect.fp.samples=many
expect 2 "metric" "$apq" run --config "$config" --check --set 'search.constraints=[{metric: speed, limit: 3}]'
expect 2 "search.constraints: is empty; give at least one, e.g. - \{metric: latency_ms, quantile: 0.3\}" \
  "$apq" run --config "$config" --check --set search.constraints=null
expect 2 "search.constraints: must be a list of at least one section" "$apq" run --config "$config" --check --set search.constraints=3
expect 4 "nowhere.yaml" "$apq" run --config nowhere.yaml
expect 2 "no experiment given" "$apq" run
expect 4 "/nonexistent: no such directory" "$apq" run --config "$config" --check --set data.directory=/nonexistent
expect 2 "set data.train_images to 0, data.calibration_images to 85 and data.validation_images to 59915" \
  "$apq" run --config "$config" --check --set data.validation_images=70000
expect 2 "weights = .*nothing.pt" "$apq" run --config "$config" --check --set supernet.weights=nothing.pt
sed 's/size: 32/size: 30/' configs/spaces/fashion_mnist.yaml >"$work/space.yaml"
expect 2 "space.yaml:[0-9]+: .*stride" "$apq" space --space "$work/space.yaml"
echo 'not a checkpoint' >"$work/w.pt"
expect 3 "w.pt" "$apq" eval --space configs/spaces/fashion_mnist.yaml --weights "$work/w.pt"
expect 3 "classifier.linear.weight" "$apq" eval --space configs/spaces/apq_imagenet.yaml --weights data/fashion_mnist_supernet.pt
mkdir -p "$work/empty" "$work/tiny/a"
echo 'a.png 3' >"$work/list.txt"
printf 'no picture' >"$work/a.png"
evaluate=("$apq" eval --space configs/spaces/fashion_mnist.yaml --weights data/fashion_mnist_supernet.pt)
expect 4 "/nowhere: no such file or directory" "${evaluate[@]}" --images /nowhere
expect 3 "holds no class folders" "${evaluate[@]}" --images "$work/empty"
expect 3 "holds 1 class folders \(1 without a picture: a\); the space has 10 classes" "${evaluate[@]}" --images "$work/tiny"
expect 3 "max_damaged = 0: 1 image is damaged: .*a.png: is neither JPEG, PNG nor WebP" "${evaluate[@]}" --images "$work/list.txt"
echo 'a.png 10' >"$work/list.txt"
for ranks in 1 2; do
  expect 3 "list.txt:1: label 10 is outside 0..9" "$mpiexec" -n $ranks "${evaluate[@]}" --images "$work/list.txt"
done
sed 's/channels: 1,/channels: 3,/' configs/spaces/fashion_mnist.yaml >"$work/rgb.yaml"
expect 2 "the space has 3 image channels; the images in .* have one" "$apq" run --config "$config" --check --set "space=$work/rgb.yaml"
expect 2 "data.training = .*|data.training: must be one of" "$apq" run --config "$config" --check --set 'data={training: {folder: x, list: y}, test: {idx: z}, mean: 0.5, deviation: 0.5}'
"$apq" run --config "$config" --print-config >"$work/resolved.yaml" 2>"$work/stderr" || fail "--print-config"
(cd "$work" && "$apq" run --config resolved.yaml --check >/dev/null 2>"$work/stderr") || fail "--print-config is no valid configuration: $(cat "$work/stderr")"
[[ $failures -eq 0 ]] && echo "all messages as they should be"
exit $((failures > 0))
