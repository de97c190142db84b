"""The tables of families in `results/README.md` follow from the metrics beside it, the lowest test NLL first."""

import polars as pl
import pytest

from genconv.data.tabular.copula import REFERENCE
from genconv.data.toy.reference import REFERENCES
from tests.docs.blocks import ROOT

RESULTS = ROOT / "results"
PAGE = (RESULTS / "README.md").read_text(encoding="utf-8")
ENTROPIES = {
    "families-toy/checkerboard.csv": REFERENCES["checkerboard"].entropy,  # type: ignore[union-attr]
    "families-tabular/copula.csv": REFERENCE.entropy,
}


@pytest.mark.parametrize("file", ENTROPIES)
def test_the_table_is_what_the_metrics_say(file: str) -> None:
    assert "\n".join(of_points(file)) in PAGE


def test_the_table_of_images_is_what_the_metrics_say() -> None:
    """Ten seeds each; a bound is said to be one."""
    table = [
        f"| {study} {first_columns(row)} | {row['test_nll_mean']:.2f} ± {row['test_nll_sd']:.2f} |"
        for study in ("small", "full")
        for row in rows(f"families-mnist/{study}.csv")
    ]
    assert "\n".join(table) in PAGE


def of_points(file: str) -> list[str]:
    """Model, how many of ten diverged, excess of the test NLL, energy distance of samples."""
    return [
        f"{first_columns(row)} | {row['test_nll_mean'] - ENTROPIES[file]:.3f} ± {row['test_nll_sd']:.3f} | "
        f"{row['energy_distance_mean']:.4f} ± {row['energy_distance_sd']:.4f} |"
        for row in rows(file)
    ]


def first_columns(row: dict[str, object]) -> str:
    """A bound is said to be one."""
    assert row["seeds"] == 10
    return f"| `{row['model']}`{' (bound)' if row['test_nll_kind'] == 'bound' else ''} | {row['diverged']}"


def rows(file: str) -> list[dict[str, object]]:
    """The cells, the lowest mean first."""
    return pl.read_csv(RESULTS / file, infer_schema_length=None).sort("test_nll_mean").to_dicts()
