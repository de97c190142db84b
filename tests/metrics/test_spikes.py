"""Spikes that recover are counted by the stated rule."""

import numpy as np
import pytest

from genconv.metrics.registry import metrics
from genconv.metrics.spikes import spikes

WAVE = np.tile([0.0, 0.1], 20)
"""Usual changes are 0.1, so a spike is more than 1 above the level."""


def losses(*heights: tuple[slice, float]) -> np.ndarray:
    row = WAVE.copy()
    for places, height in heights:
        row[places] += height
    return row


@pytest.mark.parametrize(
    ("row", "count"),
    [
        (losses(), 0),
        (losses((slice(20, 21), 0.9)), 0),
        (losses((slice(20, 21), 2.0)), 1),
        (losses((slice(20, 23), 2.0)), 1),
        (losses((slice(12, 13), 2.0), (slice(25, 26), 9.0)), 2),
        (losses((slice(20, 21), 4.0), (slice(21, 40), 3.0)), 0),  # it does not come back
        (losses((slice(39, 40), 4.0)), 0),  # nobody knows
        (losses((slice(2, 3), 4.0)), 0),  # nothing before it tells the level
    ],
)
def test_a_spike_is_high_and_comes_back(row: np.ndarray, count: int) -> None:
    assert spikes(row[np.newaxis]).tolist() == [count]
    assert spikes(10 - 3 * (-row[np.newaxis])).tolist() == [count], "another unit and zero"


def test_ten_places_are_needed_and_a_divergence_is_no_spike() -> None:
    assert np.isnan(spikes(np.zeros((1, 9)))).all()
    row = losses((slice(20, 21), 5.0))
    row[30:] = np.nan
    assert spikes(np.stack([row, np.full(40, np.nan)]))[0] == 1
    assert np.isnan(spikes(np.full((1, 40), np.nan))).all()
    assert metrics()["spikes"].counts
