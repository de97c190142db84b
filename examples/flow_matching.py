"""Flow matching (arXiv 2210.02747), complete in one file: a model whose loss says nothing about the likelihood.

genconv train -m examples/flow_matching.py:FlowMatching -d moons -n 10
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr

import genconv


class FlowMatchingConfig(genconv.Config):
    """What can be chosen about the model: `[model]` in a study, `model.steps=50`."""

    hidden: int = genconv.Field(default=128, ge=1, description="Width of the two hidden layers.")
    steps: int = genconv.Field(default=32, ge=1, description="Euler steps from noise to a sample.")


class FlowMatching(genconv.Model):
    """E |v(x_t, t) − (x − ε)|² with x_t = (1 − t) ε + t x, ε ~ N(0, I), t ~ U(0, 1); samples solve dx/dt = v(x, t)."""

    name = "flow-matching"
    summary = "velocity of a straight path from noise to data"
    config_type = FlowMatchingConfig

    net: eqx.nn.MLP
    steps: int = eqx.field(static=True)

    @classmethod
    def accepts(cls, data):
        return None if data.modality == "points" else "points"

    @classmethod
    def build(cls, config, data, key):
        (dim,) = data.shape
        return cls(eqx.nn.MLP(dim + 1, dim, config.hidden, 2, key=key), config.steps)

    def velocity(self, x, t):
        return jax.vmap(self.net)(jnp.concatenate([x, t[:, None]], axis=1))

    def loss(self, x, key, time):
        noise_key, time_key = jr.split(key)
        noise, t = jr.normal(noise_key, x.shape), jr.uniform(time_key, (len(x),))
        path = (1 - t[:, None]) * noise + t[:, None] * x
        errors = jnp.sum((self.velocity(path, t) - (x - noise)) ** 2, axis=1)
        return genconv.Loss(objective=errors, loss=errors), self

    def sample(self, key, count):
        x = jr.normal(key, (count, self.net.out_size))

        def step(x, t):
            return x + self.velocity(x, jnp.full(count, t)) / self.steps, None

        return jax.lax.scan(step, x, jnp.arange(self.steps) / self.steps)[0]
