"""DRAW (arXiv 1502.04623): an image is drawn in T steps, each with its own z_t; and three variations of it."""

from collections.abc import Callable
from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key

from genconv.config.base import Config
from genconv.data.base import DataSpec
from genconv.models.base import (
    DrawingTrace,
    LatentVariableModel,
    Layer,
    Loss,
    TrainingTime,
)
from genconv.models.draw.cell import Coded, DrawCell, DrawConfig, Drawn, State, first_step
from genconv.models.likelihood import ClampedBernoulli
from genconv.models.objective import Draws, doubly_reparameterized_bound, elbo_loss, loss_of_draws, repeated
from genconv.nn.gaussian import Gaussian, standard
from genconv.nn.linear import Linear
from genconv.nn.matmul import GradientTap, StepProduct, matmul
from genconv.nn.recurrent import over_steps


class _Pass(NamedTuple):
    """All steps of a batch that is coded."""

    canvas: Float[Array, "batch pixels"]
    """After the last step."""
    steps: Coded
    """Stacked over steps."""


class Draw(LatentVariableModel):
    r"""log p(x) ≥ E_q[log p(x|c_T)] − Σ_t KL(q(z_t|x, z_<t) ‖ N(0, I)).

    A step is a `DrawCell`; after the last one a linear layer and a sigmoid turn the canvas into the pixels' Bernoulli.
    """

    name: ClassVar[str] = "draw"
    summary: ClassVar[str] = "DRAW: recurrent, adds to a canvas in steps, sees the error image"
    config_type: ClassVar[type[Config]] = DrawConfig

    cell: DrawCell
    decoder: Linear
    likelihood: ClampedBernoulli = eqx.field(static=True)
    config: DrawConfig = eqx.field(static=True)

    @classmethod
    def accepts(cls, data: DataSpec) -> str | None:
        """Black and white images of one channel."""
        return None if (len(data.shape), data.values) == (2, "binary") else "binary images of one channel"

    @classmethod
    def build(cls, config: DrawConfig, data: DataSpec, key: Key[Array, ""]) -> "Draw":
        """Weights and biases uniform, ±1/√hidden in the recurrent networks and ±1/√inputs elsewhere."""
        height, width = data.shape
        cell_key, decoder_key = jr.split(key)
        pixels = height * width
        return cls(
            cell=DrawCell(config, (height, width), cell_key),
            decoder=Linear(pixels, pixels, decoder_key, "fan_in_uniform"),
            likelihood=ClampedBernoulli(data.shape, config.head),
            config=config,
        )

    def loss(self, x: Float[Array, "batch ..."], key: Key[Array, ""], time: TrainingTime | None) -> tuple[Loss, "Draw"]:
        """One draw of each z_t for the reconstruction, or several; KL in closed form, summed over steps."""
        draws = self.config.importance_samples
        many = repeated(x, draws) if draws > 1 else x
        done = self._code(many, key)
        kls = done.steps.q.kl_by_unit(_prior(done.steps.z))
        kl = jnp.sum(kls, axis=(0, 2))
        log_likelihood = self.likelihood.log_prob(many, self.decoder(done.canvas))

        def kl_by_unit() -> Array:
            return jnp.mean(jnp.moveaxis(kls, 0, 1).reshape(draws, x.shape[0], -1), axis=0)

        if draws == 1:
            return elbo_loss(self.config, time, -log_likelihood, kl, kl_by_unit), self
        of = Draws(*(each.reshape(draws, -1) for each in (log_likelihood, self._log_ratio(done.steps), kl)))
        doubly = self.config.gradient == "doubly_reparameterized"
        bound = self._doubly_reparameterized(many, done.steps.z, time) if doubly else None
        return loss_of_draws(self.config, time, of, kl_by_unit, bound), self

    def _doubly_reparameterized(
        self, many: Float[Array, "rows ..."], z: Float[Array, "steps rows latent"], time: TrainingTime | None
    ) -> Float[Array, " batch"]:
        """The bound of `iwae` with this gradient. q and p share the decoder's network: it runs once more in p alone,
        and once more, with all weights fixed, in q.
        """
        draws, steps = self.config.importance_samples, self.config.steps

        def densities(z: Array, coder: Draw) -> tuple[Array, Array]:
            z = jnp.moveaxis(z.reshape(-1, *z.shape[2:]), 1, 0)
            q = coder._pass(many, z, lambda _, z: z).steps.q
            log_likelihood = self.likelihood.log_prob(many, self.decoder(self._decode(z)[0]))
            log_ratio = jnp.sum(_prior(z).log_prob(z) - q.log_prob(z), axis=0)
            return log_likelihood.reshape(draws, -1), log_ratio.reshape(draws, -1)

        by_draw = jnp.moveaxis(z, 0, 1).reshape(draws, -1, steps, self.config.latent)
        return doubly_reparameterized_bound(self.config, time, by_draw, self, densities)

    def log_weights(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, " batch"]:
        """log p(x|c_T) + Σ_t (log p(z_t) − log q(z_t|x, z_<t))."""
        done = self._code(x, key)
        return self.likelihood.log_prob(x, self.decoder(done.canvas)) + self._log_ratio(done.steps)

    def _log_ratio(self, steps: Coded) -> Float[Array, " batch"]:
        return jnp.sum(_prior(steps.z).log_prob(steps.z) - steps.q.log_prob(steps.z), axis=0)

    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """z_t ~ N(0, I) (one for all steps with `one_z`), x ~ p(x|c_T)."""
        latent_key, data_key = jr.split(key)
        return self.likelihood.sample(data_key, self.decoder(self._draw(latent_key, count)[0]))

    def expected_sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """E[x|c_T], z_t ~ N(0, I)."""
        return self.likelihood.mean(self.decoder(self._draw(key, count)[0]))

    def reconstruct(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, "batch ..."]:
        """E[x|c_T], z_t ~ q(z_t|x, z_<t)."""
        return self.likelihood.mean(self.decoder(self._code(x, key).canvas))

    def stochastic_layers(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> tuple[Layer, ...]:
        """The T latents as one layer of T · latent units, step by step."""
        steps = self._code(x, key).steps
        mean, log_variance = (jnp.moveaxis(part, 0, 1).reshape(x.shape[0], -1) for part in steps.q)
        return (Layer(Gaussian(mean, log_variance), standard(*mean.shape)),)

    def generation_trace(self, key: Key[Array, ""], count: int) -> DrawingTrace:
        """The canvases of `expected_sample`, and where attention wrote."""
        _, drawn = self._draw(key, count)
        return self._trace(drawn, None)

    def reconstruction_trace(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> DrawingTrace:
        """The canvases of `reconstruct`, and where attention read and wrote."""
        steps = self._code(x, key).steps
        return self._trace(steps.drawn, steps.read)

    def _code(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> _Pass:
        """Every step with z_t ~ q(z_t|x, z_<t)."""
        noise = jr.normal(key, (self.config.steps, x.shape[0], self.config.latent), x.dtype)
        return self._pass(x, noise, Gaussian.reparameterize)

    def _pass(
        self,
        x: Float[Array, "batch ..."],
        given: Float[Array, "steps batch latent"],
        latent: Callable[[Gaussian, Array], Array],
    ) -> _Pass:
        """Every step, z_t = latent(q(z_t|x, z_<t), given_t)."""
        x = x.reshape(x.shape[0], -1)
        batch, steps = x.shape[0], self.config.steps
        encoder = self.cell.encoder
        fixed = jnp.broadcast_to(encoder.bias, (batch, encoder.bias.shape[0]))
        if self.config.attention == "none":
            seen = sum(encoder.inputs[1:-1], encoder.inputs[0])
            fixed = fixed + matmul(x, seen, encoder.precision)
        weights = self.cell.weights()
        state, first = self.cell.code(
            self.cell.start(batch), fixed, x, lambda q: latent(q, given[0]), first_step(weights, encoder.precision)
        )
        products = {
            name: StepProduct.of(weight, steps - 1, batch, encoder.precision) for name, weight in weights.items()
        }

        def step(state: State, item: tuple[Array, dict[str, GradientTap]]) -> tuple[State, Coded]:
            now, taps = item
            return self.cell.code(
                state, fixed, x, lambda q: latent(q, now), lambda name, value: products[name](value, taps[name])
            )

        taps = {name: one.taps for name, one in products.items()}
        state, coded = over_steps(step, state, first, (given[1:], taps))
        return _Pass(self._to_pixels(state.canvas, steps), coded)

    def _draw(self, key: Key[Array, ""], count: int) -> tuple[Float[Array, "count pixels"], Drawn]:
        """The last canvas, and every step, with z_t ~ N(0, I)."""
        steps = self.config.steps
        z = jr.normal(key, (1 if self.config.one_z else steps, count, self.config.latent))
        return self._decode(jnp.broadcast_to(z, (steps, *z.shape[1:])))

    def _decode(self, z: Float[Array, "steps rows latent"]) -> tuple[Float[Array, "rows pixels"], Drawn]:
        """The last canvas, and every step, of given latents."""
        weights, (steps, rows) = self.cell.decoding_weights(), z.shape[:2]

        def step(state: State, z: Float[Array, "count latent"]) -> tuple[State, Drawn]:
            return self.cell.draw(state, z, lambda name, value: matmul(value, weights[name], self.cell.precision))

        state, first = self.cell.draw(self.cell.start(rows), z[0], first_step(weights, self.cell.precision))
        state, drawn = over_steps(step, state, first, z[1:])
        return self._to_pixels(state.canvas, steps), drawn

    def _to_pixels(
        self, canvas: Float[Array, "*steps batch canvas"], steps: int | Array
    ) -> Float[Array, "*steps batch pixels"]:
        """The canvas, if what was carried is only what it is made of."""
        if not self.cell.canvas_is_linear:
            return canvas
        write = self.cell.write
        return matmul(canvas, write.weight, write.precision) + (steps if self.config.accumulate else 1) * write.bias

    def _trace(self, drawn: Drawn, read: Float[Array, "T batch 3"] | None) -> DrawingTrace:
        numbers = jnp.arange(1, self.config.steps + 1)[:, None, None].astype(drawn.canvas.dtype)
        raw = self.decoder(self._to_pixels(drawn.canvas, numbers))
        canvases = jax.nn.sigmoid(raw).reshape(*raw.shape[:2], *self.cell.shape)
        read, write = (None if part is None else jnp.moveaxis(part, 0, 1) for part in (read, drawn.write))
        return DrawingTrace(jnp.moveaxis(canvases, 0, 1), read, write)


class Draw2(Draw):
    """DRAW whose encoder sees no error image."""

    name: ClassVar[str] = "draw2"
    summary: ClassVar[str] = "DRAW without the error image"


class Draw3(Draw):
    """DRAW whose steps replace the canvas."""

    name: ClassVar[str] = "draw3"
    summary: ClassVar[str] = "DRAW whose steps replace the canvas instead of adding to it"


class Draw4(Draw):
    """DRAW with neither."""

    name: ClassVar[str] = "draw4"
    summary: ClassVar[str] = "DRAW without the error image, whose steps replace the canvas"


def _prior(z: Float[Array, "*steps batch latent"]) -> Gaussian:
    zeros = jnp.zeros_like(z)
    return Gaussian(zeros, zeros)
