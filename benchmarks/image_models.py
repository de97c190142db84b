"""Time per seed and training step of the published DRAW and VAE, batch 128: genconv against an eager PyTorch loop.

    python benchmarks/image_models.py [--rounds 7] [--seeds 2] [--models draw vae] [--precisions float32 bfloat16]

Both train the same model (3,262,304 and 1,162,000 parameters, Adam 1e-3) on the same binary images of 28×28; PyTorch
in float32, on all cores. They take turns within one process; the figure to quote is the median of the ratios.
genconv's time is a whole epoch divided by seeds × steps: shuffling, gathering, divergence checks, records and one
validation batch included. PyTorch's loop does none of that: forward, backward, Adam. Beside it stands the arithmetic
floor: the operations of the matrix products of a step over the rate of a large product in the same precision on the
same cores, measured right after the turns. Other work on the machine falsifies the ratio: PyTorch's threads wait for
each other at every product. Needs PyTorch (`pip install torch`), which the project itself does not.
"""

import argparse
import itertools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import jax
import jax.numpy as jnp
import numpy as np
from turns import genconv_epoch, seconds, take_turns

from genconv.hardware import configure_cpu_devices

BATCH, SIDE, LARGE = 128, 28, 2048


def image_file(folder: str, steps: int) -> tuple[Path, np.ndarray]:
    """Binary images in a file: a batch each to validate and test, and the batches to train on, which are returned."""
    images = np.random.default_rng(0).random((BATCH * (steps + 2), SIDE, SIDE)) < 0.13
    path = Path(folder) / "images.npy"
    np.save(path, 255 * images.astype(np.uint8))
    return path, images[: BATCH * steps].reshape(steps, BATCH, -1).astype(np.float32)


def cell(model: str, path: Path, precision: str) -> dict[str, object]:
    """A study's cell."""
    return {
        "models": model,
        "datasets": str(path),
        "protocols": "published",
        "data": {"validation_size": BATCH, "test_size": BATCH, "binarization": "none"},
        "training": {"precision": precision},
    }


def operations(model: str) -> float:
    """Floating-point operations of the matrix products of one step: twice the multiplications, forward and backward.

    As they are needed: the image's projection once for all steps, no products with the zeros before the first step and
    no gradient in the image.
    """
    pixels, hidden, latent, steps = SIDE * SIDE, 256, 32, 10
    if model == "draw":
        gates = 4 * hidden
        memory = (pixels + 3 * hidden) * gates * (steps - 1)
        rest = (hidden * 2 * latent + latent * gates + hidden * pixels) * steps + pixels**2
        return 2 * BATCH * (2 * pixels * gates + 3 * (memory + rest))
    widths = (pixels, 512, 256, 128, 64)
    stack = sum(a * b for a, b in itertools.pairwise(widths))
    return 2 * BATCH * (3 * (2 * stack + 3 * 64 * 64) - pixels * 512)


def large_product(precision: str, copies: int) -> Callable[[], None]:
    """A function that multiplies two large square matrices on each of so many devices at once."""
    kind = jnp.dtype(precision)
    factors = [jax.device_put(jnp.ones((LARGE, LARGE), kind), device) for device in jax.devices()[:copies]]
    multiply = jax.jit(lambda a: jax.lax.dot(a, a, preferred_element_type=jnp.float32))

    def run() -> None:
        jax.block_until_ready([multiply(a) for a in factors])

    return run


def compare(model: str, precision: str, arguments: argparse.Namespace, path: Path, batches: np.ndarray) -> None:
    """Take turns and print."""
    import torch  # noqa: PLC0415  optional
    from torch_image_models import torch_epoch  # noqa: PLC0415

    ours = genconv_epoch(cell(model, path, precision), arguments.seeds, arguments.mapping)
    theirs = torch_epoch(model, torch.from_numpy(batches))
    devices = min(arguments.seeds, len(jax.devices()))
    large = large_product(precision, devices)
    large()
    turns = take_turns(ours, theirs, arguments.seeds * len(batches), len(batches), arguments.rounds)
    rates = [2 * LARGE**3 * devices / seconds(large) for _ in range(5)]
    floor = operations(model) / median(rates)
    print(turns.report(f"{model}, {precision}"))
    print(f"  floor    {1e3 * floor:8.2f} ms: {operations(model) / 1e9:.1f} G at {median(rates) / 1e9:.0f} G/s")


def main() -> None:
    """Compare every model in every precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--models", nargs="+", choices=["draw", "vae"], default=["draw", "vae"])
    parser.add_argument("--precisions", nargs="+", choices=["float32", "bfloat16"], default=["float32", "bfloat16"])
    parser.add_argument("--mapping", choices=["auto", "map", "vmap"], default="auto")
    arguments = parser.parse_args()
    configure_cpu_devices()
    print(f"{os.cpu_count()} cores, batch {BATCH}, {arguments.seeds} seeds, mapping {arguments.mapping}, ", end="")
    print(f"JAX {jax.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        path, batches = image_file(folder, arguments.steps)
        for model in arguments.models:
            for precision in arguments.precisions:
                compare(model, precision, arguments, path, batches)


if __name__ == "__main__":
    main()
