"""Seed 7 is the same run alone, among others, in another order, on one device or two."""

import jax
import numpy as np
import pytest

from genconv.coordinates import Coordinates
from tests.training.cells import fingerprint, same_bits, small_cell, trained, trainer_of

pytestmark = pytest.mark.usefixtures("full_optimisation")


@pytest.mark.parametrize(("model", "protocol"), [("vae", "published"), ("lvae", "corrected"), ("flow", "corrected")])
def test_a_seed_does_not_depend_on_its_company_or_on_devices(model: str, protocol: str) -> None:
    cell = small_cell(model, protocol)
    alone = fingerprint(trained(cell, [7]), 7)
    assert same_bits(alone, fingerprint(trained(cell, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]), 7))
    assert same_bits(alone, fingerprint(trained(cell, [19, 7, 4], devices=1), 7))


def test_averaged_weights_do_not_depend_on_the_company() -> None:
    cell = small_cell("vae", training={"ema_decay": 0.9})
    assert same_bits(fingerprint(trained(cell, [7]), 7), fingerprint(trained(cell, [19, 4, 7]), 7))


def test_vectorised_seeds_agree_closely_with_sequential_ones() -> None:
    cell = small_cell("lvae")
    sequential, vectorised = (trained(cell, [1, 7], mapping=mapping) for mapping in ("map", "vmap"))
    for one, other in zip(sequential.epochs, vectorised.epochs, strict=True):
        np.testing.assert_allclose(one.validation["loss"], other.validation["loss"], rtol=1e-4)


def test_equal_coordinates_are_equal_runs_and_one_stream_alone_can_vary() -> None:
    cell, same = small_cell("vae"), Coordinates(0, 5, 5, 5)
    result = trained(cell, [same, same])
    for leaf in jax.tree.leaves((result.epochs, result.evaluation, result.model)):
        np.testing.assert_array_equal(leaf[0], leaf[1])
    for free in ("data", "init", "order", "noise"):
        streams = trainer_of(cell, [same, same._replace(**{free: 6})]).streams
        keys = {name: jax.random.key_data(key) for name, key in streams._asdict().items()}
        assert [name for name, pair in keys.items() if (pair[0] != pair[1]).any()] == [free]


def test_a_run_with_data_of_its_own_is_the_same_alone_and_beside_other_data() -> None:
    cell, runs = small_cell("flow"), [Coordinates(0, 1, 1, 1), Coordinates(1, 1, 1, 1)]
    together = trained(cell, runs).epochs[-1].validation["loss"]
    assert together[0] != together[1]
    for place, run in enumerate(runs):
        assert trained(cell, [run]).epochs[-1].validation["loss"][0] == together[place]
