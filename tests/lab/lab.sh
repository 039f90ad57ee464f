# Sourced by the labs: a working directory that goes when the lab ends, and what labs need of a machine.
set -uo pipefail
work=$(mktemp -d)
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
say() { printf '%4d s: %s\n' $SECONDS "$1"; }

# Ends the lab where it cannot be: skipped, and with CI=true failed.
no_lab() {
  rm -rf "$work"
  if [[ ${CI:-} == true ]]; then echo "FAILED: no lab: $1; scripts/setup --with-slurm installs what labs need"; exit 1; fi
  echo "skipped: $1"
  exit 77
}
need_root() { [[ $(id -u) -eq 0 ]] || no_lab "labs need root"; }
need() { local name; for name; do command -v "$name" >/dev/null || no_lab "$name is not installed"; done; }

# Waits at most $1 seconds until the rest, a command, succeeds.
within() {
  local tries=$(($1 * 5))
  shift
  for ((; tries > 0; --tries)); do ! "$@" >/dev/null 2>&1 || return 0; sleep 0.2; done
  return 1
}

# A small study: experiment.yaml, whose results go to DIR by --set study.dir=DIR, and its images.
make_experiment() { # samples of fp, of quant
  local here=$APQ_SOURCE_DIR/tests/integration/study images=/usr/share/datasets/fashion-mnist
  [[ -d $images ]] || no_lab "the package dataset-fashion-mnist is not installed"
  "$here/idx_part.sh" $images "$work/images" train 0 400 && "$here/idx_part.sh" $images "$work/images" t10k 0 200 || { echo "FAILED: no images"; exit 1; }
  sed -e "s#\.\./\.\./\.\./#$APQ_SOURCE_DIR/#" -e "s/samples: 30/samples: $1/" -e "s/samples: 24/samples: $2/" \
    -e "s#directory: images#directory: $work/images#" "$here/tiny.yaml" >"$work/experiment.yaml"
}
hash_of() { "$apq" data hash "$1" 2>&1; }
# Every sample once, none damaged, the same rows as in the study `reference`.
expect_equal() { # study
  "$apq" data verify "$1" >"$work/verify" 2>&1 || fail "$1: $(tail -n 3 "$work/verify")"
  [[ $(hash_of "$1") == "$(hash_of "$work/reference")" ]] || fail "$1: another hash than one process's: $(hash_of "$1")"
}
