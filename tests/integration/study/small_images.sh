# Sourced by tests of small studies: a working directory that goes when the test ends, with 400 training and 200 test images in `images`.
here=$APQ_SOURCE_DIR/tests/integration/study
source_images=/usr/share/datasets/fashion-mnist
[[ -d $source_images ]] || { echo "skipped: the package dataset-fashion-mnist is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
"$here/idx_part.sh" $source_images images train 0 400 && "$here/idx_part.sh" $source_images images t10k 0 200 || { echo "FAILED: no images"; exit 1; }
failures=0
# A digest of all that a study holds: names, times, sizes and bytes.
sum_of() {
  (cd "${1:-study}" || exit 1
   find . -type f ! -path './jobs/*' ! -path './claims/*' -exec stat -c '%n %Y %s' {} + | sort
   find . -type f ! -path './jobs/*' ! -path './claims/*' -exec sha256sum {} + | sort) | sha256sum
}
