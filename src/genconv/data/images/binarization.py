"""From grey values to pixels that are 0 or 1."""

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key, Shaped

from genconv.data.images.config import Binarization

_FOLD = 0x62696E
"""Folded into the batch's key, since the model draws from the same one."""


def store(rows: Shaped[Array, "n h w"], scale: float, how: Binarization, key: Key[Array, ""]) -> Shaped[Array, "n h w"]:
    """What stays on the device of grey values counted in 1/`scale`: under `static` 0 or `scale`, drawn here."""
    if how != "static":
        return rows
    drawn = jr.bernoulli(key, rows.astype(jnp.float32) / scale)
    return jnp.where(drawn, jnp.asarray(scale, rows.dtype), jnp.zeros((), rows.dtype))


def inputs(rows: Shaped[Array, "n h w"], scale: float, how: Binarization, key: Key[Array, ""]) -> Float[Array, "n h w"]:
    """What a model sees of stored rows: x ~ Bernoulli(rows / scale) if `dynamic`, drawn afresh for each `key`."""
    grey = rows.astype(jnp.float32) / scale
    if how == "dynamic":
        return jr.bernoulli(jr.fold_in(key, _FOLD), grey).astype(jnp.float32)
    return (grey >= 0.5).astype(jnp.float32) if how == "threshold" else grey
