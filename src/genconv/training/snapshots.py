"""What a model of images makes of fixed noise and fixed test images, kept during training to be looked at later."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key, Shaped, UInt8

from genconv.config.run import Cell
from genconv.models.base import DrawingTrace, Model
from genconv.protocols import Modality
from genconv.randomness import Purpose, Streams
from genconv.training.objective import Setup

_DRAWN = 8
"""Images of which every step is kept."""


class Pictures(NamedTuple):
    """Grey values from 0 to 255, the same noise and the same inputs at every epoch."""

    samples: UInt8[Array, "*seeds n h w"]
    reconstructions: UInt8[Array, "*seeds n h w"]
    inputs: UInt8[Array, "*seeds n h w"]
    """What the reconstructions are of."""


class Drawings(NamedTuple):
    """Canvases step by step; all None for a model that does not draw in steps."""

    generation: DrawingTrace | None
    reconstruction: DrawingTrace | None
    inputs: Float[Array, "*seeds n h w"] | None
    """What the reconstructions are of."""


def picture_epochs(cell: Cell, modality: Modality) -> frozenset[int]:
    """The epochs after which pictures are kept: those configured, or 0, 1, 3, 7, … and the last."""
    chosen, last = cell.evaluation.picture_epochs, cell.training.epochs - 1
    if modality != "images":
        return frozenset()
    if chosen == "auto":
        return frozenset([*(2**n - 1 for n in range(last.bit_length() + 1) if 2**n - 1 <= last), last])
    return frozenset(epoch for epoch in chosen if epoch <= last)


def pictures(model: Model, setup: Setup, streams: Streams, rows: Shaped[Array, "t h w"]) -> Pictures:
    """Samples and reconstructions as they are now."""
    sample_key, latent_key, x = _inputs(setup, streams, rows)
    made = (model.expected_sample(sample_key, setup.evaluation.pictures), model.reconstruct(x, latent_key), x)
    return Pictures(*map(grey, made))


def drawings(model: Model, setup: Setup, streams: Streams, rows: Shaped[Array, "t h w"]) -> Drawings:
    """The first samples and reconstructions of `pictures`, step by step: of the same draws."""
    sample_key, latent_key, x = _inputs(setup, streams, rows)
    generation = model.generation_trace(sample_key, setup.evaluation.pictures)
    reconstruction = model.reconstruction_trace(x, latent_key)
    few: Drawings = jax.tree.map(
        lambda leaf: leaf[:_DRAWN], Drawings(generation, reconstruction, None if reconstruction is None else x)
    )
    return few


def _inputs(
    setup: Setup, streams: Streams, rows: Shaped[Array, "t h w"]
) -> tuple[Key[Array, ""], Key[Array, ""], Float[Array, "n h w"]]:
    """The keys of samples and of latent variables, and the images that are reconstructed: the same at every epoch."""
    sample_key, data_key, latent_key = jr.split(jr.fold_in(streams.noise, Purpose.SNAPSHOTS), 3)
    return sample_key, latent_key, setup.dataset.prepare(rows[: setup.evaluation.pictures], data_key)


def grey(values: Float[Array, "*any"]) -> UInt8[Array, "*any"]:
    """Values from 0 to 1 as whole numbers from 0 to 255; NaN becomes 0."""
    return jnp.round(255 * jnp.clip(jnp.nan_to_num(values), 0, 1)).astype(jnp.uint8)
