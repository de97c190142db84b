"""How much of a difference to the study's VAE on MNIST is the split: the loss of each image, computed with NumPy alone.

    python validation/published_split.py runs/published MNIST

The study drew its split into 50,000 training and 10,000 validation images at random and did not record it, so its
validation images are others than ours. L(x) = −log p(x | z) + log q(z | x) − log p(z), one z an image, of the weights
that the store holds of a cell in training (its first run), over all 60,000 images. Printed: mean and standard
deviation over the images, and the standard error of the mean over one random set of 10,000, sd · √((1 − 1/6)/10,000).
MNIST is the folder that holds `train-images-idx3-ubyte`, packed by gzip or not.
"""

import argparse
import gzip
import math
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genconv.store.arrays import read_arrays

Floats = NDArray[np.float64]
RUN = 0
"""Of the seeds in training, the one whose weights are used."""
LAYERS = 4
VALIDATION = 10_000
EPSILON = 1e-8
"""Inside the logarithms of the study's likelihood."""


def main() -> int:
    """Print the three numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("images", type=Path)
    arguments = parser.parse_args()
    saved = sorted(arguments.store.glob(".training/*/*/*/state.safetensors"))
    files = sorted(arguments.images.rglob("train-images-idx3-ubyte*"))
    if not saved or not files:
        print(f"{arguments.store}: no cell in training, or {arguments.images}: no train-images-idx3-ubyte")
        return 1
    pixels = _pixels(files[0])
    losses = loss_of_images(Weights(saved[-1]), pixels, np.random.default_rng(0))
    error = losses.std(ddof=1) * math.sqrt((1 - VALIDATION / len(losses)) / VALIDATION)
    print(f"{saved[-1].parent.name} epochs: {losses.mean():.2f} nats over {len(losses)} images")
    print(f"standard deviation over images {losses.std(ddof=1):.2f}, error of the mean over {VALIDATION} {error:.2f}")
    return 0


class Weights:
    """The linear layers of one saved run."""

    def __init__(self, path: Path) -> None:
        self._arrays = read_arrays(path)

    def linear(self, name: str, x: Floats) -> Floats:
        """x·W + b of the named layer, x of shape (images, inputs)."""
        weight, bias = (self._arrays[f"states.model.{name}.{part}"][RUN] for part in ("weight", "bias"))
        result: Floats = x @ weight.astype(np.float64) + bias
        return result


def loss_of_images(weights: Weights, grey: Floats, random: np.random.Generator) -> Floats:
    """L of each image in nats, shape (images,); `grey` (images, 784) in [0, 1], its pixels drawn anew."""
    x = (random.random(grey.shape) < grey).astype(np.float64)
    hidden = x
    for layer in range(LAYERS):
        hidden = np.maximum(weights.linear(f"encoder.layers.{layer}", hidden), 0)
    mean = weights.linear("posterior.mean", hidden)
    log_variance = np.logaddexp(0, weights.linear("posterior.log_variance", hidden))
    noise = random.standard_normal(mean.shape)
    z = mean + np.exp(log_variance / 2) * noise
    kl = 0.5 * (z**2 - noise**2 - log_variance).sum(axis=1)
    hidden = z
    for layer in range(LAYERS):
        hidden = np.tanh(weights.linear(f"decoder.layers.{layer}", hidden))
    r = 1 / (1 + np.exp(-weights.linear(f"decoder.layers.{LAYERS}", hidden)))
    likelihood = x * np.log(r + EPSILON) + (1 - x) * np.log(1 - r + EPSILON)
    losses: Floats = kl - likelihood.sum(axis=1)
    return losses


def _pixels(path: Path) -> Floats:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 784) / 255


if __name__ == "__main__":
    sys.exit(main())
