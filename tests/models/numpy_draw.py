"""DRAW once more, in NumPy and float64, written from its published description, step by step, nothing rearranged."""

from typing import Any, NamedTuple

import numpy as np
from numpy_models import Array, linear
from scipy.special import expit


class Outcome(NamedTuple):
    raw: Array
    """Logits of the pixels."""
    mean: Array
    """Of q, (T, batch, latent)."""
    deviation: Array
    canvases: Array
    """(T, batch, pixels)."""


def lstm(cell: Any, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    weight = np.concatenate([np.asarray(part, np.float64) for part in cell.inputs])
    gates = x @ weight + np.asarray(cell.input_bias) + h @ np.asarray(cell.recurrent) + np.asarray(cell.recurrent_bias)
    i, f, g, o = np.split(gates, 4, axis=1)
    c = expit(f) * c + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(c), c


def filters(centre: float, delta: float, variance: float, size: int, pixels: int) -> Array:
    """Equations 21 to 26 with pixels and filters counted from 1."""
    found = np.empty((size, pixels))
    for i in range(1, size + 1):
        mean = centre + (i - size / 2 - 0.5) * delta
        for a in range(1, pixels + 1):
            found[i - 1, a - 1] = np.exp(-((a - mean) ** 2) / (2 * variance))
        found[i - 1] /= found[i - 1].sum()
    return found


def banks(parameters: Array, size: int, shape: tuple[int, int]) -> list[tuple[Array, Array, float]]:
    """F_Y, F_X and γ of each example."""
    height, width = shape
    found = []
    for across, down, log_variance, log_stride, log_intensity in parameters:
        delta = (max(shape) - 1) / (size - 1) * np.exp(log_stride)
        rows = filters((height + 1) / 2 * (down + 1), delta, np.exp(log_variance), size, height)
        columns = filters((width + 1) / 2 * (across + 1), delta, np.exp(log_variance), size, width)
        found.append((rows, columns, np.exp(log_intensity)))
    return found


def read(cell: Any, image: Array, h: Array) -> Array:
    if cell.read_window is None:
        return image
    size, images = cell.config.window, image.reshape(-1, *cell.shape)
    all_banks = banks(linear(cell.read_window, h), size, cell.shape)
    return np.stack([(g * y @ one @ x.T).ravel() for (y, x, g), one in zip(all_banks, images, strict=True)])


def write(cell: Any, h: Array) -> Array:
    patch = linear(cell.write, h)
    if cell.write_window is None:
        return patch
    size = cell.config.window
    all_banks = banks(linear(cell.write_window, h), size, cell.shape)
    patches = patch.reshape(-1, size, size)
    return np.stack([(y.T @ one @ x / g).ravel() for (y, x, g), one in zip(all_banks, patches, strict=True)])


def draw(model: Any, x: Array, noise: Array) -> Outcome:
    cell, config = model.cell, model.config
    x = np.asarray(x, np.float64).reshape(len(x), -1)
    h_enc = c_enc = h_dec = c_dec = np.zeros((len(x), config.hidden))
    canvas, means, deviations, canvases = np.zeros_like(x), [], [], []
    for epsilon in np.asarray(noise, np.float64):
        seen = [read(cell, x, h_dec)]
        if config.error_image:
            seen.append(read(cell, x - expit(canvas), h_dec))
        h_enc, c_enc = lstm(cell.encoder, np.concatenate([*seen, h_dec], axis=1), h_enc, c_enc)
        mean, log_deviation = np.split(linear(cell.posterior, h_enc), 2, axis=1)
        z = mean + np.exp(log_deviation) * epsilon
        h_dec, c_dec = lstm(cell.decoder, z, h_dec, c_dec)
        canvas = canvas + write(cell, h_dec) if config.accumulate else write(cell, h_dec)
        for kept, value in ((means, mean), (deviations, np.exp(log_deviation)), (canvases, canvas)):
            kept.append(value)
    return Outcome(linear(model.decoder, canvas), *map(np.stack, (means, deviations, canvases)))


def generate(model: Any, z: Array) -> Array:
    """Canvases (T, batch, pixels) from given latents."""
    cell, config, canvases = model.cell, model.config, []
    h = c = np.zeros((z.shape[1], config.hidden))
    canvas = np.zeros((z.shape[1], np.prod(cell.shape)))
    for one in np.asarray(z, np.float64):
        h, c = lstm(cell.decoder, one, h, c)
        canvas = canvas + write(cell, h) if config.accumulate else write(cell, h)
        canvases.append(canvas)
    return np.stack(canvases)
