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


class Snapshot(NamedTuple):
    """Grey values or colours from 0 to 255, the same noise and the same inputs at every epoch.

    Shape (n, h, w) or (n, h, w, c), behind an axis of runs where there are several.
    """

    samples: UInt8[Array, "..."]
    reconstructions: UInt8[Array, "..."]
    inputs: UInt8[Array, "..."]
    """What the reconstructions are of."""


class Traces(NamedTuple):
    """Canvases step by step; all None for a model that does not draw in steps."""

    generation: DrawingTrace | None
    reconstruction: DrawingTrace | None
    inputs: Float[Array, "..."] | None
    """What the reconstructions are of."""


def snapshot_epochs(cell: Cell, modality: Modality) -> frozenset[int]:
    """The epochs after which snapshots are kept: those configured, or 0, 1, 3, 7, … and the last."""
    chosen, last = cell.evaluation.snapshot_epochs, cell.training.epochs - 1
    if modality != "images":
        return frozenset()
    if chosen == "auto":
        return frozenset([*(2**n - 1 for n in range(last.bit_length() + 1) if 2**n - 1 <= last), last])
    return frozenset(epoch for epoch in chosen if epoch <= last)


def snapshot(model: Model, setup: Setup, streams: Streams, rows: Shaped[Array, "t ..."]) -> Snapshot:
    """Samples and reconstructions as they are now."""
    model = setup.whole(model)
    sample_key, latent_key, x = _inputs(setup, streams, rows)
    made = (model.expected_sample(sample_key, setup.evaluation.snapshots), model.reconstruct(x, latent_key), x)
    return Snapshot(*map(grey, made))


def traces(model: Model, setup: Setup, streams: Streams, rows: Shaped[Array, "t ..."]) -> Traces:
    """The first samples and reconstructions of `snapshot`, step by step: of the same draws."""
    model = setup.whole(model)
    sample_key, latent_key, x = _inputs(setup, streams, rows)
    generation = model.generation_trace(sample_key, setup.evaluation.snapshots)
    reconstruction = model.reconstruction_trace(x, latent_key)
    few: Traces = jax.tree.map(
        lambda leaf: leaf[:_DRAWN], Traces(generation, reconstruction, None if reconstruction is None else x)
    )
    return few


def _inputs(
    setup: Setup, streams: Streams, rows: Shaped[Array, "t ..."]
) -> tuple[Key[Array, ""], Key[Array, ""], Float[Array, "n ..."]]:
    """The keys of samples and of latent variables, and the images that are reconstructed: the same at every epoch."""
    sample_key, data_key, latent_key = jr.split(jr.fold_in(streams.noise, Purpose.SNAPSHOTS), 3)
    return sample_key, latent_key, setup.dataset.prepare(rows[: setup.evaluation.snapshots], data_key)


def grey(values: Float[Array, "*any"]) -> UInt8[Array, "*any"]:
    """Values from 0 to 1 as whole numbers from 0 to 255; NaN becomes 0."""
    return jnp.round(255 * jnp.clip(jnp.nan_to_num(values), 0, 1)).astype(jnp.uint8)
