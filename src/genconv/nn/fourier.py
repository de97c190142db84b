"""Waves of a number beside the number itself, from which a net learns fine structure in fewer steps."""

from math import pi

import jax.numpy as jnp
from jaxtyping import Array, Float


def fourier_features(x: Float[Array, "*batch dim"], octaves: int, bound: float) -> Float[Array, "*batch features"]:
    """[x, sin ω_0 x, cos ω_0 x, …], ω_k = 2ᵏ π/`bound` for k = 0, …, `octaves` − 1 (arXiv 2006.10739); x for none.

    The slowest wave has one period between −`bound` and `bound`. Each part has a number for each coordinate, so the
    last axis has (1 + 2 · octaves) · dim numbers.
    """
    waves = [wave(2**octave * pi / bound * x) for octave in range(octaves) for wave in (jnp.sin, jnp.cos)]
    return jnp.concatenate([x, *waves], axis=-1) if waves else x
