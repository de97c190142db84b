"""Coverage of every interval and error rate of every test, simulated over laws that losses follow.

    python validation/statistical_validity.py [--studies 1000] [--bootstraps 300] [--seed 0]

Prints Markdown tables: coverage of nominal 95 % intervals, and the share of false alarms at nominal 5 %, for normal,
lognormal and contaminated losses at n = 5, 10 and 20 seeds. The tables of docs/statistics.md are its output; those of
verdicts are of validation/verdicts.py.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from genconv.statistics.early import spearman
from genconv.statistics.intervals import (
    Interval,
    bootstrap_interval,
    deviation_interval,
    geometric_mean_interval,
    mean_interval,
    median_interval,
    tolerance_coverage,
)
from genconv.statistics.pairing import paired
from genconv.statistics.rank_comparison import superiority
from genconv.statistics.rates import compare_rates, rate_interval
from genconv.statistics.survival import Times, log_rank, restricted_mean
from genconv.statistics.two_sample import brown_forsythe, welch

Array = NDArray[np.float64]
SIZES = (5, 10, 20)
WIDE = 10.0
"""Standard deviation of the tenth of a contaminated sample that went astray."""


@dataclass(frozen=True)
class Law:
    """How losses scatter over seeds."""

    name: str
    draw: Callable[[np.random.Generator, int], Array]
    mean: float
    median: float
    sd: float
    cdf: Callable[[Array], Array]


def contaminated(generator: np.random.Generator, n: int) -> Array:
    """Nine of ten from N(0, 1), the rest from N(0, 10²)."""
    return generator.normal(size=n) * np.where(generator.random(n) < 0.1, WIDE, 1.0)


LAWS = (
    Law("normal", lambda g, n: g.normal(size=n), 0.0, 0.0, 1.0, stats.norm.cdf),
    Law(
        "lognormal",
        lambda g, n: np.exp(g.normal(size=n)),
        float(np.exp(0.5)),
        1.0,
        float(np.sqrt((np.e - 1) * np.e)),
        stats.lognorm(1).cdf,
    ),
    Law(
        "contaminated",
        contaminated,
        0.0,
        0.0,
        float(np.sqrt(0.9 + 0.1 * WIDE**2)),
        lambda x: 0.9 * stats.norm.cdf(x) + 0.1 * stats.norm.cdf(x / WIDE),
    ),
)


def stuck(share: float) -> Law:
    """Runs from N(0, 1), but a share of them ten standard deviations higher: two groups with nothing between."""
    median = float(stats.norm.ppf(0.5 / (1 - share))) if share < 0.5 else FAR / 2
    return Law(
        f"{100 * share:.0f} % stuck",
        lambda g, n: g.normal(size=n) + FAR * (g.random(n) < share),
        share * FAR,
        median,
        float(np.sqrt(1 + share * (1 - share) * FAR**2)),
        lambda x: (1 - share) * stats.norm.cdf(x) + share * stats.norm.cdf(x - FAR),
    )


FAR = 10.0
STUCK = tuple(map(stuck, (0.1, 0.3, 0.5)))


def covered(truth: float, interval: Interval | None) -> bool | None:
    """Whether an interval holds the truth; None if there is no interval."""
    return None if interval is None else interval.low <= truth <= interval.high


def share(outcomes: list[bool | None]) -> str:
    """Share of True among what there is, with a mark if something is missing."""
    made = [outcome for outcome in outcomes if outcome is not None]
    if not made:
        return "–"
    missing = f" ({len(made)} of {len(outcomes)})" if len(made) < len(outcomes) else ""
    return f"{np.mean(made):.3f}{missing}"


def table(
    title: str,
    rows: dict[str, Callable[[np.random.Generator, Law, int], bool | None]],
    studies: int,
    seed: int,
    laws: Sequence[Law] = LAWS,
) -> None:
    """One line a method, one column a law and size."""
    header = [f"{law.name} {n}" for law in laws for n in SIZES]
    print(f"\n| {title} | {' | '.join(header)} |\n| --- |{' ---: |' * len(header)}")
    for name, outcome in rows.items():
        cells = []
        for law in laws:
            for n in SIZES:
                generator = np.random.default_rng([seed, n, len(name)])
                cells.append(share([outcome(generator, law, n) for _ in range(studies)]))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def shift_for(law: Law, probability: float) -> float:
    """By how much B lies higher if A beats it with this chance."""
    generator = np.random.default_rng(12345)
    return float(np.quantile(law.draw(generator, 1_000_000) - law.draw(generator, 1_000_000), probability))


SHIFTS = {(law.name, p): shift_for(law, p) for law in LAWS for p in (0.75, 0.95)}


def superiority_covers(probability: float) -> Callable[[np.random.Generator, Law, int], bool | None]:
    """Coverage of the chance that A beats B."""

    def outcome(generator: np.random.Generator, law: Law, n: int) -> bool | None:
        shift = SHIFTS.get((law.name, probability), 0.0)
        found = superiority(law.draw(generator, n), law.draw(generator, n) + shift)
        return None if found is None else covered(probability, found.interval)

    return outcome


def spearman_covers(generator: np.random.Generator, law: Law, n: int) -> bool | None:
    """Coverage of no correlation."""
    found = spearman(law.draw(generator, n), law.draw(generator, n))
    return None if found is None else covered(0.0, found[1])


INTERVALS: dict[str, Callable[[np.random.Generator, Law, int], bool | None]] = {
    "mean, Student t": lambda g, law, n: covered(law.mean, mean_interval(law.draw(g, n))),
    "geometric mean, t of logarithms": lambda g, law, n: (
        covered(law.median, geometric_mean_interval(law.draw(g, n))) if law.name == "lognormal" else None
    ),
    "median, order statistics": lambda g, law, n: covered(law.median, median_interval(law.draw(g, n))),
    "sd, chi-squared": lambda g, law, n: covered(law.sd, deviation_interval(law.draw(g, n))),
    "difference of means, Welch": lambda g, law, n: covered(0.0, welch(law.draw(g, n), law.draw(g, n)).interval),
    "the same, sd 1 against 3": lambda g, law, n: covered(
        0.0, welch(law.draw(g, n) - law.mean, 3 * (law.draw(g, n) - law.mean)).interval
    ),
    "P = .50, Brunner-Munzel": superiority_covers(0.5),
    "P = .75, Brunner-Munzel": superiority_covers(0.75),
    "P = .95, Brunner-Munzel": superiority_covers(0.95),
    "Spearman's ρ = 0": spearman_covers,
    "range holds its share": lambda g, law, n: bool(
        np.ptp(law.cdf(np.array([(x := law.draw(g, n)).min(), x.max()]))) >= tolerance_coverage(n)
    ),
}

OF_STUCK = {name: INTERVALS[name] for name in ("mean, Student t", "median, order statistics", "range holds its share")}

BOOTSTRAPS: dict[str, Callable[[np.random.Generator, Law, int], bool | None]] = {
    "mean, percentile": lambda g, law, n: covered(
        law.mean, bootstrap_interval(law.draw(g, n), g, "mean", "percentile")
    ),
    "mean, basic": lambda g, law, n: covered(law.mean, bootstrap_interval(law.draw(g, n), g, "mean", "basic")),
    "mean, BCa": lambda g, law, n: covered(law.mean, bootstrap_interval(law.draw(g, n), g, "mean", "bca")),
    "median, BCa": lambda g, law, n: covered(law.median, bootstrap_interval(law.draw(g, n), g, "median", "bca")),
    "sd, BCa": lambda g, law, n: covered(law.sd, bootstrap_interval(law.draw(g, n), g, "sd", "bca")),
}


def p_errs(p: Callable[[np.random.Generator, Law, int], float | None]) -> Callable[..., bool | None]:
    """Whether a p of no effect is below 0.05."""

    def outcome(generator: np.random.Generator, law: Law, n: int) -> bool | None:
        found = p(generator, law, n)
        return None if found is None or np.isnan(found) else found < 0.05

    return outcome


def paired_p(exact: bool) -> Callable[[np.random.Generator, Law, int], float | None]:
    """The p of either paired test, for values with a part in common."""

    def p(generator: np.random.Generator, law: Law, n: int) -> float | None:
        common = law.draw(generator, n)
        found = paired(common + law.draw(generator, n), common + law.draw(generator, n), generator)
        return None if found is None else found.p_sign_flip if exact else found.p

    return p


TESTS: dict[str, Callable[[np.random.Generator, Law, int], bool | None]] = {
    "Yuen": p_errs(lambda g, law, n: welch(law.draw(g, n), law.draw(g, n)).p_trimmed),
    "Brunner-Munzel": p_errs(lambda g, law, n: superiority(law.draw(g, n), law.draw(g, n)).p),
    "Brown-Forsythe": p_errs(
        lambda g, law, n: found.p if (found := brown_forsythe(law.draw(g, n), law.draw(g, n))) else None
    ),
    "paired t": p_errs(paired_p(False)),
    "sign flip": p_errs(paired_p(True)),
    "Spearman": p_errs(lambda g, law, n: spearman(law.draw(g, n), law.draw(g, n))[2]),
}


def rates(studies: int, seed: int) -> None:
    """Coverage and false alarms for divergence, and for times to a threshold (geometric, a quarter never arrive)."""
    generator = np.random.default_rng([seed, 1])
    print(f"\n| divergence and time | {' | '.join(map(str, SIZES))} |\n| --- |{' ---: |' * len(SIZES)}")
    for true in (0.05, 0.1, 0.3, 0.5):
        for method in ("exact", "wilson"):
            line = []
            for n in SIZES:
                inside = [covered(true, rate_interval(k, n, 0.95, method)) for k in range(n + 1)]
                line.append(f"{np.dot(stats.binom.pmf(range(n + 1), n, true), np.array(inside, dtype=float)):.3f}")
            print(f"| rate {true}, {method}: coverage | {' | '.join(line)} |")
    for true in (0.1, 0.3, 0.5):
        line = []
        for n in SIZES:
            weights = np.outer(*[stats.binom.pmf(range(n + 1), n, true)] * 2)
            false = [[compare_rates(a, n, b, n).p < 0.05 for b in range(n + 1)] for a in range(n + 1)]
            line.append(f"{(weights * np.array(false)).sum():.3f}")
        print(f"| rates {true} and {true}, Barnard: false alarms | {' | '.join(line)} |", flush=True)
    horizon = 20

    def times(n: int) -> Times:
        epochs = generator.geometric(-np.expm1(np.log(0.25) / horizon), n).astype(float)
        return Times("", np.minimum(epochs, horizon), epochs <= horizon)

    survival = 0.25 ** (np.arange(horizon) / horizon)
    mean = [
        share([covered(survival.sum(), restricted_mean(times(n), horizon)[1]) for _ in range(studies)]) for n in SIZES
    ]
    print(f"| restricted mean, Greenwood: coverage | {' | '.join(mean)} |")
    p_values = [[log_rank(times(n), times(n)) for _ in range(studies)] for n in SIZES]
    line = [share([None if p is None else p < 0.05 for p in column]) for column in p_values]
    print(f"| log-rank: false alarms | {' | '.join(line)} |")


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--bootstraps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    table("coverage of 95 % intervals", INTERVALS, arguments.studies, arguments.seed)
    table("coverage where runs get stuck", OF_STUCK, arguments.studies, arguments.seed, STUCK)
    table("coverage of 95 % bootstraps", BOOTSTRAPS, arguments.bootstraps, arguments.seed)
    table("false alarms at 5 %", TESTS, arguments.bootstraps, arguments.seed)
    rates(arguments.studies, arguments.seed)


if __name__ == "__main__":
    main()
