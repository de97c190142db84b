"""A plain PyTorch training that records itself: a small VAE of two-dimensional points.

    python examples/pytorch_vae.py            # seeds 0 to 2 into the folder `runs`
    genconv report runs -o report.html

Also without a loop over seeds: genconv launch -n 10 --model vae --dataset ring -- python examples/pytorch_vae.py
"""

import math
import os

import torch
from torch import Tensor, nn

import genconv


class VAE(nn.Module):
    """Two-dimensional points through one latent number."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 2))
        self.decoder = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 4))

    def loss(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The negative ELBO, and the KL in it, in nats; means over the batch."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        centre, log_scale = self.decoder(z).chunk(2, dim=1)
        log_scale = log_scale.clamp(min=-3)
        squares = ((x - centre) / log_scale.exp()) ** 2
        reconstruction = (0.5 * squares + log_scale + 0.5 * math.log(2 * math.pi)).sum(1)
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)
        return (reconstruction + kl).mean(), kl.mean()


def ring(count: int, generator: torch.Generator) -> Tensor:
    """Points near a circle of radius 2."""
    angle = 2 * math.pi * torch.rand(count, 1, generator=generator)
    circle = 2 * torch.cat([angle.cos(), angle.sin()], dim=1)
    return circle + 0.1 * torch.randn(count, 2, generator=generator)


def train(run: genconv.Recorder, seed: int, epochs: int = 20) -> None:
    """Train with a seed and log each epoch."""
    data = torch.Generator().manual_seed(0)  # the points are the same for every seed
    points, held_out = ring(2048, data), ring(1024, data)
    torch.manual_seed(seed)
    model = VAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(epochs):
        total = 0.0
        batches = points[torch.randperm(len(points))].split(128)
        for batch in batches:
            loss, _ = model.loss(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss.detach())
        with torch.no_grad():
            validation, kl = model.loss(held_out)
        run.log(epoch=epoch, training=total / len(batches), validation=validation, kl=kl)


def main() -> None:
    """Record the seed that this script was launched for, or three seeds."""
    if "GENCONV_LAUNCHED" in os.environ:
        with genconv.record(kind="bound", method="ELBO") as run:
            train(run, run.seed)
        return
    for seed in range(3):
        with genconv.record(model="vae", dataset="ring", seed=seed, kind="bound", method="ELBO") as run:
            train(run, seed)


if __name__ == "__main__":
    main()
