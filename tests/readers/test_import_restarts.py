"""Event files of one folder, read as TensorBoard reads them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.readers.foreign_files import event_record, part, scalar

from genconv.errors import InputError
from genconv.readers.cells import read_cells
from genconv.readers.options import ImportOptions

Points = Mapping[str, Sequence[tuple[int, float]]]
OPTIONS = ImportOptions("m", "d")


def events(folder: Path, age: int, points: Points, *, start: int | None = None) -> None:
    """An event file that was begun at some time; its events are in the order of their steps."""
    folder.mkdir(parents=True, exist_ok=True)
    data = event_record(part(3, b"brain.Event:2"))
    if start is not None:
        data += event_record(part(2, start) + part(7, part(1, 1)))
    flat = sorted((step, tag, value) for tag, tagged in points.items() for step, value in tagged)
    data += b"".join(scalar(tag, step, value) for step, tag, value in flat)
    (folder / f"events.out.tfevents.{age}.host.1.0").write_bytes(data)


def curve(values: Sequence[float], first: int = 0) -> list[tuple[int, float]]:
    return list(enumerate(values, first))


def read(folder: Path) -> tuple[list[list[float]], str]:
    (found,), lines = read_cells([folder], OPTIONS)
    return found.cell.validation.tolist(), lines[0]


def test_a_newer_file_goes_on_from_its_first_step(tmp_path: Path) -> None:
    events(tmp_path, 9, {"val_loss": curve([9.0, 8.0, 7.0, 6.0])})
    events(tmp_path, 10, {"val_loss": curve([5.0, 4.0], first=2)})
    values, line = read(tmp_path)
    assert values == [[9.0, 8.0, 5.0, 4.0]]
    assert "was started again: 2 steps were written before (2 … 3), those events are void" in line


def test_a_shorter_second_start_voids_all_that_came_after_it(tmp_path: Path) -> None:
    events(tmp_path / "seed0", 1, {"val_loss": curve([9.0] * 3)})
    events(tmp_path / "seed1", 1, {"val_loss": curve([9.0] * 8)})
    events(tmp_path / "seed1", 2, {"val_loss": curve([3.0, 2.0, 1.0])})
    values, line = read(tmp_path)
    assert values == [[9.0] * 3, [3.0, 2.0, 1.0]]
    assert "'seed1' was started again: 8 steps were written before (0 … 7)" in line


def test_what_is_void_does_not_fill_up_a_run_that_is_too_short(tmp_path: Path) -> None:
    events(tmp_path / "seed0", 1, {"val_loss": curve([9.0] * 8)})
    events(tmp_path / "seed1", 1, {"val_loss": curve([9.0] * 8)})
    events(tmp_path / "seed1", 2, {"val_loss": curve([3.0, 2.0, 1.0])})
    with pytest.raises(InputError, match="ends after 3"):
        read_cells([tmp_path], OPTIONS)


def test_older_events_of_tags_that_the_newer_file_has_not_reached_are_void(tmp_path: Path) -> None:
    events(tmp_path, 1, {"train_loss": curve([4.0] * 6), "val_loss": curve([9.0] * 6)})
    events(tmp_path, 2, {"train_loss": curve([3.0] * 2, first=3), "val_loss": [(4, 1.0)]})
    (found,), _ = read_cells([tmp_path], OPTIONS)
    np.testing.assert_array_equal(found.cell.validation, [[9.0, 9.0, 9.0, 1.0]])
    assert found.cell.steps_at is not None
    assert found.cell.steps_at.tolist() == [0, 1, 2, 4]


def test_two_writers_of_one_run_void_nothing(tmp_path: Path) -> None:
    events(tmp_path, 1, {"train_loss": curve([4.0, 3.0])})
    events(tmp_path, 2, {"val_loss": curve([9.0, 8.0])})
    (found,), lines = read_cells([tmp_path], OPTIONS)
    np.testing.assert_array_equal(found.cell.training, [[4.0, 3.0]])
    assert "void" not in lines[0]


def test_a_start_of_the_program_voids_from_its_step_on(tmp_path: Path) -> None:
    events(tmp_path, 1, {"train_loss": curve([4.0] * 4), "val_loss": curve([9.0] * 4)})
    events(tmp_path, 2, {"train_loss": curve([3.0], first=2), "val_loss": curve([1.0], first=2)}, start=1)
    values, _ = read(tmp_path)
    assert values == [[9.0, 1.0]]


def test_steps_that_go_back_within_a_file(tmp_path: Path) -> None:
    data = b"".join(scalar("val_loss", step, 9.0 - step) for step in (0, 1, 2, 3, 1, 2))
    (tmp_path / "events.out.tfevents.1.host").write_bytes(data)
    values, line = read(tmp_path)
    assert values == [[9.0, 8.0, 7.0]]
    assert "3 steps were written before (1 … 3)" in line


def test_a_run_that_died_before_its_first_loss_is_named(tmp_path: Path) -> None:
    events(tmp_path / "vae_seed0", 1, {"val_loss": curve([9.0])})
    events(tmp_path / "vae_seed1", 1, {})
    _, line = read(tmp_path)
    assert "left out: 1 run without any of these losses ('vae_seed1')" in line
