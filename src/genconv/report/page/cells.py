"""The part of the page about each cell, which links lead to: its numbers, and every run."""

from collections.abc import Sequence
from dataclasses import dataclass

from genconv.metrics.summary import per_seed
from genconv.report.format import number, with_interval
from genconv.report.labels import diverged, file_names, runs_phrase
from genconv.report.page.overview import estimates_csv
from genconv.report.page.table import PageTable
from genconv.report.tables.metrics import shown_metrics
from genconv.report.tables.writing import csv_rows
from genconv.statistics.entropy_gap import entropy_gap
from genconv.statistics.summary import CellEstimate
from genconv.store.results import StoredCell


@dataclass(frozen=True)
class CellPart:
    """One cell in full."""

    id: str
    title: str
    words: str
    parameters: str
    """How many the model has; empty where no run is on record."""
    tables: tuple[PageTable, ...]


def cell_ids(cells: Sequence[StoredCell]) -> dict[str, str]:
    """By a cell's label, the id of its part of the page: the same for the same cells."""
    safe = file_names(cell.curves.label.replace(" · ", "-") for cell in cells)
    ids = [f"cell-{stem}" for stem in safe.values()]
    return dict(zip((cell.curves.label for cell in cells), ids, strict=True))


def cell_parts(cells: Sequence[StoredCell], estimates: Sequence[CellEstimate]) -> list[CellPart]:
    """A part a cell, in the same order."""
    ids = cell_ids(cells)
    return [_part(cell, one, ids[cell.curves.label]) for cell, one in zip(cells, estimates, strict=True)]


def _part(cell: StoredCell, one: CellEstimate, name: str) -> CellPart:
    curves = cell.curves
    words = (
        f"{runs_phrase([curves]).capitalize()}, {curves.epochs} epochs; {diverged(curves) or 'none diverged'}. "
        f"Curves: {curves.measure.label}."
    )
    tables = (_metrics_table(one, f"{name}-metrics"), _runs_table(cell, one, name))
    return CellPart(name, curves.label, words, _parameters(cell), tables)


def _metrics_table(one: CellEstimate, name: str) -> PageTable:
    """Every metric of the cell with its intervals, its unit and what it says."""
    rows = [
        (
            metric.title,
            "" if (measure := one.measures.get(metric.name)) is None else measure.words,
            metric.unit or ("" if measure is None else measure.unit),
            f"{one.metrics[metric.name].n} of {one.seeds}",
            with_interval(one.metrics[metric.name].mean, one.estimates[metric.name].mean_interval, metric.digits),
            number(one.metrics[metric.name].sd, 3),
            with_interval(one.estimates[metric.name].median, one.estimates[metric.name].median_interval, metric.digits),
        )
        for metric in shown_metrics([one])
    ]
    header = ("metric", "of", "unit", "runs", "mean [95 % Student t]", "sd", "median [95 % order statistics]")
    return PageTable(name, "Over the runs that have a number.", header, 3, rows, estimates_csv([one]))


def _runs_table(cell: StoredCell, one: CellEstimate, cell_id: str) -> PageTable:
    """Every run of the cell: its metrics, how it ended, and its flag on the gap to the entropy."""
    curves, metrics, values = cell.curves, shown_metrics([one]), per_seed(cell.curves, one.mode)
    gap = entropy_gap(cell) if curves.measure.says_nll else None
    flags = ["" if gap is None or curves.diverged[place] else gap.flags[place] for place in range(len(curves.seeds))]
    ended = ["" if end is None else f"{end.cause} in epoch {end.epoch}" for end in curves.divergences]
    known = [metric for metric in metrics if metric.name in values]
    rows, data = [], []
    for place, label in enumerate(curves.seeds):
        numbers = [float(values[metric.name][place]) for metric in known]
        texts = (number(value, max(metric.digits, 0)) for value, metric in zip(numbers, known, strict=True))
        rows.append((str(label), *texts, "; ".join(filter(None, (ended[place], flags[place])))))
        data.append((label, *numbers, ended[place], flags[place]))
    header = ("run", *(metric.title for metric in known), "note")
    caption = "A row a run; epochs count from 0; a dash where a run has no number."
    if gap is not None and gap.points is None:
        caption += (
            " On how many points they were evaluated is not on record, so no run is held against the entropy or the "
            "Gaussian."
        )
    names = ["seed", *(metric.name for metric in known), "divergence", "flag"]
    name = f"{cell_id}-seeds"
    runs = [f"{cell_id}/{label}" for label in curves.seeds]
    return PageTable(name, caption, header, 0, rows, csv_rows(names, data), runs=runs)


def _parameters(cell: StoredCell) -> str:
    counts = sorted({run.outcome.parameters for run in cell.runs})
    return ", ".join(f"{count:,}" for count in counts)
