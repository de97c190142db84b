"""What holds for the metrics of any curve, gaps and infinities included."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from genconv.curves import CellCurves, Divergence, FloatArray
from genconv.metrics import (
    area,
    epochs_to_final,
    exceeds,
    first,
    last,
    last_minus_min,
    maximum,
    minimum,
    summarise,
)

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=12)
LOSSES = st.one_of(st.floats(-1e9, 1e9), st.just(np.nan))
CURVES = arrays(np.float64, SHAPES, elements=LOSSES)
ANYTHING = arrays(np.float64, SHAPES, elements=st.floats())
EVERY = [minimum, maximum, last, first, exceeds, epochs_to_final, area, last_minus_min]


def cell(curves: FloatArray, diverged: list[bool], seeds: list[int]) -> CellCurves:
    divergences = tuple(Divergence(0, "non-finite loss") if dead else None for dead in diverged)
    return CellCurves("rings", "flow", "corrected", tuple(seeds), curves, curves, divergences)


@given(CURVES)
def test_bounds(curves: FloatArray) -> None:
    some = curves[~np.isnan(curves).all(axis=1)]
    low, high, slack = minimum(some), maximum(some), 1e-6
    assert np.all((low <= last(some)) & (last(some) <= high))
    for mean in (first(some), area(some)):
        assert np.all((low - slack <= mean) & (mean <= high + slack))
    assert np.all((exceeds(some) >= 0) & (exceeds(some) <= max(some.shape[1] - 5, 0)))
    assert np.all((epochs_to_final(some) >= 0) & (epochs_to_final(some) < some.shape[1]))
    assert np.all(last_minus_min(some) >= 0)


@given(ANYTHING)
def test_one_answer_a_seed_and_nan_without_numbers(curves: FloatArray) -> None:
    for metric in EVERY:
        values = metric(curves)
        assert values.shape == (len(curves),)
        assert values.dtype == np.float64
        assert np.all(np.isnan(values[np.isnan(curves).all(axis=1)]))


@given(CURVES, st.integers(0, 3))
def test_trailing_gaps_change_nothing(curves: FloatArray, gaps: int) -> None:
    padded = np.pad(curves, ((0, 0), (0, gaps)), constant_values=np.nan)
    for metric in EVERY:
        np.testing.assert_allclose(metric(padded), metric(curves), rtol=1e-13)


@given(CURVES, st.floats(0, 10), st.floats(0, 10))
def test_a_wider_band_is_reached_no_later(curves: FloatArray, within: float, more: float) -> None:
    some = curves[~np.isnan(curves).all(axis=1)]
    assert np.all(epochs_to_final(some, within + more) <= epochs_to_final(some, within))


@given(ANYTHING, st.data())
def test_the_order_of_seeds_changes_nothing(curves: FloatArray, data: st.DataObject) -> None:
    n = len(curves)
    diverged = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    order = data.draw(st.permutations(range(n)))
    shuffled = cell(curves[order], [diverged[seed] for seed in order], list(order))
    straight = cell(curves, diverged, list(range(n)))
    for mode in ("corrected", "published"):
        assert repr(summarise(shuffled, mode)) == repr(summarise(straight, mode))


@given(CURVES, st.data())
def test_a_diverged_seed_moves_no_metric(curves: FloatArray, data: st.DataObject) -> None:
    n = len(curves)
    diverged = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    wild = np.where(np.array(diverged)[:, np.newaxis], 1e18, curves)
    summaries = [summarise(cell(each, diverged, list(range(n))), "corrected") for each in (curves, wild)]
    assert repr(summaries[0]) == repr(summaries[1])
    assert summaries[0].diverged == sum(diverged)
    assert all(summary.n <= n - sum(diverged) for summary in summaries[0].metrics.values())
