"""Which terms of a variance the runs can tell apart: by which integers of their streams occur together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from genconv.curves import FloatArray

Integers = NDArray[np.int64]
INTERACTION, CHAOS = "interaction", "chaos"
HIGHER = "higher interaction+chaos"
"""Interactions of three streams and more, where those of two are terms of their own, and no twins tell the chaos."""
_MOST_COLUMNS = 2_000


@dataclass(frozen=True)
class Term:
    """One random effect: a draw for each combination of the integers of some streams."""

    streams: frozenset[str]
    levels: Integers
    """Shape (N,): which draw each run has, from 0."""

    @property
    def indicators(self) -> FloatArray:
        """Shape (N, L): 1 where a run has a draw."""
        return np.eye(self.count)[self.levels]

    @property
    def count(self) -> int:
        """How many draws there are."""
        return int(self.levels.max()) + 1

    def contains(self, other: "Term") -> bool:
        """Whether the streams of the other are among its own."""
        return other.streams <= self.streams


@dataclass(frozen=True)
class Plan:
    """What the runs can tell apart."""

    terms: tuple[Term, ...]
    """Random effects; after them comes the residual."""
    rows: dict[str, list[int]]
    """By name, the places of the terms whose variances are added; the residual is the place after the last term."""
    totals_are_bounds: bool
    """Whether the interactions of single streams are not told apart."""

    def reached_by(self, name: str) -> list[int] | None:
        """Which variances there are when the stream of this name alone varies; None for what is no stream."""
        if len(self.rows[name]) != 1 or self.rows[name][0] == len(self.terms) or INTERACTION in name:
            return None
        own = self.terms[self.rows[name][0]]
        return [*(place for place, term in enumerate(self.terms) if term.contains(own)), len(self.terms)]


def plan_of(streams: Mapping[str, Integers]) -> Plan | None:
    """The terms that runs with these integers can tell apart; None if there is none.

    Streams whose integers say the same of the runs are one term, `init+order`, and so are a stream and another that
    follows from it. A stream that has another integer in every run counts with the interactions. Interactions of two
    streams are terms if the runs can tell all of them; runs that agree in all streams, twins, tell the chaos.
    """
    varying = {name: _codes(integers) for name, integers in streams.items() if len(np.unique(integers)) > 1}
    if not varying:
        return None
    units = _together(varying.values())
    twins = int(units.max()) + 1 < len(units)
    single = [name for name, levels in varying.items() if levels.max() == units.max()]
    repeated = {name: levels for name, levels in varying.items() if name not in single}
    if not repeated:
        return _seeds_alone(tuple(varying), units) if twins else None
    mains = _merged(repeated)
    pairs = _pairs(mains, int(units.max()) + 1, twins) if len(mains) > 2 or single else []
    every = frozenset(varying)
    cells = [Term(every, units)] if twins and _adds(units, [*mains.values(), *pairs]) else []
    terms = (*mains.values(), *pairs, *cells)
    rows = {name: [place] for place, name in enumerate(mains)}
    interactions = list(range(len(mains), len(terms)))
    joined = "+".join([*single, INTERACTION])
    if twins:
        rows |= {joined: interactions} if interactions else {}
        rows[CHAOS] = [len(terms)]
    else:
        rows |= {INTERACTION: interactions} if interactions else {}
        rows["+".join([*single, HIGHER]) if interactions else f"{joined}+{CHAOS}"] = [len(terms)]
    are_bounds = bool(single) or len(mains) > 3 or (len(mains) == 3 and not pairs)
    return Plan(terms, rows, are_bounds)


def _seeds_alone(names: tuple[str, ...], units: Integers) -> Plan:
    """Twins of seeds that change every stream at once."""
    joined = "+".join(names)
    return Plan((Term(frozenset(names), units),), {joined: [0], CHAOS: [1]}, False)


def _merged(streams: Mapping[str, Integers]) -> dict[str, Term]:
    """A term for each stream; those of which one follows from the other are one."""
    groups: list[tuple[list[str], Integers]] = []
    for name, levels in streams.items():
        for names, other in groups:
            both = _together([levels, other])
            if both.max() == max(levels.max(), other.max()):
                names.append(name)
                groups[groups.index((names, other))] = (names, both)
                break
        else:
            groups.append(([name], levels))
    return {"+".join(names): Term(frozenset(names), levels) for names, levels in groups}


def _pairs(mains: Mapping[str, Term], count: int, twins: bool) -> list[Term]:
    """The interactions of every two streams, if the runs tell all of them; none otherwise."""
    pairs = [Term(a.streams | b.streams, _together([a.levels, b.levels])) for a, b in combinations(mains.values(), 2)]
    freedom = 1 + sum(term.count - 1 for term in mains.values())
    freedom += sum((a.count - 1) * (b.count - 1) for a, b in combinations(mains.values(), 2))
    columns = sum(term.count for term in pairs)
    whole = all(pair.count < count for pair in pairs)
    return pairs if whole and columns <= _MOST_COLUMNS and (twins or freedom < count) and freedom <= count else []


def _adds(units: Integers, terms: list[Term]) -> bool:
    """Whether the units say more than the terms together do."""
    return all(term.count <= units.max() for term in terms)


def _codes(integers: Integers) -> Integers:
    """The integers, numbered from 0."""
    return np.unique(integers, return_inverse=True)[1].astype(np.int64)


def _together(levels: Iterable[Integers]) -> Integers:
    """A number for each combination that occurs."""
    _, codes = np.unique(np.stack(list(levels), axis=1), axis=0, return_inverse=True)
    return codes.reshape(-1).astype(np.int64)
