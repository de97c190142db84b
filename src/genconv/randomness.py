"""From integers to named streams of random numbers.

Every number that a run draws comes from one of four keys, and each key is a pure function of (study seed, stream name,
integer): never of a position in a list. Seed 7 is therefore the same run alone, among ten, or in another order. A fifth
key chooses the weight of which a bit is flipped, in runs that have a twin.
"""

import hashlib
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Key, UInt32

from genconv.coordinates import Coordinates


class Purpose(IntEnum):
    """What a part of the noise stream is for: its first fold. The next folds are an epoch, a batch, and so on."""

    INITIALIZATION = 0
    TRAINING = 1
    VALIDATION = 2
    EVALUATION = 3
    REDRAWS = 4
    SAMPLES = 5
    SNAPSHOTS = 6
    FRESH = 7


class Streams(NamedTuple):
    """One key for each named stream of a run; with a leading axis, of several runs."""

    data: Key[Array, "..."]
    """Drawing and splitting the data."""
    init: Key[Array, "..."]
    """Initial weights."""
    order: Key[Array, "..."]
    """Order of the training examples."""
    noise: Key[Array, "..."]
    """Latent variables and whatever else is drawn in training, evaluation and sampling."""


def stream_key(study_seed: int, stream: str, integer: int | UInt32[Array, ""]) -> Key[Array, ""]:
    """The key of `stream` for `integer`: the study's root key, folded with the stream's name, then with the integer."""
    name = int.from_bytes(hashlib.sha256(stream.encode()).digest()[:4], "big")
    return jr.fold_in(jr.fold_in(jr.key(study_seed), name), integer)


def streams_of(study_seed: int, runs: Sequence[Coordinates]) -> Streams:
    """The keys of the runs at these coordinates, stacked along a leading axis."""

    def keys(stream: str) -> Key[Array, " n"]:
        integers = jnp.array([getattr(run, stream) for run in runs], dtype=jnp.uint32)
        return jax.vmap(lambda integer: stream_key(study_seed, stream, integer))(integers)

    return Streams(*(keys(stream) for stream in Streams._fields))


def perturbation_keys(study_seed: int, runs: Sequence[Coordinates]) -> Key[Array, " n"]:
    """The keys that choose the weights of which a bit is flipped; that of 0 for runs without one."""
    integers = jnp.array([run.perturbation or 0 for run in runs], dtype=jnp.uint32)
    return jax.vmap(lambda integer: stream_key(study_seed, "perturbation", integer))(integers)
