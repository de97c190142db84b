"""`conv-vae` with the importance-weighted objective on a part of MNIST, and the same recipe written in eager PyTorch.

    python validation/torch_conv_vae.py -n 3 --json results/against-torch-conv-vae.json
    python validation/torch_conv_vae.py --print results/against-torch-conv-vae.json

Both train on the same images, binarized afresh at each use, and say of the same test images the ELBO, the bound with
five draws (the objective), and that with 500. The net, its start, Adam, the clipping and the schedule are written here
from the documentation of `conv-vae`; nothing but the images comes from genconv. Needs PyTorch.
"""

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn
from torch.nn import functional

import genconv
from genconv.data.registry import dataset_named
from genconv.randomness import stream_key

DRAWS, MANY = 5, 500
CHANNELS, HIDDEN, LATENT = (8, 16), 128, 32
EPOCHS, BATCH, RATE, WARM_UP, CLIP = 4, 64, 1e-3, 30, 10.0
IMAGES, POINTS = 3200, 200
SETTINGS: dict[str, Any] = {
    "model": {
        "objective": "iwae",
        "importance_samples": DRAWS,
        "channels": list(CHANNELS),
        "hidden": [HIDDEN],
        "latent": LATENT,
        "kl_warmup_epochs": 0,
    },
    "data": {"training_size": IMAGES, "validation_size": 1000},
    "training": {"epochs": EPOCHS, "batch_size": BATCH, "learning_rate": RATE, "warmup_steps": WARM_UP},
    "evaluation": {"importance_samples": MANY, "points": POINTS, "samples": 64},
}
BOUNDS = ("elbo", "iwae_5", "iwae_500")


class ConvVae(nn.Module):
    """2×2 pixels become four channels and a 3×3 convolution follows, twice; then dense layers; and the same back."""

    def __init__(self) -> None:
        super().__init__()
        first, second = CHANNELS
        flat = 7 * 7 * second
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(4, first, 3, padding=1),
            nn.ReLU(),
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * first, second, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(flat, HIDDEN),
            nn.ReLU(),
        )
        self.mean, self.log_variance = nn.Linear(HIDDEN, LATENT), nn.Linear(HIDDEN, LATENT)
        self.decoder = nn.Sequential(
            nn.Linear(LATENT, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, flat),
            nn.ReLU(),
            nn.Unflatten(1, (second, 7, 7)),
            nn.Conv2d(second, 4 * first, 3, padding=1),
            nn.PixelShuffle(2),
            nn.ReLU(),
            nn.Conv2d(first, 4, 3, padding=1),
            nn.PixelShuffle(2),
            nn.Flatten(),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_normal_(layer.weight)
                nn.init.zeros_(layer.bias)

    def log_weights(self, x: Tensor, draws: int) -> Tensor:
        """log p(x|z) + log p(z) − log q(z|x) of each draw and image, (draws, batch)."""
        h = self.encoder(x)
        mean, deviation = self.mean(h), torch.exp(0.5 * self.log_variance(h))
        q = torch.distributions.Normal(mean, deviation)
        z = q.rsample((draws,))
        logits = self.decoder(z.flatten(0, 1)).view(draws, len(x), -1)
        pixels = x.flatten(1).expand(draws, -1, -1)
        log_likelihood = -functional.binary_cross_entropy_with_logits(logits, pixels, reduction="none").sum(-1)
        prior = torch.distributions.Normal(0.0, 1.0)
        return log_likelihood + (prior.log_prob(z) - q.log_prob(z)).sum(-1)


def main() -> None:
    """Train both, seed by seed, or print what was stored."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--number", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/conv-vae"), help="genconv's runs")
    parser.add_argument("--json", type=Path, default=Path("against-torch-conv-vae.json"))
    parser.add_argument("--print", type=Path, dest="stored")
    arguments = parser.parse_args()
    if arguments.stored:
        show(json.loads(arguments.stored.read_text()))
        return
    genconv.configure()
    torch.set_num_threads(1)
    rows = json.loads(arguments.json.read_text()) if arguments.json.exists() else {"pytorch": [], "genconv": []}
    for seed in range(len(rows["pytorch"]), arguments.number):
        rows["pytorch"].append(pytorchs(seed))
        print(rows["pytorch"][-1], flush=True)
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    rows["genconv"] = ours(arguments.number, arguments.output)
    arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    show(rows)


def ours(number: int, output: Path) -> list[dict[str, float]]:
    """The three bounds of genconv's runs."""
    (cell,) = genconv.train("conv-vae", "mnist", SETTINGS, seeds=number, output=output)
    return [of_run(run.outcome.evaluation) for run in cell.runs]


def of_run(evaluation: Any) -> dict[str, float]:
    """Of the recorded terms, reconstruction + kl is the ELBO; the loss is the objective."""
    return {
        "elbo": evaluation["reconstruction"] + evaluation["kl"],
        "iwae_5": evaluation["loss"],
        "iwae_500": evaluation["importance_weighted"],
    }


def pytorchs(seed: int) -> dict[str, float]:
    """Train one seed in PyTorch, and its three bounds."""
    torch.manual_seed(seed)
    training, test = images()
    net = ConvVae()
    adam = torch.optim.Adam(net.parameters(), lr=RATE)
    per_epoch = math.ceil(len(training) / BATCH)
    began = time.process_time()
    for epoch in range(EPOCHS):
        for number, batch in enumerate(training[torch.randperm(len(training))].split(BATCH)):
            step = epoch * per_epoch + number
            cosine = 0.5 * (1 + math.cos(math.pi * step / (EPOCHS * per_epoch)))
            adam.param_groups[0]["lr"] = RATE * cosine * min(1.0, (step + 1) / WARM_UP)
            log_weights = net.log_weights(torch.bernoulli(batch), DRAWS)
            loss = (math.log(DRAWS) - torch.logsumexp(log_weights, dim=0)).mean()
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), CLIP)
            adam.step()
    return {**bounds(net, torch.bernoulli(test)), "seconds": round(time.process_time() - began, 1)}


