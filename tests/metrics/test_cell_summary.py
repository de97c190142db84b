"""Means, spreads and counts over the seeds of a cell, in both modes."""

from typing import Any

import numpy as np
import pytest

from genconv.curves import CellCurves, Divergence, Reference
from genconv.measure import ELBO, EXACT, LOSS, Measure, importance_weighted
from genconv.metrics import Spread, Summary, per_seed, summarise
from genconv.metrics.summary import columns, metric_names

NAN = np.nan
DEAD = Divergence(1, "non-finite loss")
REFERENCE = Reference(entropy=1.5, deviation=1.0, gaussian=4.0)


def cell(curves: list[list[float]], dead: tuple[int, ...] = (), **more: Any) -> CellCurves:
    losses = np.array(curves, dtype=np.float64)
    seeds = tuple(range(10, 10 + len(losses)))
    divergences = tuple(DEAD if index in dead else None for index in range(len(losses)))
    return CellCurves("rings", "vae", "corrected", seeds, losses, losses, divergences, **more)


def same(summary: Summary, mean: float, sd: float, n: int) -> None:
    assert summary.n == n
    np.testing.assert_allclose([summary.mean, summary.sd], [mean, sd], rtol=1e-12)


def test_corrected_is_over_the_survivors_with_the_sample_deviation() -> None:
    summary = summarise(cell([[4, 2], [6, 4], [5, NAN], [9, 9e9]], dead=(2, 3)), "corrected")
    assert (summary.seeds, summary.diverged) == (4, 2)
    assert list(summary.metrics) == [
        *("min", "max", "last", "first", "exceeds"),
        *("epochs_to_final", "area", "last_minus_min"),
    ]
    same(summary.metrics["last"], 3, np.sqrt(2), 2)
    same(summary.metrics["area"], 4, np.sqrt(2), 2)
    same(summary.metrics["exceeds"], 0, 0, 2)


def test_published_is_over_every_seed_with_a_number_with_the_population_deviation() -> None:
    summary = summarise(cell([[-4, -2], [-6, -4], [-6, NAN], [NAN, NAN]], dead=(2, 3)), "published")
    assert (summary.seeds, summary.diverged) == (4, 2)
    assert list(summary.metrics) == ["min", "max", "last", "first", "exceeds"]
    same(summary.metrics["last"], 4, np.sqrt(8 / 3), 3)
    same(summary.metrics["max"], 16 / 3, np.sqrt(8 / 9), 3)


@pytest.mark.parametrize("curves", [[[4, 2], [5, 1]], [[NAN, NAN], [NAN, NAN]]])
def test_all_seeds_diverged(curves: list[list[float]]) -> None:
    summary = summarise(cell(curves, dead=(0, 1)), "corrected")
    assert summary.diverged == 2
    assert repr(set(map(repr, summary.metrics.values()))) == repr({"Summary(mean=nan, sd=nan, n=0)"})
    assert repr(summary.spread) == repr(Spread(NAN, NAN, NAN, NAN, None, None))


def test_one_seed_has_a_value_and_no_sample_deviation() -> None:
    corrected = summarise(cell([[4, 2]]), "corrected")
    same(corrected.metrics["last"], 2, NAN, 1)
    assert (corrected.spread.q1, corrected.spread.q3, corrected.spread.best) == (2, 2, 10)
    same(summarise(cell([[4, 2]]), "published").metrics["last"], 2, 0, 1)


def test_a_surviving_seed_without_numbers_shows_in_the_count() -> None:
    same(summarise(cell([[4, 2], [NAN, NAN]]), "corrected").metrics["last"], 2, NAN, 1)


def test_infinities_are_numbers() -> None:
    same(summarise(cell([[4, 2], [4, np.inf]]), "published").metrics["last"], np.inf, NAN, 2)


def test_no_epochs() -> None:
    same(summarise(cell([[], []]), "corrected").metrics["area"], NAN, NAN, 0)


