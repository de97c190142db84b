"""The synthetic table against SciPy's distributions."""

import jax
import numpy as np
import pytest
from scipy import stats

from genconv.data.registry import dataset_named
from genconv.data.tabular.copula import COLUMNS, CORRELATION, REFERENCE, rows

MARGINALS = (
    stats.norm(),
    stats.lognorm(0.5),
    stats.expon(),
    stats.uniform(),
    stats.johnsonsu(0, 1),
    stats.johnsonsb(0, 0.5),
)
PLACES = np.arange(len(COLUMNS))
R = CORRELATION ** np.abs(np.subtract.outer(PLACES, PLACES))
COUNT = 20_000


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    return np.asarray(jax.jit(rows, static_argnums=1)(jax.random.key(3), COUNT), np.float64)


def log_prob(table: np.ndarray) -> np.ndarray:
    """By the marginals' log-densities and the copula of their normal scores."""
    scores = np.stack([stats.norm.ppf(one.cdf(x)) for one, x in zip(MARGINALS, table.T, strict=True)], axis=1)
    marginal = sum(one.logpdf(x) for one, x in zip(MARGINALS, table.T, strict=True))
    copula = stats.multivariate_normal(np.zeros(6), R).logpdf(scores) - stats.norm.logpdf(scores).sum(axis=1)
    return np.asarray(marginal + copula)


def test_the_entropy_is_that_of_the_marginals_and_of_the_copula() -> None:
    found = sum(one.entropy() for one in MARGINALS) + 0.5 * np.linalg.slogdet(R)[1]
    assert found == pytest.approx(REFERENCE.entropy, abs=1e-9)


def test_rows_have_the_density_that_the_reference_is_of(table: np.ndarray) -> None:
    losses = -log_prob(table)
    assert losses.mean() == pytest.approx(REFERENCE.entropy, abs=4 * REFERENCE.deviation / np.sqrt(COUNT))
    assert losses.std() == pytest.approx(REFERENCE.deviation, rel=0.03)
    gaussian = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * np.cov(table.T))[1]
    assert gaussian == pytest.approx(REFERENCE.gaussian, abs=0.08)


def test_every_column_has_its_marginal(table: np.ndarray) -> None:
    for one, x in zip(MARGINALS, table.T, strict=True):
        assert stats.kstest(x, one.cdf).pvalue > 1e-3


def test_it_is_a_dataset_by_name() -> None:
    entry = dataset_named("copula")
    dataset = entry.build(entry.configured("corrected", {"training_size": 7, "validation_size": 5, "test_size": 3}))
    splits = dataset.draw(jax.random.key(0), dataset.load())
    assert [len(part) for part in splits[:3]] == [7, 5, 3]
    assert dataset.spec.shape == (6,)
    assert dataset.reference == REFERENCE
