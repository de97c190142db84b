"""A loop over a few steps, unrolled on a CPU."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

Carry = TypeVar("Carry")
Given = TypeVar("Given")
Out = TypeVar("Out")


def over_steps(
    function: Callable[[Carry, Given], tuple[Carry, Out]], carry: Carry, first: Out, given: Given
) -> tuple[Carry, Out]:
    """`jax.lax.scan` after a first step: the last carry, and the outputs with that of the first step, stacked.

    On a CPU the steps are written out one after the other, for what a step keeps for its derivative then need not be
    copied into stacked arrays and out of them.
    """
    if jax.default_backend() != "cpu":
        carry, rest = jax.lax.scan(function, carry, given)
        return carry, jax.tree.map(lambda one, others: jnp.concatenate([one[None], others]), first, rest)
    outputs = [first]
    for one in _unstacked(given):
        carry, out = function(carry, one)
        outputs.append(out)
    return carry, jax.tree.map(lambda *parts: jnp.stack(parts), *outputs)


def _unstacked(tree: PyTree[Any]) -> list[PyTree[Any]]:
    """The steps of every leaf; `split` has a derivative that joins, indexing one that adds."""
    leaves, structure = jax.tree.flatten(tree)
    steps = leaves[0].shape[0]
    parts = [[part[0] for part in jax.lax.split(leaf, [1] * steps)] if steps else [] for leaf in leaves]
    return [jax.tree.unflatten(structure, one) for one in zip(*parts, strict=True)]
