#!/usr/bin/env bash
# What `cmake --install` gives works from a prefix that was moved, for a user who owns none of it: the quickstart's first samples, man
# pages, completion.
set -uo pipefail
cmake=$1
build=$2
images=/usr/share/datasets/fashion-mnist
ls "$images"/train-images-idx3-ubyte* >/dev/null 2>&1 || { echo "skipped: no Fashion-MNIST in $images (scripts/setup installs it)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }

"$cmake" --install "$build" --prefix "$work/first" >"$work/log" 2>&1 || { cat "$work/log"; echo "FAILED: cmake --install"; exit 1; }
mv "$work/first" "$work/moved"
prefix=$work/moved
mkdir "$work/home"
user=()
if [[ $(id -u) -eq 0 ]] && command -v setpriv >/dev/null; then
  chown 65534:65534 "$work/home"
  user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
as_user() { (cd "$work/home" && env -i PATH="$prefix/bin:/usr/bin:/bin" HOME="$work/home" TMPDIR="$work/home" OMP_NUM_THREADS=1 "${user[@]}" "$@"); }

grep -rlF "$work/first" "$prefix/share" && fail "the first prefix is written into these files"
[[ $(as_user apq --version) == "$("$build/apq" --version)" ]] || fail "apq --version"
as_user apq space --space "$prefix/share/apq/configs/spaces/fashion_mnist.yaml" | grep -q architectures || fail "apq space"
as_user apq run --config "$prefix/share/apq/configs/quickstart.yaml" --until collect.fp --set collect.fp.samples=20 --set collect.quant.samples=20 \
  --set data.validation_images=100 --set data.calibration_images=100 >"$work/log" 2>&1 || { cat "$work/log"; fail "the quickstart's first samples"; }
as_user apq data list runs/quickstart | grep -qE '^fp +20 ' || fail "no 20 samples in runs/quickstart of the user's directory"
[[ ${#user[@]} -eq 0 || $(stat -c %u "$work/home/runs/quickstart") -eq 65534 ]] || fail "another user ran it"

# A page for every command that --help lists, which man can read.
for command in '' $(as_user apq --help | awk 'tolower($0) ~ /^subcommands:/ {on = 1; next} /^[^ ]/ {on = 0} on && /^  [a-z]/ {print "-" $1}'); do
  page=$prefix/share/man/man1/apq$command.1
  [[ -s $page ]] || { fail "no $page"; continue; }
  if command -v mandoc >/dev/null; then
    mandoc -Tlint -Werror "$page" || fail "mandoc -Tlint $page"
  elif command -v groff >/dev/null; then
    [[ -z $(groff -man -ww -z "$page" 2>&1) ]] || fail "groff warns of $page: $(groff -man -ww -z "$page" 2>&1 | head -1)"
  fi
done
grep -q -- '\\-\\-until' "$prefix/share/man/man1/apq-run.1" || fail "apq-run.1 does not explain --until"

completion=$prefix/share/bash-completion/completions/apq
bash -n "$completion" || fail "bash -n $completion"
completes() {  # expected candidates, then the words of the line
  local expected=$1
  shift
  local got
  got=$(bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _apq; echo "${COMPREPLY[*]}"' - "$completion" "$@")
  [[ $got == "$expected" ]] || fail "completion of '$*' is '$got', not '$expected'"
}
completes "status" apq sta
completes "--until" apq run --config x.yaml --un
completes "export" apq data ex
completes "quant" apq space --stage q
completes "--hardware" apq cost --hard
completes "" apq cost --hardware x
if command -v zsh >/dev/null; then zsh -n "$prefix/share/zsh/site-functions/_apq" || fail "zsh -n"; fi
[[ $failures -eq 0 ]] && echo "works from a moved prefix${user:+, as another user}"
exit $((failures > 0))
