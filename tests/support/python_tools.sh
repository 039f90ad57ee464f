# Programs that are not ours, from the Python index, in a virtual environment that stays: $python after `. python_tools.sh FOLDER`. Without
# the index, or without Python's venv, the test that asks skips.
python=$1/bin/python
if ! "$python" -c 'import mlcroissant, h5py, codecarbon, dash' 2>/dev/null; then
  rm -rf "$1"
  python3 -m venv "$1" >"$1.log" 2>&1 || { echo "SKIPPED: python3 makes no virtual environment: $(tail -n 1 "$1.log")"; exit 77; }
  timeout 400 "$python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 \
    'mlcroissant>=1.1' h5py 'codecarbon[carbonboard]==3.3.2' >"$1.log" 2>&1 || {
    echo "SKIPPED: mlcroissant, h5py and codecarbon cannot be had from the Python index: $(tail -n 1 "$1.log")"
    exit 77
  }
fi
