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

    def mark(node: PyTree[Array]) -> PyTree[bool]:
        return jax.tree.map(lambda leaf: not _is_buffer(node) and eqx.is_inexact_array(leaf), node)

    trainable, rest = eqx.partition(model, jax.tree.map(mark, model, is_leaf=_is_buffer))
    return trainable, rest


def split_arrays(model: M) -> tuple[M, M]:
    """`model` as (arrays or their shapes, the rest, such as activation functions)."""
    arrays, rest = eqx.partition(model, lambda leaf: eqx.is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct))
    return arrays, rest


def count_parameters(model: eqx.Module) -> int:
    """Number of trainable scalars; works on `eqx.filter_eval_shape` outputs too."""
    leaves = jax.tree.leaves(model, is_leaf=_is_buffer)
    return sum(leaf.size for leaf in leaves if not _is_buffer(leaf) and hasattr(leaf, "size"))


def _is_buffer(node: object) -> bool:
    return isinstance(node, Buffer)
