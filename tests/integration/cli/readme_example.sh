#!/usr/bin/env bash
# README's own example, word for word, on 1,000 images: what nobody asked for fits what there is. The weights are those of an untrained
# supernet, which the same example makes where none are given.
set -uo pipefail
apq=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0
fail() { echo "FAILED: $1"; tail -n 4 log; failures=$((failures + 1)); }

sed -n '/^```yaml$/,/^```$/p' "$APQ_SOURCE_DIR/README.md" | sed '/^```/d' >mine.yaml
grep -q 'weights: ofa.pth' mine.yaml || { echo "FAILED: README.md has no example with weights: ofa.pth"; exit 1; }
ln -s "$APQ_SOURCE_DIR/configs" configs
base64 -d >image.png <<<iVBORw0KGgoAAAANSUhEUgAAAAgAAAAGCAIAAABxZ0isAAAAhklEQVR42gXBkYICABBF0SdJkiRJkowkyUqykiQjyZUkSZJkZCVJkiRJRpIkSZIkGUmSlSRJ+onOkURXDAUixE6cxUOoYfSMX2Nq/Bl742L8G2o65oycmbNy0rk6T0etoB+Mg3mwDg7BLXgFaieDxJNFskmOSSXvRJ3ip5gUy2JbnIp78Sm+KvQ5qVggDqAAAAAASUVORK5CYII=
for class in $(seq -w 0 999); do  # ImageNet's thousand classes, an image each
  mkdir -p imagenet/train/n$class imagenet/val/n$class
  ln image.png imagenet/train/n$class/a.png
  ln image.png imagenet/val/n$class/a.png
done

"$apq" supernet --config mine.yaml --set supernet.weights=null --set supernet.teacher_epochs=0 --set supernet.epochs=0 \
  --set supernet.monitor_images=1 --set supernet.batch=1 --set data.train_images=1 --set data.calibration_images=1 --set data.validation_images=1 \
  --output ofa.pth >log 2>&1 || { fail "making weights"; exit 1; }
"$apq" run --config mine.yaml --check >log 2>&1 || fail "apq run --config mine.yaml --check"
"$apq" run --config mine.yaml --print-config >printed.yaml 2>log || fail "apq run --config mine.yaml --print-config"
for line in 'train_images: 0' 'calibration_images: 200' 'validation_images: 800'; do
  grep -q "^  $line$" printed.yaml || fail "--print-config does not say $line"
done
"$apq" run --config printed.yaml --print-config 2>log | cmp -s - printed.yaml || fail "what --print-config says does not read back"
"$apq" run --config mine.yaml --check --set data.train_images=50000 >log 2>&1 && fail "50,000 training images of 1,000"
grep -q 'set data.train_images to 0, data.calibration_images to 200 and data.validation_images to 800' log || fail "no remedy for too many images"
[[ $failures -eq 0 ]]
