"""No key is used twice: JAX's own check over everything that a run draws, from its data to its samples."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import pytest

from genconv.coordinates import Coordinates
from genconv.experiment.resolve import ResolvedCell
from genconv.models.base import Loss, Model, TrainingTime
from genconv.models.vae import VAE
from genconv.randomness import Streams, streams_of
from genconv.training.epoch import run_epoch, start
from genconv.training.evaluation import evaluate
from genconv.training.objective import Setup
from genconv.training.snapshots import snapshot
from tests.training.cells import small_cell
from tests.training.images import image_cell


def whole_run(one: ResolvedCell, model: type[Model]) -> Any:
    """A run of one epoch as one function of its streams."""
    config = one.model.config_type.checked(one.cell.architecture)
    setup = Setup(one.dataset, one.cell.training, one.cell.evaluation, model.measure(config))
    loaded = one.dataset.load()

    def run(streams: Streams) -> Any:
        splits = one.dataset.draw(streams.data, loaded)
        state = start(model.build(config, one.dataset.spec, streams.init), setup, streams, splits)
        state, record = run_epoch(state, setup, streams, splits, jnp.array(0))
        if one.dataset.spec.modality == "images":
            return (
                record,
                snapshot(state.evaluated, setup, streams, splits.test),
                evaluate(state.evaluated, setup, streams, splits),
            )
        return record, evaluate(state.evaluated, setup, streams, splits)

    return run


def check(run: Any) -> None:
    streams = jax.tree.map(lambda key: key[0], streams_of(0, [Coordinates.of_seed(3)]))
    with jax.debug_key_reuse(True):
        jax.jit(run).trace(streams)


@pytest.mark.parametrize("model", ["vae", "lvae", "flow", "made", "flow-matching"])
def test_a_run_on_points_uses_no_key_twice(model: str) -> None:
    one = small_cell(model, training={"accumulate_steps": 2})
    check(whole_run(one, one.model))


@pytest.mark.parametrize("model", ["vae", "lvae", "flow", "draw", "pixelcnn"])
def test_a_run_on_images_uses_no_key_twice(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    one = image_cell(monkeypatch, model)
    check(whole_run(one, one.model))


def test_the_check_finds_a_key_that_is_used_twice() -> None:
    class Careless(VAE):
        def loss(self, x: jax.Array, key: jax.Array, time: TrainingTime | None) -> tuple[Loss, VAE]:
            return super().loss(x + 0 * jr.normal(key, x.shape), key, time)

    with pytest.raises(jax.errors.KeyReuseError):
        check(whole_run(small_cell("vae"), Careless))
