"""Alpha spending and the normal law of several looks, against published boundaries and simulation."""

import numpy as np
import pytest
from scipy import stats

from genconv.errors import InputError
from genconv.statistics.group_sequential import boundaries, drift_estimate, predictive_power
from genconv.statistics.spending import Design, Spending

FIVE: dict[Spending, list[float]] = {
    "pocock": [2.438, 2.427, 2.410, 2.397, 2.386],
    "obrien-fleming": [4.877, 3.357, 2.680, 2.290, 2.031],
}


@pytest.mark.parametrize("spending", FIVE)
def test_boundaries_of_five_looks_as_lan_and_demets_publish_them(spending: Spending) -> None:
    design = Design(look_every=1, max_seeds=5, spending=spending)
    assert boundaries(design.times, design.spent()) == pytest.approx(FIVE[spending], abs=2e-3)


@pytest.mark.parametrize("spending", FIVE)
def test_all_of_alpha_is_spent_at_the_last_look_in_proportion_to_the_share(spending: Spending) -> None:
    design = Design(look_every=7, max_seeds=30, alpha=0.04, spending=spending)
    assert design.looks == (7, 14, 21, 28, 30)
    assert design.spent()[-1] == pytest.approx(0.04)
    assert design.spent(0.25)[-1] == pytest.approx(0.01)
    assert list(design.spent()) == sorted(design.spent())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"look_every": 0}, "look-every = 0: must be from 1"),
        ({"look_every": 31}, "look-every = 31: must be from 1 to max-seeds = 30"),
        ({"max_seeds": 1}, "max-seeds = 1: must be from 2"),
        ({"look_every": 1, "max_seeds": 1000}, "gives 1000 looks, at most 100"),
        ({"alpha": 0.0}, "alpha = 0: must be above 0"),
        ({"spending": "haybittle"}, "spending = 'haybittle': must be one of pocock, obrien-fleming"),
        ({"futility": 1.0}, "futility = 1: must be at least 0"),
    ],
)
def test_a_design_that_is_none(values: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Design.checked(**values)


def test_predictive_power_as_the_future_has_it() -> None:
    generator, z, time, boundary = np.random.default_rng(0), 1.2, 0.4, 2.1
    drift = z / np.sqrt(time) + generator.normal(size=400_000) / np.sqrt(time)
    end = z * np.sqrt(time) + drift * (1 - time) + generator.normal(size=400_000) * np.sqrt(1 - time)
    assert predictive_power(z, time, boundary) == pytest.approx((np.abs(end) > boundary).mean(), abs=0.003)
    assert predictive_power(2.2, 1.0, boundary) == 1
    assert predictive_power(2.0, 1.0, boundary) == 0


def test_one_look_needs_no_adjustment() -> None:
    found = drift_estimate([1.0], [1.96], 2.5, 0.95)
    assert found is not None
    assert (found.median, found.low, found.high) == pytest.approx((2.5, 2.5 - 1.96, 2.5 + 1.96), abs=1e-3)


def test_the_estimate_after_stopping_is_median_unbiased_and_its_interval_covers() -> None:
    design, drift, generator = Design(look_every=10, max_seeds=30), 2.5, np.random.default_rng(1)
    bounds, above, covered, raw = boundaries(design.times, design.spent()), [], [], []
    for _ in range(400):
        steps = generator.normal(drift / 3, np.sqrt(1 / 3), size=3)
        z = np.cumsum(steps) / np.sqrt(design.times)
        stop = next((k for k in range(3) if abs(z[k]) > bounds[k]), 2)
        found = drift_estimate(design.times[: stop + 1], bounds[: stop + 1], float(z[stop]), 0.9)
        assert found is not None
        above.append(found.median > drift)
        covered.append(found.low < drift < found.high)
        raw.append(z[stop] / np.sqrt(design.times[stop]))
    assert stats.binomtest(sum(above), 400).pvalue > 0.001
    assert stats.binomtest(sum(covered), 400, 0.9).pvalue > 0.001
    assert np.mean(raw) > drift + 0.3


def test_a_result_that_no_drift_explains_has_no_estimate() -> None:
    assert drift_estimate([0.5, 1.0], [2.0, 2.0], 60.0, 0.95) is None
