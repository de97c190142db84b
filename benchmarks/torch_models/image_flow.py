"""The flow of images: dequantized, augmented by a channel of noise, on three scales (arXiv 2007.02731)."""

import math

import torch
from torch import nn
from torch.nn import functional

SCALES, COUPLINGS, HIDDEN, DEPTH, GROWTH = 3, 4, 64, 8, 16


class DenseNet(nn.Module):
    """1×1 convolution, a residual dense block (arXiv 1608.06993), 1×1 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(inputs, HIDDEN, 1)
        widths = [HIDDEN + index * GROWTH for index in range(DEPTH)]
        self.mix = nn.ModuleList(nn.Conv2d(width, width, 1) for width in widths)
        self.grow = nn.ModuleList(nn.Conv2d(width, GROWTH, 3, padding=1) for width in widths)
        self.gate = nn.Conv2d(HIDDEN + DEPTH * GROWTH, 3 * HIDDEN, 1)
        self.leave = nn.Conv2d(HIDDEN, outputs, 1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = h = self.enter(x)
        for mix, grow in zip(self.mix, self.grow, strict=True):
            h = torch.cat([h, functional.relu(grow(functional.relu(mix(h))))], dim=1)
        a, b, c = self.gate(h).chunk(3, dim=1)
        return self.leave(x + a + b * torch.sigmoid(c))


class Step(nn.Module):
    """Affine coupling, ActNorm, invertible 1×1 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.net = DenseNet(channels // 2, channels)
        self.shift, self.log_scale = (nn.Parameter(torch.zeros(1, channels, 1, 1)) for _ in range(2))
        self.weight = nn.Parameter(nn.init.orthogonal_(torch.empty(channels, channels)))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        pixels = x.shape[2] * x.shape[3]
        x1, x2 = x.chunk(2, dim=1)
        log_scale, shift = self.net(x1).float().chunk(2, dim=1)
        z = torch.cat([x1, x2 * torch.exp(log_scale) + shift], dim=1)
        z = (z - self.shift) * torch.exp(-self.log_scale)
        with torch.autocast(x.device.type, enabled=False):
            z = functional.conv2d(z, self.weight[:, :, None, None])
            mixing = torch.linalg.slogdet(self.weight)[1]
        return z, log_scale.sum(dim=(1, 2, 3)) + pixels * (mixing - self.log_scale.sum())


class ImageFlow(nn.Module):
    """Minus the bound, nats per image of black and white pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            nn.ModuleList(Step(2 << scale) for _ in range(COUPLINGS)) for scale in range(SCALES)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.reshape(-1, 1, 28, 28)
        z = torch.cat([(x + torch.rand_like(x)) / 2, torch.rand_like(x)], dim=1)
        total = torch.full((x.shape[0],), -x[0].numel() * math.log(2), device=x.device)
        for index, steps in enumerate(self.scales):
            if index:
                z, dropped = functional.pixel_unshuffle(z, 2).chunk(2, dim=1)
                total = total + _standard(dropped)
            for step in steps:
                z, log_det = step(z)
                total = total + log_det
        return -(total + _standard(z)).mean()


def _standard(z: torch.Tensor) -> torch.Tensor:
    """log N(z; 0, I)."""
    return -0.5 * (z**2 + math.log(2 * math.pi)).sum(dim=(1, 2, 3))
