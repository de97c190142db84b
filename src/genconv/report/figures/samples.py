"""Samples of every image model of a dataset, beside images of the test set."""

from collections.abc import Sequence
from dataclasses import dataclass

from genconv.report.choice import Choice, Picked
from genconv.report.figures.colours import QUIET
from genconv.report.figures.image_grid import GAP, Tiles, framed, in_rows, is_drawing, on_paper, tone_sentence
from genconv.report.figures.layout import LINE, DotFigure
from genconv.report.figures.style import COLUMN, PAGE, RESOLUTION, PaperFigure, styled
from genconv.report.labels import runs_phrase, series, wrapped
from genconv.report.stored_images import Grey, has_images
from genconv.store.results import StoredCell

_SHAPES = {1: (10, 10), 2: (9, 7), 3: (7, 6), 4: (5, 6)}
"""Columns and rows of images in a panel, by the number of panels side by side."""
_GUTTER, _HEADING = 36, 40
"""Dots between panels, and of a protocol's name at the side."""


@dataclass(frozen=True)
class _Panel:
    name: str
    which: str
    images: Grey | None
    """None: no run is left."""

    def title(self, width: int) -> str:
        return f"{wrapped(self.name, width)}\n{self.which}"


@styled
def samples_figure(cells: Sequence[StoredCell], choice: Choice) -> PaperFigure | None:
    """Draw the final samples of each model, a block of panels a protocol; None without images."""
    shown = [cell for cell in cells if any(map(has_images, cell.runs))]
    picked = {cell.curves.label: choice.runs(cell) for cell in shown}
    runs = [run for several in picked.values() for run in several]
    blocks = _blocks(shown, picked)
    if not blocks or not any("samples" in run.arrays for run in runs):
        return None
    drawing = is_drawing(run.arrays for run in runs)
    figure = _drawn(blocks, drawing)
    names = ", ".join(dict.fromkeys(series(cell.curves) for cell in shown))
    dataset = shown[0].curves.dataset
    figure.caption = _caption(shown, choice, drawing, any(blocks[key][0].name == "test images" for key in blocks))
    figure.alt = f"Grids of images that {names} drew after training on {dataset}."
    return figure


def _blocks(cells: Sequence[StoredCell], picked: dict[str, list[Picked]]) -> dict[str, list[_Panel]]:
    blocks: dict[str, list[_Panel]] = {}
    for cell in sorted(cells, key=lambda cell: (cell.curves.protocol, series(cell.curves))):
        runs, name = picked[cell.curves.label], series(cell.curves)
        panels = [_Panel(name, run.note, run.arrays["samples"]) for run in runs if "samples" in run.arrays]
        count = len(cell.runs)
        if not runs and cell.curves.diverged.all():
            panels = [_Panel(name, f"{count} of {count} diverged", None)]
        if panels:
            blocks.setdefault(cell.curves.protocol, _truth(runs)).extend(panels)
    return blocks


def _truth(runs: Sequence[Picked]) -> list[_Panel]:
    inputs = [run.arrays["snapshots.inputs"] for run in runs if "snapshots.inputs" in run.arrays]
    return [_Panel("test images", "data", inputs[0])] if inputs else []


def _drawn(blocks: dict[str, list[_Panel]], drawing: bool) -> DotFigure:
    most = max(map(len, blocks.values()))
    abreast = min(most, max(_SHAPES))
    margin = _HEADING if len(blocks) > 1 else 0
    paper = round((COLUMN if most == 1 else PAGE) * RESOLUTION) - margin
    share = (paper - _GUTTER * (abreast - 1)) // abreast
    panels = [panel for block in blocks.values() for panel in block]
    tiles, columns, rows = _fitted(panels, share, *_shape(panels, abreast))
    letters = max(10, share // 15)
    high, wide = tiles.size(rows, columns)
    titles = LINE * max(panel.title(letters).count("\n") + 1 for panel in panels) + 8
    lines = [-(-len(block) // abreast) for block in blocks.values()]
    figure = DotFigure(paper + margin, sum(lines) * (titles + high + _GUTTER // 2))
    top = 0
    for (heading, block), count in zip(blocks.items(), lines, strict=True):
        if margin:
            figure.write(heading, 4, top + titles + high / 2, rotation=90, va="center", fontweight="bold")
        for place, panel in enumerate(block):
            left = margin + place % abreast * (wide + _GUTTER)
            above = top + place // abreast * (titles + high + _GUTTER // 2)
            figure.write(panel.title(letters), left + GAP - 1, above + titles - 8, va="bottom")
            _paint(figure, panel, tiles, (rows, columns), (left, above + titles), drawing)
        top += count * (titles + high + _GUTTER // 2)
    return figure


def _shape(panels: Sequence[_Panel], abreast: int) -> tuple[int, int]:
    """Columns and rows of every panel: as many images as each has, so that test images and samples match."""
    columns, rows = _SHAPES[abreast]
    least = min(len(panel.images) for panel in panels if panel.images is not None)
    if least >= columns * rows:
        return columns, rows
    shapes = [(across, min(rows, least // across)) for across in range(1, min(columns, least) + 1)]
    return max(shapes, key=lambda shape: (shape[0] * shape[1], -abs(shape[0] - shape[1]), shape[0]))


def _fitted(panels: Sequence[_Panel], share: int, columns: int, rows: int) -> tuple[Tiles, int, int]:
    """The largest whole zoom at which the columns fit, or fewer columns; no more rows than are filled."""
    sizes = [panel.images.shape for panel in panels if panel.images is not None]
    height, width = max(size[1] for size in sizes), max(size[2] for size in sizes)
    tiles = Tiles(height, width, max(1, ((share - GAP) // columns - GAP) // width))
    columns = max(1, min(columns, tiles.fitting(share)))
    return tiles, columns, min(rows, -(-max(size[0] for size in sizes) // columns))


def _paint(
    figure: DotFigure, panel: _Panel, tiles: Tiles, shape: tuple[int, int], corner: tuple[int, int], drawing: bool
) -> None:
    rows, columns = shape
    if panel.images is None:
        high, wide = tiles.size(rows, columns)
        figure.place(framed(high, wide), *corner)
        figure.write("no run left", corner[0] + wide / 2, corner[1] + high / 2, color=QUIET, ha="center", va="center")
        return
    images = on_paper(panel.images[: rows * columns], drawing)
    figure.place(tiles.painted(in_rows(images, columns)), *corner)


def _caption(cells: Sequence[StoredCell], choice: Choice, drawing: bool, truth: bool) -> str:
    several = max(len(cell.runs) for cell in cells) > 1
    median = "Shown is the run with the median final validation loss among those that did not diverge."
    which = "The runs were chosen." if choice.seeds is not None else median if several else "One run per model."
    beside = ", beside images of the test set" if truth else ""
    first = f"{cells[0].curves.dataset}: what each model draws after training{beside}."
    return " ".join(
        [
            first,
            which,
            f"{runs_phrase([cell.curves for cell in cells]).capitalize()} per model were trained.",
            "Of a model with latent variables z the expected image E[x | z].",
            tone_sentence(drawing),
        ]
    )
