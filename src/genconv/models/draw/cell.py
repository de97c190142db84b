"""One step of DRAW: what is read, coded, decoded and written (arXiv 1502.04623, equations 3 to 8)."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field

from genconv.config.training import Precision
from genconv.models.draw.attention import PARAMETERS, Filterbank, filterbank
from genconv.models.likelihood import Head
from genconv.models.objective_config import VariationalConfig
from genconv.nn.gaussian import LOG_VARIANCE_BOUND, Gaussian
from genconv.nn.linear import Linear
from genconv.nn.matmul import matmul
from genconv.nn.recurrent import LSTMCell, LSTMState, lstm_step


class DrawConfig(VariationalConfig):
    """Sizes, the switches between DRAW's variations, and the choices in which the protocols differ."""

    error_image: bool = True
    """Whether the encoder also sees the error image, x − sigmoid(canvas)."""
    accumulate: bool = True
    """Whether a step adds to the canvas or replaces it."""
    attention: Literal["none", "filterbank"] = "none"
    """Reading and writing the whole image, or a window of it through a grid of Gaussian filters."""
    window: int = Field(default=12, ge=1, le=1024)
    """N: filters along each side of the window; without effect unless there is attention."""
    steps: int = Field(default=10, ge=1, le=1024)
    """T: steps in which an image is drawn."""
    hidden: int = Field(default=256, ge=1, le=65_536)
    """Width of both recurrent networks."""
    latent: int = Field(default=32, ge=1, le=65_536)
    """Dimensions of z_t."""
    head: Head = "linear"
    """Bernoulli of the pixels: `sigmoid` from probabilities with logarithms clamped at −100, as the study did;
    `linear` from the logits, without rounding.
    """
    one_z: bool = False
    """Sampling with one z for all steps (the published quirk) instead of a fresh z_t at each."""


Apply = Callable[[str, Array], Array]
"""x ↦ x W for the weight of that name."""


_REMEMBERED = frozenset({"encoder", "decoder", "read_window"})
"""Weights of what the recurrent networks said at the last step."""


def first_step(weights: dict[str, Array], precision: Precision) -> Apply:
    """Products of the first step: with nothing remembered, and with a canvas that is the same for all examples."""

    def apply(name: str, x: Array) -> Array:
        weight = weights[name]
        if name in _REMEMBERED:
            return jnp.zeros((1, weight.shape[1]), x.dtype)
        # one row, elementwise: so its derivative is added to the weight's within the sum that is formed anyway
        return jnp.sum(x.T * weight, axis=0, keepdims=True) if x.shape[0] == 1 else matmul(x, weight, precision)

    return apply


class State(NamedTuple):
    """What is carried from step to step. Before the first, all examples are alike and share one row."""

    encoder: LSTMState
    decoder: LSTMState
    canvas: Float[Array, "batch canvas"]
    """c; or, where no step looks at it and it is linear in what the decoder says, the h or Σ h that it is made of."""


class Drawn(NamedTuple):
    """What a step leaves behind."""

    canvas: Float[Array, "*steps batch canvas"]
    """As in `State`."""
    write: Float[Array, "*steps batch 3"] | None
    """Window (see `Filterbank`)."""


class Coded(NamedTuple):
    """What a step that sees x leaves behind."""

    q: Gaussian
    z: Float[Array, "*steps batch latent"]
    read: Float[Array, "*steps batch 3"] | None
    drawn: Drawn


