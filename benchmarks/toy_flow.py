"""Time per seed and training step of the published toy flow, batch 4096: genconv against an eager PyTorch loop.

    python benchmarks/toy_flow.py [--rounds 7] [--steps 40] [--seeds 4]

Both train the same model (82,824 parameters, Adam 1e-3) on the same number of 8gaussians points. They take turns
within one process, so that a change in the machine's speed hits both; the figure to quote is the median of the
ratios. genconv's time is a whole epoch divided by seeds × steps: shuffling, gathering, divergence checks, records and
one validation batch included. PyTorch's loop does none of that: forward, backward, Adam. Needs PyTorch (`pip install
torch`), which the project itself does not.
"""

import argparse
import math
import os
from collections.abc import Callable

import jax
from turns import genconv_epoch, take_turns

from genconv.hardware import configure_cpu_devices

BATCH = 4096


def cell(steps: int) -> dict[str, object]:
    """A study's cell with so many training batches."""
    return {
        "models": "flow",
        "datasets": "8gaussians",
        "protocols": "published",
        "data": {"training_size": BATCH * steps, "validation_size": BATCH, "test_size": 1},
    }


def torch_epoch(steps: int) -> Callable[[], None]:
    """A function that trains one seed for `steps` steps, eagerly."""
    import torch  # noqa: PLC0415  optional
    from torch import nn  # noqa: PLC0415

    torch.manual_seed(0)

    class Flow(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.nets = nn.ModuleList(
                nn.Sequential(nn.Linear(1, 200), nn.ReLU(), nn.Linear(200, 100), nn.ReLU(), nn.Linear(100, 2))
                for _ in range(4)
            )
            self.shift = nn.ParameterList(nn.Parameter(torch.zeros(1, 2)) for _ in range(4))
            self.log_scale = nn.ParameterList(nn.Parameter(torch.zeros(1, 2)) for _ in range(4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            total = torch.zeros(x.shape[0])
            for i, net in enumerate(self.nets):
                kept, moved = x.chunk(2, dim=1)
                log_scale, shift = net(kept).chunk(2, dim=1)
                x = torch.cat([kept, moved * torch.exp(log_scale) + shift], dim=1)
                x = (x - self.shift[i]) * torch.exp(-self.log_scale[i])
                total = total + log_scale.sum(dim=1) - self.log_scale[i].sum()
                x = x.flip(1) if i < 3 else x
            return (0.5 * (x**2 + math.log(2 * math.pi)).sum(dim=1) - total).mean()

    flow = Flow()
    assert sum(p.numel() for p in flow.parameters()) == 82_824
    adam = torch.optim.Adam(flow.parameters(), lr=1e-3)
    angle = torch.randint(0, 8, (BATCH * steps,)) * (math.pi / 4)
    centres = torch.stack([torch.cos(angle), torch.sin(angle)], dim=1) * (4 / 1.414)
    batches = (centres + torch.randn(BATCH * steps, 2) * (0.5 / 1.414)).split(BATCH)

    def epoch() -> None:
        for batch in batches:
            adam.zero_grad()
            flow(batch).backward()
            adam.step()

    return epoch


def main() -> None:
    """Take turns, print the times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--mapping", choices=["auto", "map", "vmap"], default="auto")
    arguments = parser.parse_args()
    configure_cpu_devices()
    seeds, steps = arguments.seeds, arguments.steps
    ours, theirs = genconv_epoch(cell(steps), seeds, arguments.mapping), torch_epoch(steps)
    turns = take_turns(ours, theirs, seeds * steps, steps, arguments.rounds)
    setting = f"{seeds} seeds, mapping {arguments.mapping}"
    print(turns.report(f"{os.cpu_count()} cores, batch {BATCH}, {setting}, JAX {jax.__version__}"))


if __name__ == "__main__":
    main()
