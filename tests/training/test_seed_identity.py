"""Seed 7 is the same run alone, among others, in another order, on one device or two."""

import jax
import numpy as np
import pytest

from tests.training.cells import fingerprint, same_bits, small_cell, trained, trainer_of

pytestmark = pytest.mark.usefixtures("full_optimisation")


@pytest.mark.parametrize(("model", "protocol"), [("vae", "published"), ("lvae", "corrected"), ("flow", "corrected")])
def test_a_seed_does_not_depend_on_its_company_or_on_devices(model: str, protocol: str) -> None:
    cell = small_cell(model, protocol)
    alone = fingerprint(trained(cell, [7]), 7)
    assert same_bits(alone, fingerprint(trained(cell, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]), 7))
    assert same_bits(alone, fingerprint(trained(cell, [19, 7, 4], devices=1), 7))


def test_vectorised_seeds_agree_closely_with_sequential_ones() -> None:
    cell = small_cell("lvae")
    sequential, vectorised = (trained(cell, [1, 7], mapping=mapping) for mapping in ("map", "vmap"))
    for one, other in zip(sequential.epochs, vectorised.epochs, strict=True):
        np.testing.assert_allclose(one.validation.loss, other.validation.loss, rtol=1e-4)


def test_pinned_streams_repeat_and_others_vary() -> None:
    pinned = {"streams": {"init": 5, "order": 5, "noise": 5}}
    same = trained(small_cell("vae", **pinned), [0, 1])
    assert same_bits(fingerprint(same, 0), fingerprint(same, 1))
    for free in ("init", "order", "noise"):
        trainer = trainer_of(small_cell("vae", streams={**pinned["streams"], free: "seed"}), [0, 1])
        keys = {
            name: jax.random.key_data(getattr(trainer.streams, name)) for name in ("init", "order", "noise", "data")
        }
        assert [name for name, pair in keys.items() if (pair[0] != pair[1]).any()] == [free]


def test_data_is_shared_by_the_seeds_unless_it_is_set_free() -> None:
    everything_else = {"init": 1, "order": 1, "noise": 1}
    shared = trained(small_cell("flow", streams=everything_else), [0, 1]).epochs[-1].validation.loss
    free = trained(small_cell("flow", streams={**everything_else, "data": "seed"}), [0, 1]).epochs[-1].validation.loss
    assert shared[0] == shared[1]
    assert free[0] != free[1]
