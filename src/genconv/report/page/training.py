"""The part of a page that is watched: what is in training, as HTML once and then as data for its charts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from genconv.report.choice import Choice
from genconv.report.durations import duration
from genconv.report.figures.studied import Studied
from genconv.report.page.answers import curves_chart
from genconv.report.page.cells import cell_ids
from genconv.report.page.quantities import thinned
from genconv.report.page.registry import registry
from genconv.store.growing_cells import GrowingCell
from genconv.store.in_training import Growing
from genconv.store.recorded import RecordedRun
from genconv.store.results import Results
from genconv.store.status import CellStatus

_MOST_VALUES = 40_000
"""Losses of all charts together; where there are more, fewer places of each curve are drawn."""
PREFIX = "training-"


@dataclass(frozen=True)
class Row:
    """A cell in training, or waiting, in words."""

    cell: str
    runs: str
    epoch: str
    share: float | None
    """How much is done, from 0 to 1; None where that is not known."""
    diverged: str
    left: str
    state: str


@dataclass(frozen=True)
class Training:
    """Everything in training in a store."""

    rows: tuple[Row, ...]
    said: str
    """The same in a sentence."""
    cells: tuple[GrowingCell, ...]
    structure: str
    """Changes when the charts have other cells, runs or quantities."""

    @classmethod
    def of(cls, found: Growing, statuses: Sequence[CellStatus]) -> "Training":
        """From a look at the store and the status of its cells."""
        most = max(_MOST_VALUES // max(sum(len(cell.curves.seeds) for cell in found.cells), 1), 50)
        cells = tuple(replace(cell, curves=thinned(cell.curves, most)) for cell in found.cells)
        rows = (*map(_row, statuses), *map(_recorded_row, found.recorded))
        known = [(cell.curves.label, cell.curves.seeds, cell.quantities) for cell in cells]
        return cls(rows, _said(statuses, rows), cells, sha256(repr(known).encode()).hexdigest()[:12])

    def charts(self, names: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """One for cells that share an axis, with the further quantities of these names; all for None."""
        studied = Studied(Results(self.cells), Choice())
        for groups in studied.groups.values():
            for group in groups:
                in_order = sorted(group.drawn, key=lambda cell: cell.curves.label)
                made = curves_chart(studied, replace(group, drawn=tuple(in_order)), self._ids, names)
                yield made | {"slug": PREFIX + made["slug"], "apart": ""}

    def data(self, names: Sequence[str]) -> dict[str, Any]:
        """What the page asks for while it is open: rows, the charts with what they show, who is in them."""
        charts = [
            {"figure": f"figure-{one['slug']}", "data": one["data"], "more": one["others"]}
            for one in self.charts(names)
        ]
        return {
            "said": self.said,
            "rows": [list(vars(row).values()) for row in self.rows],
            "charts": charts,
            "runs": self.registry,
        }

    @property
    def is_busy(self) -> bool:
        """Whether a process works on the store, or will."""
        return any(row.state != "interrupted" for row in self.rows)

    @property
    def registry(self) -> list[dict[str, Any]]:
        """The cells by the names that their charts use."""
        return registry(self.cells, Studied(Results(self.cells), Choice()).colours, self._ids)

    @property
    def _ids(self) -> Mapping[str, str]:
        return {label: PREFIX + one for label, one in cell_ids(self.cells).items()}


def _row(one: CellStatus) -> Row:
    left = "" if one.seconds_left is None or one.done == one.epochs else duration(one.seconds_left)
    epoch = f"{one.done}/{one.epochs}" if one.epochs else ""
    share = one.done / one.epochs if one.epochs else None
    name = f"{one.model} on {one.dataset}" + (f", {one.protocol}" if one.protocol else "")
    state = one.state if one.state in ("waiting", "interrupted") else "in training"
    return Row(name, str(one.runs), epoch, share, str(one.diverged) if one.done else "", left, state)


def _recorded_row(runs: Sequence[RecordedRun]) -> Row:
    running = [run for run in runs if run.state == "running"]
    places = [run.places[-1] for run in running if run.places]
    ends = dict.fromkeys((min(places), max(places))) if places else ()
    name = f"{runs[0].run.model} on {runs[0].run.dataset}"
    return Row(name, str(len(running)), " … ".join(f"{one:.12g}" for one in ends), None, "", "", "recorded now")


def _said(statuses: Sequence[CellStatus], rows: Sequence[Row]) -> str:
    """`2 cells in training, 3 wait. About 4 min until those in training are done.`."""
    busy = [row for row in rows if row.state in ("in training", "recorded now")]
    counts = [
        f"{len(busy)} cell{'s' * (len(busy) != 1)} in training" if busy else "Nothing is in training",
        *(f"{count} {state}" for state in ("waiting", "interrupted") if (count := sum(r.state == state for r in rows))),
    ]
    working = (one for one in statuses if one.state not in ("waiting", "interrupted"))
    known = [one.seconds_left for one in working if one.seconds_left is not None]
    left = f" About {duration(max(known))} until what is in training is done." if known and max(known) >= 1 else ""
    return f"{', '.join(counts)}.{left}"
