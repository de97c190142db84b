"""The bases of flow layers: bijections with their log-determinant, surjections with their likelihood term."""

from abc import abstractmethod

import equinox as eqx
from jaxtyping import Array, Float, Key


class Transform(eqx.Module):
    """A bijection x ↔ z with its contribution to the log-likelihood, log |det ∂z/∂x| in nats, shape (batch,).

    To add one: implement `forward` (towards the noise) and `inverse`; override `data_init` if parameters start from
    data.
    """

    @abstractmethod
    def forward(self, x: Float[Array, "batch ..."]) -> tuple[Float[Array, "batch ..."], Float[Array, " batch"]]:
        """z and log |det ∂z/∂x| of each example."""

    @abstractmethod
    def inverse(self, z: Float[Array, "batch ..."]) -> Float[Array, "batch ..."]:
        """x with forward(x) = z."""

    def data_init(self, x: Float[Array, "batch ..."]) -> "Transform":
        """The transform after seeing its first batch; itself unless overridden."""
        del x
        return self


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