class DrawCell(eqx.Module):
    r"""x̂ = x − σ(c); r = read(x, x̂, h_dec); h_enc = LSTM(h_enc, [r, h_dec]); z ~ q(z|h_enc); h_dec = LSTM(h_dec, z);
    c = c + write(h_dec), or write(h_dec).

    Without attention r = [x, x̂]. Since x W + x̂ V = x (W + V) − σ(c) V, all that comes from x is the same at each step.
    """

    encoder: LSTMCell
    posterior: Linear
    decoder: LSTMCell
    write: Linear
    read_window: Linear | None
    write_window: Linear | None
    shape: tuple[int, int] = eqx.field(static=True)
    config: DrawConfig = eqx.field(static=True)

    def __init__(self, config: DrawConfig, shape: tuple[int, int], key: Key[Array, ""]) -> None:
        keys = jr.split(key, 6)
        attends = config.attention == "filterbank"
        seen = config.window**2 if attends else shape[0] * shape[1]
        parts = (seen, seen, config.hidden) if config.error_image else (seen, config.hidden)
        self.encoder = LSTMCell(parts, config.hidden, keys[0])
        self.posterior = Linear(config.hidden, 2 * config.latent, keys[1], "fan_in_uniform")
        self.decoder = LSTMCell((config.latent,), config.hidden, keys[2])
        self.write = Linear(config.hidden, seen, keys[3], "fan_in_uniform")
        windows = [Linear(config.hidden, PARAMETERS, k, "fan_in_uniform") for k in keys[4:]] if attends else [None] * 2
        self.read_window, self.write_window = windows
        self.shape, self.config = shape, config

    @property
    def precision(self) -> Precision:
        """Of the products of all layers."""
        return self.encoder.precision

    @property
    def canvas_is_linear(self) -> bool:
        """Whether no step looks at the canvas and the canvas is linear in the decoder's states."""
        return self.config.attention == "none" and not self.config.error_image

    def decoding_weights(self) -> dict[str, Array]:
        """The weights that a step without x multiplies with, by name."""
        weights = {"latent": self.decoder.inputs[0], "decoder": self.decoder.recurrent}
        if not self.canvas_is_linear:
            weights["write"] = self.write.weight
        if self.write_window is not None:
            weights["write_window"] = self.write_window.weight
        return weights

    def weights(self) -> dict[str, Array]:
        """The weights that a step multiplies with, by name."""
        remembered = jnp.concatenate([self.encoder.inputs[-1], self.encoder.recurrent])
        own = {"encoder": remembered, "posterior": self.posterior.weight}
        if self.config.error_image:
            own["error"] = self.encoder.inputs[1]
        if self.read_window is not None:
            own |= {"read_window": self.read_window.weight, "image": self.encoder.inputs[0]}
        return own | self.decoding_weights()

    def start(self, batch: int) -> State:
        """Zeros; a cell is already one for each example."""
        hidden, cells = jnp.zeros((1, self.config.hidden)), jnp.zeros((batch, self.config.hidden))
        canvas = hidden if self.canvas_is_linear else jnp.zeros((1, self.shape[0] * self.shape[1]))
        return State(LSTMState(hidden, cells), LSTMState(hidden, cells), canvas)

    def code(
        self,
        state: State,
        fixed: Float[Array, "batch gates"],
        x: Array,
        latent: Callable[[Gaussian], Array],
        apply: Apply,
    ) -> tuple[State, Coded]:
        """A step that sees x; `latent(q)` is the z_t that is taken, and `fixed` what does not change from step to step
        of the sums of the encoder's gates.
        """
        read, window = self._read(state, x, apply)
        remembered = apply("encoder", jnp.concatenate([state.decoder.hidden, state.encoder.hidden], axis=1))
        encoder = lstm_step(fixed + read + remembered, state.encoder.cell)
        raw = apply("posterior", encoder.hidden) + self.posterior.bias
        mean, log_deviation = jax.lax.split(raw, [self.config.latent] * 2, axis=1)
        q = Gaussian(mean, jnp.clip(2 * log_deviation, -LOG_VARIANCE_BOUND, LOG_VARIANCE_BOUND))
        z = latent(q)
        state, drawn = self.draw(state._replace(encoder=encoder), z, apply)
        return state, Coded(q, z, window, drawn)

    def draw(self, state: State, z: Float[Array, "batch latent"], apply: Apply) -> tuple[State, Drawn]:
        """A step once z is known."""
        gates = apply("latent", z) + apply("decoder", state.decoder.hidden) + self.decoder.bias
        decoder = lstm_step(gates, state.decoder.cell)
        change, window = self._write(decoder.hidden, apply)
        canvas = state.canvas + change if self.config.accumulate else change
        return State(state.encoder, decoder, canvas), Drawn(canvas, window)

    def _read(self, state: State, x: Array, apply: Apply) -> tuple[Array | float, Array | None]:
        """What the window, or the canvas, adds to the sums of the encoder's gates."""
        if self.read_window is None:
            return (-apply("error", jax.nn.sigmoid(state.canvas)) if self.config.error_image else 0.0), None
        bank = self._bank(apply("read_window", state.decoder.hidden) + self.read_window.bias)
        images = x.reshape(-1, *self.shape)
        gates = apply("image", bank.read(images).reshape(x.shape[0], -1))
        if self.config.error_image:
            errors = images - jax.nn.sigmoid(state.canvas).reshape(-1, *self.shape)
            gates = gates + apply("error", bank.read(errors).reshape(x.shape[0], -1))
        return gates, jnp.broadcast_to(bank.window, (x.shape[0], 3))

    def _write(self, hidden: Float[Array, "batch hidden"], apply: Apply) -> tuple[Array, Array | None]:
        """What is new on the canvas."""
        if self.canvas_is_linear:
            return hidden, None
        patch = apply("write", hidden) + self.write.bias
        if self.write_window is None:
            return patch, None
        bank = self._bank(apply("write_window", hidden) + self.write_window.bias)
        size = self.config.window
        return bank.write(patch.reshape(-1, size, size)).reshape(hidden.shape[0], -1), bank.window

    def _bank(self, parameters: Float[Array, "batch 5"]) -> Filterbank:
        return filterbank(parameters, self.config.window, self.shape)
