"""The flow of points: four affine couplings, each followed by an ActNorm."""

import math

import torch
from torch import nn

COUPLINGS = 4


class Flow(nn.Module):
    """−log p(x), nats per point."""

    def __init__(self) -> None:
        super().__init__()
        self.nets = nn.ModuleList(
            nn.Sequential(nn.Linear(1, 200), nn.ReLU(), nn.Linear(200, 100), nn.ReLU(), nn.Linear(100, 2))
            for _ in range(COUPLINGS)
        )
        self.shift = nn.ParameterList(nn.Parameter(torch.zeros(1, 2)) for _ in range(COUPLINGS))
        self.log_scale = nn.ParameterList(nn.Parameter(torch.zeros(1, 2)) for _ in range(COUPLINGS))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = torch.zeros(x.shape[0], device=x.device)
        for index, net in enumerate(self.nets):
            kept, moved = x.chunk(2, dim=1)
            log_scale, shift = net(kept).float().chunk(2, dim=1)
            x = torch.cat([kept, moved * torch.exp(log_scale) + shift], dim=1)
            x = (x - self.shift[index]) * torch.exp(-self.log_scale[index])
            total = total + log_scale.sum(dim=1) - self.log_scale[index].sum()
            x = x.flip(1) if index < COUPLINGS - 1 else x
        return (0.5 * (x**2 + math.log(2 * math.pi)).sum(dim=1) - total).mean()
