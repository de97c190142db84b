"""The panels of a figure of toy densities: the truth, the samples of a model, its density."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import jax.random as jr
import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from genconv.curves import FloatArray
from genconv.data.toy.density import ToyDensity
from genconv.report.curve_geometry import median_place
from genconv.report.figures.style import (
    DENSITY,
    INK,
    PAPER,
    QUIET,
    Look,
    in_points,
    strip_axes,
)
from genconv.report.labels import series, wrapped
from genconv.store.arrays import Arrays
from genconv.store.results import StoredCell

_PIXELS = 200
"""Side of the grid on which the true density is drawn."""
_POINTS = 4096
"""Points of the truth where there is no density."""
NAME = 16
"""Characters of a model's name on one line."""

Box = tuple[float, float, float, float]
Panel = Callable[[Axes], None]


@dataclass
class Canvas:
    """What the panels of one figure share."""

    truth: ToyDensity
    colours: Mapping[str, Look]
    images: list[AxesImage] = field(default_factory=list)
    beyond: bool = False
    """Whether a model's density exceeds the colour scale."""

    @cached_property
    def box(self) -> Box:
        """The extent of every panel; a curve gets a margin, a density's support has one."""
        xmin, xmax, ymin, ymax = self.truth.support
        margin = 0.0 if self.truth.has_density else 0.12 * max(xmax - xmin, ymax - ymin)
        return xmin - margin, xmax + margin, ymin - margin, ymax + margin

    @cached_property
    def exact(self) -> FloatArray | None:
        """The true density on a grid over `box`; None if there is none."""
        if not self.truth.has_density:
            return None
        x, y = _centres(*self.box[:2]), _centres(*self.box[2:])
        density: FloatArray = np.exp(self.truth.log_prob(np.stack(np.meshgrid(x, y), axis=-1)))
        return density

    @property
    def ceiling(self) -> float | None:
        """Density at which the colour scale ends: the highest of the truth."""
        return None if self.exact is None else float(self.exact.max())


def truth_panel(canvas: Canvas) -> Panel:
    """Show the true density, or points of it where none exists."""
    exact = canvas.exact
    if exact is not None:
        return lambda axes: _heat(axes, exact, canvas.box, "truth\ndensity", canvas)
    points = np.asarray(canvas.truth.sample(jr.key(0), _POINTS), dtype=np.float64)
    return lambda axes: _points(axes, points, "truth\nsamples (no density)", QUIET, canvas.box)


def cell_panels(cell: StoredCell, canvas: Canvas) -> list[Panel]:
    """Show samples of a cell's median run, and its density if stored; nothing for imported curves."""
    if not cell.runs:
        return []
    name, survivors = series(cell.curves), int((~cell.curves.diverged).sum())
    place = median_place(cell.curves)
    if place is None:
        count = len(cell.runs)
        return [
            lambda axes: _empty(axes, f"{wrapped(name, NAME)}\nno run left", f"{count} of {count}\ndiverged", canvas)
        ]
    run = cell.runs[place]
    which = f"{run.run.name}, median of {survivors}" if survivors > 1 else run.run.name
    return [
        *_sample_panels(run.samples, name, which, canvas),
        *_model_panels(run.samples, name, which, canvas),
    ]


def _sample_panels(arrays: Arrays, name: str, which: str, canvas: Canvas) -> list[Panel]:
    samples = arrays.get("samples")
    if samples is None or samples.ndim != 2 or samples.shape[1] != 2:
        return []
    points, colour = samples.astype(np.float64), canvas.colours[name].colour
    return [lambda axes: _points(axes, points, f"{wrapped(name, NAME)}, samples\n{which}", colour, canvas.box)]


def _model_panels(arrays: Arrays, name: str, which: str, canvas: Canvas) -> list[Panel]:
    if not {"log_density", "grid_x", "grid_y"} <= arrays.keys():
        return []
    with np.errstate(over="ignore"):
        density = np.exp(arrays["log_density"].astype(np.float64))
    extent = (*_edges(arrays["grid_x"]), *_edges(arrays["grid_y"]))
    return [lambda axes: _heat(axes, density, extent, f"{wrapped(name, NAME)}, density\n{which}", canvas)]


def _heat(axes: Axes, density: FloatArray, extent: Box, title: str, canvas: Canvas) -> None:
    known = density[np.isfinite(density)]
    ceiling = canvas.ceiling or float(np.quantile(known, 0.99, method="higher") if known.size else 0) or 1.0
    canvas.beyond |= bool((density > 1.02 * ceiling).any())
    image = axes.imshow(
        density, origin="lower", extent=extent, cmap=DENSITY, vmin=0, vmax=ceiling, interpolation="nearest"
    )
    canvas.images.append(image)
    _frame(axes, title, canvas.box)


def _points(axes: Axes, points: FloatArray, title: str, colour: str, box: Box) -> None:
    xmin, xmax, ymin, ymax = box
    x, y = points[np.isfinite(points).all(axis=1)].T
    inside = (x >= xmin) & (x <= xmax) & (y >= ymin) & (y <= ymax)
    size = float(np.clip(2500 / max(len(points), 1), 0.3, 3))
    axes.scatter(x[inside], y[inside], s=size, color=colour, alpha=0.45, linewidths=0, rasterized=True)
    outside = 1 - np.count_nonzero(inside) / max(len(points), 1)
    if outside >= 0.0005:
        axes.annotate(
            f"{100 * outside:.1f} % outside",
            (0.03, 0.03),
            xycoords="axes fraction",
            fontsize=in_points(7),
            bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
        )
    _frame(axes, title, box)


def _empty(axes: Axes, title: str, text: str, canvas: Canvas) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=QUIET)
    _frame(axes, title, canvas.box)


def _frame(axes: Axes, title: str, box: Box) -> None:
    axes.set_title(title, fontsize=in_points(7), fontweight="normal", color=INK, pad=3)
    axes.set_xlim(box[0], box[1])
    axes.set_ylim(box[2], box[3])
    axes.set_aspect("equal")
    strip_axes(axes)


def _centres(low: float, high: float) -> FloatArray:
    return low + (high - low) * (np.arange(_PIXELS) + 0.5) / _PIXELS


def _edges(centres: NDArray[np.floating]) -> tuple[float, float]:
    """Where an image with pixels at `centres` begins and ends."""
    low, high = float(centres[0]), float(centres[-1])
    half = (high - low) / (2 * max(len(centres) - 1, 1))
    return low - half, high + half
