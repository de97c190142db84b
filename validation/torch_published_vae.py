"""The published VAE on MNIST once more, written in eager PyTorch after the protocol's text: a second opinion on ours.

    python validation/torch_published_vae.py MNIST -n 10 -e 10 -o torch/vae_mnist_10.json

MNIST is a folder with `train-images-idx3-ubyte.gz`. The file has the form of the study's own curves, so that `genconv`
and `validation/published_curves.py` read it. Needs PyTorch.
"""

import argparse
import gzip
import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from torch_models.vae import Vae

BATCH, HEADER = 128, 16


def main() -> None:
    """Train seed after seed; the file grows by a seed at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", type=Path)
    parser.add_argument("-n", "--number", type=int, default=10)
    parser.add_argument("-e", "--epochs", type=int, default=10)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    images = torch.from_numpy(read(arguments.mnist / "train-images-idx3-ubyte.gz"))
    curves: dict[str, list[list[float]]] = {"train": [], "val": []}
    for seed in range(arguments.number):
        for name, curve in zip(curves, train(images, seed, arguments.epochs), strict=True):
            curves[name].append(curve)
        arguments.output.write_text(json.dumps(curves))
        print(f"seed {seed}: {[round(loss, 1) for loss in curves['val'][-1]]}", flush=True)


def read(path: Path) -> np.ndarray:
    """Grey values from 0 to 1, shape (60000, 784)."""
    raw = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=HEADER)
    return raw.reshape(-1, 784).astype(np.float32) / 255


def train(images: torch.Tensor, seed: int, epochs: int) -> tuple[list[float], list[float]]:
    """Training and validation losses of one seed, by epoch."""
    torch.manual_seed(seed)
    order = torch.randperm(len(images))
    training, validation = images[order[:50_000]], images[order[50_000:]]
    net = Vae(784, (512, 256, 128, 64), 64, images=True)
    for layer in net.modules():
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.xavier_normal_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    losses: tuple[list[float], list[float]] = ([], [])
    for epoch in range(epochs):
        weight = min(1.0, (epoch + 1) / 100)
        batches = training[torch.randperm(len(training))].split(BATCH)
        losses[0].append(float(np.mean([step(net, adam, torch.bernoulli(batch), weight) for batch in batches])))
        with torch.no_grad():
            held_out = [sum(net.terms(torch.bernoulli(batch))).item() for batch in validation.split(BATCH)]
        losses[1].append(float(np.mean(held_out)))
    return losses


def step(net: Vae, adam: torch.optim.Adam, batch: torch.Tensor, weight: float) -> float:
    """One update on reconstruction + weight · KL; returns reconstruction + KL."""
    adam.zero_grad()
    reconstruction, kl = net.terms(batch)
    loss = (reconstruction + kl).item()
    if not np.isnan(loss):
        (reconstruction + weight * kl).backward()
        adam.step()
    return loss


if __name__ == "__main__":
    main()
