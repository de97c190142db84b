"""A dataset in one file: a ring of Gaussians in any dimension.

genconv train -m flow -d examples/own_dataset.py:Clover -n 10 data.leaves=7
"""

import jax.numpy as jnp
import jax.random as jr

import genconv


class CloverConfig(genconv.Config):
    """What can be chosen about the data: `[data]` in a study."""

    leaves: int = genconv.Field(default=5, ge=1, description="Gaussians on the ring.")
    dimensions: int = genconv.Field(default=2, ge=2, description="Coordinates; those beyond two are noise.")
    width: float = genconv.Field(default=0.2, gt=0, description="Standard deviation of each Gaussian.")
    training_size: int = genconv.Field(default=20_000, ge=1, description="Training points.")
    validation_size: int = genconv.Field(default=5_000, ge=1, description="Points that the curves are on.")
    test_size: int = genconv.Field(default=5_000, ge=1, description="Points of the final evaluation.")


class Clover(genconv.Dataset):
    """x = 2 (cos a, sin a, 0, …) + width · ε, a one of the `leaves` angles, ε ~ N(0, I)."""

    summary = "a ring of Gaussians"
    config_type = CloverConfig

    def __init__(self, config):
        super().__init__(config)
        self.spec = genconv.DataSpec("points", (config.dimensions,), "continuous")
        self.training_size = config.training_size

    def draw(self, key, loaded):
        config = self.config
        sizes = (config.training_size, config.validation_size, config.test_size)
        return genconv.Splits(*(self.points(k, n) for k, n in zip(jr.split(key, 3), sizes, strict=True)))

    def points(self, key, count):
        leaf_key, noise_key = jr.split(key)
        angle = 2 * jnp.pi * jr.randint(leaf_key, (count,), 0, self.config.leaves) / self.config.leaves
        centre = (
            jnp.zeros((count, self.config.dimensions)).at[:, 0].set(2 * jnp.cos(angle)).at[:, 1].set(2 * jnp.sin(angle))
        )
        return centre + self.config.width * jr.normal(noise_key, centre.shape)
