"""What is seen while a study trains: how much of all is done, lines in a pipe, a bar for all cells on a terminal."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from genconv.cli._progress import Lines, LiveDisplay
from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.experiment.observer import PlannedCell, Progress
from genconv.experiment.overall import Overall
from tests.cli.commands import genconv
from tests.experiment.compiling import TINY
from tests.experiment.synthetic_runs import EPOCHS, cell

RUNS = tuple(map(Coordinates.of_seed, range(4)))


def planned(of: Cell, missing: int = 4) -> PlannedCell:
    epochs = of.training.epochs
    return PlannedCell(of.identity, of.dataset, of.model, of.protocol, RUNS[missing:], RUNS[:missing], epochs)


def epoch(of: Cell, number: int, runs: int = 4) -> Progress:
    return Progress(of, number, np.ones(runs, np.float32), np.zeros(runs, bool))


VAE, FLOW = cell(), cell(model="flow")


def test_what_is_left_follows_from_what_was_done() -> None:
    now = [0.0]
    overall = Overall([planned(VAE), planned(FLOW, 2), planned(cell(model="lvae"), 0)], lambda: now[0])
    assert (overall.fraction, overall.seconds_left) == (0.0, None)
    now[0] = 30.0  # compiling
    for number in range(1, EPOCHS + 1):
        now[0] += 4
        overall.epoch_finished(epoch(VAE, number))
        expected = None if number == 1 else 4 * (EPOCHS - number) + 2 * EPOCHS + 34
        assert overall.seconds_left == expected
    now[0] += 5  # evaluation
    overall.cell_finished(VAE, 4)
    assert overall.fraction == pytest.approx(4 / 6)
    assert overall.cells_done == 1
    assert overall.seconds_left == pytest.approx(34 + 2 * EPOCHS + 5)
    overall.epoch_finished(epoch(FLOW, EPOCHS, 2))
    overall.cell_finished(FLOW, 2)
    assert (overall.fraction, overall.seconds_left) == (1.0, 0.0)


def test_a_cell_that_goes_on_does_not_count_what_was_done_before() -> None:
    now = [0.0]
    overall = Overall([planned(VAE)], lambda: now[0])
    now[0] = 10.0
    overall.epoch_finished(epoch(VAE, EPOCHS - 2))
    assert overall.seconds_left is None
    now[0] = 13.0
    overall.epoch_finished(epoch(VAE, EPOCHS - 1))
    assert overall.seconds_left == pytest.approx(3)


def test_lines_say_how_much_of_all_is_done() -> None:
    said: list[str] = []
    lines = Lines(said.append)
    lines.study_planned([planned(VAE), planned(FLOW)])
    lines.epoch_finished(epoch(VAE, EPOCHS - 1))
    lines.epoch_finished(epoch(VAE, EPOCHS))
    assert "; 50 % of all, about " in said[-1]


def test_a_terminal_has_a_bar_for_all_cells() -> None:
    screen = io.StringIO()
    with LiveDisplay(Console(file=screen, force_terminal=True, width=120)) as display:
        display.study_planned([planned(VAE), planned(FLOW)])
        display.cell_started(VAE, RUNS)
        display.epoch_finished(epoch(VAE, EPOCHS))
        display.cell_finished(VAE, RUNS, 1.0)
    assert "all 2 cells" in screen.getvalue()
    assert "50 % of all epochs" in screen.getvalue()


def test_the_demo_runs_the_quickstart_and_names_its_page(quickly: None, tmp_path: Path) -> None:
    done = genconv("demo", "seeds=2", "epochs=1", *TINY, "-o", tmp_path / "runs")
    assert done.code == 0, done.err
    assert f"open {(tmp_path / 'runs' / 'report-quickstart.html').as_uri()}" in done.out
    assert f"next: genconv compare {tmp_path / 'runs'}, genconv plot {tmp_path / 'runs'}\n" in done.out
    assert (tmp_path / "runs" / "report-quickstart.html").exists()
    assert "% of all" in done.err, "progress is told on standard error"
    assert "epoch" not in done.out.split("open file")[0].split("Curves:")[0].replace("epochs", "")


def test_cells_of_one_model_are_told_apart(tmp_path: Path) -> None:
    cell = '[[cells]]\nmodels = "vae"\ndatasets = "rings"\ntraining = {{ learning_rate = {rate} }}\n'
    study = tmp_path / "rates.toml"
    study.write_text('name = "rates"\nseeds = 2\n' + cell.format(rate=0.01) + cell.format(rate=0.02), encoding="utf-8")
    done = genconv("run", study, "--dry-run", "-o", tmp_path / "runs")
    assert done.code == 0, done.err
    assert "vae (learning_rate=0.01)" in done.out
    assert "vae (learning_rate=0.02)" in done.out


def test_lines_name_what_sets_a_cell_apart() -> None:
    said: list[str] = []
    lines = Lines(said.append)
    lines.study_planned([planned(VAE)._replace(variant="epochs=5"), planned(FLOW)])
    lines.cell_started(VAE, RUNS)
    lines.cell_started(FLOW, RUNS)
    assert "rings · vae · corrected (epochs=5): 4 runs" in said[-2]
    assert "rings · flow · corrected: 4 runs" in said[-1]


def test_what_goes_on_says_from_which_epoch() -> None:
    said: list[str] = []
    screen = io.StringIO()
    with LiveDisplay(Console(file=screen, force_terminal=True, width=120)) as display:
        for one in (Lines(said.append), display):
            one.study_planned([planned(VAE)])
            one.cell_started(VAE, RUNS)
            one.cell_resumed(VAE, 3)
    assert said[-1] == "rings · vae · corrected: goes on from epoch 3"
    assert "rings · vae · corrected: goes on from epoch 3" in screen.getvalue()
    assert f"3/{EPOCHS}" in screen.getvalue()


def test_samples_have_a_bar_on_a_terminal_and_lines_elsewhere() -> None:
    screen = io.StringIO()
    with LiveDisplay(Console(file=screen, force_terminal=True, width=120)) as display:
        for drawn in (0, 50, 100):
            display.samples_drawn("mnist-pixelcnn-1", drawn, 100)
    assert "mnist-pixelcnn-1" in screen.getvalue()
    assert "100/100" in screen.getvalue()
    said: list[str] = []
    lines = Lines(said.append)
    for drawn in (0, 50, 100):
        lines.samples_drawn("mnist-pixelcnn-1", drawn, 100)
    assert said == ["mnist-pixelcnn-1: 0 of 100 samples"], "not more than every few seconds"
