"""Which figures a collection of results gets, and saving them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genconv.data.toy.registry import TOY_DENSITIES
from genconv.errors import WorkError
from genconv.report.animation import Animation
from genconv.report.bars_figure import bars_figure
from genconv.report.choice import Choice
from genconv.report.curves_figure import curves_figure
from genconv.report.densities_figure import densities_figure
from genconv.report.groups import by_dataset, file_names, series
from genconv.report.picture_figures import pictured
from genconv.report.samples_figure import samples_figure
from genconv.report.style import RESOLUTION, PaperFigure, looks, styled
from genconv.store.collection import Collection
from genconv.store.files import one_line

METADATA: Mapping[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""By file type; nothing that changes from one time or machine to the next."""

MEDIAN = Choice()
"""The median seed of each cell, all kept epochs."""


def figures_of(collection: Collection, choice: Choice = MEDIAN) -> dict[str, PaperFigure]:
    """Loss curves and metric bars of every dataset, densities of toy ones, pictures of images where they are stored.

    Named `curves-8gaussians`, `learning-mnist-vae-corrected-s0` and so on, safe as file names whatever a dataset is
    called. `InputError` if `choice` names seeds or epochs that no run of images has.
    """
    choice.check(collection.cells)
    groups = by_dataset(collection.cells)
    safe = file_names(groups)
    figures = {
        f"{kind}-{safe[dataset]}": figure
        for dataset in groups
        for kind, figure in dataset_figures(collection, dataset, choice).items()
    }
    for cell in pictured(collection.cells, choice):
        figures |= cell.figures()
    return figures


def dataset_figures(collection: Collection, dataset: str, choice: Choice = MEDIAN) -> dict[str, PaperFigure]:
    """Draw one dataset, by kind: `curves`, `bars`, `densities`, `samples`; a model looks alike for all datasets."""
    cells = by_dataset(collection.cells)[dataset]
    colours = looks(series(cell) for cell in collection.curves)
    curves = [cell.curves for cell in cells]
    truth = TOY_DENSITIES.get(dataset)
    figures = {
        "curves": curves_figure(curves, colours),
        "bars": bars_figure(curves, colours),
        "densities": None if truth is None else densities_figure(cells, truth, colours),
        "samples": samples_figure(cells, choice),
    }
    return {kind: figure for kind, figure in figures.items() if figure is not None}


def animations_of(collection: Collection, choice: Choice = MEDIAN) -> dict[str, Animation]:
    """The canvases of models that draw in steps, named like the figure of the same steps."""
    moving = (cell.animations() for cell in pictured(collection.cells, choice))
    return {name: each for several in moving for name, each in several.items()}


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


def save_animations(animations: Mapping[str, Animation], folder: Path) -> list[Path]:
    """Write each as GIF; `WorkError` if the folder or a file cannot be written."""
    paths = [folder / f"{name}.gif" for name in animations]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, each in zip(paths, animations.values(), strict=True):
            path.write_bytes(each.data)
    except OSError as error:
        raise WorkError(f"animations cannot be written to '{folder}': {one_line(error)}") from None
    return paths
