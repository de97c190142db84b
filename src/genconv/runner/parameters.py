"""Parameter counts of every model at its published size."""

import equinox as eqx
import jax.random as jr

from genconv.config.protocols import Kind
from genconv.models.registry import models
from genconv.nn.buffer import count_parameters

SHAPES: dict[Kind, tuple[int, ...]] = {"images": (28, 28), "points": (2,)}


def parameter_counts() -> dict[str, dict[Kind, int]]:
    """Trainable parameters by model and kind of data, without allocating any of them."""
    return {
        name: {
            kind: count_parameters(
                eqx.filter_eval_shape(
                    model.build, model.recipe("published", kind).architecture, SHAPES[kind], jr.key(0)
                )
            )
            for kind, model in kinds.items()
        }
        for name, kinds in models().items()
    }
