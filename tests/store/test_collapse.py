"""Latent variables that say nothing are told, with the number of runs; they change no number."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.cli.commands import genconv as command
from tests.experiment import synthetic_runs as runs
from tests.experiment.synthetic_runs import EPOCHS, cell, record

import genconv
from genconv.store.collapse import collapse_sentences
from genconv.store.runs import save_run


def store(root: Path, ends: list[float]) -> None:
    """A run for each KL at the end."""
    for seed, end in enumerate(ends):
        one = record(seed)
        save_run(root, replace(one, curves={**one.curves, "validation.kl": np.append(np.full(EPOCHS - 1, 1.0), end)}))


def test_runs_that_make_nothing_of_their_latent_variables_are_told_wherever_numbers_are(tmp_path: Path) -> None:
    store(tmp_path, [0.5, 1e-4, 0.0099, np.nan])
    results = genconv.load(tmp_path)
    (sentence,) = collapse_sentences(results.cells)
    assert sentence.startswith("Posterior collapse in 2 of 4 runs of rings · vae · corrected: the KL of the latent")
    other = cell(model="lvae", architecture={"hidden": [8, 8], "latent": [1, 1]})
    runs.store(tmp_path / "other", 4, other)
    for name in ("metrics", "compare"):
        assert sentence in command(name, tmp_path, tmp_path / "other").err
    page = genconv.write_report(results, tmp_path / "page.html").read_text().replace("\xa0", " ")
    assert "Posterior collapse in 2 of 4 runs" in page
    assert genconv.summarise(results)[0].seeds == 4


def test_nothing_is_said_of_runs_above_or_without_a_kl(tmp_path: Path) -> None:
    store(tmp_path / "above", [0.0101, 0.5])
    save_run(tmp_path / "without", record())
    assert collapse_sentences(genconv.load([tmp_path / "above", tmp_path / "without"]).cells) == []
