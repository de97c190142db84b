"""Lines on standard error: whole words in a terminal, one line elsewhere; names of metrics are completed."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest

import genconv
from genconv.cli._names import metric_names
from genconv.cli._told import tell
from tests.cli.commands import genconv as command
from tests.experiment.synthetic_runs import cell, store

LONG = "the metric that you have named is none of those that are known, " * 5


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_a_long_line_breaks_at_words_in_a_terminal_alone(
    stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    screen = stream()
    monkeypatch.setattr(sys, "stderr", screen)
    tell("error", LONG)
    lines = screen.getvalue().splitlines()
    assert " ".join(screen.getvalue().split()) == f"genconv: error: {LONG.strip()}"
    assert len(lines) == 1 or max(map(len, lines)) <= 80
    assert (len(lines) > 1) == (stream is Terminal)


def test_metrics_are_completed() -> None:
    assert "test_nll" in metric_names("test")
    assert metric_names("last,test_n") == ["last,test_nll"]


def test_one_run_has_no_deviation_and_a_heading_is_as_one_reads_it(tmp_path: Path) -> None:
    for model in ("vae", "flow"):
        store(tmp_path, 3, cell(model=model))
    assert "rings · epochs to final" in command("compare", tmp_path, "--metric", "epochs_to_final").out
    store(tmp_path / "one", 1)
    assert "± –" not in command("metrics", tmp_path / "one", "--wide").out


def test_an_import_is_shown_in_short(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    rows = "".join(f"{seed},{epoch},{loss:.3f}\n" for seed in (0, 1) for epoch, loss in enumerate(np.linspace(3, 2, 4)))
    file.write_text(f"seed,epoch,val_loss\n{rows}", encoding="utf-8")
    shown = repr(genconv.import_runs(file, tmp_path / "runs", model="mine", dataset="photos"))
    assert shown.startswith("Imported: 1 cell, 2 runs\n")
    assert "PosixPath" not in shown
