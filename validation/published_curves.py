"""Our published-protocol runs against the study's own curves, epoch by epoch, with a picture of both.

    genconv train -m vae -d mnist --protocol published -n 2 -e 10 -o runs/published
    python validation/published_curves.py runs/published CURVES [--from-epoch 1] [--to-epoch 9] [-o FILE.png]

CURVES is a folder that holds the study's `MODEL_DATASET_10.json` files. For each cell under the published protocol it
prints the validation losses of our seeds beside the study's mean ± sd of each epoch, and exits with 1 if a value
between `--from-epoch` and `--to-epoch` is further from that mean than four of those standard deviations or 3 % of it,
whichever is wider. A seed of ours that is NaN there counts as outside.

The rule has a price: it is applied to the study's own seeds too, each against the nine others, and how many of their
values are outside is printed beside ours. The published VAE's KL, weighed by 0.01 an epoch at first, makes excursions.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

import genconv
from genconv.curves import CellCurves, FloatArray

DEVIATIONS, SHARE = 4.0, 0.03


def main() -> int:
    """Compare every cell that both sides have."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("curves", type=Path)
    parser.add_argument("--from-epoch", type=int, default=1)
    parser.add_argument("--to-epoch", type=int, default=10**6)
    parser.add_argument("-o", "--output", type=Path, help="picture of ours over theirs")
    parser.add_argument("--json", type=Path, help="folder for our curves, in the form of the study's files")
    arguments = parser.parse_args()
    pairs = list(both(arguments.runs, arguments.curves))
    if not pairs:
        parser.error(f"no published cell under {arguments.runs} has a file in {arguments.curves}")
    outside = sum(compare(*pair, arguments.from_epoch, arguments.to_epoch) for pair in pairs)
    if arguments.output:
        draw(pairs, arguments.output)
    if arguments.json:
        save([ours for ours, _ in pairs], arguments.json)
    print(f"{outside} values outside" if outside else "all values inside")
    return 1 if outside else 0


def both(runs: Sequence[Path], curves: Path) -> list[tuple[CellCurves, FloatArray]]:
    """Our cells, each with the study's validation losses of as many epochs, shape (10, E)."""
    found = []
    for ours in genconv.load(runs).curves:
        theirs = curves / f"{ours.model}_{ours.dataset}_10.json"
        if ours.protocol == "published" and theirs.exists():
            found.append((ours, genconv.load(theirs).curves[0].validation[:, : ours.epochs]))
    return found


def compare(ours: CellCurves, study: FloatArray, first: int, last: int) -> int:
    """Print both; how many values are outside."""
    print(f"{ours.label}: seeds {ours.seeds} of ours, {len(study)} of the study")
    mean, allowed = centre_and_width(study)
    outside = 0
    for epoch, values in enumerate(ours.validation.T):
        wrong = ~(np.abs(values - mean[epoch]) <= allowed[epoch]) & (first <= epoch <= last)
        outside += int(wrong.sum())
        shown = ", ".join(f"{value:.2f}" for value in values)
        checked = "" if first <= epoch <= last else "   not checked"
        verdict = "   OUTSIDE" if wrong.any() else checked
        print(f"  epoch {epoch:3}: {shown}   study {mean[epoch]:.2f} ± {allowed[epoch]:.2f} allowed{verdict}")
    theirs, values = own_outside(study, first, last)
    print(f"  outside: {outside} of ours; of the study's own, each seed against the others, {theirs} of {values}")
    return outside


def own_outside(study: FloatArray, first: int, last: int) -> tuple[int, int]:
    """How many values of the study are outside what its other seeds allow, and how many there are."""
    outside = values = 0
    for place, curve in enumerate(study):
        mean, allowed = centre_and_width(np.delete(study, place, axis=0))
        checked = slice(first, last + 1)
        outside += int((~(np.abs(curve - mean) <= allowed))[checked].sum())
        values += curve[checked].size
    return outside, values


def centre_and_width(study: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean over the study's seeds, and how far from it a value may be, each of shape (E,)."""
    mean, sd = np.nanmean(study, axis=0), np.nanstd(study, axis=0, ddof=1)
    return mean, np.maximum(DEVIATIONS * sd, SHARE * mean)


def save(cells: Sequence[CellCurves], folder: Path) -> None:
    """Our curves, two decimals."""
    folder.mkdir(parents=True, exist_ok=True)
    for ours in cells:
        curves = {"train": ours.training.round(2).tolist(), "val": ours.validation.round(2).tolist()}
        (folder / f"{ours.model}_{ours.dataset}_{len(ours.seeds)}.json").write_text(json.dumps(curves) + "\n")


def draw(pairs: Sequence[tuple[CellCurves, FloatArray]], path: Path) -> None:
    """One panel a cell: the study's seeds in grey, what is allowed as a band, our seeds on top."""
    figure = Figure(figsize=(3.4 * len(pairs), 2.8), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (ours, study) in zip(figure.subplots(1, len(pairs), squeeze=False)[0], pairs, strict=True):
        epochs = np.arange(ours.epochs)
        mean, allowed = centre_and_width(study)
        axes.fill_between(epochs, mean - allowed, mean + allowed, color="0.9", linewidth=0, label="allowed")
        for seed, curve in enumerate(study):
            axes.plot(epochs, curve, color="0.6", linewidth=0.6, label=None if seed else "study, ten seeds")
        for place, curve in enumerate(ours.validation):
            label = None if place else f"genconv, {len(ours.seeds)} seeds"
            axes.plot(epochs, curve, "o-", color="C0", markersize=2.5, linewidth=0.9, label=label)
        axes.set_title(f"{ours.model} on {ours.dataset}", fontsize=9)
        axes.set_xlabel("epoch (from 0)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel("validation loss, nats")
        axes.legend(fontsize=7, frameon=False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    sys.exit(main())
