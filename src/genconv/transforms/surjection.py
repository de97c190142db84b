"""The base of layers that add noise on the way to the latent variables (generative surjections, arXiv 2007.02731)."""

from abc import abstractmethod

import equinox as eqx
from jaxtyping import Array, Float, Key


class Surjection(eqx.Module):
    """x ← z with x = inverse(z), many z for one x: log p(x) ≥ E_q[log p(z) + term], term = log p(x|z) − log q(z|x).

    To add one: implement `forward`, which draws z ~ q(z|x) and gives the term, so that exp(log p(z) + term) has mean
    p(x) as far as q reaches, and `inverse`. A `Transform` is the case without noise, where the bound is an equality.
    """

    @abstractmethod
    def forward(
        self, x: Float[Array, "batch ..."], key: Key[Array, ""]
    ) -> tuple[Float[Array, "batch ..."], Float[Array, " batch"]]:
        """A draw z ~ q(z|x) and its term of each example, nats."""

    @abstractmethod
    def inverse(self, z: Float[Array, "batch ..."]) -> Float[Array, "batch ..."]:
        """The x that z stands for: inverse(forward(x, key)) = x."""
