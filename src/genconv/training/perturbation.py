"""Flipping one bit of one weight: the smallest difference that two trainings can have."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, Key, UInt

from genconv.nn.buffer import split_trainable
from genconv.training.step import RunState


def flipped(state: RunState, key: Key[Array, ""], wanted: Array) -> RunState:
    """The state with the last bit of one of its trainable weights flipped, if that is wanted.

    The weight is drawn uniformly from all that are not 0 (nor subnormal, which a processor may take for 0).

    Args:
        state: Of one run.
        key: Chooses the weight.
        wanted: Whether to flip at all; every other bit of the state stays as it is.

    """
    parameters, rest = split_trainable(state.model)
    leaves, structure = jax.tree.flatten(parameters)
    usable = [_is_usable(leaf) for leaf in leaves]
    counts = jnp.stack([jnp.sum(each) for each in usable])
    place = jr.randint(key, (), 0, jnp.maximum(jnp.sum(counts), 1))
    before = jnp.cumsum(counts) - counts
    changed = [
        _flipped_leaf(leaf, mask, jnp.where(wanted, place - start, -1))
        for leaf, mask, start in zip(leaves, usable, before, strict=True)
    ]
    model = eqx.combine(jax.tree.unflatten(structure, changed), rest)
    return state._replace(model=model)


def _is_usable(leaf: Float[Array, "..."]) -> Bool[Array, " n"]:
    return jnp.abs(leaf).reshape(-1) >= float(np.finfo(leaf.dtype).tiny)


def _flipped_leaf(leaf: Float[Array, "..."], usable: Array, place: Array) -> Float[Array, "..."]:
    """The leaf with the bit flipped in the usable weight of this place, if it has one."""
    chosen = usable & (jnp.cumsum(usable) - 1 == place)
    kind = jnp.dtype(f"uint{8 * leaf.dtype.itemsize}")
    bits: UInt[Array, "..."] = jax.lax.bitcast_convert_type(leaf, kind)
    return jax.lax.bitcast_convert_type(bits ^ chosen.reshape(leaf.shape).astype(kind), leaf.dtype)
