"""The VAE: its KL by one sample, log-variances through a softplus."""

import itertools

import torch
from torch import nn
from torch.nn import functional

from torch_models.likelihoods import bernoulli, normal


class Vae(nn.Module):
    """Encoder with ReLU, decoder with tanh."""

    def __init__(self, inputs: int, widths: tuple[int, ...], latent: int, *, images: bool) -> None:
        super().__init__()
        down, up = (inputs, *widths), (latent, *widths[::-1])
        self.encoder = nn.Sequential(*(m for a, b in itertools.pairwise(down) for m in (nn.Linear(a, b), nn.ReLU())))
        self.mean, self.log_variance = nn.Linear(widths[-1], latent), nn.Linear(widths[-1], latent)
        self.decoder = nn.Sequential(*(m for a, b in itertools.pairwise(up) for m in (nn.Linear(a, b), nn.Tanh())))
        self.last = nn.Linear(widths[0], inputs if images else 2 * inputs)
        self.negative_log_likelihood = bernoulli if images else normal

    def terms(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Reconstruction and KL, nats per example, means over the batch."""
        h = self.encoder(x)
        mean, log_variance = self.mean(h).float(), functional.softplus(self.log_variance(h).float())
        noise = torch.randn_like(mean)
        z = mean + torch.exp(0.5 * log_variance) * noise
        kl = 0.5 * (z**2 - noise**2 - log_variance).sum(dim=1)
        return self.negative_log_likelihood(self.last(self.decoder(z)), x).mean(), kl.mean()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The sum of both."""
        reconstruction, kl = self.terms(x)
        return reconstruction + kl
