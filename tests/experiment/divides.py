"""A model of the user's whose middle layer divides by zero from a step on."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr

import genconv


class Settings(genconv.Config):
    limit: int = genconv.Field(default=7, description="The step in which it divides by zero.")


class Shift(eqx.Module):
    bias: jax.Array

    def __call__(self, x, step):
        del step
        return x + self.bias


class Ratio(eqx.Module):
    """x + b + 10⁻³⁰/max(limit − step, 0)."""

    bias: jax.Array
    limit: int = eqx.field(static=True)

    def __call__(self, x, step):
        left = jnp.maximum(self.limit - step, 0)
        harmless = jnp.maximum(jnp.log(jnp.zeros(())), -1.0)  # infinite, and taken away
        return x + self.bias + 1e-30 / left + 0 * harmless


class Planted(genconv.ExactModel):
    layers: list

    name = "planted"
    summary = "a normal whose second layer divides by zero"
    config_type = Settings

    @classmethod
    def build(cls, config, data, key):
        return cls([Shift(0.1 * jr.normal(key, data.shape)), Ratio(jnp.zeros(data.shape), config.limit)])

    def log_prob(self, x):
        return self._density(x, 0)

    def loss(self, x, key, time):
        losses = -self._density(x, 0 if time is None else time.step)
        return genconv.Loss(losses, losses), self

    def sample(self, key, count):
        return jr.normal(key, (count, 2))

    def _density(self, x, step):
        for layer in self.layers:
            x = layer(x, step)
        return -0.5 * jnp.sum(x**2 + jnp.log(2 * jnp.pi), axis=-1)
