#!/bin/sh
# A wheel is built and installed into an empty environment; outside the sources it runs a study and writes the page.
# BASE_PYTHON: the interpreter that makes the environment; PIP_CONSTRAINT: the versions that are installed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$BASE_PYTHON" -m venv "$folder/venv"
python="$folder/venv/bin/python"
pip="$python -m pip --disable-pip-version-check --quiet"
$pip wheel --no-deps --wheel-dir "$folder/dist" .
$pip install "$folder"/dist/genconv-*.whl
cd "$folder"
unset PYTHONPATH
export PYTHONWARNINGS=error::DeprecationWarning:genconv
PATH="$folder/venv/bin:$PATH"
genconv demo training.epochs=2 seeds=2 --output runs --quiet
genconv report runs --output page.html
genconv metrics runs
python - <<'CHECK'
from pathlib import Path

import genconv

assert "site-packages" in genconv.__file__, genconv.__file__
assert len(genconv.load("runs").cells) > 1
assert "<html" in Path("page.html").read_text(encoding="utf-8")
CHECK
echo "the wheel installs and runs"
