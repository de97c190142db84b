"""One table of transforms: every property test runs over it. A new transform is one new line."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from genconv.transforms.act_norm import ActNorm
from genconv.transforms.affine_coupling import AffineCoupling
from genconv.transforms.base import Transform
from genconv.transforms.reverse import Reverse


class Case(NamedTuple):
    """A transform of `dim` features and how it is constructed."""

    dim: int
    construct: Callable[[], Transform]

    def build(self) -> Transform:
        """The transform with every weight drawn afresh from N(0, ½²): no weight that starts at zero stays there."""
        generator = np.random.default_rng(0)
        shapes = eqx.filter_eval_shape(self.construct)
        return jax.tree.map(lambda leaf: jnp.asarray(0.5 * generator.standard_normal(leaf.shape)), shapes)


CASES = {
    "affine coupling of 2": Case(2, lambda: AffineCoupling(2, (6, 5), jr.key(0))),
    "affine coupling of 3": Case(3, lambda: AffineCoupling(3, (5,), jr.key(0))),
    "affine coupling of 6": Case(6, lambda: AffineCoupling(6, (4,), jr.key(0))),
    "activation norm of 1": Case(1, lambda: ActNorm(1)),
    "activation norm of 3": Case(3, lambda: ActNorm(3)),
    "reversal of 2": Case(2, Reverse),
    "reversal of 5": Case(5, Reverse),
}
