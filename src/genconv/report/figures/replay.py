"""The last steps before a divergence: the loss, and the sizes of gradients, weights and activations."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from genconv.experiment.replay.replay import Replay
from genconv.report.figures.colours import PALETTE, QUIET
from genconv.report.figures.log_axis import plain_ticks
from genconv.report.figures.style import PAGE, PaperFigure, styled

_MOST = 7
"""Lines of a panel: the largest at the end."""
_LONG = 34
"""Characters of a name in a legend."""
_LEGENDS = (-0.04, -0.24)
"""Where legends begin below the panels of each row, in their heights; the lower ones have labels of ticks and axis."""
_PANELS = {
    "recorded": "loss",
    "gradient": "gradient, norm",
    "weights": "weights, norm",
    "activations": "activations, root mean square",
}


@styled
def replay_figure(replay: Replay) -> PaperFigure:
    """Four panels over the last steps; a number that is not finite is a cross at the top."""
    steps = replay.examined.steps
    figure = PaperFigure(PAGE, 5.4)
    axes = figure.subplots(2, 2, sharex=True).ravel()
    for place, (panel, (what, title)) in enumerate(zip(axes, _PANELS.items(), strict=True)):
        names = ("loss",) if what == "recorded" else None
        _panel(panel, [(one.step, getattr(one, what)) for one in steps], names, _LEGENDS[place // 2])
        panel.set_title(title)
    for panel in axes[2:]:
        panel.set_xlabel("optimizer step")
    run = replay.subject.run
    figure.caption = (
        f"The last {len(steps)} steps of {run.cell.model} on {run.cell.dataset}, {run.name}, until it diverged at step "
        f"{replay.subject.death.step}. Crosses: not finite. Of more than {_MOST} parameters or modules those that are "
        "largest at the end are drawn; long names have first letters, steps.csv has them whole."
    )
    figure.alt = "Loss, gradient, weights and activations over the last steps before a divergence."
    return figure


def _short(name: str) -> str:
    """`s.0.parts.0.net.layers.1.weight`: words from the left as their first letters, until the name fits its column."""
    path, _, method = name.removesuffix(")").partition(" (")
    own = method.rpartition(".")[2]
    words = path.split(".") + ([own] if own not in {"", "__call__"} else [])
    for place, word in enumerate(words[:-1]):
        if len(".".join(words)) <= _LONG:
            break
        words[place] = word if word.isdigit() else word[:1]
    return ".".join(words)


def _panel(
    axes: Axes, steps: Sequence[tuple[int, Mapping[str, float]]], names: Sequence[str] | None, legend: float
) -> None:
    found = dict.fromkeys(name for _, values in steps for name in values) if names is None else dict.fromkeys(names)
    last = {name: [values[name] for _, values in steps if name in values][-1] for name in found}
    order = sorted(found, key=lambda name: (np.isfinite(last[name]), -last[name] if np.isfinite(last[name]) else 0.0))
    for place, name in enumerate(order[:_MOST]):
        where = [step for step, values in steps if name in values]
        sizes = np.array([values[name] for _, values in steps if name in values])
        line = np.where(np.isfinite(sizes), sizes, np.nan)
        axes.plot(
            where,
            line,
            marker="o",
            markersize=2,
            linewidth=0.9,
            color=PALETTE[place % len(PALETTE)],
            label=_short(name),
        )
        lost = [step for step, size in zip(where, sizes, strict=True) if not np.isfinite(size)]
        axes.plot(lost, [0.97] * len(lost), "x", color=QUIET, markersize=4, transform=axes.get_xaxis_transform())
    positive = all(
        value > 0 for _, values in steps for name in order for value in [values.get(name, 1.0)] if np.isfinite(value)
    )
    if positive:
        axes.set_yscale("log")
        plain_ticks(axes.yaxis)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    if names is None and order:
        axes.legend(fontsize=5, loc="upper left", bbox_to_anchor=(0.0, legend), ncols=2)
