"""Tables of families of models, a column a dataset, from what `genconv metrics` of a study says.

    genconv run families-toy -o runs/toy
    genconv metrics runs/toy --format csv > results/families-toy/metrics.csv
    python validation/families.py results/families-toy/metrics.csv

Mean and standard deviation over the seeds that did not diverge: of the test NLL, less the entropy where that is known,
in nats; then of the energy distance where samples were scored, with its floor. The lowest mean over the datasets comes
first.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from genconv.data.tabular.copula import REFERENCE
from genconv.data.toy.reference import REFERENCES

ENTROPIES = {name: one.entropy for name, one in REFERENCES.items() if one is not None} | {"copula": REFERENCE.entropy}
NLL, ENERGY, FLOOR = "test_nll", "energy_distance", "energy_distance_floor"
Row = dict[str, Any]


def main() -> None:
    """Print the tables of each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="METRICS.csv")
    for file in parser.parse_args().files:
        print("\n\n".join(map("\n".join, tables(file))))


def tables(file: Path) -> Iterator[list[str]]:
    """The lines of each table."""
    cells = pl.read_csv(file, infer_schema_length=None)
    datasets = cells["dataset"].unique().sort().to_list()
    yield [*_header(datasets), *_rows(cells, datasets, NLL, _nll)]
    if f"{ENERGY}_mean" in cells.columns:
        floors = [cells.filter(pl.col("dataset") == name)[f"{FLOOR}_mean"].to_numpy().mean() for name in datasets]
        last = " | ".join(f"{floor:.4f}" for floor in floors)
        yield [*_header(datasets), *_rows(cells, datasets, ENERGY, _energy), f"| floor | {last} |"]


def _header(datasets: list[str]) -> list[str]:
    names = " | ".join(f"`{name}`" for name in datasets)
    return [f"| model | {names} |", f"|---|{'---|' * len(datasets)}"]


def _rows(cells: pl.DataFrame, datasets: list[str], metric: str, text: Callable[[Row], str]) -> Iterator[str]:
    """A row a model; a dash stands where there is no cell, or no run that did not diverge."""
    ordered = cells.group_by("model").agg(pl.col(f"{metric}_mean").mean()).sort(f"{metric}_mean", nulls_last=True)
    for model in ordered["model"]:
        own = {row["dataset"]: row for row in cells.filter(pl.col("model") == model).to_dicts()}
        bound = metric == NLL and any(row[f"{NLL}_kind"] == "bound" for row in own.values())
        found = [text(own[name]) if name in own else "–" for name in datasets]
        yield f"| `{model}`{' (bound)' if bound else ''} | {' | '.join(found)} |"


def _nll(row: Row) -> str:
    """Less the entropy where it is known; of images two decimals."""
    entropy = ENTROPIES.get(row["dataset"])
    text = _spread(row, NLL, 2) if entropy is None else _spread(row, NLL, 3, entropy)
    return f"{text} ({row['diverged']} of {row['seeds']} diverged)" if row["diverged"] else text


def _energy(row: Row) -> str:
    return _spread(row, ENERGY, 4)


def _spread(row: Row, metric: str, decimals: int, less: float = 0.0) -> str:
    mean, deviation = row[f"{metric}_mean"], row[f"{metric}_sd"]
    return "–" if mean is None else f"{mean - less:.{decimals}f} ± {deviation:.{decimals}f}"


if __name__ == "__main__":
    main()
