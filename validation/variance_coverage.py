"""How often the intervals of `genconv variance` hold the true share, by simulation.

    python validation/variance_coverage.py [-n 1000] [--diverged]

For each law of the effects, design and truth: the share of intervals that hold the truth, and their mean width in
brackets. `lost` is the share of runs that diverged at random. The truths are (init, order, noise; interaction; chaos).
With `--diverged`: of the share of init in the variance of whether a run diverges. It does where √s I + √(1 − s) ε, both
normal, is above the quantile that makes so many diverge; `beta`: with a chance that is drawn for each level of init.
columns: law, rate, true share, coverage with mean width, studies.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import numpy as np
from designs import Law, factorial, latin, normal, numbers
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from genconv.statistics.variance import components
from genconv.statistics.variance_chance import Limit, chance_intervals
from genconv.statistics.variance_design import plan_of
from genconv.statistics.variance_squares import squares_of

Truth = tuple[tuple[float, float, float], float, float]
LAWS: dict[str, Law] = {
    "normal": normal,
    "exponential": lambda random, count: random.exponential(size=count) - 1,
    "lognormal": lambda random, count: (random.lognormal(size=count) - np.exp(0.5)) / np.sqrt(np.e**2 - np.e),
}
TRUTHS: list[Truth] = [
    ((0.1, 0.2, 0.1), 0.0, 0.6),
    ((0.5, 0.3, 0.1), 0.0, 0.1),
    ((0.0, 0.1, 0.1), 0.2, 0.6),
    ((0.1, 0.5, 0.0), 0.3, 0.1),
]


DESIGNS = {
    "latin 8 × 8": lambda: latin(8, 1),
    "latin 6 × 6, twins": lambda: latin(6, 2),
    "factorial 4³": lambda: factorial(4, 1),
    "factorial 4³, twins": lambda: factorial(4, 2),
}


def coverage(law: str, design: str, truth: Truth, lost: float, count: int) -> dict[str, tuple[float, float]]:
    """For each row of the table: how often it holds the truth, and how wide it is."""
    mains, interaction, chaos = truth
    total = sum(mains) + interaction + chaos
    true = dict(zip(("init", "order", "noise"), mains, strict=True)) | {
        "interaction": interaction,
        "chaos": chaos,
        "interaction+chaos": interaction + chaos,
        "higher interaction+chaos": chaos,
    }
    found: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for seed in range(count):
        random = np.random.default_rng(seed)
        streams = DESIGNS[design]()
        values = numbers(random, streams, *truth, LAWS[law])
        kept = random.random(len(values)) >= lost
        named = dict(zip(("init", "order", "noise"), (one[kept] for one in streams), strict=True))
        result = components(values[kept], named, draws=2000)
        for share in result.shares if result else ():
            at = true[share.stream] / total
            found[share.stream].append((share.low - 1e-12 <= at <= share.high + 1e-12, share.high - share.low))
    return {
        name: (float(np.mean([h for h, _ in hits])), float(np.mean([w for _, w in hits])))
        for name, hits in found.items()
    }


def rows(count: int, laws: list[str]) -> Iterator[str]:
    """The lines of the table."""
    for law in laws:
        for design in DESIGNS:
            for lost in (0.0, 0.2):
                for truth in TRUTHS:
                    found = coverage(law, design, truth, lost, count)
                    cells = ", ".join(f"{name} {hit:.3f} [{width:.2f}]" for name, (hit, width) in found.items())
                    yield f"| {law} | {design} | {lost:g} | {truth[0]}; {truth[1]}; {truth[2]} | {cells} |"


def chances_of(random: np.random.Generator, law: str, rate: float, latent: float, true: float) -> NDArray[np.float64]:
    """For each of eight levels of init, a chance to diverge; of normal effects, and of chances by a Beta law."""
    if not latent:
        return np.full(8, rate)
    if law == "beta":
        scale = (1 - true) / true
        return random.beta(rate * scale, (1 - rate) * scale, 8)
    effect = np.sqrt(latent) * random.standard_normal(8)
    chances: NDArray[np.float64] = ndtr((effect - ndtri(1 - rate)) / np.sqrt(1 - latent))
    return chances


def chance_rows(count: int) -> Iterator[str]:
    """The lines of the table of the chance to diverge."""
    streams = dict(zip(("init", "order", "noise"), latin(8, 1), strict=True))
    plan = plan_of(streams)
    squares = None if plan is None else squares_of(plan)
    assert plan is not None
    assert squares is not None
    for law, rate, latent in product(("normal", "beta"), (0.05, 0.2, 0.5), (0.0, 0.1, 0.5)):
        true = float(Limit(plan, rate).seen(np.array(latent)))
        hits, widths = [], []
        for seed in range(count):
            random = np.random.default_rng(seed)
            died = random.random(64) < chances_of(random, law, rate, latent, true)[streams["init"]]
            if 0 < died.sum() < 64:
                ((low, high),) = chance_intervals(died.astype(float), plan, squares, 0.95, [0])
                hits.append(low - 1e-9 <= true <= high + 1e-9)
                widths.append(high - low)
        yield f"| {law} | {rate:g} | {true:.3f} | {np.mean(hits):.3f} [{np.mean(widths):.2f}] | {len(hits)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--count", type=int, default=1000, help="simulated studies an entry")
    parser.add_argument("--laws", default=",".join(LAWS), help="of the effects")
    parser.add_argument("--diverged", action="store_true", help="of the chance to diverge")
    arguments = parser.parse_args()
    count = arguments.count
    print(f"{count} studies an entry; standard error {np.sqrt(0.95 * 0.05 / count):.3f}")
    for row in chance_rows(count) if arguments.diverged else rows(count, arguments.laws.split(",")):
        print(row, flush=True)


if __name__ == "__main__":
    main()
