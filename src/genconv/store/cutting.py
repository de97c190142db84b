"""Cells at a common epoch: what every curve was after so many epochs, whatever came later."""

from dataclasses import replace

import numpy as np

from genconv.curves import CellCurves, Divergence
from genconv.errors import InputError
from genconv.store.results import Results, StoredCell


def until(results: Results, end: float) -> Results:
    """The cells up to `end` epochs (steps, of cells that know only these), and a note on what that leaves out.

    Places after `end` are cut off. A run that diverged later is alive; the final evaluation, which is of the weights at
    the real end, and whatever else is of the whole run, is left out. `InputError` for a cell that ended before.
    """
    cells = tuple(_cut(cell, end) for cell in results.cells)
    cut = sum(after.curves.epochs < before.curves.epochs for after, before in zip(cells, results.cells, strict=True))
    later = sum(
        int(before.curves.diverged.sum() - after.curves.diverged.sum())
        for after, before in zip(cells, results.cells, strict=True)
    )
    words = f"--until {end:g}: {cut} of {len(cells)} cells cut, without their final evaluation"
    note = f"{words}; {later} runs diverged later" if later else words
    return replace(results, cells=cells, notes=(*results.notes, note))


def _cut(cell: StoredCell, end: float) -> StoredCell:
    curves = cell.curves
    if end > curves.trained:
        raise InputError(
            f"--until {end:g}: {curves.label} ends after {curves.trained:.12g} {curves.counted}: must be at most that"
        )
    count = int((curves.done <= end).sum())
    if not count:
        raise InputError(
            f"--until {end:g}: {curves.label} has its first loss after {curves.done[0]:.12g} {curves.counted}"
        )
    if count == curves.epochs:
        return cell
    imported = cell.imported
    if imported is not None:
        last = float(curves.places[count - 1])
        imported = replace(imported, scalars={name: one.until(last) for name, one in imported.scalars.items()})
    return replace(cell, curves=_cut_curves(curves, count, end), runs=(), imported=imported)


def _cut_curves(curves: CellCurves, count: int, end: float) -> CellCurves:
    def alive(divergence: Divergence | None) -> Divergence | None:
        done = np.inf if divergence is None else divergence.epoch + (curves.counted == "epochs")
        return divergence if done <= end else None

    return replace(
        curves,
        training=curves.training[:, :count],
        validation=curves.validation[:, :count],
        divergences=tuple(alive(divergence) for divergence in curves.divergences),
        evaluation={},
        measures={},
        epochs_at=None if curves.epochs_at is None else curves.epochs_at[:count],
        steps_at=None if curves.steps_at is None else curves.steps_at[:count],
    )