@torch.no_grad()
def bounds(net: ConvVae, x: Tensor) -> dict[str, float]:
    """Means over the test images."""
    log_weights = torch.cat([net.log_weights(x, 50) for _ in range(MANY // 50)])
    groups = log_weights.view(-1, DRAWS, len(x))
    return {
        "elbo": -log_weights.mean().item(),
        "iwae_5": (math.log(DRAWS) - groups.logsumexp(dim=1)).mean().item(),
        "iwae_500": (math.log(MANY) - log_weights.logsumexp(dim=0)).mean().item(),
    }


def images() -> tuple[Tensor, Tensor]:
    """The images that genconv trains and tests on, grey values from 0 to 1, (n, 1, 28, 28)."""
    entry = dataset_named("mnist")
    dataset = entry.build(entry.configured("corrected", SETTINGS["data"]))
    splits = dataset.draw(stream_key(0, "data", 0), dataset.load())
    parts = (np.asarray(jax.device_get(part))[:, None] for part in (splits.training, splits.test[:POINTS]))
    training, test = (torch.from_numpy(part.astype(np.float32) / 255) for part in parts)
    return training, test


def show(rows: dict[str, list[dict[str, float]]]) -> None:
    """Each bound of both, and ours minus PyTorch's with Welch's interval."""
    for bound in BOUNDS:
        ours, theirs = (np.array([row[bound] for row in rows[side]]) for side in ("genconv", "pytorch"))
        interval = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval()
        print(
            f"{bound}: genconv {ours.mean():.2f} ± {ours.std(ddof=1):.2f}, PyTorch {theirs.mean():.2f} ± "
            f"{theirs.std(ddof=1):.2f}, difference {ours.mean() - theirs.mean():+.2f} "
            f"[{interval.low:+.2f}, {interval.high:+.2f}]"
        )
    for side, runs in rows.items():
        ordered = sum(run["elbo"] >= run["iwae_5"] >= run["iwae_500"] for run in runs)
        print(f"{side}: ELBO ≥ IWAE-5 ≥ IWAE-500 in {ordered} of {len(runs)} runs")


if __name__ == "__main__":
    main()
