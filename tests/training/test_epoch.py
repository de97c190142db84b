"""What an epoch sees, in which order, and how its records are averaged."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from genconv.coordinates import Coordinates
from genconv.data.base import Splits
from genconv.randomness import Purpose, Streams, stream_key, streams_of
from genconv.training.batches import Batch, Record, batch_keys, epoch_order, over_batches
from tests.training.cells import small_cell, trainer_of


def streams() -> Streams:
    return jax.tree.map(lambda key: key[0], streams_of(0, [Coordinates.of_seed(7)]))


def splits(size: int) -> Splits:
    return Splits(*(jnp.arange(size),) * 3)


def test_every_epoch_sees_every_example_once_in_its_own_order() -> None:
    orders = [np.asarray(epoch_order(streams(), jnp.array(epoch), splits(101))) for epoch in range(3)]
    for order in orders:
        assert sorted(order) == list(range(101))
    assert not (orders[0] == orders[1]).all()
    assert not (orders[1] == orders[2]).all()


@pytest.mark.parametrize(
    ("mean", "expected"), [("examples", np.mean(range(10))), ("batches", np.mean([1.5, 5.5, 8.5]))]
)
def test_a_smaller_last_batch_is_kept_and_weighs_as_asked(mean: str, expected: float) -> None:
    def record(carry: jax.Array, rows: jax.Array, batch: Batch) -> tuple[jax.Array, Record]:
        return carry + 10**batch.number * rows.shape[0], {"loss": jnp.mean(rows)}

    keys = jr.split(jr.key(0), 3)
    carry, result = over_batches(record, jnp.array(0), jnp.arange(10.0), keys, 4, mean)
    assert int(carry) == 244
    assert float(result["loss"]) == pytest.approx(expected)


def test_a_batch_of_everything_is_one_batch() -> None:
    def record(carry: jax.Array, rows: jax.Array, batch: Batch) -> tuple[jax.Array, Record]:
        return carry + 1, {"loss": jnp.sum(rows)}

    carry, result = over_batches(record, jnp.array(0), jnp.arange(5.0), jr.split(jr.key(0), 1), 99, "batches")
    assert (int(carry), float(result["loss"])) == (1, 10)


PURPOSES = (Purpose.TRAINING, Purpose.VALIDATION)


def test_keys_of_batches_are_distinct_and_do_not_depend_on_how_many_there_are() -> None:
    many = [batch_keys(streams(), purpose, jnp.array(epoch), 9) for purpose in PURPOSES for epoch in (0, 1, 2)]
    data = np.concatenate([jr.key_data(keys) for keys in many])
    assert len({tuple(row) for row in data}) == len(data)
    few = batch_keys(streams(), Purpose.VALIDATION, jnp.array(2), 4)
    assert (jr.key_data(few) == jr.key_data(many[-1])[:4]).all()


def test_streams_depend_on_study_name_and_integer_alone() -> None:
    keys = [stream_key(study, name, seed) for study in (0, 1) for name in ("init", "order") for seed in (0, 1)]
    data = [tuple(np.asarray(jr.key_data(key))) for key in keys]
    assert len(set(data)) == len(data)
    assert data[0] == tuple(np.asarray(jr.key_data(stream_key(0, "init", 0))))


def test_validation_and_remainders_in_a_real_cell() -> None:
    data = {"training_size": 70, "validation_size": 33, "test_size": 10}
    cell = small_cell("lvae", data=data, training={"epochs": 2, "batch_size": 32, "validation_batch_size": 32})
    trainer = trainer_of(cell, [0])
    states, record = trainer.epoch(trainer.start(), 0)
    assert all(np.isfinite(np.asarray(leaf)).all() for leaf in jax.tree.leaves((states.model, record.training)))
    kl, reconstruction = record.validation["kl"], record.validation["reconstruction"]
    np.testing.assert_allclose(record.validation["loss"], kl + reconstruction, rtol=1e-6)
    assert set(record.training) - set(record.validation) == {"gradient_norm", "learning_rate"}
