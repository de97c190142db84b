"""Mean ranks over datasets against SciPy, the critical difference against Demšar's table."""

import numpy as np
import pytest
from scipy import stats

from genconv.statistics.critical_difference import ranked_models, why_no_ranks
from genconv.statistics.sample import Sample

SCORES = np.random.default_rng(0).normal(size=(14, 4)) + np.array([0.0, 0.5, 1.0, 1.5])
"""Of four models on fourteen datasets; less is better."""


def _sample(label: str, *values: float) -> Sample:
    numbers = np.array(values)
    return Sample(label, label, tuple(range(len(values))), numbers, ~np.isfinite(numbers))


def _groups(datasets: int) -> dict[str, list[Sample]]:
    return {f"d{i}": [_sample(f"m{k}", float(SCORES[i, k])) for k in range(4)] for i in range(datasets)}


def test_ranks_and_p_are_scipys_and_the_distance_is_that_of_the_table() -> None:
    """q = 2.569 for four models at 5 % (Demšar 2006, table 5)."""
    found = ranked_models(_groups(14))
    assert found is not None
    ranks = stats.rankdata(SCORES, axis=1).mean(axis=0)
    by_label = dict(zip(found.labels, found.mean_ranks, strict=True))
    assert [by_label[f"m{k}"] for k in range(4)] == pytest.approx(ranks.tolist())
    chi = stats.friedmanchisquare(*SCORES.T).statistic
    assert found.p == pytest.approx(stats.f.sf(13 * chi / (14 * 3 - chi), 3, 39))
    assert found.difference == pytest.approx(2.569 * np.sqrt(4 * 5 / (6 * 14)), rel=1e-3)


def test_fewer_datasets_are_refused_in_one_line() -> None:
    assert ranked_models(_groups(5)) is None
    assert why_no_ranks(_groups(5)) == "a critical difference needs 6 datasets as independent blocks: here are 5"
    two = {name: group[:2] for name, group in _groups(6).items()}
    assert why_no_ranks(two) == "a critical difference needs 3 models run on every dataset: here are 2"


def test_cliques_are_the_longest_rows_that_do_not_differ() -> None:
    clear = {f"d{i}": [_sample(str(k), float(k)) for k in range(9)] for i in range(20)}
    found = ranked_models(clear)
    assert found is not None
    reach = int(found.difference)
    assert found.cliques == [(first, first + reach) for first in range(9 - reach)]


def test_a_model_that_lost_most_runs_is_behind() -> None:
    groups = {
        f"d{i}": [_sample("lost", 0.1, np.nan, np.nan), _sample("a", 1.0, 1.0, 1.0), _sample("b", 2.0, 2.0, 2.0)]
        for i in range(6)
    }
    found = ranked_models(groups)
    assert found is not None
    assert found.labels == ("a", "b", "lost")
