"""Whole cells of the published study: their five metrics, ours beside the study's, both with their spread.

    genconv train -m vae -d mnist --protocol published -n 10 -o runs/published
    python validation/published_cells.py runs/published CURVES [--table FILE.csv] [--json results/published-cells]

The sources are stores, or folders of JSON files in the study's form; CURVES is a folder with the study's own
`MODEL_DATASET_10.json`. Of each cell under the published protocol it prints how many of the study's epochs are done.

A cell in training is read from the store as it stands, without touching it. Its metrics so far are no metrics of whole
curves (`last` still falls, `exceeds` still counts), so the study's curves are cut after as many epochs, and both sides
say the same thing. `--table` adds the study's printed numbers, which are of whole curves. The standard deviations are
those of the study: over seeds, divided by n. The intervals are of the seeds alone: the study's validation examples are
others than ours, and what that adds `published_split.py` tells for the VAE on MNIST. `--json` writes our curves, two
decimals, as the README of `results` says.

Exits with 1 if no cell is there.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Set
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from published_curves import save

import genconv
from genconv.coordinates import run_labels
from genconv.curves import CellCurves, FloatArray, find_divergence
from genconv.errors import InputError
from genconv.metrics.summary import STUDY_METRICS, per_seed
from genconv.statistics import welch
from genconv.store.growing import GrowingFile, growing_files

WIDTHS = (8, 22, 22, 34, 12)


def main() -> int:
    """Print a table a cell, and what is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("curves", type=Path)
    parser.add_argument("--table", type=Path, help="the study's printed table: dataset, model, then its metrics")
    parser.add_argument("--json", type=Path, help="folder for our curves, in the form of the study's files")
    arguments = parser.parse_args()
    studies = {(one.dataset, one.model): one for one in genconv.load(arguments.curves).curves}
    printed = _printed(arguments.table)
    cells = [one for source in arguments.sources for one in cells_of(source) if (one.dataset, one.model) in studies]
    for ours in cells:
        key = ours.dataset, ours.model
        print("\n".join(table(ours, studies[key], printed.get(key, {}))), end="\n\n")
    begun = {(one.dataset, one.model) for one in cells}
    print(f"{len(begun)} of the study's {len(studies)} cells begun; not begun: {_names(set(studies) - begun)}")
    if arguments.json:
        save(cells, arguments.json)
    return 0 if cells else 1


def cells_of(source: Path) -> Iterator[CellCurves]:
    """The published cells of a store, finished ones first, or those of a folder of JSON files."""
    with suppress(InputError):  # nothing is finished yet
        yield from (one for one in genconv.load(source).curves if one.protocol in {"published", "imported"})
    for path in growing_files(source):
        if (one := _in_training(path)) is not None:
            yield one


def _in_training(path: Path) -> CellCurves | None:
    """The curves so far of runs in training."""
    growing = GrowingFile(path)
    growing.follow()
    if growing.about is None or growing.about.cell.protocol != "published":
        return None
    training, validation = (growing.row(f"{part}.loss") for part in ("training", "validation"))
    ended = tuple(find_divergence(*rows) for rows in zip(training, validation, strict=True))
    cell = growing.about.cell
    return CellCurves(
        cell.dataset, cell.model, cell.protocol, run_labels(growing.about.runs), training, validation, ended
    )


def table(ours: CellCurves, study: CellCurves, printed: dict[str, str]) -> Iterator[str]:
    """Lines: what is done, then a line for each metric."""
    done, whole = ours.epochs, study.epochs
    state = "finished" if done == whole else f"NOT FINISHED: {done} of {whole} epochs, the study's curves cut there"
    yield f"{ours.model} on {ours.dataset}: {len(ours.seeds)} runs of ours, {len(study.seeds)} of the study; {state}"
    printed_name = "table" if done == whole else "table (whole)"
    yield _line("metric", "ours", "study", "ours − study, 95 % over seeds", printed_name)
    cut = _until(study, done)
    mine, theirs = (per_seed(one, "published") for one in (ours, cut))
    for name in STUDY_METRICS:
        a, b = mine[name], theirs[name]
        yield _line(name, _summary(a), _summary(b), _difference(a, b), printed.get(name, ""))


def _until(cell: CellCurves, epochs: int) -> CellCurves:
    """The curves of the first epochs alone."""
    training, validation = cell.training[:, :epochs], cell.validation[:, :epochs]
    ended = tuple(find_divergence(*rows) for rows in zip(training, validation, strict=True))
    return replace(cell, training=training, validation=validation, divergences=ended, epochs_at=None, steps_at=None)


def _summary(values: FloatArray) -> str:
    known = values[np.isfinite(values)]
    missing = f" ({len(known)} of {len(values)})" if len(known) < len(values) else ""
    return f"{known.mean():.6g} ± {known.std():.3g}{missing}" if len(known) else f"– (0 of {len(values)})"


def _difference(ours: FloatArray, study: FloatArray) -> str:
    """Welch's interval of the difference of the means."""
    found = welch(study[np.isfinite(study)], ours[np.isfinite(ours)])
    if found is None:
        return "–"
    if found.interval is None:
        return f"{found.difference:+.3g}"
    return f"{found.difference:+.3g} [{found.interval.low:+.3g}, {found.interval.high:+.3g}]"


def _line(*parts: str) -> str:
    return "  " + "  ".join(part.ljust(width) for part, width in zip(parts, WIDTHS, strict=True)).rstrip()


def _printed(path: Path | None) -> dict[tuple[str, str], dict[str, str]]:
    if path is None:
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {(row.pop("dataset"), row.pop("model")): row for row in csv.DictReader(file)}


def _names(cells: Set[tuple[str, str]]) -> str:
    return ", ".join(f"{model} on {dataset}" for dataset, model in sorted(cells)) or "none"


if __name__ == "__main__":
    sys.exit(main())
