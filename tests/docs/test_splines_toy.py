"""The table of excesses in the documents follows from the test NLLs in `results/splines-toy`."""

import numpy as np
import polars as pl
import pytest

from genconv.data.toy.reference import REFERENCES
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
RUNS = pl.read_csv(ROOT / "results" / "splines-toy" / "runs.csv")
ENTROPIES = {name: reference.entropy for name, reference in REFERENCES.items() if reference is not None}
MODELS = ("spline-flow", "maf")


def excesses(dataset: str, model: str) -> np.ndarray:
    """Of the runs of a cell."""
    cell = RUNS.filter((pl.col("dataset") == dataset) & (pl.col("model") == model))
    return cell["test_nll"].to_numpy() - ENTROPIES[dataset]


@pytest.mark.parametrize("dataset", ENTROPIES)
def test_the_table_is_what_the_runs_say(dataset: str) -> None:
    found = [excesses(dataset, model) for model in MODELS]
    texts = [f"{values.mean():.4f} ± {values.std(ddof=1):.4f}" if len(values) else "–" for values in found]
    assert f"| `{dataset}` | {ENTROPIES[dataset]:.4f} | {' | '.join(texts)} |" in PAGE


def test_no_run_diverged_and_every_mean_is_within_two_hundredths_of_a_nat() -> None:
    assert RUNS["test_nll"].null_count() == 0
    for (dataset, model), cell in RUNS.group_by("dataset", "model"):
        assert sorted(cell["seed"]) == list(range(10))
        assert excesses(str(dataset), str(model)).mean() <= 0.02


def test_maf_as_it_comes_is_within_two_hundredths_of_a_nat_of_the_hardest_densities() -> None:
    runs = pl.read_csv(ROOT / "results" / "splines-toy" / "maf.csv")
    assert not runs["diverged"].any()
    for (dataset,), cell in runs.group_by("dataset"):
        values = cell["excess"].to_numpy()
        assert f"| `{dataset}` | {len(values)} | {values.mean():.4f} ± {values.std(ddof=1):.4f} |" in PAGE
        assert values.mean() <= 0.02
