"""Twins: runs that differ in the last bit of one weight, and in nothing before that bit is flipped."""

import jax
import numpy as np
import pytest

from genconv.coordinates import Coordinates
from tests.training.cells import fingerprint, same_bits, small_cell, trained, trainer_of

pytestmark = pytest.mark.usefixtures("full_optimisation")

SEED = Coordinates.of_seed(3)
AT_START, LATER = SEED._replace(perturbation=1), SEED._replace(perturbation=2, flip_at=2)


def bits_that_differ(a: object, b: object) -> int:
    """Over all arrays of two trees."""
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return sum(
        int(
            np.unpackbits(
                np.frombuffer(np.asarray(x).tobytes(), np.uint8) ^ np.frombuffer(np.asarray(y).tobytes(), np.uint8)
            ).sum()
        )
        for x, y in pairs
    )


def of(tree: object, place: int) -> object:
    return jax.tree.map(lambda leaf: np.asarray(leaf)[place], tree)


def test_a_twin_differs_in_exactly_one_bit_when_it_is_flipped() -> None:
    trainer = trainer_of(small_cell("flow"), [SEED, AT_START, LATER, SEED._replace(perturbation=7)])
    before = trainer.start()
    for epoch, expected in ((0, [0, 1, 0, 1]), (1, [0, 0, 0, 0]), (2, [0, 0, 1, 0])):
        after = trainer.perturbed(before, epoch)
        assert [bits_that_differ(of(before, place), of(after, place)) for place in range(4)] == expected
    flips = [of(trainer.perturbed(before, 0).model, place) for place in (1, 3)]
    assert bits_that_differ(*flips) == 2, "another integer chooses another weight"


def test_twins_part_after_the_flip_and_the_others_keep_their_bits() -> None:
    cell = small_cell("flow")
    seeds = [3, Coordinates.of_seed(5), SEED._replace(perturbation=0)]
    plain, twins = trained(cell, seeds), trained(cell, [SEED, AT_START, Coordinates.of_seed(5), LATER])
    assert same_bits(fingerprint(plain, 3), fingerprint(twins, 3))
    assert same_bits(fingerprint(plain, 5), fingerprint(twins, 5))
    untouched = [np.asarray(leaf[2]) for leaf in jax.tree.leaves((plain.epochs, plain.evaluation, plain.model))]
    assert same_bits([*untouched, None], fingerprint(plain, 3)), "0 is no flip"
    losses = np.array([epoch.validation["loss"] for epoch in twins.epochs])
    assert (losses[:2, 3] == losses[:2, 0]).all()
    assert bits_that_differ(of(twins.model, 1), of(twins.model, 0)) > 1
    assert bits_that_differ(of(twins.model, 3), of(twins.model, 0)) >= 1
