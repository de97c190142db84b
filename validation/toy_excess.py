"""The test NLL of every run of `splines-toy`, as `results/splines-toy/runs.csv` holds it, and the means over seeds.

    genconv run splines-toy -o runs/splines
    python validation/toy_excess.py runs/splines results/splines-toy/runs.csv

The table printed is that of `results/README.md`; without the runs, `--print results/splines-toy/runs.csv` prints it.
"""

import argparse
from pathlib import Path

import polars as pl

import genconv
from genconv.data.toy.reference import REFERENCES
from genconv.store.results import StoredCell

MODELS = ("spline-flow", "maf")


def main() -> None:
    """Write the table of runs, and print that of means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="?")
    parser.add_argument("output", type=Path, nargs="?")
    parser.add_argument("--print", type=Path, dest="stored")
    arguments = parser.parse_args()
    if arguments.stored is None:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        pl.concat([table(cell) for cell in genconv.load(arguments.runs).cells]).write_csv(arguments.output)
    print("\n".join(rows(pl.read_csv(arguments.stored or arguments.output))))


def table(cell: StoredCell) -> pl.DataFrame:
    """Dataset, model, seed, test NLL (nats; none of a diverged run) and parameters of a cell's runs."""
    return pl.DataFrame(
        {
            "dataset": cell.curves.dataset,
            "model": cell.curves.model,
            "seed": [run.run.coordinates.init for run in cell.runs],
            "test_nll": [
                round(run.outcome.evaluation["loss"], 5) if run.outcome.divergence is None else None
                for run in cell.runs
            ],
            "parameters": [run.outcome.parameters for run in cell.runs],
        },
        schema_overrides={"test_nll": pl.Float64},
    )


def rows(runs: pl.DataFrame) -> list[str]:
    """A row a density: excess of both models over the entropy, mean ± standard deviation, and how many diverged."""
    known = {name: reference for name, reference in REFERENCES.items() if reference is not None}
    found = []
    for dataset, reference in known.items():
        cells = [runs.filter((pl.col("dataset") == dataset) & (pl.col("model") == model)) for model in MODELS]
        texts = [excess(cell["test_nll"], reference.entropy) for cell in cells]
        found.append(f"| `{dataset}` | {reference.entropy:.4f} | {' | '.join(texts)} |")
    return found


def excess(losses: pl.Series, entropy: float) -> str:
    """Of the runs that did not diverge; a dash where there is no run."""
    if losses.is_empty():
        return "–"
    values, diverged = losses.drop_nulls().to_numpy() - entropy, losses.null_count()
    text = f"{values.mean():.4f} ± {values.std(ddof=1):.4f}"
    return f"{text} ({diverged} of {len(losses)} diverged)" if diverged else text


if __name__ == "__main__":
    main()
