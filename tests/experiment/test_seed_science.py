"""Twins and luck of runs that are trained: one small design, looked at in every way."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import genconv
from genconv.store.results import Results
from tests.cli.commands import genconv as command
from tests.experiment.compiling import TINY, quick_compilation

STUDY = """
name = "twins"

[design]
layout = "twins"
levels = 6
flip_at = [0, 2]

[[cells]]
models = "flow"
datasets = "8gaussians"
model = { hidden = [8], couplings = 2 }
training = { epochs = 3 }
"""
SEEDS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("twins")
    (place / "twins.toml").write_text(STUDY)
    with quick_compilation():
        done = command("run", place / "twins.toml", "-o", place / "runs", "-q", *TINY)
        assert done.code == 0, done.err
        yield place


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return genconv.load(folder / "runs")


def test_the_runs_of_a_design_are_one_cell_and_are_found_finished(folder: Path, results: Results) -> None:
    (cell,) = results
    assert len(cell.runs) == 3 * SEEDS
    assert results.notes == (
        "8gaussians · flow · corrected: runs share integers of init, order, noise, so they are not independent, as "
        "intervals and verdicts take them to be; these are too sure (genconv variance tells shares)",
    )
    done = command("run", folder / "twins.toml", "-o", folder / "runs", "--dry-run", *TINY)
    assert "0 runs to train, 18 finished" in done.out
    assert "6 seeds of init, order, noise; 2 twins each, one bit flipped at initialisation, after epoch 2" in done.out


def test_twins_are_as_near_as_their_curves_and_weights(results: Results) -> None:
    (cell,) = results
    at_start, later = genconv.twins(results)
    assert (at_start.flip_at, later.flip_at, at_start.pairs, later.lost) == (0, 2, SEEDS, 0)
    place = {run: i for i, run in enumerate(cell.curves.coordinates or ())}
    curves, last = cell.curves.validation, []
    for run, i in place.items():
        if run.perturbation and run.flip_at == 2:
            base = place[run._replace(perturbation=None, flip_at=0)]
            assert (curves[i, :2] == curves[base, :2]).all()
            last.append(abs(curves[i, -1] - curves[base, -1]))
    assert later.apart == pytest.approx(np.median(last))
    assert (later.median[:2] == 0).all()
    bases = [i for run, i in place.items() if not run.perturbation]
    assert later.deviation == pytest.approx(curves[bases, -1].std(ddof=1))
    assert at_start.weights is not None
    assert at_start.weights.seeds is not None
    assert 0 < at_start.weights.twins < at_start.weights.seeds
    assert at_start.chaos is not None
    assert at_start.chaos.share < 0.1


def test_the_share_of_chaos_is_that_of_the_first_flip(results: Results) -> None:
    (cell,) = genconv.variance(results, "last")
    (at_start, _) = genconv.twins(results)
    assert cell.components is not None
    chaos = next(share for share in cell.components.shares if share.stream == "chaos")
    assert at_start.chaos is not None
    assert chaos.share == pytest.approx(at_start.chaos.share)


def test_luck_is_a_computation_on_the_losses_of_single_examples(results: Results) -> None:
    (cell,) = results
    losses = np.stack([run.examples["loss"] for run in cell.runs]).astype(np.float64)
    runs, examples = losses.shape
    (found,) = genconv.luck(results)
    assert found.luck is not None
    random, correlations, covariances, here, there = np.random.default_rng(1), [], [], [], []
    for _ in range(400):
        order = random.permutation(examples)
        a, b = losses[:, order[: examples // 2]].mean(1), losses[:, order[examples // 2 :]].mean(1)
        correlations.append(np.corrcoef(a, b)[0, 1])
        covariances.append(np.cov(a, b)[0, 1])
        best = np.argsort(a)[: round(0.25 * runs)]
        here.append(a.mean() - a[best].mean())
        there.append(b.mean() - b[best].mean())
    assert found.luck.halves == pytest.approx(np.mean(correlations), abs=0.02)
    assert found.luck.real == pytest.approx(np.mean(covariances) / losses.mean(1).var(ddof=1), abs=0.02)
    quarter = found.luck.best[-1]
    assert (quarter.percent, quarter.runs) == (25.0, round(0.25 * runs))
    assert quarter.here == pytest.approx(np.mean(here), rel=0.1)
    assert quarter.there == pytest.approx(np.mean(there), rel=0.1)
    assert found.luck.deviation == pytest.approx(losses.mean(1).std(ddof=1))


def test_losses_on_fresh_points_are_those_of_the_stored_weights(folder: Path, results: Results) -> None:
    (stored,), (fresh,) = genconv.luck(results), genconv.luck(results, fresh=3000)
    assert fresh.luck is not None
    assert stored.luck is not None
    assert fresh.fresh
    assert fresh.luck.examples == 3000
    assert fresh.luck.real_deviation == pytest.approx(stored.luck.real_deviation, rel=0.5)
    assert fresh.luck.real >= stored.luck.real
    table = pl.read_csv(command("luck", folder / "runs", "--fresh", "3000", "--format", "csv").out.encode())
    assert table["real"][0] == pytest.approx(fresh.luck.real)
    assert table.columns[:5] == ["dataset", "model", "runs", "missing", "examples"]


def test_commands_show_what_is_found(folder: Path) -> None:
    twins = command("twins", folder / "runs")
    assert twins.code == 0
    assert "after epoch 2" in twins.out
    assert "weights, twins" in " ".join(command("twins", folder / "runs", "--wide").out.split())
    assert command("luck", folder / "runs").code == 0
    assert "real" in command("luck", folder / "runs", "--format", "markdown").out
    assert command("luck", folder / "runs", "--fresh", "1").error == "fresh = 1: must be from 4 to 10,000,000"


def test_dependence_is_told_where_it_is_not_taken_into_account(folder: Path) -> None:
    runs, said = folder / "runs", "runs share integers of init, order, noise"

    def told(name: str, *words: str) -> str:
        done = command(name, runs, *words, *(("-o", str(folder / "figures")) if name == "plot" else ()))
        assert done.code == 0, done.err
        return done.err

    assert said in told("metrics")
    assert said in told("plot", "--kind", "curves", "--kind", "variance")
    assert said not in told("variance") + told("twins")
    assert said not in told("plot", "--kind", "variance", "--kind", "twins")


def test_figure_and_page_show_twins(folder: Path, results: Results) -> None:
    figures = genconv.plot(results, kinds=["twins"])
    (axes,) = figures["twins-8gaussians"].axes
    assert axes.get_yscale() == "log"
    assert "last bit of one weight" in figures["twins-8gaussians"].caption
    page = genconv.write_report(results, folder / "page.html").read_text()
    assert "One flipped bit" in page
    assert "bit flipped after epoch 2: the share of the variance" in page
    assert "Is the lucky seed really better?" not in page, "18 runs are few"
