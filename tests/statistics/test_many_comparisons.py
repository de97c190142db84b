"""The formulas behind thousands of comparisons, against SciPy's and statsmodels' functions on samples of every kind."""

import warnings

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.nonparametric import rank_compare_2indep

from genconv.statistics import pairing as module
from genconv.statistics.early import spearman
from genconv.statistics.pairing import paired, sign_flip_p
from genconv.statistics.rank_comparison import superiority
from genconv.statistics.stability import winner_stabilities, winner_stability
from genconv.statistics.two_sample import brown_forsythe, welch

SIZES = [(2, 2), (3, 7), (10, 9), (5, 100)]


def sample(size: int, seed: int, kind: str) -> np.ndarray:
    generator = np.random.default_rng([size, seed])
    values = generator.normal(85 + 0.2 * seed, 1 + seed, size=size)
    return {"normal": values, "tied": np.round(values), "lognormal": np.exp(values - 85)}[kind]


@pytest.mark.parametrize("kind", ["normal", "tied", "lognormal"])
@pytest.mark.parametrize(("n_a", "n_b"), SIZES)
def test_two_samples_as_the_libraries_have_them(kind: str, n_a: int, n_b: int) -> None:
    a, b = sample(n_a, 1, kind), sample(n_b, 2, kind)
    means, better, spread = welch(a, b, 0.9), superiority(a, b, 0.9), brown_forsythe(a, b)
    assert means is not None
    assert means.interval is not None
    expected = stats.ttest_ind(b, a, equal_var=False)
    assert means.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert (means.interval.low, means.interval.high) == pytest.approx(tuple(expected.confidence_interval(0.9)), 1e-9)
    assert means.p_trimmed == pytest.approx(stats.ttest_ind(b, a, equal_var=False, trim=0.2).pvalue, rel=1e-9)
    if spread is not None:
        assert spread.p == pytest.approx(stats.levene(a, b, center="median").pvalue, rel=1e-9)
    assert better is not None
    if better.method == "Brunner-Munzel":
        ranks = rank_compare_2indep(b, a)
        assert better.probability == ranks.prob1
        assert better.p == pytest.approx(ranks.pvalue, rel=1e-9)
        assert better.interval is not None
        ends = np.clip(ranks.conf_int(alpha=0.1), 0, 1)
        np.testing.assert_allclose([better.interval.low, better.interval.high], ends, rtol=1e-9)


def flipped(differences: np.ndarray, resamples: float) -> float:
    result = stats.permutation_test(
        (differences,),
        lambda d, axis: np.mean(d, axis=axis),
        permutation_type="samples",
        n_resamples=resamples,
        rng=np.random.default_rng(0),
    )
    return float(result.pvalue)


@pytest.mark.parametrize("n", [2, 3, 8, 11])
@pytest.mark.parametrize("kind", ["normal", "tied"])
def test_every_sign_pattern_counts_as_scipy_counts_it(kind: str, n: int) -> None:
    differences = sample(n, 1, kind) - 85
    assert sign_flip_p(differences[None], None) == flipped(differences, np.inf)


@pytest.mark.parametrize("n", [15, 16, 40])
def test_drawn_sign_patterns_are_near_scipys(n: int) -> None:
    differences = sample(n, 3, "normal") - 85
    (p,) = sign_flip_p(differences[None], np.random.default_rng(1))
    assert p == pytest.approx(flipped(differences, module.DRAWS), abs=0.03)
    assert sign_flip_p(np.ones((1, n)), np.random.default_rng(1)) < 0.01


def test_sign_flips_without_any_difference() -> None:
    assert sign_flip_p(np.zeros((1, 4)), None) == sign_flip_p(np.zeros((1, 20)), np.random.default_rng(0)) == 1


def test_correlations_as_scipy_has_them() -> None:
    x, y = sample(9, 1, "tied"), sample(9, 2, "tied")
    found, expected = spearman(x, y), stats.spearmanr(x, y)
    assert found is not None
    assert (found[0], found[2]) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)
    pairs = paired(x, y, np.random.default_rng(0))
    assert pairs is not None
    assert pairs.correlation == pytest.approx(stats.pearsonr(x, y).statistic, rel=1e-9)


def test_spreads_that_cannot_be_squared() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny, huge = (welch(np.array([0.0, size]), np.array([size, 2 * size])) for size in (1e-170, 1e170))
    assert tiny is not None
    assert huge is not None


def test_drawing_once_for_several_k_is_drawing_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genconv.statistics.stability.MOST_EXACT", 20)
    values = {name: sample(8, number, "normal") for number, name in enumerate("abc")}
    values["b"][3] = np.nan
    together = winner_stabilities(values, (1, 3, 5, 8), np.random.default_rng(0))
    assert [one.method for one in together] == ["enumeration", "Monte Carlo", "Monte Carlo", "enumeration"]
    assert together == [winner_stability(values, k, np.random.default_rng(0)) for k in (1, 3, 5, 8)]
