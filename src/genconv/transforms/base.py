"""The base of every flow layer."""

from abc import abstractmethod

import equinox as eqx
from jaxtyping import Array, Float


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
