"""Interquartile means and performance profiles over datasets."""

import numpy as np
import pytest
from scipy import stats
from small_cells import REFERENCE, cell

from genconv.measure import EXACT, LOSS, Measure
from genconv.statistics.aggregate import aggregate, interquartile_mean, profile, stratified
from genconv.statistics.sample import samples

NAN = float("nan")


@pytest.mark.parametrize("n", [1, 3, 4, 10, 30])
def test_the_interquartile_mean_as_scipy_has_it(n: int) -> None:
    scores = np.random.default_rng(n).normal(size=n)
    assert interquartile_mean(scores) == pytest.approx(stats.trim_mean(scores, 0.25), rel=1e-9)


def test_a_profile_counts_what_is_no_higher() -> None:
    np.testing.assert_array_equal(
        profile(np.array([1.0, 2.0, 2.0, np.inf]), np.array([0.0, 2.0, 9.0])), [0, 0.75, 0.75]
    )


def test_resampling_keeps_the_strata() -> None:
    drawn = stratified([np.zeros(3), np.ones(5)], np.random.default_rng(0), 2)
    np.testing.assert_array_equal(drawn, [[0, 0, 0, 1, 1, 1, 1, 1]] * 2)


def test_scores_are_distances_to_the_best_median_of_the_dataset() -> None:
    cells = [
        cell(model, np.arange(8) + base + shift, dataset=dataset)
        for dataset, base in (("moons", 0.0), ("rings", 100.0))
        for model, shift in (("a", 0.0), ("b", 10.0))
    ]
    found = aggregate(samples(cells, "last"), np.random.default_rng(0))
    assert found is not None
    assert found.datasets == ("moons", "rings")
    assert [one.interquartile_mean for one in found.cells] == pytest.approx([0, 10])
    a, b = found.cells
    assert a.interval.low < 0 < a.interval.high < b.interval.low
    assert a.interval.method == "stratified bootstrap"
    assert a.profile[-1] == b.profile[-1] == 1
    assert np.all(a.profile_low <= a.profile_high)
    again = aggregate(samples(cells, "last"), np.random.default_rng(0))
    assert repr(found) == repr(again)


def test_lost_runs_are_infinitely_bad() -> None:
    cells = [
        cell(model, [1.0, 2.0, NAN, NAN] if model == "a" else [1.0, 2.0, 3.0, 4.0], dead, dataset=dataset)
        for dataset in ("moons", "rings")
        for model, dead in (("a", (2, 3)), ("b", ()))
    ]
    found = aggregate(samples(cells, "last"), np.random.default_rng(0))
    assert found is not None
    a, b = found.cells
    assert (a.missing, a.seeds, a.interquartile_mean) == (4, 8, np.inf)
    assert a.profile[-1] == 0.5
    assert np.isfinite(b.interquartile_mean)


def test_an_excess_has_its_own_zero() -> None:
    cells = [
        cell(m, [3.0, 4.0], dataset=d, reference=REFERENCE, measure=EXACT)
        for m in ("a", "b")
        for d in ("moons", "rings")
    ]
    found = aggregate(samples(cells, "excess"), np.random.default_rng(0))
    assert found is not None
    assert not found.above_best
    assert found.cells[0].interquartile_mean == pytest.approx(2)


def test_none_without_two_datasets_and_two_shared_cells() -> None:
    generator = np.random.default_rng(0)
    one_dataset = [cell("a", [1.0, 2.0]), cell("b", [1.0, 2.0])]
    one_label = [cell("a", [1.0]), cell("a", [1.0], dataset="moons")]
    assert aggregate(samples(one_dataset, "last"), generator) is None
    assert aggregate(samples(one_label, "last"), generator) is None


def test_none_where_numbers_do_not_compare() -> None:
    cells = [
        cell(model, [1.0, 2.0], dataset=dataset, measure=measure)
        for dataset in ("moons", "rings")
        for model, measure in (("a", EXACT), ("b", LOSS))
    ]
    assert aggregate(samples(cells, "last"), np.random.default_rng(0)) is None
    assert aggregate(samples(cells, "exceeds"), np.random.default_rng(0)) is not None


def test_datasets_of_other_values_share_scores_where_each_compares_within_itself() -> None:
    levels = Measure("exact", "nats", over="256 levels")
    moons = [cell(name, [1.0, 2.0], dataset="moons", measure=EXACT) for name in ("flow", "vae")]
    images = [cell(name, [1.0, 2.0], measure=levels) for name in ("flow", "vae")]
    generator = np.random.default_rng(0)
    assert aggregate(samples([*moons, *images], "last"), generator) is not None
    apart = [images[0], cell("vae", [1.0, 2.0], measure=EXACT)]
    assert aggregate(samples([*moons, *apart], "last"), generator) is None
