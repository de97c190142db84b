"""DRAW: two LSTM cells, ten steps, error image, accumulating canvas; with or without a grid of Gaussian filters."""

import torch
from torch import nn
from torch.nn import functional

SIDE, PIXELS, WINDOW, BOUND = 28, 784, 12, 20.0


class Draw(nn.Module):
    """Minus the bound, nats per image."""

    def __init__(self, hidden: int = 256, latent: int = 32, steps: int = 10, *, attention: bool = False) -> None:
        super().__init__()
        self.hidden, self.latent, self.steps = hidden, latent, steps
        seen = WINDOW**2 if attention else PIXELS
        self.encoder = nn.LSTMCell(2 * seen + hidden, hidden)
        self.posterior = nn.Linear(hidden, 2 * latent)
        self.decoder = nn.LSTMCell(latent, hidden)
        self.write = nn.Linear(hidden, seen)
        self.read_window = nn.Linear(hidden, 5) if attention else None
        self.write_window = nn.Linear(hidden, 5) if attention else None
        self.last = nn.Linear(PIXELS, PIXELS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch = x.shape[0]
        h_enc, c_enc, h_dec, c_dec = (x.new_zeros(batch, self.hidden) for _ in range(4))
        canvas, kl = x.new_zeros(batch, PIXELS), x.new_zeros(batch)
        for _ in range(self.steps):
            seen = self._read(x, x - torch.sigmoid(canvas), h_dec)
            h_enc, c_enc = self.encoder(torch.cat([*seen, h_dec], dim=1), (h_enc, c_enc))
            mean, log_deviation = self.posterior(h_enc).float().chunk(2, dim=1)
            deviation = torch.exp(log_deviation)
            z = mean + deviation * torch.randn_like(mean)
            kl = kl + (0.5 * (mean**2 + deviation**2 - 1) - log_deviation).sum(dim=1)
            h_dec, c_dec = self.decoder(z, (h_dec, c_dec))
            canvas = canvas + self._write(h_dec)
        r = torch.sigmoid(self.last(canvas).float())
        with torch.autocast(x.device.type, enabled=False):  # on a GPU PyTorch refuses this loss otherwise
            loss = functional.binary_cross_entropy(r, x, reduction="none")
        return (loss.sum(dim=1) + kl).mean()

    def _read(self, x: torch.Tensor, error: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.read_window is None:
            return x, error
        rows, columns, intensity = _filterbank(self.read_window(h).float())
        both = torch.stack([x, error], dim=1).reshape(-1, 2, SIDE, SIDE)
        seen = intensity[:, None] * (rows[:, None] @ both @ columns[:, None].mT)
        patch, error_patch = seen.flatten(2).unbind(1)
        return patch, error_patch

    def _write(self, h: torch.Tensor) -> torch.Tensor:
        patch = self.write(h)
        if self.write_window is None:
            return patch
        rows, columns, intensity = _filterbank(self.write_window(h).float())
        return ((rows.mT @ patch.reshape(-1, WINDOW, WINDOW) @ columns) / intensity).flatten(1)


def _filterbank(parameters: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """F_Y, F_X and γ (arXiv 1502.04623, section 3.2)."""
    across, down, *logs = parameters.split(1, dim=1)
    variance, stride, intensity = (torch.exp(value.clamp(-BOUND, BOUND)) for value in logs)
    delta = (SIDE - 1) / (WINDOW - 1) * stride
    rows, columns = (_filters(0.5 * (SIDE + 1) * (place + 1) - 1, delta, variance) for place in (down, across))
    return rows, columns, intensity[:, :, None]


def _filters(centre: torch.Tensor, delta: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
    number = torch.arange(WINDOW, device=centre.device) - 0.5 * (WINDOW - 1)
    means = centre + number * delta
    distances = torch.arange(SIDE, device=centre.device) - means[:, :, None]
    return torch.softmax(-0.5 * distances**2 / variance[:, :, None], dim=-1)
