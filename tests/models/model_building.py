"""Small models with generic weights, without compiling their initialisation."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from genconv.data.base import DataSpec
from genconv.models.base import Loss, Model, TrainingTime
from genconv.protocols import Modality, Protocol, recipe


def spec(*shape: int) -> DataSpec:
    """Points of so many dimensions, or binary images of that shape."""
    return DataSpec("points", shape, "continuous") if len(shape) == 1 else DataSpec("images", shape, "binary")


def architecture(kind: type[Model], protocol: Protocol, modality: Modality = "points", **changes: Any) -> Any:
    """What the protocol prescribes for the model, with changes."""
    return kind.config_type.checked({**recipe(protocol, kind.name, modality).model, **changes})


def small(kind: type[Model], protocol: Protocol, /, **changes: Any) -> Any:
    """The protocol's architecture with other widths, its weights generic."""
    return generic(kind, architecture(kind, protocol, **changes))


def loss_of(model: Model, x: jax.Array, key: jax.Array, training: bool) -> tuple[Loss, Any]:
    """The loss in evaluation, or long after any warm-up."""
    return model.loss(x, key, TrainingTime(jnp.array(10**6), jnp.array(10**6)) if training else None)


def generic(kind: type[Model], config: Any, dim: int | tuple[int, ...] = 2, seed: int = 1, scale: float = 0.5) -> Any:
    """A model whose every array is drawn from N(0, scale²), so that nothing holds just because a bias is zero.

    `dim` is the number of dimensions of points, or the shape of images.

    Running variances are log-normal. Arrays take the default precision, which `jax.enable_x64` changes.
    """
    generator = np.random.default_rng(seed)

    def fill(path: jax.tree_util.KeyPath, leaf: jax.ShapeDtypeStruct) -> jax.Array:
        values = scale * generator.standard_normal(leaf.shape)
        is_variance = jax.tree_util.keystr(path).endswith(".variance.value")
        return jnp.asarray(np.exp(values) if is_variance else values, dtype=float)

    shape = dim if isinstance(dim, tuple) else (dim,)
    shapes = eqx.filter_eval_shape(lambda key: kind.build(config, spec(*shape), key), jr.key(0))
    return jax.tree_util.tree_map_with_path(fill, shapes)


def data(rows: int, dim: int = 2, seed: int = 1) -> jax.Array:
    """Points of the plane near enough to 0 for the models of `generic` to give them some density."""
    return jnp.asarray(0.25 * np.random.default_rng(seed).standard_normal((rows, dim)), dtype=float)
