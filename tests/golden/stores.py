"""Stores that earlier versions wrote, the tables that they made of them, and the studies whose runs they hold."""

import csv
import io
import math
import shutil
from collections.abc import Sequence
from pathlib import Path

from genconv.config.run import Cell
from genconv.config.study import Study, load_study
from genconv.coordinates import Coordinates
from genconv.experiment.observer import Observer
from tests.cli.commands import genconv

HERE = Path(__file__).parent
QUANTILES = ("ci_low", "ci_high", "rate_low", "rate_high")


class TrainsNothing(Observer):
    """Fails as soon as a training begins or a run is found damaged."""

    def cell_started(self, cell: Cell, runs: Sequence[Coordinates]) -> None:
        raise AssertionError(f"{cell} is trained at {runs}")

    def warned(self, message: str) -> None:
        raise AssertionError(message)


def copy_of(name: str, folder: Path) -> Path:
    """A store that may be written to."""
    return Path(shutil.copytree(HERE / name, folder / name))


def studies(name: str) -> list[Study]:
    """The studies that were run to fill a store."""
    return [load_study(str(path)) for path in sorted(HERE.glob(f"{name}*.toml"))]


def expected_metrics(name: str) -> list[dict[str, str]]:
    """The table of `genconv metrics --format csv` of the version that wrote the store."""
    return list(csv.DictReader((HERE / f"{name}.csv").read_text(encoding="utf-8").splitlines()))


def metrics_of(folder: Path) -> list[dict[str, str]]:
    done = genconv("metrics", folder, "--format", "csv", "-q")
    assert (done.code, done.err) == (0, "")
    return list(csv.DictReader(io.StringIO(done.out)))


def assert_as_before(row: dict[str, str], was: dict[str, str]) -> None:
    """Every number that was recorded is there, to the last digit; ends of intervals to 12 digits, since they come from
    SciPy's quantiles, whose last digits differ between its versions.
    """
    for name, value in was.items():
        if name.endswith(QUANTILES) and value:
            assert math.isclose(float(row[name]), float(value), rel_tol=1e-12), (name, row[name], value)
        else:
            assert row[name] == value, (name, row[name], value)
