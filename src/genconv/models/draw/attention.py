"""Selective attention by a grid of Gaussian filters, for whole batches (arXiv 1502.04623, section 3.2)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

PARAMETERS = 5
"""g̃_X, g̃_Y, log σ², log δ̃, log γ."""
LOG_BOUND = 20.0
"""The three logarithms are clipped to ± this, against overflow only."""


class Filterbank(NamedTuple):
    """N × N filters on a window of an image: N rows and N columns of Gaussians, equally spaced."""

    rows: Float[Array, "batch N h"]
    """F_Y: each row sums to 1."""
    columns: Float[Array, "batch N w"]
    """F_X: each row sums to 1."""
    intensity: Float[Array, "batch 1 1"]
    """γ."""
    window: Float[Array, "batch 3"]
    """Centre (column, row; 0 is the middle of the first pixel) and side (N − 1) δ, the distance of the outermost filter
    centres, in pixels.
    """

    def read(self, image: Float[Array, "batch h w"]) -> Float[Array, "batch N N"]:
        """γ F_Y x F_Xᵀ (eq. 27)."""
        return self.intensity * (self.rows @ image @ self.columns.mT)

    def write(self, patch: Float[Array, "batch N N"]) -> Float[Array, "batch h w"]:
        """(1/γ) F_Yᵀ w F_X (eq. 29)."""
        return (self.rows.mT @ patch @ self.columns) / self.intensity


def filterbank(parameters: Float[Array, "batch 5"], size: int, shape: tuple[int, int]) -> Filterbank:
    r"""The filters that (g̃_X, g̃_Y, log σ², log δ̃, log γ) describe on images of shape (h, w) (eqs. 21 to 26).

    g_X = ½ (w + 1)(g̃_X + 1), g_Y likewise with h; δ = (max(h, w) − 1)/(N − 1) δ̃; the i-th centre is
    μ_i = g + (i − N/2 − ½) δ; F[i, a] ∝ exp(−(a − μ_i)²/2σ²) with pixels a and filters i counted from 1. A row is
    normalised as a softmax, so that it sums to 1 wherever the window lies and however small σ is.
    """
    height, width = shape
    across, down, *logs = jnp.split(parameters, PARAMETERS, axis=-1)
    variance, stride, intensity = (jnp.exp(jnp.clip(value, -LOG_BOUND, LOG_BOUND)) for value in logs)
    delta = (max(shape) - 1) / max(size - 1, 1) * stride
    column, row = 0.5 * (width + 1) * (across + 1) - 1, 0.5 * (height + 1) * (down + 1) - 1
    return Filterbank(
        rows=_filters(row, delta, variance, size, height),
        columns=_filters(column, delta, variance, size, width),
        intensity=intensity[:, :, None],
        window=jnp.concatenate([column, row, (size - 1) * delta], axis=-1),
    )


def _filters(
    centre: Float[Array, "batch 1"],
    delta: Float[Array, "batch 1"],
    variance: Float[Array, "batch 1"],
    size: int,
    pixels: int,
) -> Float[Array, "batch N pixels"]:
    means = centre + (jnp.arange(size) - 0.5 * (size - 1)) * delta
    distances = jnp.arange(pixels) - means[:, :, None]
    return jax.nn.softmax(-0.5 * distances**2 / variance[:, :, None], axis=-1)
