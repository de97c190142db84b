"""What `train` and `run` name as the next commands: such as have something to say of these runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from genconv.cli._next import next_line
from genconv.coordinates import Coordinates
from genconv.store.results import Results, StoredCell
from genconv.store.runs import StoredRun
from tests.cli.conftest import Grown
from tests.statistics.small_cells import cell


def _line(*cells: StoredCell) -> str:
    return next_line(Results(cells), Path("runs"), "plot")


def _at(*coordinates: Coordinates) -> StoredCell:
    one = cell("vae", [1.0] * len(coordinates))
    return replace(one, curves=replace(one.curves, coordinates=coordinates))


def test_one_cell_has_nothing_to_compare_with() -> None:
    assert _line(cell("vae", [1.0, 2.0])) == "next: genconv metrics runs, genconv plot runs"
    assert _line(cell("vae", [1.0, 2.0]), cell("flow", [1.0])) == "next: genconv compare runs, genconv plot runs"


def test_of_a_design_the_shares_are_told_and_of_twins_what_parts_them() -> None:
    crossed = _at(*(Coordinates(init, order, order, 0) for init in range(2) for order in range(2)))
    assert _line(crossed) == "next: genconv variance runs, genconv plot runs"
    twins = _at(*(Coordinates(seed, seed, seed, 0, flip) for seed in range(2) for flip in (None, 0)))
    assert _line(twins) == "next: genconv twins runs, genconv plot runs"
    seeds = _at(*(Coordinates(seed, seed, seed, 0) for seed in range(4)))
    assert _line(seeds) == "next: genconv metrics runs, genconv plot runs"


def test_the_first_run_that_diverged_can_be_replayed(grown: Grown) -> None:
    one = cell("vae", [1.0, float("nan")], [1])
    runs = tuple(StoredRun.open(path) for path in sorted(grown.folder.iterdir())[:2])
    lost = Results((replace(one, runs=runs),))
    assert next_line(lost, grown.folder, "plot").endswith(f", genconv replay {runs[1].path}")
    well = Results((replace(cell("vae", [1.0, 2.0]), runs=runs),))
    assert "replay" not in next_line(well, grown.folder, "plot")


@pytest.mark.parametrize(
    ("other", "command"),
    [
        ("rings-flow-corrected-s0-00ff", "compare"),
        ("moons-flow-corrected-s0-00ff", "metrics"),
        ("rings-vae-corrected-s99-00ff", "metrics"),
    ],
)
def test_another_cell_of_the_store_can_be_compared(grown: Grown, tmp_path: Path, other: str, command: str) -> None:
    (tmp_path / other).mkdir()
    (tmp_path / other / "config.json").write_text("{}")
    one = cell("vae", [1.0])
    one = replace(one, curves=replace(one.curves, protocol="corrected"))
    runs = (StoredRun.open(sorted(grown.folder.iterdir())[0]),)
    assert next_line(Results((replace(one, runs=runs),)), tmp_path, "plot").startswith(f"next: genconv {command} ")
