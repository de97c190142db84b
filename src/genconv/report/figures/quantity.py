"""The curves of any recorded quantity: gradient norm, learning rate, a part of the loss, whatever a model adds."""

from collections.abc import Mapping, Sequence

from genconv.report.figures.colours import Look, looks
from genconv.report.figures.curves import curves_figure
from genconv.report.figures.style import PRINTED, PaperFigure, Size, drawn_for
from genconv.report.labels import by_dataset, by_measure, file_names, series
from genconv.report.limits import drawn_cells
from genconv.statistics.quantity import Axis, on_quantity
from genconv.store.results import Results, StoredCell
from genconv.store.scalars import SCALAR


def quantity_figures(
    results: Results, names: Sequence[str], size: Size = PRINTED, over: Axis = "epochs"
) -> dict[str, PaperFigure]:
    """A figure a quantity and dataset, named `validation_kl-8gaussians` and so on.

    `InputError` for a quantity that no cell recorded.
    """
    figures: dict[str, PaperFigure] = {}
    colours = looks(series(cell) for cell in results.curves)
    with drawn_for(size):
        for name in dict.fromkeys(names):
            cells = [StoredCell(curves) for curves in on_quantity(results.cells, name, over)]
            figures |= _figures(cells, name, over, colours)
    return {name: size.fitted(figure) for name, figure in figures.items()}


def _figures(
    cells: Sequence[StoredCell], name: str, over: Axis, colours: Mapping[str, Look]
) -> Mapping[str, PaperFigure]:
    split = name.partition(".")[0].replace(SCALAR, "recorded")
    groups = {
        dataset if len(measures) == 1 else f"{dataset}\n{measure}": group
        for dataset, several in by_dataset(cells).items()
        for measures in [by_measure(several)]
        for measure, group in measures.items()
    }
    safe, stem = file_names(groups), file_names([name])[name]
    return {
        f"{stem}-{safe[key]}": curves_figure([cell.curves for cell in drawn_cells(group)], colours, split, over)
        for key, group in groups.items()
    }
