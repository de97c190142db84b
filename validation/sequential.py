"""How often a study that is looked at until it is decided gives a false verdict, and how many seeds it takes.

    python validation/sequential.py [--studies 2000] [--seed 0]

Prints Markdown tables, those of docs/statistics.md, simulated with the functions that `--until` calls. Exits with 1
if false verdicts are in more studies than chance makes of 5 % (3.5 standard errors), or if a study takes more seeds
than promised: .6 of all for d = 0 and d = 1, .3 for d = 2.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genconv.statistics.anytime import paired_bets
from genconv.statistics.multiple_testing import holm
from genconv.statistics.rate_sequence import rate_evidence
from genconv.statistics.replay import replay_looks
from genconv.statistics.sequential import State, look
from genconv.statistics.spending import Design
from genconv.statistics.stopped_estimate import StoppedEstimate, stopped_estimate

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]
SIGMAS = 3.5
DRAWS = 1999
"""Relabellings a test; the command draws 19,999, which changes the power by little and the level not at all."""
MOST = 30

LAWS: dict[str, Draw] = {
    "normal": lambda g, s: g.normal(size=s),
    "lognormal": lambda g, s: np.exp(g.normal(size=s)),
    "one in ten from N(0, 10²)": lambda g, s: g.normal(size=s) * np.where(g.random(s) < 0.1, 10.0, 1.0),
    "two groups, 30 % five sd higher": lambda g, s: g.normal(size=s) + 5.0 * (g.random(s) < 0.3),
    "t, 2 degrees of freedom": lambda g, s: g.standard_t(2, size=s),
    "Cauchy": lambda g, s: g.standard_cauchy(size=s),
    "whole numbers": lambda g, s: g.poisson(3.0, size=s).astype(float),
}


class Outcome(NamedTuple):
    """Of one study."""

    verdicts: int
    seeds: float
    """Mean over cells."""
    best: bool
    """Whether the last cell is better than every other."""


def lost(values: Array, rate: float, g: np.random.Generator) -> Array:
    """Infinite in place of runs that diverge."""
    return np.where(g.random(values.shape) < rate, np.inf, values)


def until_decided(cells: Array, design: Design) -> Outcome:
    """One study of cells, shape (C, runs), less being better."""
    found = replay_looks({str(place): values for place, values in enumerate(cells)}, design, DRAWS)
    best = sum(winner == str(len(cells) - 1) for winner in found.better.values()) == len(cells) - 1
    return Outcome(len(found.better), float(np.mean(list(found.seeds.values()))), best)


def anytime(cells: Array, alpha: float = 0.05, every: int = 5) -> Outcome:
    """The same by bets on pairs of runs."""
    pairs = list(combinations(range(len(cells)), 2))
    used, winners = np.zeros(len(cells)), dict[tuple[int, int], int]()
    for count in range(every, MOST + 1, every):
        on = {cell for pair in pairs if pair not in winners for cell in pair}
        if not on:
            break
        used[list(on)] = count
        p = holm(
            [
                paired_bets(cells[a, : int(min(used[a], used[b]))], cells[b, : int(min(used[a], used[b]))]).p
                for a, b in pairs
            ]
        )
        for (a, b), one in zip(pairs, p, strict=True):
            if one <= alpha and (a, b) not in winners:
                winners[a, b] = b if (cells[b, :count] < cells[a, :count]).mean() > 0.5 else a
    return Outcome(len(winners), float(used.mean()), list(winners.values()).count(len(cells) - 1) == len(cells) - 1)


def studies(
    run: Callable[[Array], Outcome], draw: Draw, number: int, cells: int, key: Sequence[int], **more: float
) -> list[Outcome]:
    """`number` studies; the last cell is better by `d`, and `rate` of all runs are lost."""
    g, found = np.random.default_rng(list(key)), []
    for _ in range(number):
        values = draw(g, (cells, MOST))
        values[-1] -= more.get("d", 0.0)
        found.append(run(lost(values, more.get("rate", 0.0), g)))
    return found


def false_verdicts(number: int, seed: int) -> float:
    """Every cell follows one law; by how many standard errors the worst share is above 5 %."""
    head = ("2 cells", "2 cells, 30 % diverge", "6 cells", "6 cells, 30 % diverge", "anytime, 2 cells", "30 % diverge")
    print(f"\n| any false verdict, equal laws | {' | '.join(head)} |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    worst = -np.inf
    for place, (name, draw) in enumerate(LAWS.items()):
        shares = []
        for run, cells, rate in (
            *((partial(until_decided, design=Design()), cells, rate) for cells in (2, 6) for rate in (0.0, 0.3)),
            *((anytime, 2, rate) for rate in (0.0, 0.3)),
        ):
            count = number if cells == 2 else number // 2
            found = studies(run, draw, count, cells, (seed, place, cells, int(10 * rate)), rate=rate)
            shares.append(float(np.mean([one.verdicts > 0 for one in found])))
            worst = max(worst, (shares[-1] - 0.05) / np.sqrt(0.05 * 0.95 / count))
        print(f"| {name} | {' | '.join(f'{one:.3f}' for one in shares)} |", flush=True)
    return worst


def unequal_spreads(number: int, seed: int) -> None:
    """Normal laws of equal means, of which one has a larger deviation."""
    print("\n| any verdict, equal means, normal | 2 cells | 2 cells, 30 % diverge |")
    print("| --- | ---: | ---: |")
    for times in (2, 4):

        def draw(g: np.random.Generator, shape: tuple[int, ...], times: int = times) -> Array:
            values = g.normal(size=shape)
            values[-1] *= times
            return values

        found = [
            studies(
                partial(until_decided, design=Design()),
                draw,
                number,
                2,
                (seed, 99, times, 2, int(10 * rate)),
                rate=rate,
            )
            for rate in (0.0, 0.3)
        ]
        shares = [float(np.mean([one.verdicts > 0 for one in each])) for each in found]
        print(f"| deviations 1 and {times} | {' | '.join(f'{one:.3f}' for one in shares)} |", flush=True)


def seeds_taken(number: int, seed: int) -> bool:
    """Normal laws; whether the seeds are as promised."""
    effects = (0, 0.5, 1, 1.5, 2, 3)
    print(f"\n| normal: verdicts / mean seeds a cell | {' | '.join(f'd = {d:g}' for d in effects)} |")
    print(f"| --- |{' ---: |' * len(effects)}")
    rules = {
        "Pocock-type, futility .1 (the default)": (partial(until_decided, design=Design()), 2, 0.0),
        "the same, 30 % diverge": (partial(until_decided, design=Design()), 2, 0.3),
        "Pocock-type, no futility": (partial(until_decided, design=Design(futility=0)), 2, 0.0),
        "O'Brien–Fleming, futility .1": (partial(until_decided, design=Design(spending="obrien-fleming")), 2, 0.0),
        "anytime": (anytime, 2, 0.0),
        "six cells, one of them better than each other": (partial(until_decided, design=Design()), 6, 0.0),
    }
    kept = True
    for name, (run, cells, rate) in rules.items():
        parts = []
        for d in effects:
            found = studies(
                run,
                LAWS["normal"],
                number // (1 if cells == 2 else 4),
                cells,
                (seed, cells, int(10 * d)),
                d=d,
                rate=rate,
            )
            share = np.mean([one.best for one in found]) if d else np.mean([one.verdicts > 0 for one in found])
            seeds = float(np.mean([one.seeds for one in found]))
            parts.append(f"{share:.3f} / {seeds:.1f}")
            if name.startswith("Pocock-type, futility") and d in (0, 1, 2):
                kept = kept and seeds <= {0: 0.6, 1: 0.6, 2: 0.3}[d] * MOST
        print(f"| {name} | {' | '.join(parts)} |", flush=True)
    return kept


def stopped(d: float, g: np.random.Generator) -> tuple[State, StoppedEstimate | None]:
    """How one study of two normal cells ends, A better by `d`."""
    design, a, b = Design(), g.normal(size=MOST), g.normal(size=MOST) + d
    stages: list[tuple[Array, Array]] = []
    states: list[State] = ["open"]
    for start, count in pairwise((0, *design.looks)):
        stages.append((a[start:count], b[start:count]))
        (one,) = look(design, [stages], states, draws=DRAWS)
        assert one is not None
        states = [one.state]
        if one.state in ("decided", "futile"):
            break
    return states[0], stopped_estimate(design, stages, [1] * len(stages), draws=DRAWS)


def estimates(number: int, seed: int) -> None:
    """Bias of the difference after a stop, in standard deviations of a run, and coverage of the adjusted interval."""
    effects = (0.5, 1, 1.5, 2, 3)
    print(f"\n| difference after the stop, normal, two cells | {' | '.join(f'd = {d:g}' for d in effects)} |")
    print(f"| --- |{' ---: |' * len(effects)}")
    rows: dict[str, list[float]] = {}
    for d in effects:
        g = np.random.default_rng([seed, int(10 * d)])
        found = [one for one in (stopped(d, g) for _ in range(number)) if one[1] is not None]
        decided = [one for state, one in found if state == "decided"]
        every = [one for _, one in found]
        for name, value in (
            ("mean, as it is", np.mean([one.raw for one in every])),
            ("mean, adjusted", np.mean([one.adjusted for one in every])),
            ("mean where it was decided, as it is", np.mean([one.raw for one in decided])),
            ("mean where it was decided, adjusted", np.mean([one.adjusted for one in decided])),
            ("share of studies whose adjusted difference is above d", np.mean([one.adjusted > d for one in every])),
            ("the adjusted 95 % interval covers d", np.mean([one.low < d < one.high for one in every])),
        ):
            rows.setdefault(name, []).append(float(value))
    for name, numbers in rows.items():
        print(f"| {name} | {' | '.join(f'{one:.2f}' for one in numbers)} |", flush=True)


def rates(bound: float = 0.05, most: int = 200, alpha: float = 0.05) -> bool:
    """Exact, over all paths: what is said of a rate, and after how many runs; whether it is false in at most 5 %."""
    print(f"\n| `diverged<={bound:g}`, at most {most} seeds, true rate | said to be below | above | mean seeds |")
    print("| --- | ---: | ---: | ---: |")
    kept = True
    for rate in (0.0, 0.01, 0.02, 0.03, 0.05, 0.0501, 0.07, 0.1, 0.2, 0.3):
        alive, said, seeds = {0: 1.0}, {"below": 0.0, "above": 0.0}, 0.0
        for n in range(1, most + 1):
            after: dict[int, float] = {}
            for count, chance in alive.items():
                after[count] = after.get(count, 0.0) + chance * (1 - rate)
                after[count + 1] = after.get(count + 1, 0.0) + chance * rate
            alive = {}
            for count, chance in after.items():
                one = rate_evidence(count, n, bound)
                if min(one.p_below, one.p_above) <= alpha:
                    said["below" if one.p_below <= alpha else "above"] += chance
                    seeds += chance * n
                else:
                    alive[count] = chance
        seeds += most * sum(alive.values())
        kept = kept and said["below" if rate > bound else "above"] <= alpha
        print(f"| {rate:g} | {said['below']:.3f} | {said['above']:.3f} | {seeds:.0f} |")
    return kept


def main() -> int:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    kept = seeds_taken(arguments.studies, arguments.seed)
    exact = rates()
    estimates(arguments.studies // 4, arguments.seed)
    worst = false_verdicts(arguments.studies, arguments.seed)
    unequal_spreads(arguments.studies, arguments.seed)
    print(f"\nthe worst share of false verdicts is {worst:.1f} standard errors above 5 %; seeds as promised: {kept}")
    return 0 if worst <= SIGMAS and kept and exact else 1


if __name__ == "__main__":
    sys.exit(main())
