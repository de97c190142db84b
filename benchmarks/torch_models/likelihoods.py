"""−log p(x|z) by the sigmoid heads of the study."""

import math

import torch


def bernoulli(raw: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Of black and white pixels, nats per image."""
    r = torch.sigmoid(raw.float())
    likelihood = x * torch.log(r + 1e-8) + (1 - x) * torch.log(1 - r + 1e-8)
    return -likelihood.sum(dim=1)


def normal(raw: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Of real numbers, nats per point."""
    mean, deviation = torch.sigmoid(raw.float()).chunk(2, dim=1)
    squared = ((x - mean) / deviation) ** 2
    return (0.5 * math.log(2 * math.pi) + torch.log(deviation) + 0.5 * squared).sum(dim=1)
