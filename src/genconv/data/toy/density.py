"""What every toy density offers: independent points of the plane and its exact log-density at any point."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from jaxtyping import Array, Float, Float64, PRNGKeyArray
from numpy.typing import ArrayLike

from genconv.curves import Reference
from genconv.data.toy.reference import REFERENCES
from genconv.errors import InputError

Box = tuple[float, float, float, float]

_ROWS = 256
"""Points per call of `log_prob_rows`: few enough for a quadrature over many nodes to stay in the cache."""


class ToyDensity(ABC):
    """p(x) on the plane: a sampler in JAX, and log p in NumPy in double precision, the exact yardstick.

    To add a density, give it a file of its own with a subclass that sets `name` and `support` and implements
    `sample` and `log_prob_rows`. Where all mass lies on a curve there is no density: set `has_density` to
    False and implement `sample` alone.
    """

    name: ClassVar[str]
    """What study files call it."""
    support: ClassVar[Box]
    """A box (xmin, xmax, ymin, ymax) that holds all but 1e-9 of the mass."""
    modes: ClassVar[tuple[tuple[float, float], ...] | None] = None
    """Centres of the components of a mixture of equal weights."""
    has_density: ClassVar[bool] = True
    """False if all mass lies on a curve."""

    @property
    def reference(self) -> Reference | None:
        """Exact entropy, deviation and Gaussian cross-entropy in nats; None if none exist or are known."""
        return REFERENCES.get(self.name)

    @abstractmethod
    def sample(self, key: PRNGKeyArray, count: int) -> Float[Array, "count 2"]:
        """Draw independent points of p: float32, shape (count, 2), with `count` static under `jax.jit`."""

    def log_prob(self, points: ArrayLike) -> Float[np.ndarray, "..."]:
        """Log p(x) in nats at `points` of shape (..., 2): -inf where p is 0, NaN where a point is not finite.

        Raises InputError if the density does not exist or the points do not lie in the plane.
        """
        if not self.has_density:
            raise InputError(f"the density of '{self.name}' does not exist: all its mass lies on a curve")
        array = np.asarray(points, dtype=np.float64)
        if array.shape[-1:] != (2,):
            raise InputError(f"points of the plane have shape (..., 2), not {array.shape}")
        rows = array.reshape(-1, 2)
        result = np.full(len(rows), np.nan)
        finite = np.flatnonzero(np.isfinite(rows).all(axis=1))
        for start in range(0, len(finite), _ROWS):
            chunk = finite[start : start + _ROWS]
            result[chunk] = self.log_prob_rows(rows[chunk])
        return result.reshape(array.shape[:-1])

    def log_prob_rows(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, " n"]:
        """Log p at a few hundred finite points; `log_prob` calls it chunk by chunk."""
        raise NotImplementedError(f"'{self.name}' has a density, but no log_prob_rows")
