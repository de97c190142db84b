"""The tables of families in `results/README.md` are what `validation/families.py` makes of the metrics beside it."""

import math
import runpy
from pathlib import Path

import polars as pl
import pytest

from tests.docs.blocks import ROOT

RESULTS = ROOT / "results"
PAGE = (RESULTS / "README.md").read_text(encoding="utf-8")
FILES = sorted(RESULTS.glob("families-*/*.csv"))
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
