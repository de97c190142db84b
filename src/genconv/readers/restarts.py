"""Restarts as TensorBoard reads them: what a program had written beyond the step at which it started again is void."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from genconv.readers.run import Series
from genconv.readers.scalar_run import ScalarRun


class Point(NamedTuple):
    """A scalar in an event file. Without a tag it says that a program starts at this step."""

    tag: str | None
    step: int
    value: float


@dataclass(frozen=True)
class Voided:
    """What restarts made void: how many steps, the first and the last of them."""

    steps: int
    first: int
    last: int


def without_voided(files: Sequence[Sequence[Point]]) -> tuple[list[Point], Voided | None]:
    """The scalars of one folder that count, and what is void; `files` are in the order in which they were begun.

    - A newer file that writes a tag of an older one goes on from its first step: all older events from there on are
      void. Files without a tag in common are two writers of one run, and void nothing.
    - A start of the program (`Point` without a tag) voids everything from its step on.
    - Within a file, a tag whose steps go back voids what it has from there on.
    """
    kept: dict[str, list[Point]] = defaultdict(list)
    void: set[int] = set()
    for points in files:
        tags = {point.tag for point in points}
        first = next((point.step for point in points if point.tag is not None), None)
        if first is not None and tags & {tag for tag, old in kept.items() if old}:
            _cut(kept, list(kept), first, void)
        for point in points:
            if point.tag is None:
                _cut(kept, list(kept), point.step, void)
                continue
            if kept[point.tag] and kept[point.tag][-1].step >= point.step:
                _cut(kept, [point.tag], point.step, void)
            kept[point.tag].append(point)
    found = Voided(len(void), min(void), max(void)) if void else None
    return [point for points in kept.values() for point in points], found


def continued(older: ScalarRun, newer: ScalarRun) -> tuple[ScalarRun, Voided | None]:
    """One run from two records of it, the newer of which goes on from its first step; and what of the older is void."""
    if _same(older, newer):
        return newer, None
    firsts = [series.keys[0] for series in newer.scalars.values() if len(series)]
    if not firsts or not older.scalars.keys() & newer.scalars.keys():
        return replace(newer, scalars={**older.scalars, **newer.scalars}), None
    first = min(firsts)
    void = {int(step) for series in older.scalars.values() for step in series.keys[series.keys >= first]}
    scalars: dict[str, Series] = {}
    for name in dict.fromkeys((*older.scalars, *newer.scalars)):
        parts = [older.scalars.get(name, Series.empty()), newer.scalars.get(name, Series.empty())]
        kept = parts[0].keys < first
        keys = np.concatenate([parts[0].keys[kept], parts[1].keys])
        scalars[name] = Series(keys, np.concatenate([parts[0].values[kept], parts[1].values]))
    blanks = {
        name: (*(step for step in older.blanks.get(name, ()) if step < first), *newer.blanks.get(name, ()))
        for name in (*older.blanks, *newer.blanks)
    }
    found = Voided(len(void), min(void), max(void)) if void else None
    return replace(newer, scalars=scalars, blanks=blanks, parameters={**older.parameters, **newer.parameters}), found


def _same(one: ScalarRun, other: ScalarRun) -> bool:
    """Whether two records are copies."""
    return one.scalars.keys() == other.scalars.keys() and all(
        np.array_equal(series.keys, other.scalars[name].keys)
        and np.array_equal(series.values, other.scalars[name].values, equal_nan=True)
        for name, series in one.scalars.items()
    )


def _cut(kept: dict[str, list[Point]], tags: Sequence[str], first: int, void: set[int]) -> None:
    """Take out the points of some tags from a step on."""
    for tag in tags:
        points = kept[tag]
        place = bisect_left(points, first, key=lambda point: point.step)
        void.update(point.step for point in points[place:])
        del points[place:]


def told(label: str, void: Voided) -> str:
    """A note on one run."""
    if void.steps == 1:
        return f"'{label}' was started again: step {void.first} was written twice, the earlier event is void"
    return (
        f"'{label}' was started again: {void.steps} steps were written before ({void.first} … {void.last}), "
        "those events are void"
    )
