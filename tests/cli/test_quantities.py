"""Everything that was recorded is plotted and summed up by its name, and so is a metric of one's own."""

import csv
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.cli.commands import genconv
from tests.cli.conftest import Grown

METRIC = """
from genconv import Metric

MIDDLE = Metric("middle", lambda cell: cell.validation[:, cell.epochs // 2], "loss at half of the epochs", digits=4)
"""


def test_a_recorded_quantity_is_drawn(grown: Grown, tmp_path: Path) -> None:
    done = genconv("plot", grown.folder, "-o", tmp_path, "--quantity", "validation.kl")
    assert done.code == 0, done.err
    assert {path.name for path in tmp_path.iterdir()} == {
        "captions.md",
        *(f"validation_kl-rings.{kind}" for kind in ("pdf", "png", "svg")),
    }
    drawn = (tmp_path / "validation_kl-rings.svg").read_text(encoding="utf-8")
    assert "validation KL, nats" in drawn
    assert "entropy" not in drawn


def test_a_quantity_is_drawn_over_optimizer_steps(grown: Grown, tmp_path: Path) -> None:
    words = ("--quantity", "training.gradient_norm", "--over", "steps", "--kind", "gap")
    assert genconv("plot", grown.folder, "-o", tmp_path, *words).code == 0
    assert "optimizer step" in (tmp_path / "training_gradient_norm-rings.svg").read_text(encoding="utf-8")
    assert (tmp_path / "gap-rings.svg").is_file()


def test_metrics_of_a_quantity_are_those_of_its_curve(grown: Grown) -> None:
    done = genconv("metrics", grown.folder, "--quantity", "training.gradient_norm", "--format", "csv")
    (row,) = csv.DictReader(done.out.splitlines())
    curves = [load_file(folder / "curves.safetensors")["training.gradient_norm"] for folder in grown.folder.iterdir()]
    assert float(row["last_mean"]) == pytest.approx(np.mean([curve[-1] for curve in curves]))
    assert (row["kind"], row["unit"]) == ("loss", "")
    assert "excess_mean" not in row or row["excess_mean"] == ""


@pytest.mark.parametrize("command", ["plot", "metrics"])
def test_an_unknown_quantity_names_the_known_ones(command: str, grown: Grown, tmp_path: Path) -> None:
    words = ("-o", str(tmp_path / "x")) if command == "plot" else ()
    done = genconv(command, grown.folder, *words, "--quantity", "validation.lk")
    assert done.code == 2
    assert done.error.startswith("unknown quantity 'validation.lk': did you mean 'validation.kl'? known are ")
    assert "training.gradient_norm" in done.error


def test_a_metric_of_ones_own_has_a_column(grown: Grown, tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(METRIC)
    done = genconv("metrics", grown.folder, "--metric", f"{file}:MIDDLE", "--format", "csv")
    assert done.code == 0, done.err
    (row,) = csv.DictReader(done.out.splitlines())
    curves = [load_file(folder / "curves.safetensors")["validation.loss"] for folder in grown.folder.iterdir()]
    assert float(row["middle_mean"]) == pytest.approx(np.mean([curve[1] for curve in curves]))
    shown = genconv("metrics", grown.folder, "--metric", f"{file}:MIDDLE", "--format", "markdown").out
    assert "middle" in shown
