"""What models that carry noise to points through a time share: standardized points, and a net that sees the time."""

from collections.abc import Sequence
from math import pi

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from genconv.data.base import DataSpec
from genconv.models.base import Model
from genconv.nn.buffer import Buffer
from genconv.nn.linear import MLP

FREQUENCIES = 4
"""Waves of t, once to so many times in [0, 1], that the net sees beside t."""


class TimedPoints(Model):
    """A model of y = (x − mean)/deviation, with a net of y and t.

    A subclass has `name`, `summary`, `config_type`, `build`, `loss` and `sample`.
    """

    net: MLP
    mean: Buffer
    deviation: Buffer

    @classmethod
    def accepts(cls, data: DataSpec) -> str | None:
        """Points."""
        return None if data.modality == "points" else "points"

    def data_init(self, x: Float[Array, "batch dim"], key: Key[Array, ""]) -> "TimedPoints":
        """Mean and standard deviation of a first batch, for good: the net sees numbers of about unit size."""
        del key
        deviation = jnp.std(x, axis=0)
        moments = (jnp.mean(x, axis=0), jnp.where(deviation > 0, deviation, 1.0))
        started: "TimedPoints" = eqx.tree_at(lambda m: (m.mean.value, m.deviation.value), self, moments)
        return started

    def _standardized(self, x: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        return (x - self.mean.value) / self.deviation.value

    def _restored(self, y: Float[Array, "batch dim"]) -> Float[Array, "batch dim"]:
        return self.mean.value + self.deviation.value * y

    def _net_at(self, y: Float[Array, "batch dim"], t: Float[Array, "batch 1"]) -> Float[Array, "batch dim"]:
        waves = 2 * pi * t * jnp.arange(1, FREQUENCIES + 1)
        return self.net(jnp.concatenate([y, t, jnp.cos(waves), jnp.sin(waves)], axis=-1))


def net_and_moments(dim: int, hidden: Sequence[int], key: Key[Array, ""]) -> tuple[MLP, Buffer, Buffer]:
    """The first three fields: layers uniform on ±1/√inputs; mean and deviation wait for `data_init`."""
    net = MLP((dim + 1 + 2 * FREQUENCIES, *hidden, dim), key, activation=jax.nn.silu, init="fan_in_uniform")
    return net, Buffer(jnp.zeros(dim)), Buffer(jnp.ones(dim))
