"""Spread over seeds beside the evaluation's own noise, worked out by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from genconv.curves import CellCurves, Divergence
from genconv.statistics.evaluation_variance import evaluation_noise

CURVES = np.zeros((4, 2))
CELL = CellCurves(
    dataset="rings",
    model="vae",
    protocol="corrected",
    seeds=(0, 1, 2, 3),
    training=CURVES,
    validation=CURVES,
    divergences=(None, None, None, Divergence(0, "blow-up")),
    evaluation={
        "loss": np.array([1.0, 2.0, 3.0, 1e9]),
        "redraw_sd": np.array([0.3, 0.4, 0.0, 1e9]),
        "halves_difference": np.array([0.6, -0.8, 0.0, 1e9]),
    },
)


def test_by_hand() -> None:
    noise = evaluation_noise(CELL, "vae")
    assert noise is not None
    assert (noise.cell, noise.n) == ("vae", 3)
    assert noise.seeds == pytest.approx(1.0)
    assert noise.redraws == pytest.approx(math.sqrt(0.25 / 3))
    assert noise.examples == pytest.approx(math.sqrt(0.25 / 3))
    assert noise.share == pytest.approx(0.25 / 3)


def test_an_exact_likelihood_draws_nothing() -> None:
    exact = {name: values for name, values in CELL.evaluation.items() if name != "redraw_sd"}
    noise = evaluation_noise(replace(CELL, evaluation=exact), "flow")
    assert noise is not None
    assert (noise.redraws, noise.share) == (0, 0)


def test_imported_curves_have_no_evaluation() -> None:
    assert evaluation_noise(replace(CELL, evaluation={}), "vae") is None


def test_one_seed_has_no_spread() -> None:
    died = (None, *[Divergence(0, "blow-up")] * 3)
    noise = evaluation_noise(replace(CELL, divergences=died), "vae")
    assert noise is not None
    assert math.isnan(noise.seeds)
    assert math.isnan(noise.share)
