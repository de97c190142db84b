"""Spread over seeds beside the evaluation's own noise and the error of its examples, worked out by hand."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.experiment.synthetic_runs import record

from genconv.curves import CellCurves, Divergence
from genconv.measure import ELBO, EXACT
from genconv.statistics.evaluation_variance import evaluation_noise
from genconv.store.load import load
from genconv.store.results import StoredCell
from genconv.store.runs import save_run

CURVES = np.zeros((4, 2))
CELL = CellCurves(
    dataset="rings",
    model="vae",
    protocol="corrected",
    seeds=(0, 1, 2, 3),
    training=CURVES,
    validation=CURVES,
    divergences=(None, None, None, Divergence(0, "blow-up")),
    evaluation={"loss": np.array([1.0, 2.0, 3.0, 1e9]), "redraw_sd": np.array([0.3, 0.4, 0.0, 1e9])},
    measure=ELBO,
)


def test_by_hand() -> None:
    noise = evaluation_noise(StoredCell(CELL))
    assert noise is not None
    assert noise.n == 3
    assert noise.seeds == pytest.approx(1.0)
    assert noise.redraws == pytest.approx(math.sqrt(0.25 / 3))
    assert noise.examples is None
    assert noise.share == pytest.approx(0.25 / 3)


def test_an_exact_likelihood_draws_nothing() -> None:
    exact = replace(CELL, evaluation={"loss": CELL.evaluation["loss"]}, measure=EXACT)
    noise = evaluation_noise(StoredCell(exact))
    assert noise is not None
    assert (noise.redraws, noise.share) == (0, 0)
    bound = evaluation_noise(StoredCell(replace(exact, measure=ELBO)))
    assert bound is not None
    assert math.isnan(bound.redraws)


def test_imported_curves_have_no_evaluation() -> None:
    assert evaluation_noise(StoredCell(replace(CELL, evaluation={}))) is None


def test_one_seed_has_no_spread() -> None:
    died = (None, *[Divergence(0, "blow-up")] * 3)
    noise = evaluation_noise(StoredCell(replace(CELL, divergences=died)))
    assert noise is not None
    assert math.isnan(noise.seeds)
    assert math.isnan(noise.share)


def test_the_error_of_the_mean_loss_from_its_examples(tmp_path: Path) -> None:
    """Over 2,000 sets of examples the mean over runs varies by what one set says of it."""
    generator = np.random.default_rng(1)
    hardness, own = generator.normal(3, 1.2, 5000), generator.normal(0, 0.5, (3, 5000))
    for seed in range(4):
        losses = (hardness + own[seed] if seed < 3 else np.full(5000, 1e6)).astype(np.float32)
        ended = None if seed < 3 else Divergence(0, "blow-up")
        save_run(tmp_path, replace(record(seed, divergence=ended), examples={"loss": losses}))
    (cell,) = load([tmp_path]).cells
    noise = evaluation_noise(cell)
    assert noise is not None
    means = [np.mean(hardness + own.mean(axis=0)) for hardness, own in _other_examples(2000)]
    assert noise.examples == pytest.approx(np.std(means), rel=0.05)
    assert noise.examples == pytest.approx(math.sqrt((1.2**2 + 0.5**2 / 3) / 5000), rel=0.05)


def _other_examples(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    generator = np.random.default_rng(2)
    return [(generator.normal(3, 1.2, 5000), generator.normal(0, 0.5, (3, 5000))) for _ in range(count)]
