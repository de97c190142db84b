"""One table of transforms: every property test runs over it. A new transform is one new line."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from genconv.bijections.act_norm import ActNorm
from genconv.bijections.autoregressive import MaskedAutoregressive, MaskedSpline
from genconv.bijections.base import Transform
from genconv.bijections.chain import Chain, Repeated
from genconv.bijections.convolution import InvertibleConvolution
from genconv.bijections.coupling import AffineCoupling, ConvolutionalCoupling
from genconv.bijections.reshape import Permutation, Reverse, Squeeze
from genconv.bijections.spline import SplineCoupling


class Case(NamedTuple):
    """A transform of examples of a shape and how it is constructed."""

    shape: tuple[int, ...]
    construct: Callable[[], Transform]

    def build(self) -> Transform:
        """The transform with every weight drawn afresh from N(0, ½²): no weight that starts at zero stays there."""
        generator = np.random.default_rng(0)
        shapes = eqx.filter_eval_shape(self.construct)

        def drawn(leaf: jax.ShapeDtypeStruct) -> jax.Array:
            if jnp.issubdtype(leaf.dtype, jnp.integer):  # an order
                return jnp.asarray(generator.permutation(leaf.size))
            return jnp.asarray(0.5 * generator.standard_normal(leaf.shape))

        return jax.tree.map(drawn, shapes)


def flow_step(key: jax.Array) -> Transform:
    """What an image flow repeats."""
    return Chain((ConvolutionalCoupling(2, 3, 1, 2, key, 0.3), ActNorm(2), InvertibleConvolution(2, key)))


CASES = {
    "affine coupling of 2": Case((2,), lambda: AffineCoupling(2, (6, 5), jr.key(0))),
    "affine coupling of 3": Case((3,), lambda: AffineCoupling(3, (5,), jr.key(0))),
    "affine coupling of 6": Case((6,), lambda: AffineCoupling(6, (4,), jr.key(0))),
    "spline coupling of 1": Case((1,), lambda: SplineCoupling(1, (4,), 3, 2.0, jr.key(0))),
    "spline coupling of 3, waves": Case((3,), lambda: SplineCoupling(3, (5,), 6, 4.0, jr.key(0), octaves=2)),
    "masked autoregressive of 1": Case((1,), lambda: MaskedAutoregressive(1, (3,), jr.key(0))),
    "masked autoregressive of 4, bounded": Case((4,), lambda: MaskedAutoregressive(4, (7, 5), jr.key(0), 0.7)),
    "masked spline of 1": Case((1,), lambda: MaskedSpline(1, (3,), 4, 3.0, jr.key(0))),
    "masked spline of 3, waves": Case((3,), lambda: MaskedSpline(3, (6, 5), 5, 3.0, jr.key(0), octaves=2)),
    "permutation of 5": Case((5,), lambda: Permutation(5, jr.key(0))),
    "activation norm of 1": Case((1,), lambda: ActNorm(1)),
    "activation norm of 3": Case((3,), lambda: ActNorm(3)),
    "reversal of 2": Case((2,), Reverse),
    "reversal of 5": Case((5,), Reverse),
    "activation norm of images": Case((2, 3, 2), lambda: ActNorm(2)),
    "invertible convolution of 1": Case((2, 1, 1), lambda: InvertibleConvolution(1, jr.key(0))),
    "invertible convolution of 3": Case((2, 2, 3), lambda: InvertibleConvolution(3, jr.key(0))),
    "squeeze of 1": Case((4, 2, 1), Squeeze),
    "squeeze of 3": Case((2, 4, 3), Squeeze),
    "convolutional coupling of 2": Case((3, 2, 2), lambda: ConvolutionalCoupling(2, 3, 2, 2, jr.key(0))),
    "convolutional coupling of 4, bounded": Case((2, 2, 4), lambda: ConvolutionalCoupling(4, 3, 1, 2, jr.key(0), 0.7)),
    "chain": Case((3,), lambda: Chain((ActNorm(3), AffineCoupling(3, (4,), jr.key(0)), Reverse()))),
    "repeated": Case((2, 2, 2), lambda: Repeated(flow_step, 3, jr.key(0))),
}
