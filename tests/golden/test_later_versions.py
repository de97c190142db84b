"""A version with one more field, and one with another name for a field, read what this version has written."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import genconv
from tests.golden.stores import HERE

STORES = ("format-1", "format-2")
CHECK = """
from pathlib import Path
import sys
import genconv
from genconv.experiment.execute import run_study
from tests.golden.stores import TrainsNothing, assert_as_before, expected_metrics, metrics_of, studies
assert genconv.__file__.startswith(sys.argv[1])
for name in sys.argv[2:]:
    folder = Path(sys.argv[1]) / name
    for row, was in zip(metrics_of(folder), expected_metrics(name), strict=True):
        assert_as_before(row, was)
    assert all(run_study(study, folder, TrainsNothing()) for study in studies(name))
print("as before")
"""
RENAME = '''

def _config_2_to_3(config: Document) -> Document:
    """Training: `epoch_mean` is called `averaged_over`."""
    training = dict(config["cell"]["training"])
    training["averaged_over"] = training.pop("epoch_mean")
    return {**config, "format": 3, "cell": {**config["cell"], "training": training}}


CONFIG_STEPS[2] = _config_2_to_3
'''


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file}: {old!r} occurs {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


def with_new_fields(package: Path) -> None:
    """A field for the training, one for a model and one for a dataset, each with a default."""
    field = '    later: float = 0.0\n    """What a later version can set."""\n'
    for name, line in (
        ("config/training.py", "    epochs: int = Field("),
        ("models/vae.py", "    head: Head = "),
        ("data/toy/dataset.py", "    training_size: int = Field("),
    ):
        replaced(package / name, line, field + line)


def with_another_name(package: Path) -> None:
    """`epoch_mean` is called `averaged_over` from format 3 on."""
    for file in (*package.rglob("*.py"), *package.rglob("*.toml")):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"\bepoch_mean\b", "averaged_over", text), encoding="utf-8")
    replaced(package / "config/run.py", "FORMAT = 2\n", "FORMAT = 3\n")
    upgrades = package / "store/upgrades.py"
    upgrades.write_text(upgrades.read_text(encoding="utf-8") + RENAME, encoding="utf-8")


@pytest.mark.parametrize("change", [with_new_fields, with_another_name])
def test_old_runs_are_readable_and_finished(change: Callable[[Path], None], tmp_path: Path) -> None:
    package = Path(shutil.copytree(Path(genconv.__file__).parent, tmp_path / "src" / "genconv"))
    change(package)
    for name in STORES:
        shutil.copytree(HERE / name, tmp_path / name)
    path = os.pathsep.join([str(package.parent), str(HERE.parents[1])])
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", CHECK, str(tmp_path), *STORES],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stdout.endswith("as before\n"), done.stderr[-2000:]
