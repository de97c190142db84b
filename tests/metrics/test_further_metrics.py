"""Time to the final value, area and excess, against numbers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from genconv.curves import CellCurves
from genconv.errors import InputError
from genconv.metrics import area, epochs_to_final, excess, last_minus_min, metric_named

NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("curve", "within", "expected"),
    [
        ([4, 3, 2.25, 2, 2], 0.5, 2),
        ([4, 3, 2.5, 2, 2], 0.5, 2),  # the edge of the band belongs to it
        ([4, 2, 4, 2, 2], 0.5, 3),  # passing through is not arriving
        ([2, 2, 2, 9, 2], 0.5, 4),  # a late jump counts
        ([1, 2, 2, 2, 2], 0.5, 1),  # coming from below
        ([2, 2, 2], 0.5, 0),
        ([9, NAN, 2, 2], 0.5, 2),  # epochs keep their numbers across gaps
        ([9, 2, NAN, 2, NAN], 0.5, 1),
        ([NAN, 2, 2], 0.5, 1),
        ([5], 0.5, 0),
        ([3, 2], 0.0, 1),
        ([1, INF], 0.5, 1),
        ([NAN, NAN], 0.5, NAN),
        ([], 0.5, NAN),
    ],
)
def test_epochs_to_final(curve: list[float], within: float, expected: float) -> None:
    np.testing.assert_array_equal(epochs_to_final(np.array([curve], dtype=np.float64), within), [expected])


def test_a_twentieth_of_the_fall_by_default() -> None:
    curves = np.array([[4, 3, 2.11, 2.09, 2.0], [400, 300, 211, 209, 200], [NAN, 4, 2.11, 2.09, 2.0], [2, 2, 2, 2, 2]])
    np.testing.assert_array_equal(epochs_to_final(curves), [3, 3, 3, 0])


def test_a_distance_in_the_unit_of_the_loss_is_part_of_the_name() -> None:
    metric = metric_named("epochs_to_final:0.1")
    curves = np.array([[4, 3, 2.11, 2.09, 2.0]])
    cell = CellCurves("d", "m", "imported", (0,), curves, curves, (None,), epochs_at=np.arange(0.0, 25, 5))
    np.testing.assert_array_equal(metric.of(cell), [15])
    assert (metric.name, metric.by_tolerance) == ("epochs_to_final:0.1", True)
    for wrong in ("epochs_to_final:x", "epochs_to_final:-1", "epochs_to_final:inf"):
        with pytest.raises(InputError, match="in the unit of the loss"):
            metric_named(wrong)


def test_which_places_a_metric_depends_on() -> None:
    curves = np.ones((1, 8))
    cell = CellCurves("d", "m", "imported", (0,), curves, curves, (None,), epochs_at=np.arange(4.0, 44, 5))
    steps = replace(cell, epochs_at=None, steps_at=np.arange(0.0, 800, 100))
    assert [metric_named(name).places_of(cell) for name in ("min", "max", "last", "last_minus_min")] == [None] * 4
    assert metric_named("first").places_of(cell) == ("epochs", (4, 9, 14, 19, 24))
    for name in ("exceeds", "epochs_to_final", "area"):
        assert metric_named(name).places_of(cell) == ("epochs", tuple(range(4, 44, 5)))
    assert metric_named("first").places_of(steps) == ("steps", (0, 100, 200, 300, 400))
    assert metric_named("epochs_to_final").unit_of(steps) == "steps"


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([4, 2, 1], 2.25),  # (3 + 1.5)/2
        ([3, 3, 3, 3], 3),
        ([4, NAN, 2, 1], 2.5),  # (2·3 + 1.5)/3
        ([NAN, 7, NAN], 7),
        ([7], 7),
        ([1, INF], INF),
        ([1e308, 1e308, 1e308], INF),
        ([NAN], NAN),
        ([], NAN),
    ],
)
def test_area(curve: list[float], expected: float) -> None:
    np.testing.assert_array_equal(area(np.array([curve], dtype=np.float64)), [expected])


@pytest.mark.parametrize(
    ("curve", "expected"), [([4, 1, 2.5], 1.5), ([4, 2, 1], 0), ([1, NAN, 3, NAN], 2), ([NAN], NAN)]
)
def test_last_minus_min(curve: list[float], expected: float) -> None:
    np.testing.assert_array_equal(last_minus_min(np.array([curve], dtype=np.float64)), [expected])


def test_excess() -> None:
    np.testing.assert_array_equal(excess(np.array([3.0, 2.5, NAN]), 2.75), [0.25, -0.25, NAN])


def test_epochs_are_those_at_which_the_losses_were_taken() -> None:
    curves = np.array([[5.0, 3.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(epochs_to_final(curves, places=np.array([0.0, 10.0, 20.0, 30.0])), [20, 0])
    np.testing.assert_array_equal(area(curves, np.array([0.0, 10.0, 20.0, 40.0])), [(40 + 20 + 20) / 40, 1])
