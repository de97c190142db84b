"""Flow matching of points (arXiv 2210.02747): the velocity of straight paths from noise to data."""

from math import log, pi
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field

from genconv.config.base import Config, Widths
from genconv.data.base import DataSpec
from genconv.measure import NATS, Measure
from genconv.models.base import HeldOutDensity, Loss, TrainingTime
from genconv.models.timed_points import TimedPoints, net_and_moments


class FlowMatchingConfig(Config):
    """The net, and how its ordinary differential equation is solved."""

    hidden: Widths = Field(default=(128, 128, 128), min_length=1)
    """Widths of the hidden layers of the velocity."""
    ode_steps: int = Field(default=32, ge=2, le=65_536)
    """Runge-Kutta steps (of order 4) from noise to data and back: for samples, and for the final likelihood."""


class FlowMatching(TimedPoints):
    r"""E |v(x_t, t) − (x − ε)|² with x_t = (1 − t) ε + t x, ε ~ N(0, I), t uniform on (0, 1).

    dx/dt = v(x, t) takes noise at t = 0 to data at t = 1, and log p(x) = log N(x_0; 0, I) − ∫ ∇·v dt along the path
    (arXiv 1806.07366). The loss says nothing of p; the final evaluation integrates the path of every held-out point,
    with the exact divergence, in `ode_steps` steps, and in half as many to see the error.
    """

    name: ClassVar[str] = "flow-matching"
    summary: ClassVar[str] = "flow matching, straight paths; likelihood by the flow's ODE in the final evaluation"
    config_type: ClassVar[type[Config]] = FlowMatchingConfig

    config: FlowMatchingConfig = eqx.field(static=True)

    @classmethod
    def held_out_measure(cls, config: FlowMatchingConfig) -> Measure:
        """−log p(x), as the solver gives it."""
        return Measure("exact", NATS, f"ODE, {config.ode_steps} steps")

    @classmethod
    def build(cls, config: FlowMatchingConfig, data: DataSpec, key: Key[Array, ""]) -> "FlowMatching":
        """The net starts uniform on ±1/√inputs; mean and deviation of the data wait for `data_init`."""
        (dim,) = data.shape
        return cls(*net_and_moments(dim, config.hidden, key), config)

    def loss(
        self, x: Float[Array, "batch dim"], key: Key[Array, ""], time: TrainingTime | None
    ) -> tuple[Loss, "FlowMatching"]:
        """The squared error of the velocity, for one ε and one t an example."""
        del time
        noise_key, time_key = jr.split(key)
        y = self._standardized(x)
        noise = jr.normal(noise_key, y.shape, y.dtype)
        t = jr.uniform(time_key, (y.shape[0], 1), y.dtype)
        errors = jnp.sum((self._net_at((1 - t) * noise + t * y, t) - (y - noise)) ** 2, axis=-1)
        return Loss(errors, errors), self

    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count dim"]:
        """x at t = 1 from noise at t = 0."""
        noise = jr.normal(key, (count, self.mean.value.size))
        y, _ = self._integrated(noise, 0.0, 1.0, self.config.ode_steps, with_divergence=False)
        return self._restored(y)

    def held_out_density(self, x: Float[Array, "batch dim"]) -> HeldOutDensity:
        """log p(x) along the path back to the noise, and its error: a fifteenth of the distance to the same in half as
        many steps, as for any method of order 4 (Hairer, Nørsett & Wanner 1993, section II.4).
        """
        steps = self.config.ode_steps
        fine, coarse = self.log_prob(x, steps), self.log_prob(x, steps // 2)
        return HeldOutDensity(fine, jnp.abs(fine - coarse) / 15)

    def log_prob(self, x: Float[Array, "batch dim"], steps: int) -> Float[Array, " batch"]:
        """log p(x), nats, in so many steps."""
        y = self._standardized(x)
        noise, change = self._integrated(y, 1.0, 0.0, steps, with_divergence=True)
        of_noise = -0.5 * jnp.sum(noise**2 + log(2 * pi), axis=-1)
        return of_noise + change - jnp.sum(jnp.log(self.deviation.value))

    def _integrated(
        self, x: Float[Array, "batch dim"], begin: float, end: float, steps: int, *, with_divergence: bool
    ) -> tuple[Float[Array, "batch dim"], Float[Array, " batch"]]:
        """x at the time `end`, and ∫ ∇·v dt from `begin` to it (0 without): the classical Runge-Kutta method."""
        size = (end - begin) / steps

        def slope(x: Array, t: Array) -> tuple[Array, Array]:
            times = jnp.broadcast_to(t, (x.shape[0], 1))
            if not with_divergence:
                return self._net_at(x, times), jnp.zeros(x.shape[0])
            velocity, push = jax.linearize(lambda x: self._net_at(x, times), x)
            along = jax.vmap(lambda axis: push(jnp.broadcast_to(axis, x.shape)) @ axis)(jnp.eye(x.shape[1]))
            return velocity, jnp.sum(along, axis=0)

        def step(state: tuple[Array, Array], number: Array) -> tuple[tuple[Array, Array], None]:
            x, total = state
            t = begin + size * number
            k1, d1 = slope(x, t)
            k2, d2 = slope(x + 0.5 * size * k1, t + 0.5 * size)
            k3, d3 = slope(x + 0.5 * size * k2, t + 0.5 * size)
            k4, d4 = slope(x + size * k3, t + size)
            moved = x + size / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            return (moved, total + size / 6 * (d1 + 2 * d2 + 2 * d3 + d4)), None

        (x, total), _ = jax.lax.scan(step, (x, jnp.zeros(x.shape[0])), jnp.arange(steps))
        return x, total
