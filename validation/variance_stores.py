"""How often `genconv variance` holds the true shares of stores on disk, diverged runs included.

    python validation/variance_stores.py [-n 500] [--designs latin,factorial,…] [--keep FOLDER]

Each store is an imported long table with columns init, order, noise (data, perturbation) and four models of other true
shares; a tenth of the runs diverges, independently of everything or by their initial weights. The stores are loaded,
and `genconv.variance` is asked. Printed are, for each design, truth and row: how many intervals hold the truth, and
their mean width. Of what decides over a divergence nothing is counted; it takes most of the time.
"""

import argparse
import csv
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from designs import Integers, factorial, latin, numbers
from numpy.typing import NDArray

import genconv

STREAMS = ("init", "order", "noise", "data")
TRUTHS = {
    "a": ((0.0, 0.1, 0.5, 0.0), 0.0, 0.4),
    "b": ((0.1, 0.0, 0.2, 0.0), 0.1, 0.6),
    "c": ((0.5, 0.1, 0.0, 0.0), 0.3, 0.1),
    "h": ((0.5, 0.1, 0.0, 0.0), 0.0, 0.4),
}
"""By model: shares of the streams, of interactions of two of them, of the chaos."""


DESIGNS = {
    "latin": lambda: latin(8, 1),
    "latin-twins": lambda: latin(8, 2),
    "factorial": lambda: factorial(4, 1),
    "factorial-twins": lambda: factorial(4, 2),
    "twins": lambda: [np.repeat(np.arange(30), 2)] * 3,
}


def diverged(random: np.random.Generator, streams: list[Integers], *, by_init: bool) -> NDArray[np.bool_]:
    """Which tenth of the runs has no number."""
    if not by_init:
        return random.random(len(streams[0])) < 0.1
    effects = random.standard_normal(int(streams[0].max()) + 1)[streams[0]]
    return np.sqrt(0.5) * (effects + random.standard_normal(len(effects))) > 1.2816


def write_store(folder: Path, streams: list[Integers], seed: int, *, by_init: bool) -> Path:
    """A long table, imported."""
    twins = len(np.unique(np.array(streams).T, axis=0)) < len(streams[0])
    names = [*STREAMS[: len(streams)], *(["perturbation"] if twins else [])]
    table = folder / f"{seed}.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["model", "dataset", "seed", "epoch", *names, "val_loss"])
        for model, truth in TRUTHS.items():
            random = np.random.default_rng([seed, ord(model)])
            values, lost = 10 + numbers(random, streams, *truth), diverged(random, streams, by_init=by_init)
            for run, value in enumerate(values):
                own = [int(each[run]) for each in streams] + ([run % 2] if twins else [])
                writer.writerow([model, "made", run, 0, *own, value + 1])
                writer.writerow([model, "made", run, 1, *own, "nan" if lost[run] else value])
    genconv.import_runs([table], folder / str(seed))
    return folder / str(seed)


def true_share(model: str, row: str) -> float:
    """Of a row of the table."""
    mains, interaction, chaos = TRUTHS[model]
    parts = dict(zip(STREAMS, mains, strict=True)) | {"interaction": interaction, "chaos": chaos}
    if row == "init+order+noise":  # seeds alone: all that is no chaos
        return sum(mains) + interaction
    names = ["chaos"] if row.startswith("higher") else row.split("+")
    return sum(parts[name] for name in names)


def rows(design: str, count: int, root: Path) -> Iterator[str]:
    """The lines of the table."""
    streams, found = DESIGNS[design](), defaultdict(list)
    for seed in range(count):
        folder = root / design
        folder.mkdir(parents=True, exist_ok=True)
        store = write_store(folder, streams, seed, by_init=design == "factorial-twins")
        for cell in genconv.variance(genconv.load(str(store))):
            for one in cell.components.shares if cell.components and cell.metric != "diverged" else ():
                true = true_share(cell.model, one.stream)
                hit = one.low - 1e-12 <= true <= one.high + 1e-12
                found[cell.model, one.stream, round(true, 3)].append((hit, one.high - one.low))
    for (model, row, true), each in found.items():
        hits, widths = zip(*each, strict=True)
        yield f"| {design} | {model} | {row} | {true} | {np.mean(hits):.3f} [{np.mean(widths):.2f}] | {len(each)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--count", type=int, default=500, help="stores a design")
    parser.add_argument("--designs", default=",".join(DESIGNS))
    parser.add_argument("--keep", type=Path, help="where the stores stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for design in arguments.designs.split(","):
            for row in rows(design, arguments.count, arguments.keep or Path(temporary)):
                print(row, flush=True)


if __name__ == "__main__":
    main()
