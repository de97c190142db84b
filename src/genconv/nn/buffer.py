"""Arrays that belong to a model but are not trained: running statistics, for one."""

from typing import TypeVar

import equinox as eqx
import jax
from jaxtyping import Array, PyTree

M = TypeVar("M", bound=eqx.Module)


class Buffer(eqx.Module):
    """An array that the optimizer leaves alone; a training step may return the model with a new one."""

    value: Array


def split_trainable(model: M) -> tuple[M, M]:
    """`model` as (trainable arrays, the rest), each with None in the other's places; `eqx.combine` joins them."""
    is_buffer = lambda node: isinstance(node, Buffer)  # noqa: E731
    trainable: PyTree[bool] = jax.tree.map(lambda node: not is_buffer(node) and eqx.is_inexact_array(node), model, is_leaf=is_buffer)
    spec = jax.tree.map(lambda node, mark: jax.tree.map(lambda _: mark, node), model, trainable, is_leaf=is_buffer)
    return eqx.partition(model, spec)


def count_parameters(model: eqx.Module) -> int:
    """Number of trainable scalars; works on `eqx.filter_eval_shape` outputs too."""
    is_buffer = lambda node: isinstance(node, Buffer)  # noqa: E731
    leaves = jax.tree.leaves(model, is_leaf=is_buffer)
    return sum(leaf.size for leaf in leaves if not is_buffer(leaf) and hasattr(leaf, "size"))