def test_excess_only_where_the_entropy_is_known_and_the_loss_says_a_likelihood() -> None:
    tighter = {"importance_weighted": np.array([1.75, 2.25, 0.0]), "loss": np.array([2.0, 3.0, 0.0])}
    said: dict[str, Any] = {"measure": ELBO, "measures": {"importance_weighted": importance_weighted(8), "loss": ELBO}}
    known = cell([[4, 2], [5, 3], [5, 5]], dead=(2,), reference=REFERENCE, evaluation=tighter, **said)
    metrics = summarise(known, "corrected").metrics
    assert list(metrics)[-3:] == ["excess", "excess_importance_weighted", "test_nll"]
    same(metrics["excess"], 1, np.sqrt(0.5), 2)
    same(metrics["excess_importance_weighted"], 0.5, np.sqrt(0.125), 2)
    same(metrics["test_nll"], 2, np.sqrt(0.125), 2)
    bound_only = summarise(cell([[4, 2]], reference=REFERENCE, measure=ELBO), "corrected").metrics
    assert list(bound_only)[-1] == "excess"
    for nothing in (cell([[4, 2]], measure=ELBO), cell([[4, 2]], reference=REFERENCE)):
        assert not [name for name in summarise(nothing, "corrected").metrics if name.startswith("excess")]


@pytest.mark.parametrize(
    ("measures", "expected", "measure"),
    [
        ({"loss": EXACT}, 2.0, EXACT),
        ({"loss": ELBO, "importance_weighted": importance_weighted(64)}, 1.5, importance_weighted(64)),
        ({"loss": ELBO}, 2.0, ELBO),
    ],
)
def test_the_best_estimate_is_the_tightest_number(
    measures: dict[str, Measure], expected: float, measure: Measure
) -> None:
    evaluation = {"loss": np.array([2.0]), "importance_weighted": np.array([1.5]), "redraw_sd": np.array([0.1])}
    summary = summarise(cell([[4, 2]], measure=ELBO, measures=measures, evaluation=evaluation), "corrected")
    assert summary.metrics["test_nll"].mean == expected
    assert summary.measures["test_nll"] == measure


@pytest.mark.parametrize("values", [{}, {"loss": np.array([np.nan])}])
def test_no_estimate_without_a_number_or_of_a_plain_loss(values: dict[str, np.ndarray]) -> None:
    assert "test_nll" not in summarise(cell([[4, 2]], measures={"loss": EXACT}, evaluation=values), "corrected").metrics
    plain = {"loss": np.array([1.0])}
    assert "test_nll" not in summarise(cell([[4, 2]], measures={"loss": LOSS}, evaluation=plain), "corrected").metrics


def test_spread_of_the_last_loss() -> None:
    spread = summarise(cell([[9, 4], [9, 1], [9, 2], [9, 8], [9, 3], [0, 0]], dead=(5,)), "corrected").spread
    assert (spread.q1, spread.median, spread.q3) == (2, 3, 4)
    assert (spread.best, spread.worst) == (11, 13)
    assert spread.sd == pytest.approx(np.sqrt(7.3))


def test_ties_go_to_the_smallest_seed() -> None:
    tied = Spread.of(np.array([2.0, 1.0, 1.0, 2.0]), (7, 5, 3, 4), 1)
    assert (tied.best, tied.worst) == (3, 4)


def test_per_seed_values_stand_in_the_order_of_the_seeds() -> None:
    curves = cell([[4, 2], [5, 3], [6, NAN]], dead=(1, 2))
    np.testing.assert_array_equal(per_seed(curves, "corrected")["last"], [2, NAN, NAN])
    np.testing.assert_array_equal(per_seed(curves, "published")["last"], [2, 3, 6])


def test_columns_begin_alike_and_cover_every_metric() -> None:
    plain = summarise(cell([[4, 2]]), "published")
    rich = summarise(cell([[4, 2]], reference=REFERENCE, measure=EXACT), "corrected")
    names = metric_names([plain, rich])
    assert names[:5] == list(plain.metrics)
    assert names == list(rich.metrics)
    values = {name: value(plain) for name, value in columns(names).items()}
    assert values["last_mean"] == 2
    assert values["excess_n"] == 0
    assert values["last_best_seed"] == 10
