"""The Ladder VAE: its KL by the samples at hand; the prior's sample is passed down, as in the study."""

import itertools

import torch
from torch import nn
from torch.nn import functional

from torch_models.likelihoods import bernoulli, normal

Gaussian = tuple[torch.Tensor, torch.Tensor]
"""Mean and log-variance."""


class Step(nn.Module):
    """linear → batch norm → leaky ReLU → two linear heads."""

    def __init__(self, inputs: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(inputs, hidden), nn.BatchNorm1d(hidden)
        self.mean, self.log_variance = nn.Linear(hidden, latent), nn.Linear(hidden, latent)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, Gaussian]:
        h = functional.leaky_relu(self.norm(self.linear(x)), 0.1)
        return h, (self.mean(h).float(), functional.softplus(self.log_variance(h).float()))


class LadderVae(nn.Module):
    """Widths and latents bottom first."""

    def __init__(self, inputs: int, hidden: tuple[int, ...], latent: tuple[int, ...], *, images: bool) -> None:
        super().__init__()
        self.encoder = nn.ModuleList(
            Step(i, h, z) for i, h, z in zip((inputs, *hidden[:-1]), hidden, latent, strict=True)
        )
        down = list(zip(latent[1:], hidden[:-1], latent[:-1], strict=True))
        self.evidence = nn.ModuleList(Step(above, h, z) for above, h, z in down)
        self.prior = nn.ModuleList(Step(above, h, z) for above, h, z in down)
        pairs = itertools.pairwise((latent[0], *hidden))
        self.decoder = nn.Sequential(*(m for a, b in pairs for m in (nn.Linear(a, b), nn.ReLU())))
        self.last = nn.Linear(hidden[-1], inputs if images else 2 * inputs)
        self.negative_log_likelihood = bernoulli if images else normal

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h, below = x, []
        for step in self.encoder:
            h, gaussian = step(h)
            below.append(gaussian)
        top = below[-1]
        z = _sample(top)
        kl = _log_prob(top, z) - _log_prob((torch.zeros_like(z), torch.zeros_like(z)), z)
        for index in reversed(range(len(self.prior))):
            _, from_above = self.evidence[index](z)
            _, p = self.prior[index](z)
            q = _merged(below[index], from_above)
            own = _sample(q)
            kl = kl + _log_prob(q, own) - _log_prob(p, own)
            z = _sample(p)
        return (self.negative_log_likelihood(self.last(self.decoder(z)), x) + kl).mean()


def _sample(q: Gaussian) -> torch.Tensor:
    mean, log_variance = q
    return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)


def _log_prob(q: Gaussian, z: torch.Tensor) -> torch.Tensor:
    """Without the constants, which cancel."""
    mean, log_variance = q
    return -0.5 * (log_variance + (z - mean) ** 2 * torch.exp(-log_variance)).sum(dim=1)


def _merged(a: Gaussian, b: Gaussian) -> Gaussian:
    precision_a, precision_b = torch.exp(-a[1]), torch.exp(-b[1])
    total = precision_a + precision_b
    return (a[0] * precision_a + b[0] * precision_b) / total, torch.log(1 / total + 1e-8)
