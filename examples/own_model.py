"""A masked autoregressive flow (arXiv 1705.07057), complete in one file.

genconv train -m examples/own_model.py:MAF -d moons -n 10
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr

import genconv


class MAFConfig(genconv.Config):
    """What can be chosen about the model: `[model]` in a study, `model.blocks=3`."""

    blocks: int = genconv.Field(default=5, ge=1, description="Autoregressive transforms.")
    hidden: int = genconv.Field(default=64, ge=1, description="Units of each transform's hidden layer.")


class MADE(eqx.Module):
    """(shift, log-scale) of each coordinate from those before it: a net with masked weights (arXiv 1502.03509)."""

    first: jax.Array
    bias: jax.Array
    last: jax.Array

    def __init__(self, dim, hidden, key):
        keys = jr.split(key)
        self.first = jr.normal(keys[0], (dim, hidden)) / jnp.sqrt(dim)
        self.bias = jnp.zeros(hidden)
        self.last = 0.01 * jr.normal(keys[1], (2, hidden, dim))

    def __call__(self, x):
        dim, hidden = self.first.shape
        of_input, of_unit = jnp.arange(1, dim + 1), 1 + jnp.arange(hidden) % max(1, dim - 1)
        sees, shows = of_input[:, None] <= of_unit, of_unit[:, None] < of_input
        h = jax.nn.relu(x @ (self.first * sees) + self.bias)
        shift, log_scale = jnp.einsum("bh,phd->pbd", h, self.last * shows)
        return shift, jnp.tanh(log_scale / 3) * 3


class MAF(genconv.ExactModel):
    """log p(x) = log N(z; 0, I) − Σ log-scales, with z_i = (x_i − shift_i)/scale_i in each block, coordinates reversed
    between blocks.
    """

    name = "maf"
    summary = "masked autoregressive flow; exact likelihood"
    config_type = MAFConfig

    blocks: tuple[MADE, ...]
    dim: int = eqx.field(static=True)

    @classmethod
    def accepts(cls, data):
        return None if data.modality == "points" else "points"

    @classmethod
    def defaults(cls, data):
        return {"training": {"learning_rate": 1e-3, "epochs": 20}}

    @classmethod
    def build(cls, config, data, key):
        (dim,) = data.shape
        return cls(tuple(MADE(dim, config.hidden, k) for k in jr.split(key, config.blocks)), dim)

    def log_prob(self, x):
        total = jnp.zeros(len(x))
        for block in self.blocks:
            shift, log_scale = block(x)
            x = ((x - shift) * jnp.exp(-log_scale))[:, ::-1]
            total -= jnp.sum(log_scale, axis=1)
        return total - 0.5 * jnp.sum(x**2 + jnp.log(2 * jnp.pi), axis=1)

    def sample(self, key, count):
        x = jr.normal(key, (count, self.dim))
        for block in reversed(self.blocks):
            z = x[:, ::-1]
            x = jnp.zeros_like(z)
            for i in range(self.dim):  # a coordinate at a time: each needs those before it
                shift, log_scale = block(x)
                x = x.at[:, i].set(z[:, i] * jnp.exp(log_scale[:, i]) + shift[:, i])
        return x
