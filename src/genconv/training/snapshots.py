"""What a model of images makes of fixed noise and fixed test images, kept during training to be looked at later."""

from typing import NamedTuple

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Shaped, UInt8

from genconv.config.protocols import Modality
from genconv.config.run import Cell
from genconv.config.training import EvaluationConfig
from genconv.data.base import Dataset
from genconv.models.base import DrawingTrace, GenerativeModel
from genconv.randomness import Purpose, Streams

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


def pictures(
    model: GenerativeModel,
    dataset: Dataset,
    config: EvaluationConfig,
    streams: Streams,
    rows: Shaped[Array, "t h w"],
) -> Pictures:
    """Samples and reconstructions as they are now."""
    sample_key, data_key, latent_key = jr.split(jr.fold_in(streams.noise, Purpose.PICTURES), 3)
    x = dataset.prepare(rows[: config.pictures], data_key)
    made = (model.expected_sample(sample_key, config.pictures), model.reconstruct(x, latent_key), x)
    return Pictures(*map(grey, made))


def drawings(model: GenerativeModel, dataset: Dataset, streams: Streams, rows: Shaped[Array, "t h w"]) -> Drawings:
    """The first samples and reconstructions of `pictures`, step by step."""
    sample_key, data_key, latent_key = jr.split(jr.fold_in(streams.noise, Purpose.PICTURES), 3)
    x = dataset.prepare(rows[:_DRAWN], data_key)
    generation, reconstruction = model.generation(sample_key, _DRAWN), model.reconstruction(x, latent_key)
    return Drawings(generation, reconstruction, None if reconstruction is None else x)


def grey(values: Float[Array, "*any"]) -> UInt8[Array, "*any"]:
    """Values from 0 to 1 as whole numbers from 0 to 255; NaN becomes 0."""
    return jnp.round(255 * jnp.clip(jnp.nan_to_num(values), 0, 1)).astype(jnp.uint8)
