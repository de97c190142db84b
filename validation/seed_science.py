"""What `results/seed-science` holds, from the runs of five studies.

    genconv run shares-toy -o runs/shares
    genconv run shares-images -o runs/shares-images
    genconv run twins-toy -o runs/twins
    genconv run rates-toy -o runs/rates
    genconv run luck-toy -o runs/luck
    python validation/seed_science.py runs results/seed-science

Writes a long table of each of the first four (float32, NaN from a divergence on), which genconv reads, and of the
fifth the mean losses of each run on `BLOCKS` blocks of the held-out examples.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl

import genconv
from genconv.coordinates import Coordinates
from genconv.store.results import StoredCell

BLOCKS = 16
RATE = "training.learning_rate"


def curves(cell: StoredCell, *, gradients: bool = False) -> pl.DataFrame:
    """The validation losses of a cell in long form, with streams or, where gradients are asked for, seeds and rates."""
    one = cell.curves
    places, parts = np.arange(one.epochs), []
    norms = cell.quantity("training.gradient_norm").values
    for row, (run, divergence) in enumerate(zip(one.coordinates or (), one.divergences, strict=True)):
        end = one.epochs if divergence is None else divergence.epoch
        losses = np.where(places < end, one.validation[row], np.nan)
        names = {"model": f"{one.model} {one.protocol}", "learning_rate": cell.settings[RATE], "seed": run.init}
        columns = names if gradients else {"model": one.model, **_streams(run)}
        columns |= {"epoch": places, "validation": losses.astype(np.float32)}
        columns |= {"gradient_norm": np.where(places < end, norms[row], np.nan).astype(np.float32)} if gradients else {}
        parts.append(pl.DataFrame({"dataset": one.dataset, **columns}))
    return pl.concat(parts)


def _streams(run: Coordinates) -> dict[str, int]:
    return {name: value or 0 for name, value in run._asdict().items()}


def blocks(cell: StoredCell) -> pl.DataFrame:
    """The mean loss of each run on each block of examples; runs that diverged are left out."""
    runs = [run for run in cell.runs if run.outcome.divergence is None]
    losses = np.stack([run.examples["loss"] for run in runs]).astype(np.float64)
    means = losses.reshape(len(runs), BLOCKS, -1).mean(2).astype(np.float32)
    names = {"epochs": cell.curves.epochs, "seed": [run.run.coordinates.init for run in runs]}
    worst = {"largest": losses.max(1).astype(np.float32)}
    return pl.DataFrame({**names, **{f"block_{place}": means[:, place] for place in range(BLOCKS)}, **worst})


def main() -> None:
    """Write the tables."""
    runs, output = Path(sys.argv[1]), Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    for name in ("shares", "shares-images", "twins", "rates"):
        cells = genconv.load(runs / name)
        table = pl.concat([curves(cell, gradients=name == "rates") for cell in cells])
        table.write_parquet(output / f"{name}.parquet", compression_level=19)
    table = pl.concat([blocks(cell) for cell in genconv.load(runs / "luck")])
    table.write_parquet(output / "luck.parquet", compression_level=19)


if __name__ == "__main__":
    main()
