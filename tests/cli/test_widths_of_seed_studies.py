"""Tables of what is studied about seeds fit 80, 100 and 200 columns, with whole words."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from genconv.config.run import Cell, Run
from genconv.config.training import TrainingConfig
from genconv.coordinates import Coordinates
from genconv.curves import Divergence
from genconv.store.runs import save_run
from tests.cli.commands import genconv
from tests.cli.test_widths import check_whole, printed
from tests.experiment.synthetic_runs import EPOCHS, cell, record, store

LONG = "models/of/mine/in/a/deep/folder.py:Normalizing"


def saved(root: Path, of: Cell, at: Coordinates, number: int, divergence: Divergence | None = None) -> None:
    one = record(number, of, divergence)
    examples = np.random.default_rng(number).normal(4.25, 1, 64).astype(np.float32) + 0.1 * number
    save_run(root, replace(one, run=Run(of, at), examples={"loss": examples}))


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two models seeds with twins, some of which diverge, streams that are crossed, and several learning rates."""
    root = tmp_path_factory.mktemp("seeds")
    for model in ("vae", LONG):
        for number in range(12):
            late = Divergence(EPOCHS - 1, "blow-up") if number % 2 else None
            saved(root, cell(model=model), Coordinates.of_seed(number), number, late)
        for number in range(0, 6, 2):
            saved(root, cell(model=model), Coordinates.of_seed(number)._replace(perturbation=1), 20 + number)
        crossed = cell(model=model, dataset="checkerboard")
        for number, (init, order) in enumerate(product(range(3), repeat=2)):
            saved(root, crossed, Coordinates(0, init, order, 0), number)
        for rate in (0.001, 0.01, 0.1):
            training = TrainingConfig(epochs=EPOCHS, batch_size=128, learning_rate=rate)
            of = cell(model=model, dataset="moons", training=training)
            for number in range(3):
                saved(root, of, Coordinates.of_seed(number), int(number + 1000 * rate))
    return root


@pytest.mark.parametrize("name", ["twins", "luck", "early", "variance", "sensitivity"])
def test_a_table_has_whole_words_at_every_width(name: str, studied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed((name, studied, "--wide"), 80, monkeypatch)
    assert "vae" in text
    assert "Normalizing" in text
    check_whole((name, studied), text, monkeypatch)


def test_answers_and_lines_of_looks_have_whole_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for model in ("vae", "lvae", LONG):
        store(tmp_path, 10, cell(model=model))
    words = ("look", tmp_path, "--metric", "last", "--look-every", "5")
    for width in (80, 100, 200):
        (tmp_path / "until-looks.json").unlink(missing_ok=True)
        text = printed(words, width, monkeypatch)
        assert "look 1, 5 seeds each" in text
        assert all(len(line) <= width or len(line.split()) == 1 for line in text.splitlines())


def test_plain_seeds_are_told_what_to_do_without_a_legend(tmp_path: Path) -> None:
    store(tmp_path, 6)
    for form in ("table", "markdown"):
        done = genconv("variance", tmp_path, "--metric", "last", "--format", form)
        said = " ".join(done.out.split())
        assert "a study with a" in said
        assert "genconv plan --variance" in said
        assert "Share of the variance" not in said
