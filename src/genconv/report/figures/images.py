"""The pictures of each image cell: learning by epoch, drawing by step, and its animation."""

from collections.abc import Iterable
from dataclasses import dataclass

from genconv.report.choice import Choice, Picked
from genconv.report.figures.animation import Animation, animation
from genconv.report.figures.drawing import drawing_figure
from genconv.report.figures.learning import learning_figure, nothing_left
from genconv.report.figures.style import PaperFigure
from genconv.report.labels import file_names
from genconv.report.stored_images import has_images
from genconv.store.results import StoredCell


@dataclass(frozen=True)
class PicturedCell:
    """A cell with images, and the runs of it that are shown."""

    cell: StoredCell
    stem: str
    """Its name as part of a file name."""
    picked: tuple[Picked, ...]
    choice: Choice

    @property
    def label(self) -> str:
        """The cell in words."""
        return self.cell.curves.label

    def figures(self) -> dict[str, PaperFigure]:
        """`learning-…-s0` of every run shown, and `drawing-…-s0` of a model that draws in steps."""
        if not self.picked and self.cell.curves.diverged.all():
            return {f"learning-{self.stem}": nothing_left(self.label, len(self.cell.runs))}
        figures: dict[str, PaperFigure | None] = {}
        for one in self.picked:
            figures[f"learning-{self._name(one)}"] = learning_figure(one, self.label, self.choice)
            figures[f"drawing-{self._name(one)}"] = drawing_figure(one, self.label)
        return {name: figure for name, figure in figures.items() if figure is not None}

    def animations(self) -> dict[str, Animation]:
        """`drawing-…-s0` of every run shown of a model that draws in steps."""
        moving = {f"drawing-{self._name(one)}": animation(one, self.label) for one in self.picked}
        return {name: each for name, each in moving.items() if each is not None}

    def _name(self, picked: Picked) -> str:
        return f"{self.stem}-{picked.run.run.coordinates.file_name}"


def pictured(cells: Iterable[StoredCell], choice: Choice) -> list[PicturedCell]:
    """The cells that keep images, those of points and imported curves left out."""
    shown = [cell for cell in cells if any(map(has_images, cell.runs))]
    safe = file_names(cell.curves.label.replace(" · ", "-") for cell in shown)
    return [
        PicturedCell(cell, stem, tuple(choice.runs(cell)), choice)
        for cell, stem in zip(shown, safe.values(), strict=True)
    ]
