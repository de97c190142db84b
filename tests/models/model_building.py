"""Small models with generic weights, without compiling their initialisation."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from genconv.config.protocols import Protocol
from genconv.models.base import GenerativeModel


def small(kind: type[GenerativeModel], protocol: Protocol, /, **architecture: Any) -> Any:
    """The protocol's architecture with other widths, its weights generic."""
    return generic(kind, kind.recipe(protocol, "points").architecture.updated(architecture))


def generic(
    kind: type[GenerativeModel], config: Any, dim: int | tuple[int, ...] = 2, seed: int = 1, scale: float = 0.5
) -> Any:
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
    shapes = eqx.filter_eval_shape(lambda key: kind.build(config, shape, key), jr.key(0))
    return jax.tree_util.tree_map_with_path(fill, shapes)


def data(rows: int, dim: int = 2, seed: int = 1) -> jax.Array:
    """Points of the plane near enough to 0 for the models of `generic` to give them some density."""
    return jnp.asarray(0.25 * np.random.default_rng(seed).standard_normal((rows, dim)), dtype=float)
