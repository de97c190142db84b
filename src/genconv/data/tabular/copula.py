"""A synthetic table whose entropy is known: six columns of very different shapes, bound by a Gaussian copula."""

from typing import Any

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax.scipy.special import log_ndtr, ndtr
from jaxtyping import Array, Float, Key, PyTree

from genconv.config.base import Config
from genconv.curves import Reference
from genconv.data.base import Dataset, DatasetEntry, DataSpec, Splits
from genconv.data.toy.dataset import ToyConfig
from genconv.protocols import Protocol

COLUMNS = ("normal", "lognormal", "exponential", "uniform", "heavy", "bimodal")
CORRELATION = 0.7
"""Of the normal scores of neighbouring columns; of others its power, ρ^|i − j|."""
REFERENCE = Reference(3.2315311810, 2.0127787248, 4.9137744897)
"""By `validation/table_entropy.py`: one-dimensional and two-dimensional quadrature."""


class Copula(Dataset):
    r"""x_i = g_i(z_i) with z ~ N(0, R), R_ij = ρ^|i − j|.

    The marginals are standard normal; log-normal, g = exp(z/2); exponential, g = −log Φ(−z); uniform, g = Φ(z);
    heavy-tailed, g = sinh z (Johnson's S_U); and with a peak at either edge of (0, 1), g = 1/(1 + exp(−2z)) (Johnson's
    S_B). So −log p(x) = ½ log det 2πR + ½ zᵀR⁻¹z + Σ_i log g_i′(z_i), and the entropy is ½ log det R + Σ_i h(x_i).
    """

    summary = f"{len(COLUMNS)} columns, Gaussian copula; entropy {REFERENCE.entropy:.4f} nats"
    config: ToyConfig
    spec = DataSpec("points", (len(COLUMNS),), "continuous")
    reference = REFERENCE

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.training_size = config.training_size

    def draw(self, key: Key[Array, ""], loaded: PyTree[Any] = ()) -> Splits:
        """Independent rows for the three splits."""
        del loaded
        sizes = (self.config.training_size, self.config.validation_size, self.config.test_size)
        training, validation, test = (rows(k, n) for k, n in zip(jr.split(key, 3), sizes, strict=True))
        return Splits(training, validation, test)


def rows(key: Key[Array, ""], count: int) -> Float[Array, "count 6"]:
    """Independent rows of the table."""
    powers = np.abs(np.subtract.outer(np.arange(len(COLUMNS)), np.arange(len(COLUMNS))))
    factor = np.linalg.cholesky(CORRELATION**powers).astype(np.float32)
    noise = jr.normal(key, (count, len(COLUMNS)), jnp.float32)
    z = jnp.matmul(noise, factor.T, precision="highest").T
    columns = (z[0], jnp.exp(0.5 * z[1]), -log_ndtr(-z[2]), ndtr(z[3]), jnp.sinh(z[4]), 1 / (1 + jnp.exp(-2 * z[5])))
    return jnp.stack(columns, axis=1)


def table_entries() -> list[DatasetEntry]:
    """The synthetic table for the registry."""
    return [DatasetEntry.of("copula", Copula.summary, _defaults, Copula)]


def _defaults(protocol: Protocol) -> Config:
    del protocol
    return ToyConfig(training_size=262_144, validation_size=102_400)
