"""The panels of a figure of toy densities: the truth, and of each model its density, or its samples smoothed."""

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
from genconv.report.figures.colours import DENSITY, INK, PAPER, QUIET, Look
from genconv.report.figures.style import in_points, strip_axes
from genconv.report.labels import series, wrapped
from genconv.store.arrays import Arrays
from genconv.store.results import StoredCell

_PIXELS = 200
"""Side of the grid on which the true density is drawn."""
_POINTS = 16384
"""Points of the truth where there is no density."""
_KERNEL = 1 / 3
"""Width of the kernel that smooths samples, as a share of Scott's rule."""
NAME = 16
"""Characters of a model's name on one line."""
LINE = 21
"""Characters of a line above a panel, which must not reach into the next one."""

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
    smoothed: bool = False
    """Whether a model is shown by its samples."""

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

    @cached_property
    def shown(self) -> FloatArray:
        """The truth as it is drawn: its density, or that of many of its points."""
        if self.exact is not None:
            return self.exact
        points = np.asarray(self.truth.sample(jr.key(0), _POINTS), dtype=np.float64)
        return smoothed(points, self.box)[0]

    @property
    def ceiling(self) -> float:
        """Density at which the colour scale of all panels ends: the highest of the truth."""
        return float(self.shown.max()) or 1.0


def truth_panel(canvas: Canvas) -> Panel:
    """Show the true density, or points of it, smoothed, where none exists."""
    if not canvas.truth.has_density:
        return lambda axes: _heat(axes, canvas.shown, canvas.box, "truth\nsamples, smoothed", canvas)
    return lambda axes: _heat(axes, canvas.shown, canvas.box, "truth\ndensity", canvas)


def cell_panels(cell: StoredCell, canvas: Canvas) -> list[Panel]:
    """Show the density of a cell's median run, of its samples where it has none; nothing for imported curves."""
    if not cell.runs:
        return []
    name, survivors = wrapped(series(cell.curves), NAME), int((~cell.curves.diverged).sum())
    place = median_place(cell.curves)
    if place is None:
        count = len(cell.runs)
        return [lambda axes: _empty(axes, f"{name}\nno run left", f"{count} of {count}\ndiverged", canvas)]
    run = cell.runs[place]
    which = f"{run.run.name}, median of {survivors}" if survivors > 1 else run.run.name
    return _model_panels(run.samples, name, which, canvas) or _sample_panels(run.samples, name, which, canvas)


def _sample_panels(arrays: Arrays, name: str, which: str, canvas: Canvas) -> list[Panel]:
    samples = arrays.get("samples")
    if samples is None or samples.ndim != 2 or samples.shape[1] != 2:
        return []
    canvas.smoothed = True
    density, outside = smoothed(samples.astype(np.float64), canvas.box)

    def draw(axes: Axes) -> None:
        _heat(axes, density, canvas.box, f"{title_of(name, 'samples smoothed')}\n{which}", canvas)
        _note(axes, f"{100 * outside:.1f} % outside" if outside >= 0.0005 else "")

    return [draw]


def _model_panels(arrays: Arrays, name: str, which: str, canvas: Canvas) -> list[Panel]:
    if not {"log_density", "grid_x", "grid_y"} <= arrays.keys():
        return []
    with np.errstate(over="ignore"):
        density = np.exp(arrays["log_density"].astype(np.float64))
    extent = (*_edges(arrays["grid_x"]), *_edges(arrays["grid_y"]))
    return [lambda axes: _heat(axes, density, extent, f"{title_of(name, 'density')}\n{which}", canvas)]


def smoothed(points: FloatArray, box: Box) -> tuple[FloatArray, float]:
    """The density of `points`, shape (n, 2), on the grid of `box`, and which share of them lies outside.

    A Gaussian kernel of n^(−1/6) times a third of the standard deviation of each coordinate: narrower than Scott's
    rule, which is for one normal mode and would blur eight of them.
    """
    points = points[np.isfinite(points).all(axis=1)]
    xmin, xmax, ymin, ymax = box
    counts, _, _ = np.histogram2d(points[:, 1], points[:, 0], bins=_PIXELS, range=[[ymin, ymax], [xmin, xmax]])
    cell = (xmax - xmin) / _PIXELS, (ymax - ymin) / _PIXELS
    n = max(len(points), 1)
    inside = counts.sum()
    spread = np.clip(points, [xmin, ymin], [xmax, ymax]).std(axis=0) if len(points) > 1 else np.ones(2)
    widths = [max(_KERNEL * n ** (-1 / 6) * float(sd) / side, 0.5) for sd, side in zip(spread, cell, strict=True)]
    blurred: FloatArray = _blurred(_blurred(counts, widths[1]).T, widths[0]).T
    return blurred / (n * cell[0] * cell[1]), float(1 - inside / n)


def _blurred(values: FloatArray, width: float) -> FloatArray:
    """Columns convolved with a Gaussian of a width in pixels, cut off at four of them."""
    reach = int(np.ceil(4 * width))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    padded = np.pad(values, ((reach, reach), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0)
    found: FloatArray = windows @ (kernel / kernel.sum())
    return found


def title_of(name: str, what: str) -> str:
    """Both on one line if they fit there."""
    room = LINE - len(name.rsplit("\n", 1)[-1]) - len(what)
    return f"{name}, {what}" if room >= len(", ") else f"{name},\n{what}"


def _heat(axes: Axes, density: FloatArray, extent: Box, title: str, canvas: Canvas) -> None:
    ceiling = canvas.ceiling
    canvas.beyond |= bool((density > 1.02 * ceiling).any())
    image = axes.imshow(
        density, origin="lower", extent=extent, cmap=DENSITY, vmin=0, vmax=ceiling, interpolation="nearest"
    )
    canvas.images.append(image)
    _frame(axes, title, canvas.box)


def _note(axes: Axes, text: str) -> None:
    box = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 0.5}
    axes.annotate(text, (0.03, 0.03), xycoords="axes fraction", fontsize=in_points(7), bbox=box if text else None)


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
