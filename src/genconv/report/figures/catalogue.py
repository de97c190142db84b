"""The kinds of figures, which of them a collection of results gets, and saving them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from genconv.data.toy.registry import TOY_DENSITIES
from genconv.errors import InputError, unknown_name
from genconv.report.choice import Choice
from genconv.report.figures.animation import Animation
from genconv.report.figures.bars import bars_figure
from genconv.report.figures.curves import curves_figure
from genconv.report.figures.density import densities_figure
from genconv.report.figures.early import early_figure
from genconv.report.figures.forest import forest_figure
from genconv.report.figures.gap import ladder_figure
from genconv.report.figures.images import pictured
from genconv.report.figures.samples import samples_figure
from genconv.report.figures.stability import lottery_figure
from genconv.report.figures.style import PRINTED, RESOLUTION, Look, PaperFigure, Size, drawn_for, looks, styled
from genconv.report.figures.survival import incidence_figure, survival_figure
from genconv.report.format import escape_markdown
from genconv.report.labels import by_dataset, file_names, series
from genconv.report.limits import cells_note, drawn_cells
from genconv.statistics.compare import Comparisons, compare_cells
from genconv.store.files import unwritten
from genconv.store.results import Results, StoredCell

Kind = Literal["curves", "bars", "ladder", "survival", "forest", "lottery", "early", "samples"]

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Studied:
    """A collection, with what is computed of it once for all its figures."""

    collection: Results
    choice: Choice

    @cached_property
    def colours(self) -> dict[str, Look]:
        """A model looks alike for all datasets."""
        return looks(series(cell) for cell in self.collection.curves)

    @cached_property
    def groups(self) -> dict[str, list[StoredCell]]:
        """The cells of each dataset."""
        return by_dataset(self.collection.cells)

    @cached_property
    def comparisons(self) -> Comparisons | None:
        """Of all cells by their final loss; None where no dataset has two cells."""
        try:
            return compare_cells(self.collection.cells)
        except InputError:
            return None

    @cached_property
    def drawn(self) -> dict[str, list[StoredCell]]:
        """Those of each dataset that have a place in its figures."""
        return {dataset: drawn_cells(cells) for dataset, cells in self.groups.items()}

    @property
    def all_drawn(self) -> list[StoredCell]:
        """Those of all datasets, in the order of the collection."""
        drawn = {id(cell) for cells in self.drawn.values() for cell in cells}
        return [cell for cell in self.collection.cells if id(cell) in drawn]

    def figures(self, dataset: str, kind: Kind) -> Mapping[str, PaperFigure]:
        """The figures of a kind by the beginning of their file name; empty where the results have none.

        Of very many cells those in `drawn`, as the captions say; a lottery is drawn over all.
        """
        cells = self.groups[dataset] if kind == "lottery" else self.drawn[dataset]
        made = {name: one for name, one in _make(self, dataset, cells, kind).items() if one is not None}
        note = "" if kind in ("lottery", "forest") else cells_note(len(cells), len(self.groups[dataset]))
        for figure in made.values():
            figure.caption = f"{figure.caption} {note}".strip()
        return made


def checked_kinds(kinds: Iterable[str] | None) -> tuple[Kind, ...]:
    """The kinds that are named, none twice; all for None. `InputError` for an unknown one."""
    if kinds is None:
        return KINDS
    named = tuple(dict.fromkeys(kinds))
    for kind in named:
        if kind not in KINDS:
            raise unknown_name("kind", kind, KINDS)
    return tuple(kind for kind in KINDS if kind in named)


def _make(studied: Studied, dataset: str, cells: Sequence[StoredCell], kind: Kind) -> dict[str, PaperFigure | None]:
    colours, curves = studied.colours, [cell.curves for cell in cells]
    if kind == "survival":
        return {"survival": survival_figure(cells, colours), "divergence": incidence_figure(cells, colours)}
    if kind == "samples":
        truth = TOY_DENSITIES.get(dataset)
        densities = None if truth is None else densities_figure(cells, truth, colours)
        return {"densities": densities, "samples": samples_figure(cells, studied.choice)}
    if kind == "forest":
        found = studied.comparisons
        return {"forest": None if found is None else forest_figure(found, dataset)}
    draw: dict[str, Callable[[], PaperFigure | None]] = {
        "curves": lambda: curves_figure(curves, colours),
        "bars": lambda: bars_figure(curves, colours),
        "ladder": lambda: ladder_figure(cells, colours),
        "lottery": lambda: lottery_figure(cells),
        "early": lambda: early_figure(cells, colours),
    }
    return {kind: draw[kind]()}


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
    collection: Results, choice: Choice = MEDIAN, kinds: Iterable[str] | None = None, size: Size = PRINTED
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


def animations_of(collection: Results, choice: Choice = MEDIAN) -> dict[str, Animation]:
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
