"""Cells cut at a common epoch."""

import numpy as np
import pytest

from genconv.curves import CellCurves, Divergence
from genconv.errors import InputError
from genconv.store.cutting import until
from genconv.store.results import Results, StoredCell


def cell(epochs: int, spacing: float = 1.0, **more: object) -> StoredCell:
    curves = np.arange(2.0 * epochs).reshape(2, epochs)
    places = spacing * np.arange(1, epochs + 1) - 1
    ends = (None, Divergence(int(places[-1]), "non-finite loss"))
    evaluation = {"loss": np.ones(2)}
    at = {"epochs_at": places, **more}
    return StoredCell(CellCurves("d", "m", "imported", (0, 1), curves, curves, ends, evaluation=evaluation, **at))  # type: ignore[arg-type]


def test_all_cells_end_at_one_epoch() -> None:
    found = until(Results((cell(40), cell(8, 5), cell(12))), 12)
    assert [one.curves.trained for one in found] == [12, 10, 12]
    np.testing.assert_array_equal(found[0].curves.validation, cell(40).curves.validation[:, :12])
    assert [int(one.curves.diverged.sum()) for one in found] == [0, 0, 1]
    assert [dict(one.curves.evaluation) for one in found][:2] == [{}, {}]
    assert found.notes == ("--until 12: 2 of 3 cells cut, without their final evaluation; 2 runs diverged later",)


def test_steps_are_steps() -> None:
    (found,) = until(Results((cell(6, epochs_at=None, steps_at=np.arange(0.0, 600, 100)),)), 300)
    assert (found.curves.trained, found.curves.counted, found.curves.epochs) == (300, "steps", 4)


def test_a_cell_that_ends_before_is_named() -> None:
    with pytest.raises(InputError, match="--until 20: d · m · imported ends after 12 epochs: must be at most that"):
        until(Results((cell(40), cell(12))), 20)
    with pytest.raises(InputError, match="has its first loss after 5 epochs"):
        until(Results((cell(8, 5),)), 3)
