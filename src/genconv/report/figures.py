"""Which figures a collection of results gets, and saving them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from genconv.report.animation import Animation
from genconv.report.choice import Choice
from genconv.report.groups import file_names
from genconv.report.kinds import Studied, checked_kinds
from genconv.report.picture_figures import pictured
from genconv.report.size import PRINTED, Size
from genconv.report.style import RESOLUTION, PaperFigure, drawn_for, styled
from genconv.report.text import escape_markdown
from genconv.store.collection import Collection
from genconv.store.files import unwritten

METADATA: Mapping[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""By file type; nothing that changes from one time or machine to the next."""

_CAPTION = {"png": "Description", "svg": "Description", "pdf": "Subject"}
"""Where each file type keeps a caption."""

MEDIAN = Choice()
"""The median seed of each cell, all kept epochs."""


def figures_of(
    collection: Collection, choice: Choice = MEDIAN, kinds: Iterable[str] | None = None, size: Size = PRINTED
) -> dict[str, PaperFigure]:
    """The figures of every dataset, of the `kinds` named or of all, without those that the results cannot fill.

    Named `curves-8gaussians`, `learning-mnist-vae-corrected-s0` and so on, safe as file names whatever a dataset is
    called. `InputError` if `choice` names seeds or epochs that no run of images has, or for an unknown kind.
    """
    choice.check(collection.cells)
    chosen = checked_kinds(kinds)
    studied = Studied(collection, choice)
    safe = file_names(studied.groups)
    with drawn_for(size.style):
        figures = {
            f"{name}-{safe[dataset]}": figure
            for dataset in studied.groups
            for kind in chosen
            for name, figure in studied.figures(dataset, kind).items()
        }
        for cell in pictured(studied.all_drawn, choice) if "samples" in chosen else ():
            figures |= cell.figures()
    return {name: size.fitted(figure) for name, figure in figures.items()}


def animations_of(collection: Collection, choice: Choice = MEDIAN) -> dict[str, Animation]:
    """The canvases of models that draw in steps, named like the figure of the same steps."""
    moving = (cell.animations() for cell in pictured(Studied(collection, choice).all_drawn, choice))
    return {name: each for several in moving for name, each in several.items()}


@styled
def save_figures(figures: Mapping[str, PaperFigure], folder: Path) -> list[Path]:
    """Write each figure as PNG, SVG and PDF, its caption inside; `WorkError` if a file cannot be written."""
    paths = [folder / f"{name}.{kind}" for name in figures for kind in METADATA]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            kind = path.suffix[1:]
            figure = figures[path.stem]
            metadata = {**METADATA[kind], _CAPTION[kind]: figure.caption}
            figure.savefig(path, format=kind, dpi=RESOLUTION, metadata=metadata)
    except OSError as error:
        raise unwritten(f"figures cannot be written to '{folder}'", folder, error) from None
    return paths


def save_captions(figures: Mapping[str, PaperFigure], folder: Path) -> Path:
    """Write `captions.md`, what goes below each figure; `WorkError` if it cannot be written."""
    path = folder / "captions.md"
    text = "".join(f"## {name}\n\n{escape_markdown(figure.caption)}\n\n" for name, figure in figures.items())
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritten(f"captions cannot be written to '{folder}'", folder, error) from None
    return path


def save_animations(animations: Mapping[str, Animation], folder: Path) -> list[Path]:
    """Write each as GIF; `WorkError` if the folder or a file cannot be written."""
    paths = [folder / f"{name}.gif" for name in animations]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, each in zip(paths, animations.values(), strict=True):
            path.write_bytes(each.data)
    except OSError as error:
        raise unwritten(f"animations cannot be written to '{folder}'", folder, error) from None
    return paths
