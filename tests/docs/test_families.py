"""The tables of families in `results/README.md` are what `validation/families.py` makes of the metrics beside it."""

import math
import runpy
from pathlib import Path

import polars as pl
import pytest

from genconv.data.tabular.copula import REFERENCE
from genconv.data.toy.reference import REFERENCES
from tests.docs.blocks import ROOT

RESULTS = ROOT / "results"
PAGE = (RESULTS / "README.md").read_text(encoding="utf-8")
FILES = [file for file in sorted(RESULTS.glob("families-*/*.csv")) if file.stem != "runs"]
tables = runpy.run_path(str(ROOT / "validation" / "families.py"))["tables"]


def _name(file: Path) -> str:
    return f"{file.parent.name}-{file.stem}"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_the_tables_are_what_the_metrics_say(file: Path) -> None:
    for table in tables(file):
        assert "\n".join(table) in PAGE


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_every_cell_has_ten_seeds(file: Path) -> None:
    assert set(pl.read_csv(file, infer_schema_length=None)["seeds"]) == {10}


def test_runs_are_as_the_page_tells() -> None:
    of_tables = _excess("families-tabular", "copula", "spline-flow")
    assert [f"{one:.2f}" for one in of_tables[-2:]] == ["0.26", "0.51"]
    assert 0.08 <= round(of_tables[0], 2) <= round(of_tables[7], 2) <= 0.10
    flow = _excess("families-toy", "2spirals", "flow")
    assert (len(flow), f"{flow[0]:.2f}", f"{flow[7]:.2f}") == (9, "0.43", "0.57")
    entropy = REFERENCES["2spirals"].entropy  # type: ignore[union-attr]
    assert f"{flow[8] + entropy:.1f}" == "94.1"


def test_the_runs_that_diverged_are_counted() -> None:
    cells = pl.read_csv(RESULTS / "families-toy" / "metrics.csv", infer_schema_length=None)
    assert (len(cells), cells["seeds"].sum(), cells["diverged"].sum()) == (64, 640, 2)
    assert cells.filter(pl.col("diverged") > 0)["model"].unique().to_list() == ["flow"]


def _excess(study: str, dataset: str, model: str) -> list[float]:
    """In ascending order, of the runs that did not diverge."""
    entropy = REFERENCE.entropy if dataset == "copula" else REFERENCES[dataset].entropy  # type: ignore[union-attr]
    runs = pl.read_csv(RESULTS / study / "runs.csv")
    cell = runs.filter(pl.col("dataset") == dataset, pl.col("model") == model)["test_nll"].drop_nulls()
    return sorted(loss - entropy for loss in cell)


def test_less_the_entropy_lowest_first_and_what_is_missing_is_a_dash(tmp_path: Path) -> None:
    """The entropy of `checkerboard` is log 32, that of `8gaussians` 2.831949 nats (2.8319 in docs/models.md)."""
    file = tmp_path / "metrics.csv"
    file.write_text(
        "dataset,model,seeds,diverged,test_nll_mean,test_nll_sd,test_nll_kind,energy_distance_mean,energy_distance_sd,"
        "energy_distance_floor_mean\n"
        "checkerboard,vae,10,0,4.0,0.25,bound,0.02,0.001,0.004\n"
        "checkerboard,flow,10,2,3.6,0.125,exact,0.03,0.002,0.006\n"
        "8gaussians,vae,10,0,2.9,0.5,bound,0.01,0.003,0.005\n"
        "checkerboard,maf,10,10,,,exact,,,0.005\n"
    )
    nll, energy = tables(file)
    excess = [4.0 - math.log(32), 3.6 - math.log(32)]
    assert nll == [
        "| model | `8gaussians` | `checkerboard` |",
        "|---|---|---|",
        f"| `vae` (bound) | 0.068 ± 0.500 | {excess[0]:.3f} ± 0.250 |",
        f"| `flow` | – | {excess[1]:.3f} ± 0.125 (2 of 10 diverged) |",
        "| `maf` | – | – (10 of 10 diverged) |",
    ]
    assert energy[2:] == [
        "| `vae` | 0.0100 ± 0.0030 | 0.0200 ± 0.0010 |",
        "| `flow` | – | 0.0300 ± 0.0020 |",
        "| `maf` | – | – |",
        "| floor | 0.0050 | 0.0050 |",
    ]
