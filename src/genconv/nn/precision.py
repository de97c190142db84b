"""The precision of a layer's matrix products: a static field, so that a compiled program belongs to one precision."""

import copy
from typing import Any, TypeVar

import equinox as eqx
import jax

from genconv.config.training import Precision

M = TypeVar("M")


class MatmulLayer(eqx.Module):
    """The base of layers with matrix products, which they compute by `genconv.nn.matmul` at `self.precision`.

    A layer with an `__init__` of its own sets `self.precision = "float32"` there; `at_precision` changes it.
    """

    precision: Precision = eqx.field(static=True)


def at_precision(model: M, precision: Precision) -> M:
    """The model, or any tree, with the products of all its layers at this precision; its arrays stay as they are."""

    def changed(node: Any) -> Any:
        if not isinstance(node, MatmulLayer) or node.precision == precision:
            return node
        layer = copy.copy(node)
        object.__setattr__(layer, "precision", precision)  # a frozen dataclass, whose __init__ would draw weights anew
        return layer

    tree: M = jax.tree.map(changed, model, is_leaf=lambda node: isinstance(node, MatmulLayer))
    return tree
