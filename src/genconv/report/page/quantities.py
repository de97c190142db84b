"""Every further quantity that was recorded along the training, for the chart of the loss curves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.report.choice import evenly
from genconv.report.figures.colours import Look
from genconv.report.limits import drawn_runs
from genconv.report.page.chart_data import chart_data
from genconv.statistics.quantity import on_quantity
from genconv.store.results import StoredCell
from genconv.store.scalars import SCALAR, WALL_TIME

FIRST = "validation.loss"
"""What the chart shows until another quantity is chosen."""
_MOST_VALUES = 400_000
"""Values of one chart's further quantities; where there are more, fewer places of each are drawn."""
_MOST_NAMES = 40
"""Quantities that can be chosen."""


def titled(name: str, label: str) -> str:
    """`validation NLL, nats`, `gradient norm`, `accuracy`: the quantity as an axis names it."""
    split, _, what = name.partition(".")
    if split == SCALAR:
        return what
    return label if what in ("gradient_norm", "learning_rate") else f"{split} {label}"


def quantity_names(cells: Sequence[StoredCell]) -> list[str]:
    """What can be chosen: the loss of validation, that of training, then everything else in the order of record."""
    known = dict.fromkeys(name for cell in cells for name in cell.quantities)
    first = [name for name in (FIRST, "training.loss") if name in known]
    return list(dict.fromkeys([*first, *known]))[:_MOST_NAMES]


def further_quantities(
    cells: Sequence[StoredCell],
    colours: Mapping[str, Look],
    dataset: str,
    ids: Mapping[str, str],
    wanted: Sequence[str] | None = None,
) -> dict[str, dict[str, Any]]:
    """By name what `chart_data` gives of the quantity; of a cell that did not record it, None in its place.

    Of all quantities but the first, or of those that are `wanted` alone.
    """
    names = [name for name in quantity_names(cells) if name != FIRST and (wanted is None or name in wanted)]
    if not names:
        return {}
    lines = {cell.curves.label: drawn_runs(cell.curves, len(cells)) for cell in cells}
    room = _MOST_VALUES // (len(names) * max(sum(map(len, lines.values())), 1))
    return {name: _one(cells, name, colours, (dataset, ids, lines, max(room, 20))) for name in names}


def _one(
    cells: Sequence[StoredCell],
    name: str,
    colours: Mapping[str, Look],
    shared: tuple[str, Mapping[str, str], Mapping[str, Sequence[int]], int],
) -> dict[str, Any]:
    dataset, ids, lines, room = shared
    found = on_quantity(cells, name)
    curves = [thinned(one, room) for one in found]
    data = chart_data(curves, colours, dataset, ids, wall_times(cells, curves), lines)
    by_id = {cell["id"]: cell for cell in data["cells"]}
    data["cells"] = [by_id.get(ids[cell.curves.label]) for cell in cells]
    data["title"] = titled(name, data["label"])
    data["thinned"] = any(after.epochs < before.epochs for after, before in zip(curves, found, strict=True))
    return data


def wall_times(cells: Sequence[StoredCell], curves: Sequence[CellCurves]) -> dict[str, FloatArray]:
    """By label the median over runs of the seconds since their start, at the places of `curves`, where on record."""
    times = {cell.curves.label: cell.scalars.get(WALL_TIME) for cell in cells}
    found = {}
    for one in curves:
        recorded = times[one.label]
        known = None if recorded is None else np.isfinite(recorded.values).any(axis=0)
        if recorded is not None and known is not None and known.any():
            seconds = np.nanmedian(recorded.values[:, known], axis=0)
            found[one.label] = np.interp(one.places, recorded.at[known], seconds)
    return found


def thinned(cell: CellCurves, most: int) -> CellCurves:
    """The curves at `most` places, as even as can be, with the first and the last."""
    if cell.epochs <= most:
        return cell
    kept = evenly(cell.epochs, most)
    return replace(
        cell,
        training=cell.training[:, kept],
        validation=cell.validation[:, kept],
        epochs_at=cell.places[kept] if cell.counted == "epochs" else None,
        steps_at=None if cell.steps_at is None else cell.steps_at[kept],
    )
