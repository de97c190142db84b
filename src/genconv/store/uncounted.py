"""Recorded runs that are in no number: which they are, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from genconv.config.seeds import seeds_in_words
from genconv.coordinates import RunLabel

WITHOUT_LOSS = "without a loss"
_MOST = 50
"""Lines; runs of one cell that ended alike share one."""


@dataclass(frozen=True)
class UncountedRun:
    """A run that failed, was interrupted, still runs, or has no loss."""

    dataset: str
    model: str
    run: RunLabel
    """Its seed, or its coordinates in words."""
    state: str
    """`failed`, `interrupted`, `running` or `without a loss`."""
    reason: str = ""
    """Why it failed, or who runs it; empty where that is not known."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What tells its cell apart from others of the model and dataset."""

    @property
    def variant(self) -> str:
        """As `CellCurves.variant`."""
        return ", ".join(f"{name}={value}" for name, value in self.settings.items())

    @property
    def cell(self) -> str:
        """`mine on photos (lr=0.1)`."""
        return f"{self.model} on {self.dataset}" + (f" ({self.variant})" if self.variant else "")


def by_state(runs: Iterable[UncountedRun]) -> dict[str, int]:
    """How many of each state, the states by name."""
    return dict(sorted(Counter(run.state for run in runs).items()))


def lines(runs: Sequence[UncountedRun], *, reasons: bool = True) -> list[str]:
    """A line for each cell, state and reason: `mine on photos (lr=0.1): seeds 1,4..6 failed (exit code 1)`."""
    groups: dict[tuple[str, str, str], list[UncountedRun]] = {}
    for run in runs:
        groups.setdefault((run.cell, run.state, run.reason if reasons else ""), []).append(run)
    said = [f"{cell}: {_did(alike)}{f' ({reason})' if reason else ''}" for (cell, _, reason), alike in groups.items()]
    rest = len(said) - _MOST
    return said if rest <= 0 else [*said[:_MOST], f"… and {rest} more such lines"]


def _did(alike: Sequence[UncountedRun]) -> str:
    """`seed 1 failed`, `seeds 1,4..6 were interrupted`."""
    state, one = alike[0].state, len(alike) == 1
    seeds = sorted(run.run for run in alike if isinstance(run.run, int))
    others = [str(run.run) for run in alike if not isinstance(run.run, int)]
    named = [f"seed{'s' * (len(seeds) > 1)} {seeds_in_words(seeds)}"] if seeds else []
    verb = {"failed": "failed", "interrupted": "was interrupted" if one else "were interrupted"}
    verb |= {"running": "still runs" if one else "still run", WITHOUT_LOSS: "has no loss" if one else "have no loss"}
    return f"{'; '.join([*named, *others[:8]])}{' …' if len(others) > 8 else ''} {verb[state]}"
