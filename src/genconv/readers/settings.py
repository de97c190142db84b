"""Hyper-parameters of runs: cells for each of their values, and what differs between the runs of a cell."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from genconv.errors import InputError, printable, quoted
from genconv.readers.roles import NAMES, normal
from genconv.readers.run import ExternalRun

ALL = "all"
"""What stands for every hyper-parameter but the seed."""
_MOST_NAMES, _MOST_VALUES = 200, 20
_SEED_NAMES = frozenset(normal(name) for tier in NAMES["seed"] for name in tier)


def value_of(settings: Mapping[str, str], name: str, role: str, where: str) -> str:
    """The value of one setting; of `lr+depth` the text `lr=0.1, depth=2`.

    `InputError`, which lists the settings, if there is none of that name.
    """
    if name in settings:
        return settings[name]
    parts = [part.strip() for part in name.split("+")]
    for part in parts:
        if part not in settings:
            known = f"it has {quoted(sorted(settings), 20)}" if settings else "it has none"
            raise InputError(f"{where}: has no parameter '{part}' for {role}: {known}")
    return ", ".join(f"{part}={settings[part]}" for part in parts)


def group_of(run: ExternalRun, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The values of the hyper-parameters `names` of a run; one that it lacks is an error, but not with `all`."""
    if ALL in names:
        return tuple(sorted((name, value) for name, value in run.settings.items() if not _is_seed(name, run)))
    return tuple((name, value_of(run.settings, name, "--group-by", f"run '{run.label[:40]}'")) for name in names)


def told_apart(groups: Iterable[tuple[tuple[str, str], ...]]) -> dict[tuple[tuple[str, str], ...], dict[str, str]]:
    """For each group of `--group-by all` the settings that the others do not share."""
    known = list(groups)
    names = dict.fromkeys(name for group in known for name, _ in group)
    varied = [name for name in names if len({dict(group).get(name) for group in known}) > 1]
    return {group: {name: value for name, value in group if name in varied} for group in known}


@dataclass(frozen=True)
class Settings:
    """The hyper-parameters of the runs of a cell."""

    common: dict[str, str]
    """Name → value that every run has."""
    differing: dict[str, list[str]]
    """Name → values, of those that are not the same in every run; the seed is none of them."""
    by_run: dict[str, list[str]] = field(default_factory=dict)
    """The same with one value a run, in their order."""

    @classmethod
    def of(cls, runs: Sequence[ExternalRun]) -> "Settings":
        """What is the same in all of the runs, and what is not."""
        common: dict[str, str] = {}
        differing: dict[str, list[str]] = {}
        by_run: dict[str, list[str]] = {}
        names = dict.fromkeys(name for run in runs for name in run.settings)
        for name in list(names)[:_MOST_NAMES]:
            if any(_is_seed(name, run) for run in runs):
                continue
            every = [run.settings.get(name, "") for run in runs]
            values = dict.fromkeys(every)
            if len(values) == 1:
                common[_shown(name)] = _shown(next(iter(values)))
            else:
                differing[_shown(name)] = [_shown(value) for value in list(values)[:_MOST_VALUES]]
                by_run[_shown(name)] = [_shown(value) for value in every]
        return cls(common, differing, by_run)

    @property
    def note(self) -> str | None:
        """`the runs differ in lr (0.001, 0.0005)`; None if they do not."""
        return f"the runs differ in {self.words} (--group-by makes a cell of each value)" if self.differing else None

    @property
    def words(self) -> str:
        """`lr (0.001, 0.0005)`; empty if nothing differs."""
        shown = [_with_values(name, values) for name, values in list(self.differing.items())[:6]]
        return ", ".join(shown) + (f" and {len(self.differing) - 6} more" if len(self.differing) > 6 else "")


def _with_values(name: str, values: Sequence[str]) -> str:
    values = [value or "none" for value in values]
    short = [f"{value[:20]}…" if len(value) > 20 else value for value in values[:3]]
    return f"{name} ({', '.join(short)}{', …' if len(values) > 3 else ''})"


def _is_seed(name: str, run: ExternalRun) -> bool:
    """Whether a hyper-parameter is the seed, whatever folder of parameters it lies in."""
    last = re.split(r"[./]", name)[-1]
    told = run.seed is not None and run.settings.get(name, "").strip() == str(run.seed)
    return normal(last) in _SEED_NAMES and (told or "seed" in normal(last))


def _shown(text: str) -> str:
    return printable(text if len(text) <= 200 else f"{text[:199]}…")
