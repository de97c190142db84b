"""How often the interval of `genconv luck` holds the share of the spread over seeds that is real, by simulation.

    python validation/luck_coverage.py [-n 1000]

For each law of what runs are worth, number of seeds and true share: how often the interval holds it, and its mean width
in brackets. Losses have 64 examples and a normal rest.
"""

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from genconv.statistics.luck import real_share

EXAMPLES = 64
LAWS: dict[str, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "normal": lambda random, count: random.standard_normal(count),
    "exponential": lambda random, count: random.exponential(size=count) - 1,
    "lognormal": lambda random, count: (random.lognormal(size=count) - np.exp(0.5)) / np.sqrt(np.e**2 - np.e),
}


def coverage(law: str, seeds: int, true: float, count: int) -> tuple[float, float]:
    """How often the interval holds the truth, and how wide it is."""
    held, widths = [], []
    for study in range(count):
        random = np.random.default_rng(study)
        worth = np.sqrt(true / (1 - true) / EXAMPLES) * LAWS[law](random, seeds)
        losses = worth[:, None] + random.standard_normal((seeds, EXAMPLES))
        found = real_share(losses - losses.mean(0))
        held.append(found.low <= true <= found.high)
        widths.append(found.high - found.low)
    return float(np.mean(held)), float(np.mean(widths))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--count", type=int, default=1000, help="simulated studies an entry")
    count = parser.parse_args().count
    print(f"{count} studies an entry; standard error {np.sqrt(0.95 * 0.05 / count):.3f}")
    for law in LAWS:
        for seeds in (10, 100):
            found = {true: coverage(law, seeds, true, count) for true in (0.0, 0.5, 0.9)}
            cells = ", ".join(f"{true:g}: {hit:.3f} [{width:.2f}]" for true, (hit, width) in found.items())
            print(f"| {law} | {seeds} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
