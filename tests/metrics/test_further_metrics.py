"""Time to the final value, area and excess, against numbers worked out by hand."""

import numpy as np
import pytest

from genconv.metrics import area, epochs_to_final, excess, last_minus_min

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


def test_a_tenth_of_a_nat_by_default() -> None:
    np.testing.assert_array_equal(epochs_to_final(np.array([[2.2, 2.11, 2.09, 2.0]])), [2])


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([4, 2, 1], 2.25),  # (3 + 1.5)/2
        ([3, 3, 3, 3], 3),
        ([4, NAN, 2, 1], 2.25),
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
