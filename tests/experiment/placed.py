"""A model of the user's whose training depends on the device on which its seed lies: a fault that is to be found."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr

import genconv


class Settings(genconv.Config):
    by_place: bool = genconv.Field(default=True, description="Whether it has the fault.")
    fault: float = genconv.Field(default=0.1, description="Its size, as a part of the loss.")


class Placed(genconv.ExactModel):
    mean: jax.Array
    fault: float = eqx.field(static=True)

    name = "placed"
    summary = "a normal whose loss depends on the place of the seed"
    config_type = Settings

    @classmethod
    def build(cls, config, data, key):
        return cls(jr.normal(key, data.shape), config.fault if config.by_place else 0.0)

    def log_prob(self, x):
        return -0.5 * jnp.sum((x - self.mean) ** 2 + jnp.log(2 * jnp.pi), axis=-1)

    def loss(self, x, key, time):
        losses = -self.log_prob(x) * (1 + self.fault * _place())
        return genconv.Loss(losses, losses), self

    def sample(self, key, count):
        return self.mean + jr.normal(key, (count, 2))


def _place():
    """The number of the device, which genconv does not tell a model; 0 outside of a training."""
    try:
        return jax.lax.axis_index("seeds")
    except NameError:
        return 0
