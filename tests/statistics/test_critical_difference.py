"""Mean ranks over datasets against Demšar's worked example and SciPy."""

import numpy as np
import pytest
from scipy import stats

from genconv.statistics.critical_difference import ranked_models, why_no_ranks
from genconv.statistics.sample import Sample

RATES = {
    "C4.5": (0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661, 0.583, 0.775, 1.000, 0.940, 0.619, 0.972, 0.957),
    "C4.5+m": (0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668, 0.583, 0.838, 1.000, 0.962, 0.666, 0.981, 0.978),
    "C4.5+cf": (0.771, 0.590, 0.968, 0.654, 0.886, 0.916, 0.609, 0.563, 0.866, 1.000, 0.965, 0.614, 0.975, 0.946),
    "C4.5+m+cf": (0.798, 0.569, 0.967, 0.657, 0.898, 0.931, 0.685, 0.625, 0.875, 1.000, 0.962, 0.669, 0.975, 0.970),
}
"""Demšar 2006, table 6: AUC of four learners on fourteen datasets."""


def _sample(label: str, *values: float) -> Sample:
    numbers = np.array(values)
    return Sample(label, label, tuple(range(len(values))), numbers, ~np.isfinite(numbers))


def _groups(datasets: int) -> dict[str, list[Sample]]:
    return {f"d{i}": [_sample(label, -rates[i]) for label, rates in RATES.items()] for i in range(datasets)}


def test_the_worked_example_of_the_paper() -> None:
    found = ranked_models(_groups(14))
    assert found is not None
    by_label = dict(zip(found.labels, found.mean_ranks, strict=True))
    assert by_label == pytest.approx({"C4.5": 3.143, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5+m+cf": 1.964}, abs=5e-4)
    assert found.difference == pytest.approx(1.25, abs=5e-3)
    assert found.p == pytest.approx(stats.f.sf(3.69, 3, 39), rel=0.02)


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
