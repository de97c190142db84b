"""Cells of runs that are not finished: their curves so far, of runs that genconv trains or that a script records."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from genconv.coordinates import run_labels
from genconv.curves import CellCurves, Divergence, FloatArray, find_divergence
from genconv.store.curves import Quantity
from genconv.store.growing import GrowingFile, GrowingRuns
from genconv.store.recorded import LOSSES, RecordedRun
from genconv.store.results import StoredCell
from genconv.store.scalars import SCALAR, WALL_TIME, Scalar, Scalars, quantity_of

RECORDED = "recorded"
"""Stands where cells that genconv trains have their protocol."""


@dataclass(frozen=True, repr=False)
class GrowingCell(StoredCell):
    """A cell with the curves so far of runs that are not finished."""

    recorded: Mapping[str, FloatArray] = field(default_factory=dict)
    """`SPLIT.QUANTITY` → shape (N, E), NaN where there is no number."""
    logged: Scalars = field(default_factory=dict)
    """What a script has logged besides, and the wall time."""

    @property
    def quantities(self) -> tuple[str, ...]:
        """As of a stored cell."""
        own = (f"{SCALAR}.{name}" for name in self.logged if name != WALL_TIME)
        return (*(name for name, values in self.recorded.items() if not np.isnan(values).all()), *own)

    def quantity(self, name: str) -> Quantity:
        """As of a stored cell."""
        split, _, kind = name.partition(".")
        curves = self.curves
        by_step = curves.counted == "steps"
        if split == SCALAR:
            return quantity_of(kind, self.logged[kind], by_step=by_step)
        places = None if by_step else curves.places
        return Quantity(name, self.recorded[name], places, curves.steps_at, curves.measure if kind == "loss" else None)

    @property
    def scalars(self) -> Scalars:
        """As of a stored cell."""
        return self.logged


def trained_cells(files: Sequence[GrowingFile]) -> Iterator[GrowingCell]:
    """One a cell; the sets of its runs that are trained apart together, NaN where one is behind."""
    by_cell: dict[str, list[tuple[GrowingRuns, GrowingFile]]] = defaultdict(list)
    for file in files:
        if file.about is not None:
            by_cell[file.about.cell.identity].append((file.about, file))
    yield from map(_trained_cell, by_cell.values())


def _trained_cell(sets: Sequence[tuple[GrowingRuns, GrowingFile]]) -> GrowingCell:
    first, epochs = sets[0][0], max(file.epochs for _, file in sets)
    names = [name for name in sets[0][1].values if all(name in file.values for _, file in sets)]
    recorded = {name: np.concatenate([_padded(file.row(name), epochs) for _, file in sets]) for name in names}
    runs = tuple(run for about, _ in sets for run in about.runs)
    seconds = [np.tile(_padded(np.array([file.seconds]), epochs), (len(about.runs), 1)) for about, file in sets]
    places = np.arange(epochs, dtype=np.float64)
    curves = CellCurves(
        dataset=first.cell.dataset,
        model=first.cell.model,
        protocol=first.cell.protocol,
        seeds=run_labels(runs),
        training=recorded["training.loss"],
        validation=recorded["validation.loss"],
        divergences=tuple(file.ended.get(place) for about, file in sets for place in range(len(about.runs))),
        reference=first.reference,
        measure=first.measure,
        epochs_at=places,
        steps_at=(places + 1) * first.steps,
        coordinates=runs,
    )
    logged = {WALL_TIME: Scalar(places, np.concatenate(seconds))}
    return GrowingCell(curves, first.cell, recorded=recorded, logged=logged)


def _padded(rows: FloatArray, epochs: int) -> FloatArray:
    return np.pad(rows, ((0, 0), (0, epochs - rows.shape[1])), constant_values=np.nan)


def recorded_cell(runs: Sequence[RecordedRun]) -> GrowingCell | None:
    """The curves of all runs of a script's cell; None before the first loss, and if they count different things."""
    runs = [run for run in runs if any(run.values.get(loss) for loss in LOSSES)]
    if len({run.counted for run in runs}) != 1:
        return None
    places = np.array(sorted({place for run in runs for place in run.places}), dtype=np.float64)
    names = dict.fromkeys(name for run in runs for name in run.values)
    rows = {name: np.stack([_on(places, run.values.get(name, {})) for run in runs]) for name in names}
    training = rows.get("training", np.full((len(runs), len(places)), np.nan))
    by_step, about = runs[0].counted == "step", runs[0].run
    curves = CellCurves(
        dataset=about.dataset,
        model=about.model,
        protocol=RECORDED,
        seeds=run_labels([run.run.coordinates for run in runs]),
        training=training,
        validation=rows.get("validation", training),
        divergences=tuple(map(_divergence, runs)),
        measure=about.measure,
        epochs_at=None if by_step else places,
        steps_at=places if by_step else None,
    )
    losses = {f"{loss}.loss": rows[loss] for loss in LOSSES if loss in rows}
    logged = {name: Scalar(places, values) for name, values in rows.items() if name not in LOSSES}
    if any(run.seconds for run in runs):
        logged[WALL_TIME] = Scalar(places, np.stack([_on(places, run.seconds) for run in runs]))
    return GrowingCell(curves, recorded={"validation.loss": curves.validation, **losses}, logged=logged)


def _on(places: FloatArray, values: Mapping[float, float]) -> FloatArray:
    return np.array([values.get(place, np.nan) for place in places.tolist()], dtype=np.float64)


def _divergence(run: RecordedRun) -> Divergence | None:
    """Where a script has logged a loss that is no number, or has blown up."""
    losses = next(run.values[loss] for loss in LOSSES if run.values.get(loss))
    values = np.array(list(losses.values()), dtype=np.float64)
    return find_divergence(values, values, np.array(list(losses), dtype=np.float64))
