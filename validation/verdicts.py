"""How often a verdict is false, simulated with the functions that `genconv compare` calls.

    python validation/verdicts.py [--studies 1000] [--seed 0]

Prints Markdown tables, those of docs/statistics.md. Both cells follow one law, so that every verdict is false: laws
with thin and thick tails, with runs that are stuck, with runs that are lost at random or because their loss is high,
at 2 to 40 runs. Then equal means under different laws, where a verdict says that the laws differ. Exits with 1 if
verdicts err in more studies than chance makes of 5 % (3.5 standard errors) wherever the laws are equal.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genconv.statistics.comparison import Case, compare_samples
from genconv.statistics.multiple_testing import holm
from genconv.statistics.sample import Sample
from genconv.statistics.standing import best_first
from genconv.statistics.verdict import Verdict, verdict

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Array]
LEVEL = 0.95
SIGMAS = 3.5
"""Standard errors that a share may be above 5 %: among some 150 shares one is beyond 3 by chance."""
SIZES = ((2, 2), (2, 10), (3, 3), (3, 20), (4, 4), (5, 5), (5, 40), (10, 10), (10, 40), (20, 20), (40, 40))
LOSING_SIZES = ((3, 20), (5, 5), (10, 10), (10, 40), (20, 20))


def stuck(share: float, height: float = 5.0) -> Draw:
    """N(0, 1), and that share of runs stuck about `height`, with a tenth of the spread."""
    return lambda g, n: np.where(g.random(n) < share, height + 0.1 * g.normal(size=n), g.normal(size=n))


LAWS: dict[str, Draw] = {
    "normal": lambda g, n: g.normal(size=n),
    "lognormal": lambda g, n: np.exp(g.normal(size=n)),
    "t, 2 degrees of freedom": lambda g, n: g.standard_t(2, size=n),
    "one in ten from N(0, 10²)": lambda g, n: g.normal(size=n) * np.where(g.random(n) < 0.1, 10.0, 1.0),
    "one in ten stuck": stuck(0.1),
    "30 % stuck": stuck(0.3),
    "half stuck": stuck(0.5),
    "whole numbers": lambda g, n: g.poisson(3.0, size=n).astype(float),
}


class Lost(NamedTuple):
    """Which runs have no number: a share at random, and every run above a quantile of the law."""

    at_random: float = 0.0
    above: float = 1.0

    def of(self, values: Array, generator: np.random.Generator, edge: float) -> Array:
        """NaN in place of the runs that are lost; `edge` is the quantile."""
        gone = generator.random(values.shape) < self.at_random
        return np.where(gone | (values > edge), np.nan, values)


def sample(label: str, values: Array) -> Sample:
    """A cell of runs; NaN is a run that diverged."""
    missing = np.isnan(values)
    return Sample(label, label, tuple(range(len(values))), values, missing, int(missing.sum()))


def judged(cells: Sequence[Array]) -> list[list[Verdict]]:
    """The verdicts of each study, from one array of shape (studies, n) a cell."""
    studies = len(cells[0])
    groups = [[sample(f"cell {place}", cell[study]) for place, cell in enumerate(cells)] for study in range(studies)]
    pairs = [[best_first(a, b) for a, b in combinations(group, 2)] for group in groups]
    cases = [Case("data", "last", a, b) for study in pairs for a, b in study]
    found = compare_samples(cases, np.random.default_rng(0), LEVEL)
    verdicts, each = [], len(pairs[0])
    for start in range(0, len(found), each):
        several = found[start : start + each]
        adjusted = holm([np.nan if one.test is None else one.test.p for one in several])
        verdicts.append([verdict(one, p, each, LEVEL, 0.0) for one, p in zip(several, adjusted, strict=True)])
    return verdicts


def share(verdicts: Sequence[Sequence[Verdict]], winner: str | None = None) -> float:
    """In how many studies a cell, or that cell, is said to lie below another."""
    wins = [any(one.decision == "below" and winner in (None, one.winner) for one in study) for study in verdicts]
    return float(np.mean(wins))


def contradicted(verdicts: Sequence[Sequence[Verdict]]) -> bool:
    """Whether a sentence names a winner whose runs are not better more often than not."""
    return any(one.decision == "below" and (one.chance or 0.0) <= 0.5 for study in verdicts for one in study)


def head(title: str, sizes: Sequence[tuple[int, int]]) -> None:
    """The first two lines of a table."""
    print(f"\n| {title} | {' | '.join(f'{a}, {b}' for a, b in sizes)} |\n| --- |{' ---: |' * len(sizes)}")


def row(name: str, shares: Sequence[float], studies: int) -> float:
    """Print a line; by how many standard errors its largest share is above 5 %."""
    print(f"| {name} | {' | '.join(f'{one:.3f}' for one in shares)} |", flush=True)
    return (max(shares) - 0.05) / float(np.sqrt(0.05 * 0.95 / studies))


def equal_laws(studies: int, seed: int) -> float:
    """Every run has a number; by how many standard errors the worst share is above 5 %."""
    head("false verdicts, one law, runs of A, B", SIZES)
    worst = -np.inf
    for name, draw in LAWS.items():
        shares = []
        for n_a, n_b in SIZES:
            g = np.random.default_rng([seed, n_a, n_b])
            verdicts = judged([draw(g, studies * n).reshape(studies, n) for n in (n_a, n_b)])
            assert not contradicted(verdicts)
            shares.append(share(verdicts))
        worst = max(worst, row(name, shares, studies))
    shares = []
    for n, _ in [size for size in SIZES if size[0] == size[1]]:
        g = np.random.default_rng([seed, n])
        shares.append(share(judged([g.normal(size=(studies // 4, n)) for _ in range(4)])))
    head("four normal cells, six comparisons, runs of each", [size for size in SIZES if size[0] == size[1]])
    return max(worst, row("any false verdict", shares, studies // 4))


def losing(studies: int, seed: int) -> float:
    """Runs are lost by both cells alike, or by one, whose wins are then counted; as `equal_laws`."""
    head("false verdicts where runs are lost, runs of A, B", LOSING_SIZES)
    worst = -np.inf
    both = {
        "a fifth at random": Lost(at_random=0.2),
        "the worst 30 %": Lost(above=0.7),
        "the worst half": Lost(above=0.5),
    }
    for name, draw in {name: LAWS[name] for name in ("normal", "lognormal", "30 % stuck")}.items():
        edges = np.quantile(draw(np.random.default_rng(1), 1_000_000), [0.5, 0.7])
        for words, lost in both.items():
            edge = {0.5: edges[0], 0.7: edges[1], 1.0: np.inf}[lost.above]
            worst = max(
                worst, row(f"{name}: {words} of both", _losing(draw, lost, edge, edge, studies, seed, None), studies)
            )
        lost = Lost(above=0.7)
        for_dying = _losing(draw, lost, edges[1], np.inf, studies, seed, "cell 0")
        worst = max(worst, row(f"{name}: the worst 30 % of A, verdicts for A", for_dying, studies))
    return worst


def _losing(
    draw: Draw, lost: Lost, edge_a: float, edge_b: float, studies: int, seed: int, winner: str | None
) -> list[float]:
    shares = []
    for n_a, n_b in LOSING_SIZES:
        g = np.random.default_rng([seed, n_a, n_b])
        cells = [
            lost.of(draw(g, studies * n).reshape(studies, n), g, edge) for n, edge in ((n_a, edge_a), (n_b, edge_b))
        ]
        verdicts = judged(cells)
        assert not contradicted(verdicts)
        shares.append(share(verdicts, winner))
    return shares


def equal_means(studies: int, seed: int) -> None:
    """Different laws of one mean: a verdict is right about the laws, and right about means for many runs only."""
    head("verdicts between different laws of one mean, runs of A, B", LOSING_SIZES)
    laws: dict[str, tuple[Draw, Draw]] = {
        "normal, sd 1 and 3": (LAWS["normal"], lambda g, n: 3 * g.normal(size=n)),
        "normal and lognormal": (lambda g, n: np.exp(0.5) + g.normal(size=n), LAWS["lognormal"]),
        "one in ten stuck, and none": (stuck(0.1), lambda g, n: 0.5 + g.normal(size=n)),
        "one in ten stuck far off, and none": (stuck(0.1, 20.0), lambda g, n: 2.0 + g.normal(size=n)),
        "30 % stuck, and none": (stuck(0.3), lambda g, n: 1.5 + g.normal(size=n)),
    }
    for name, draws in laws.items():
        shares, split = [], []
        for sizes in LOSING_SIZES:
            g = np.random.default_rng([seed, *sizes])
            verdicts = judged([d(g, studies * n).reshape(studies, n) for d, n in zip(draws, sizes, strict=True)])
            shares.append(share(verdicts))
            split.append(float(np.mean([study[0].decision == "split" for study in verdicts])))
        row(f"{name}: one is below", shares, studies)
        row(f"{name}: no winner, mean and most runs disagree", split, studies)


def main() -> int:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    worst = max(equal_laws(arguments.studies, arguments.seed), losing(arguments.studies, arguments.seed))
    equal_means(arguments.studies, arguments.seed)
    print(f"\nwhere the laws are equal, the worst share is {worst:.1f} standard errors above 5 %")
    return 0 if worst <= SIGMAS else 1


if __name__ == "__main__":
    sys.exit(main())
