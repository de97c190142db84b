"""Permutation tests against SciPy's, and the rates of false verdicts that they keep."""

import warnings
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from genconv.statistics import permutation as module
from genconv.statistics.comparison import Case, compare_samples
from genconv.statistics.multiple_testing import holm, holm_at
from genconv.statistics.permutation import (
    attainable_level,
    runs_to_decide,
    smallest_p,
    studentized_means,
    studentized_ranks,
)
from genconv.statistics.sample import Sample

SIZES = [(2, 2), (2, 10), (3, 7), (4, 4), (8, 5), (6, 6)]


def pair(n_a: int, n_b: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng([n_a, n_b])
    a, b = generator.normal(size=n_a), 0.8 + 2 * generator.normal(size=n_b)
    return {"normal": (a, b), "tied": (np.round(a), np.round(b)), "offset": (a + 1e6, b + 1e6)}[kind]


@pytest.mark.parametrize("kind", ["normal", "tied", "offset"])
@pytest.mark.parametrize(("n_a", "n_b"), SIZES)
def test_means_as_scipy_permutes_them(n_a: int, n_b: int, kind: str) -> None:
    a, b = pair(n_a, n_b, kind)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        method = stats.PermutationMethod(n_resamples=100_000)
        expected = stats.ttest_ind(a, b, equal_var=False, method=method).pvalue
    one, other = studentized_means(a, b), studentized_means(b, a)
    assert one is not None
    assert one == other
    assert one.p == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", ["normal", "tied"])
@pytest.mark.parametrize(("n_a", "n_b"), [(2, 2), (3, 7), (4, 4), (5, 6)])
def test_ranks_by_scipys_statistic_of_every_partition(n_a: int, n_b: int, kind: str) -> None:
    a, b = pair(n_a, n_b, kind)
    pooled, found = np.concatenate([a, b]), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        observed = stats.brunnermunzel(a, b).statistic
        for chosen in combinations(range(n_a + n_b), n_a):
            members = np.isin(np.arange(n_a + n_b), chosen)
            found.append(stats.brunnermunzel(pooled[members], pooled[~members]).statistic)
    null = np.array(found)
    expected = min(1.0, 2 * min(np.mean(null <= observed + 1e-9), np.mean(null >= observed - 1e-9)))
    one = studentized_ranks(a, b)
    assert one is not None
    assert one.p == pytest.approx(expected, rel=1e-12)


def test_runs_without_a_number_are_equal_and_worst() -> None:
    lost, whole = np.array([1.0, 2.0, 3.0, np.inf, np.inf, np.inf]), np.array([4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    some = studentized_ranks(lost, whole)
    assert some is not None
    assert some.p == pytest.approx(1)
    everything = studentized_ranks(np.full(6, np.inf), whole)
    assert everything is not None
    assert everything.p == pytest.approx(2 / 924)


def test_no_spread() -> None:
    for n, p in ((5, 2 / 252), (2, 1 / 3)):
        different = studentized_means(np.full(n, 1.0), np.full(n, 2.0))
        assert different is not None
        assert different.p == pytest.approx(p)
    unequal = studentized_means(np.full(3, 1.0), np.full(7, 2.0))
    assert unequal is not None
    assert unequal.p == pytest.approx(2 / 120)
    equal = studentized_means(np.full(5, 1.0), np.full(5, 1.0))
    assert equal is not None
    assert equal.p == 1


@pytest.mark.parametrize(("n_a", "n_b"), [(12, 12), (5, 60), (60, 70)])
def test_drawn_partitions_are_near_welch_for_normal_values_and_repeat(n_a: int, n_b: int) -> None:
    generator = np.random.default_rng(3)
    a, b = generator.normal(size=n_a), 0.5 + generator.normal(size=n_b)
    one = studentized_means(a, b)
    assert one is not None
    assert one == studentized_means(np.flip(b), a)
    assert "draws" in one.method
    assert one.p == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue, abs=0.03)


def test_the_levels_that_few_runs_can_have() -> None:
    assert smallest_p(3, 3) == pytest.approx(0.1)
    assert smallest_p(10, 10) == pytest.approx(2 / 184_756)
    assert [attainable_level(0.05, n, n) for n in (3, 4)] == [0, pytest.approx(2 / 70)]
    assert attainable_level(0.05, 10, 10) == pytest.approx(0.05, abs=2e-5)
    assert smallest_p(50, 60) == pytest.approx(2 / (module.DRAWS + 1))
    assert smallest_p(50, 50) == pytest.approx(1 / (module.DRAWS + 1))


def test_whether_holm_could_ever_decide() -> None:
    p = [0.5, 0.001, float("nan"), 0.03]
    assert holm_at(p, p) == pytest.approx(holm(p), nan_ok=True)
    assert holm_at(p, [0.02, 0.001, 0.1, 0.03])[0] == pytest.approx(0.04)
    assert holm_at([0.5, 0.5, 0.5], [0.029] * 3) == pytest.approx([0.087] * 3)


LAWS = {
    "30 % stuck": lambda g, n: np.where(g.random(n) < 0.3, 5 + 0.1 * g.normal(size=n), g.normal(size=n)),
    "t, 2 degrees of freedom": lambda g, n: g.standard_t(2, size=n),
}


def drawn(law: str, label: str, n: int, edge: float, generator: np.random.Generator) -> Sample:
    values = LAWS[law](generator, n)
    missing = values > edge
    return Sample(label, label, tuple(range(n)), np.where(missing, np.nan, values), missing, int(missing.sum()))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("sizes", "kept"), [((2, 10), 1.0), ((3, 20), 1.0), ((10, 10), 1.0), ((6, 6), 0.7)])
def test_of_one_law_a_verdict_errs_in_five_percent(law: str, sizes: tuple[int, int], kept: float) -> None:
    generator, studies = np.random.default_rng(7), 400
    edge = float(np.quantile(LAWS[law](generator, 100_000), kept)) if kept < 1 else np.inf
    cases = [
        Case("rings", "last", *(drawn(law, label, n, edge, generator) for label, n in zip("ab", sizes, strict=True)))
        for _ in range(studies)
    ]
    found = compare_samples(cases, np.random.default_rng(0))
    false = np.mean([one.test is not None and one.test.p < 0.05 for one in found])
    assert 0.005 < false <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / studies)


@pytest.mark.parametrize("tests", [1, 3120, 50_000])
@pytest.mark.parametrize(("n_a", "n_b"), [(20, 20), (20, 21), (600, 600)])
def test_draws_suffice_to_decide_among_many_tests(n_a: int, n_b: int, tests: int) -> None:
    assert smallest_p(n_a, n_b, tests) * tests < 0.05
    enough = runs_to_decide(0.05 / tests, tests)
    assert enough is not None
    assert smallest_p(enough, enough, tests) * tests < 0.05


def test_no_number_of_runs_decides_at_a_level_beyond_the_draws() -> None:
    assert runs_to_decide(0.0001 / 1000, 1000) is None


@pytest.mark.parametrize("statistic", ["means", "ranks"])
def test_draws_agree_with_every_partition(statistic: module.Statistic, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    pairs = [(np.sort(generator.normal(size=n_a)), np.sort(generator.normal(size=8) + 1)) for n_a in (6, 8)]
    exact = module.permutation_of(pairs, statistic)
    monkeypatch.setattr(module, "MOST_EXACT", 1)
    drawn = module.permutation_of(pairs, statistic)
    for one, other in zip(exact, drawn, strict=True):
        assert one is not None
        assert other is not None
        assert "draws" in other.method
        assert other.p == pytest.approx(one.p, abs=4 * np.sqrt(one.p / module.DRAWS))
