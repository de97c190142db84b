"""The final evaluation: chunks, bounds and the units in use, against direct computation."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from genconv.coordinates import Coordinates
from genconv.data.base import Splits
from genconv.experiment.records import records
from genconv.measure import ELBO
from genconv.models.base import Model
from genconv.models.registry import model_named
from genconv.randomness import streams_of
from genconv.training.evaluation import REDRAWS, Evaluation, evaluate
from genconv.training.objective import Setup
from tests.training.cells import trained
from tests.training.images import SMALL, TEST, image_cell


def built(monkeypatch: pytest.MonkeyPatch, name: str, **evaluation: Any) -> tuple[Any, Model]:
    cell = image_cell(monkeypatch, name, evaluation=evaluation)
    model = model_named(name, cell.dataset.spec)
    config = model.config_type.checked(cell.cell.architecture)
    return cell, jax.jit(lambda key: model.build(config, cell.dataset.spec, key))(jr.key(3))


def evaluated(cell: Any, model: Model) -> Evaluation:
    streams = jax.tree.map(lambda key: key[0], streams_of(0, [Coordinates.of_seed(0)]))
    setup = Setup(cell.dataset, cell.cell.training, cell.cell.evaluation, ELBO)
    splits = Splits(*[jnp.asarray(TEST)] * 3)
    return jax.jit(lambda model, splits: evaluate(model, setup, streams, splits))(model, splits)


@pytest.mark.parametrize("chunk", [7, 30, 1000])
def test_every_example_counts_once_whatever_the_chunks(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    cell, model = built(monkeypatch, "vae", chunk=chunk)
    result = evaluated(cell, model)
    means = result.means
    np.testing.assert_allclose(means["loss"], means["reconstruction"] + means["kl"], rtol=1e-5)
    for name, values in result.examples.items():
        assert values.shape == (len(TEST),)
        np.testing.assert_allclose(np.mean(values), means[name], rtol=1e-5)
    # fresh weights give every image a loss close to ln 2 a pixel, whatever is drawn
    assert 0.8 < float(means["loss"]) / (24 * np.log(2)) < 1.6
    assert float(means["importance_weighted"]) < float(means["loss"])


def test_more_importance_samples_tighten_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = [
        float(evaluated(*built(monkeypatch, "vae", importance_samples=k)).means["importance_weighted"])
        for k in (1, 20, 400)
    ]
    assert bounds == sorted(bounds, reverse=True)


def test_a_model_that_ignores_x_uses_no_unit_and_one_that_does_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, model = built(monkeypatch, "vae")
    deaf = jax.tree.map(jnp.zeros_like, model)
    assert [tuple(map(float, units)) for units in evaluated(cell, deaf).units] == [(0, 0)]
    weight = jnp.zeros((8, 3)).at[:, 0].set(1.0)
    zeros = (jnp.zeros((8, 3)), jnp.zeros(3))
    hearing = eqx.tree_at(
        lambda m: (m.posterior.mean.weight, m.posterior.log_variance.weight, m.posterior.log_variance.bias),
        model,
        (weight, *zeros),
    )
    assert [tuple(map(float, units)) for units in evaluated(cell, hearing).units] == [(1, 1)]


@pytest.mark.parametrize(("passes", "lower"), [("posterior", True), ("prior", False)])
def test_a_posterior_that_is_not_passed_down_uses_no_unit(
    monkeypatch: pytest.MonkeyPatch, passes: str, lower: bool
) -> None:
    cell = image_cell(monkeypatch, "lvae")
    model = model_named("lvae", cell.dataset.spec)
    config = model.config_type.checked({**cell.cell.architecture, "passes_down": passes})
    built_one = jax.jit(lambda key: model.build(config, cell.dataset.spec, key))(jr.key(3))
    lowest, top = evaluated(cell, built_one).units
    assert bool(lowest.active > 0) is bool(lowest.varying > 0) is lower
    assert float(top.active) > 0


def test_redraws_differ_by_their_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    result = evaluated(*built(monkeypatch, "vae"))
    assert result.redraws.shape == (REDRAWS,)
    assert len(np.unique(result.redraws)) == REDRAWS
    np.testing.assert_allclose(result.redraws, result.means["loss"], rtol=0.1)


def test_units_are_stored_by_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = image_cell(monkeypatch, "lvae")
    (record,) = records(cell, trained(cell, (0,)))
    numbers = record.outcome.evaluation
    assert set(numbers) == {
        *("loss", "reconstruction", "kl", "importance_weighted", "redraw_sd"),
        *(f"{kind}_units_{layer}" for kind in ("active", "varying") for layer in (1, 2)),
    }
    for layer, size in enumerate(SMALL["lvae"]["latent"], start=1):
        assert 0 <= numbers[f"active_units_{layer}"] <= size


@pytest.mark.parametrize(("binarization", "says_nll"), [("none", False), ("dynamic", True)])
def test_losses_on_grey_pixels_are_no_likelihoods(
    monkeypatch: pytest.MonkeyPatch, binarization: str, says_nll: bool
) -> None:
    cell = image_cell(monkeypatch, "vae", data={"binarization": binarization}, training={"epochs": 1})
    (record,) = records(cell, trained(cell, (0,)))
    assert {measure.says_nll for measure in record.outcome.measures.values()} == {says_nll}
    assert len({measure.name for measure in record.outcome.measures.values()}) == 1
    for measure in record.outcome.measures.values():
        assert measure.comparable(record.outcome.measures["loss"])
