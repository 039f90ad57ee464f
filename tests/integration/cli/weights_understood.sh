#!/usr/bin/env bash
# What `apq import weights` says of files as people have them: how one is understood before anything is written, which state dict is taken,
# and what a file is that is none of weights.
set -euo pipefail
apq=$2
space=$APQ_SOURCE_DIR/configs/spaces/fashion_mnist.yaml
shipped=$APQ_SOURCE_DIR/data/fashion_mnist_supernet.pt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "FAILED: $1"; exit 1; }
import() { "$apq" import weights "$@" --space "$space" >out 2>err; }
said() { grep -qF -- "$1" out || fail "not said: $1: $(cat out)"; }
refused() { # expected status, expected text, arguments of import
  local status=0
  import "${@:3}" || status=$?
  [[ $status -eq $1 ]] && grep -qF -- "$2" err || fail "${*:3}: status $status, $(cat err)"
  [[ $(grep -c 'apq: error' err) -eq 1 && $(wc -l <err) -eq 1 ]] || fail "${*:3}: more than one line: $(cat err)"
  ! grep -q $'[\x01-\x08\x0b-\x1f]' out err || fail "${*:3}: a control character reached the terminal"
}

import "$shipped" --layout release --sort no -o wrapped.pt || fail "wrapped: $(cat err)"
import wrapped.pt --dry-run || fail "dry run: $(cat err)"
said "wrapped.pt: read as: torch.save (zip), state dict state_dict, 154 tensors"
said "blocks.0.mobile_inverted_conv.depth_conv.bn.bias  16  float32"
[[ $(grep -c '  float32$' out) -eq 3 ]] || fail "not three tensors: $(cat out)"
said "154 matched, 0 missing, 0 unexpected, 0 mis-shaped"
said "would be written: channels as they were, hash "
[[ $(ls) == $'err\nout\nwrapped.pt' ]] || fail "a dry run wrote: $(ls)"
hash=$(sed -n 's/.*hash \([0-9a-f]*\).*/\1/p' out)
import "$shipped" --dry-run --format json || fail "dry run as JSON: $(cat err)"
grep -q '"key": "."' out && grep -qF "\"hash\": \"$hash\"" out && grep -q '"dtype": "float32"' out || fail "JSON: $(cat out)"
import wrapped.pt --key state_dict -o again.pt || fail "--key: $(cat err)"
cmp "$shipped" again.pt || fail "other weights under the key"

refused 2 "--output is missing" "$shipped"
refused 3 "wrapped.pt: holds no state dict under ema; there are: state_dict (154 tensors)" wrapped.pt --key ema --dry-run
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n' >pointer.pt
refused 3 "pointer.pt: is a Git LFS pointer, not the file itself; fetch that with \`git lfs pull\`" pointer.pt --dry-run
echo '<!DOCTYPE html><html><body>Not Found</body></html>' >page.pt
refused 3 "page.pt: is a web page" page.pt -o o.pt
printf '\x08\0\0\0\0\0\0\0{"a":{}}' >short.safetensors
refused 3 "short.safetensors: a: needs dtype, shape" short.safetensors -o o.pt
printf '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02cos\n\x1b[31m\x1b]0;owned\x07system\n(X\x04\0\0\0truetR.\x80\x02].' >escapes.pt
refused 3 'it is an object of os.\x1b[31m\x1b]0;owned\x07system, nothing of which is run' escapes.pt -o o.pt
[[ ! -e o.pt ]] || fail "something was written"
status=0
"$apq" import predictor pointer.pt --space "$space" --dry-run >out 2>err || status=$?
[[ $status -eq 3 ]] && grep -qF "is a Git LFS pointer" err || fail "predictor: status $status, $(cat err)"
status=0
"$apq" eval --space "$space" --weights pointer.pt >out 2>err || status=$?
[[ $status -eq 3 ]] && grep -qF "is a Git LFS pointer" err || fail "eval: status $status, $(cat err)"
echo "weights are understood"
