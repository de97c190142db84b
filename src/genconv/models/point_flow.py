"""What the normalizing flows of points share: a chain of transforms to standard normal noise."""

from math import log, pi

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.bijections.base import Transform
from genconv.models.base import ExactModel


class PointFlow(ExactModel):
    r"""log p(x) = log N(f(x); 0, I) + log |det ∂f/∂x|, f a chain of transforms.

    A subclass has `name`, `summary`, `config_type`, `accepts` and `build`, which makes the chain.
    """

    chain: tuple[Transform, ...]
    dim: int = eqx.field(static=True)

    def log_prob(self, x: Float[Array, "batch dim"]) -> Float[Array, " batch"]:
        """log p(x) in nats."""
        total = jnp.zeros(x.shape[0])
        for transform in self.chain:
            x, log_det = transform.forward(x)
            total = total + log_det
        return total - 0.5 * jnp.sum(x**2 + log(2 * pi), axis=-1)

    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count dim"]:
        """x = f⁻¹(z), z ~ N(0, I)."""
        x = jr.normal(key, (count, self.dim))
        for transform in reversed(self.chain):
            x = transform.inverse(x)
        return x

    def data_init(self, x: Float[Array, "batch dim"], key: Key[Array, ""]) -> "PointFlow":
        """Each ActNorm normalises this batch as it arrives there."""
        del key
        chain = []
        for transform in self.chain:
            ready = transform.data_init(x)
            x, _ = ready.forward(x)
            chain.append(ready)
        started: "PointFlow" = eqx.tree_at(lambda flow: flow.chain, self, tuple(chain))
        return started
