"""DRAW and the VAE of the published study as one writes them in PyTorch; imported where PyTorch is installed."""

import itertools
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

PIXELS = 784


class Draw(nn.Module):
    """Two LSTM cells, ten steps, error image, accumulating canvas; minus the bound in nats per image."""

    parameters_published = 3_262_304

    def __init__(self, hidden: int = 256, latent: int = 32, steps: int = 10) -> None:
        super().__init__()
        self.hidden, self.latent, self.steps = hidden, latent, steps
        self.encoder = nn.LSTMCell(2 * PIXELS + hidden, hidden)
        self.posterior = nn.Linear(hidden, 2 * latent)
        self.decoder = nn.LSTMCell(latent, hidden)
        self.write = nn.Linear(hidden, PIXELS)
        self.last = nn.Linear(PIXELS, PIXELS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch = x.shape[0]
        h_enc, c_enc, h_dec, c_dec = (x.new_zeros(batch, self.hidden) for _ in range(4))
        canvas, kl = x.new_zeros(batch, PIXELS), x.new_zeros(batch)
        for _ in range(self.steps):
            error = x - torch.sigmoid(canvas)
            h_enc, c_enc = self.encoder(torch.cat([x, error, h_dec], dim=1), (h_enc, c_enc))
            mean, log_deviation = self.posterior(h_enc).chunk(2, dim=1)
            deviation = torch.exp(log_deviation)
            z = mean + deviation * torch.randn_like(mean)
            kl = kl + (0.5 * (mean**2 + deviation**2 - 1) - log_deviation).sum(dim=1)
            h_dec, c_dec = self.decoder(z, (h_dec, c_dec))
            canvas = canvas + self.write(h_dec)
        r = torch.sigmoid(self.last(canvas))
        return (functional.binary_cross_entropy(r, x, reduction="none").sum(dim=1) + kl).mean()


class Vae(nn.Module):
    """Widths 512, 256, 128, 64; z 64; minus the bound in nats per image, its KL by one sample."""

    parameters_published = 1_162_000

    def __init__(self, widths: tuple[int, ...] = (512, 256, 128, 64), latent: int = 64) -> None:
        super().__init__()
        down, up = (PIXELS, *widths), (latent, *widths[::-1])
        self.encoder = nn.Sequential(*(m for a, b in itertools.pairwise(down) for m in (nn.Linear(a, b), nn.ReLU())))
        self.mean, self.log_variance = nn.Linear(widths[-1], latent), nn.Linear(widths[-1], latent)
        self.decoder = nn.Sequential(*(m for a, b in itertools.pairwise(up) for m in (nn.Linear(a, b), nn.Tanh())))
        self.last = nn.Linear(widths[0], PIXELS)

    def terms(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Reconstruction and KL, nats per image, means over the batch."""
        h = self.encoder(x)
        mean, log_variance = self.mean(h), functional.softplus(self.log_variance(h))
        noise = torch.randn_like(mean)
        z = mean + torch.exp(0.5 * log_variance) * noise
        kl = 0.5 * (z**2 - noise**2 - log_variance).sum(dim=1)
        r = torch.sigmoid(self.last(self.decoder(z)))
        likelihood = x * torch.log(r + 1e-8) + (1 - x) * torch.log(1 - r + 1e-8)
        return -likelihood.sum(dim=1).mean(), kl.mean()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        reconstruction, kl = self.terms(x)
        return reconstruction + kl


def torch_epoch(model: str, batches: torch.Tensor) -> Callable[[], None]:
    """A function that trains one seed on all batches, eagerly."""
    torch.manual_seed(0)
    kind = {"draw": Draw, "vae": Vae}[model]
    net = kind()
    assert sum(p.numel() for p in net.parameters()) == kind.parameters_published
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)

    def epoch() -> None:
        for batch in batches:
            adam.zero_grad()
            net(batch).backward()
            adam.step()

    return epoch
