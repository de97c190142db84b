"""Which figures a collection of results gets, and saving them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genconv.data.toy.registry import TOY_DENSITIES
from genconv.errors import WorkError
from genconv.report.bars_figure import bars_figure
from genconv.report.curves_figure import curves_figure
from genconv.report.densities_figure import densities_figure
from genconv.report.groups import by_dataset, file_names, series
from genconv.report.style import PaperFigure, looks, styled
from genconv.store.collection import Collection
from genconv.store.files import one_line

RESOLUTION = 200
"""Dots per inch of PNG files, and of what is drawn as an image inside SVG and PDF."""

METADATA: Mapping[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""By file type; nothing that changes from one time or machine to the next."""


def figures_of(collection: Collection) -> dict[str, PaperFigure]:
    """Loss curves and metric bars of every dataset, and densities of the toy ones whose samples are stored.

    Named `curves-8gaussians` and so on, safe as file names whatever a dataset is called.
    """
    groups = by_dataset(collection.cells)
    safe = file_names(groups)
    return {
        f"{kind}-{safe[dataset]}": figure
        for dataset in groups
        for kind, figure in dataset_figures(collection, dataset).items()
    }


def dataset_figures(collection: Collection, dataset: str) -> dict[str, PaperFigure]:
    """Draw one dataset, by kind: `curves`, `bars`, `densities`; a model looks alike for all datasets."""
    cells = by_dataset(collection.cells)[dataset]
    colours = looks(series(cell) for cell in collection.curves)
    curves = [cell.curves for cell in cells]
    figures = {"curves": curves_figure(curves, colours), "bars": bars_figure(curves, colours)}
    truth = TOY_DENSITIES.get(dataset)
    learned = None if truth is None else densities_figure(cells, truth, colours)
    return figures if learned is None else {**figures, "densities": learned}


@styled
def save_figures(figures: Mapping[str, PaperFigure], folder: Path) -> list[Path]:
    """Write each figure as PNG, SVG and PDF; `WorkError` if the folder or a file cannot be written."""
    paths = [folder / f"{name}.{kind}" for name in figures for kind in METADATA]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            kind = path.suffix[1:]
            figures[path.stem].savefig(path, format=kind, dpi=RESOLUTION, metadata=METADATA[kind])
    except OSError as error:
        raise WorkError(f"figures cannot be written to '{folder}': {one_line(error)}") from None
    return paths
