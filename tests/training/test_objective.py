"""What is recorded of a loss: in the data's own units, under names that are free, with what it means."""

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.data.base import DataSpec, Splits, Standardization, Values
from genconv.errors import InputError
from genconv.experiment.execute import run_study
from genconv.experiment.sampling import draw_samples
from genconv.measure import ELBO, Measure
from genconv.models.base import Loss, TrainingTime
from genconv.randomness import streams_of
from genconv.store.runs import StoredRun
from genconv.training.evaluation import evaluate
from genconv.training.objective import Setup, batch_loss, measure_of, recorded
from genconv.training.step import batch_gradient
from tests.training.cells import small_cell
from tests.training.quadratic import Quadratic, rows, setup_of

UNITS = Standardization(jnp.array([1.0, -2.0]), jnp.array([3.0, 0.5]))
OFFSET = np.log(3.0) + np.log(0.5)


def setup_and_model(name: str) -> tuple[Setup, Any]:
    one = small_cell(name)
    config = one.model.config_type.checked(one.cell.architecture)
    setup = Setup(one.dataset, one.cell.training, one.cell.evaluation, one.model.measure(config))
    return setup, one.model.build(config, one.dataset.spec, jr.key(0))


@pytest.mark.parametrize("name", ["vae", "flow"])
def test_standardized_data_shift_what_is_recorded_and_nothing_else(name: str) -> None:
    setup, model = setup_and_model(name)
    plain, standardized = Splits(rows(), rows(), rows()), Splits(rows(), rows(), rows(), UNITS)
    time = TrainingTime(jnp.array(0), jnp.array(0))

    @jax.jit
    def both(splits: Splits) -> Any:
        loss, _ = batch_loss(model, setup, splits, splits.training, jr.key(1), time)
        gradient = batch_gradient(model, setup, splits, splits.training, jr.key(1), time).gradient
        return loss, gradient

    (loss, gradient), (shifted, same) = both(plain), both(standardized)
    np.testing.assert_allclose(shifted.loss, loss.loss + OFFSET, rtol=1e-5)
    np.testing.assert_array_equal(shifted.objective, loss.objective)
    for ours, theirs in zip(jax.tree.leaves(same), jax.tree.leaves(gradient), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    if name == "vae":
        np.testing.assert_allclose(shifted.terms["kl"], loss.terms["kl"])
        np.testing.assert_allclose(shifted.terms["reconstruction"] + shifted.terms["kl"], shifted.loss, rtol=1e-4)


def test_the_final_evaluation_of_standardized_data_is_in_their_own_units() -> None:
    setup, model = setup_and_model("flow")
    y = rows(60)
    streams = jax.tree.map(lambda key: key[0], streams_of(0, [Coordinates.of_seed(3)]))
    inner = evaluate(model, setup, streams, Splits(y, y, y))
    outer = evaluate(model, setup, streams, Splits(y, y, y, UNITS))
    np.testing.assert_allclose(outer.means["loss"], inner.means["loss"] + OFFSET, rtol=1e-5)
    np.testing.assert_allclose(outer.examples["loss"], inner.examples["loss"] + OFFSET, rtol=1e-5)
    np.testing.assert_allclose(outer.samples, UNITS.mean + UNITS.deviation * inner.samples, rtol=1e-5)
    assert outer.grid is not None
    place = (np.array([[outer.grid.x[50], outer.grid.y[70]]]) - UNITS.mean) / UNITS.deviation
    expected = float(model.log_prob(jnp.asarray(place))[0]) - OFFSET
    assert float(outer.grid.log_density[70, 50]) == pytest.approx(expected, rel=1e-4)


def test_a_loss_that_says_nothing_of_p_has_no_units_to_restore() -> None:
    setup, splits = setup_of(), Splits(rows(), rows(), rows(), UNITS)
    loss, _ = batch_loss(Quadratic(jnp.ones(2)), setup, splits, splits.training, jr.key(0), None)
    plain, _ = Quadratic(jnp.ones(2)).loss(rows(), jr.key(0), None)
    np.testing.assert_array_equal(loss.loss, plain.loss)


@pytest.mark.parametrize(
    ("values", "over"), [("discrete", "256 levels"), ("continuous", "density on [0, 1]"), ("binary", "")]
)
def test_the_likelihood_of_images_says_what_it_is_a_law_over(values: Values, over: str) -> None:
    one = small_cell("vae")
    config = one.model.config_type.checked(one.cell.architecture)
    assert measure_of(one.model, config, one.dataset) == ELBO
    images = copy(one.dataset)
    images.spec = DataSpec("images", (4, 4), values)
    assert measure_of(one.model, config, images) == replace(ELBO, over=over)


@pytest.mark.parametrize("name", ["loss", "gradient_norm", "epoch", "a b", "a.b"])
def test_terms_leave_the_names_of_curves_alone(name: str) -> None:
    values = jnp.ones(3)
    for loss in (Loss(values, values, {name: values}), Loss(values, values, {}, {name: jnp.ones(())})):
        with pytest.raises(InputError, match=f"a term of the model is called '{name}'"):
            recorded(loss)


FLOW_MATCHING = '''
import jax
import jax.numpy as jnp
import jax.random as jr
from genconv.config.base import Config
from genconv.models.base import Loss, Model
from genconv.nn.linear import MLP


class FlowMatching(Model):
    """v(x, t) ≈ x₁ − x₀ along straight lines from noise to data: a regression, no likelihood."""

    summary = "flow matching"
    config_type = Config
    net: MLP

    @classmethod
    def defaults(cls, data):
        return {"training": {"optimizer": "lion", "epochs": 2, "ema_decay": 0.9}}

    @classmethod
    def build(cls, config, data, key):
        return cls(MLP((data.shape[0] + 1, 8, data.shape[0]), key))

    def loss(self, x, key, time):
        noise_key, time_key = jr.split(key)
        noise, t = jr.normal(noise_key, x.shape), jr.uniform(time_key, (x.shape[0], 1))
        velocity = self.net(jnp.concatenate([(1 - t) * noise + t * x, t], axis=1))
        losses = jnp.sum((velocity - (x - noise)) ** 2, axis=1)
        early = jnp.where(t[:, 0] < 0.5, losses, 0.0)
        return Loss(losses, losses, {"early": early}, {"speed": jnp.mean(velocity**2)}), self

    def sample(self, key, count):
        x = jr.normal(key, (count, 2))
        for step in range(4):
            x = x + self.net(jnp.concatenate([x, jnp.full((count, 1), step / 4)], axis=1)) / 4
        return x
'''


def test_a_model_without_a_likelihood_trains_and_claims_none(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(FLOW_MATCHING)
    study = {
        "name": "own",
        "seeds": 2,
        "cells": (
            {
                "models": f"{tmp_path}/mine.py:FlowMatching",
                "datasets": "8gaussians",
                "data": {"training_size": 256, "validation_size": 64, "test_size": 64},
                "training": {"batch_size": 64},
                "evaluation": {"samples": 8},
            },
        ),
    }
    first, _ = run_study(Study.checked(study), tmp_path / "runs")
    run = StoredRun.open(first)
    assert run.run.cell.training.optimizer == "lion"
    own = Measure(name="mine.py:FlowMatching loss")
    assert run.outcome.measures == {"curve": own, "loss": own}
    assert not any(measure.says_nll for measure in run.outcome.measures.values())
    assert set(run.outcome.evaluation) == {"loss", "early", "redraw_sd"}
    assert {"early", "speed", "gradient_norm", "learning_rate"} <= set(run.curves.columns)
    assert run.examples.keys() == {"loss"}
    assert run.outcome.test is not None
    assert run.outcome.test.examples == 64
    assert draw_samples(run, 5, [tmp_path / "mine.py"]).shape == (5, 2)
