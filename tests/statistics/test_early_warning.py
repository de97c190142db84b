"""Areas under the ROC curve against SciPy, by hand and by simulation; runs are compared within their cell."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats
from small_cells import curves
from tests.cli.commands import genconv as command

import genconv
from genconv.curves import Divergence, FloatArray
from genconv.errors import InputError
from genconv.statistics.area import Stratum, area, area_interval, left_out_area, left_out_interval
from genconv.statistics.early_warning import early_warnings
from genconv.store.results import StoredCell


def stratum(dead: Sequence[float] | FloatArray, alive: Sequence[float] | FloatArray) -> Stratum:
    values = np.concatenate([np.asarray(dead, float), np.asarray(alive, float)])
    return Stratum(values, np.arange(len(values)) < len(dead))


def test_the_area_is_the_u_of_mann_and_whitney() -> None:
    random = np.random.default_rng(0)
    dead, alive = np.round(random.normal(0.5, 1, 12), 1), np.round(random.normal(size=30), 1)
    u = stats.mannwhitneyu(dead, alive).statistic
    assert area([stratum(dead, alive)]) == pytest.approx(u / (12 * 30))
    assert area([stratum([2, 1], [0, 1]), stratum([5], [6, 7, 8])]) == pytest.approx((3.5 + 0) / (4 + 3))
    assert area([stratum([1.0], [])]) is None


def test_the_interval_solves_its_equation() -> None:
    low, high = area_interval(0.8, [(10, 20)], 0.95)
    for theta in (low, high):
        shape = (1 - theta) / (2 - theta) + theta / (1 + theta)
        variance = theta * (1 - theta) / 200 * (1 + 14 * shape)
        assert abs(0.8 - theta) == pytest.approx(1.959964 * np.sqrt(variance), rel=1e-6)
    assert area_interval(1.0, [(5, 5)], 0.95)[1] == 1.0
    assert 0.4 < area_interval(1.0, [(5, 5)], 0.95)[0] < 0.9, "five against five that do not overlap prove little"


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0])
def test_the_interval_over_strata_holds_the_truth(shift: float) -> None:
    random, truth, held = np.random.default_rng(3), stats.norm.cdf(shift / np.sqrt(2)), []
    sizes = [(1, 19), (6, 14), (15, 5)]
    for _ in range(300):
        strata = [stratum(random.normal(shift, 1, m), random.normal(size=n)) for m, n in sizes]
        low, high = area_interval(area(strata) or 0.0, sizes, 0.95)
        held.append(low <= truth <= high)
    assert np.mean(held) > 0.92


def test_a_score_is_judged_by_pairs_that_it_has_not_seen() -> None:
    random = np.random.default_rng(5)
    noise, told = [], []
    for _ in range(40):
        died = np.arange(40) < 12
        values = random.normal(size=(40, 4))
        noise.append(left_out_area([Stratum(values, died)]))
        told.append(left_out_area([Stratum(values + 1.5 * died[:, np.newaxis] * [1, 0, 0, 0], died)]))
    assert np.mean(noise) == pytest.approx(0.5, abs=0.05)
    best = stats.norm.cdf(1.5 / np.sqrt(2))
    assert best - 0.12 < np.mean(told) < best
    by_hand = left_out_area([Stratum(random.normal(size=(40, 1)), np.arange(40) < 4)])
    assert by_hand is None, "four that died are too few to fit a score"


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_the_interval_of_a_fitted_score_holds_what_it_is_worth(shift: float) -> None:
    random, died, held = np.random.default_rng(1), np.arange(40) < 12, []
    for _ in range(100):
        values = random.normal(size=(40, 3)) + shift * died[:, np.newaxis] * [1, 0, 0]
        found = left_out_area([Stratum(values, died)])
        assert found is not None
        low, high = left_out_interval(found, [(12, 28)], 0.95)
        scatter = sum((each - each.mean(0)).T @ (each - each.mean(0)) for each in (values[died], values[~died]))
        weights = np.linalg.solve(scatter + np.eye(3), values[died].mean(0) - values[~died].mean(0))
        worth = stats.norm.cdf(weights[0] * shift / np.sqrt(2) / np.linalg.norm(weights))
        held.append(low <= worth <= high)
        assert low <= found
        assert high > 0.5
    assert np.mean(held) > 0.92


def test_leaving_out_a_pair_is_a_fit_without_it() -> None:
    random = np.random.default_rng(7)
    values, died = random.normal(size=(14, 2)), np.arange(14) < 6
    won = []
    for i in range(6):
        for j in range(6, 14):
            kinds = [np.delete(values[:6], i, 0), np.delete(values[6:], j - 6, 0)]
            scatter = sum((each - each.mean(0)).T @ (each - each.mean(0)) for each in kinds) + np.eye(2)
            weights = np.linalg.solve(scatter, kinds[0].mean(0) - kinds[1].mean(0))
            won.append(weights @ values[i] > weights @ values[j])
    assert left_out_area([Stratum(values, died)]) == pytest.approx(np.mean(won))


def cell(early: Sequence[float], deaths: dict[int, int], *, epochs: int = 100, model: str = "flow") -> StoredCell:
    """Curves whose losses are `early` for five epochs, then 1; `deaths` are epochs by run."""
    losses = np.ones((len(early), epochs))
    losses[:, :5] = np.asarray(early, float)[:, np.newaxis]
    made = curves(model, losses)
    divergences = tuple(
        Divergence(deaths[place], "non-finite loss") if place in deaths else None for place in range(len(early))
    )
    for place, epoch in deaths.items():
        losses[place, epoch:] = np.nan
    return StoredCell(curves(model, losses, divergences=divergences) if deaths else made)


def test_runs_are_compared_within_their_cell_and_while_they_live() -> None:
    hot = cell([9, 8, 1, 2, 7], {0: 50, 1: 30, 4: 0})  # the last one was dead when one looked
    cold = cell([100, 200, 300], {})  # nothing diverged: brings nothing, for all its losses
    found = early_warnings([hot, cold], [1])
    one = next(one for one in found if one.predictor == "validation.loss")
    assert (one.after, one.done, one.diverged, one.survived, one.cells, one.area) == (1, 1, 2, 2, 1, 1.0)
    later = early_warnings([hot], [40])
    assert [(one.diverged, one.done) for one in later if one.predictor == "validation.loss"] == [(1, 40)]
    with pytest.raises(InputError, match="no cell has both runs that diverged later and runs that survived"):
        early_warnings([cold])
    with pytest.raises(InputError, match="after = 0: must be percents above 0 and below 100"):
        early_warnings([hot], [0])


def test_the_command_on_recorded_scalars(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    for seed in range(16):
        dies = seed < 6
        with genconv.record(tmp_path / "runs", model="net", dataset="photos", seed=seed) as run:
            for epoch in range(20):
                lost = dies and epoch >= 9
                norm = float(np.exp(random.normal() + 4 * dies))
                run.log(epoch=epoch, validation=float("nan") if lost else 1 + random.random(), gradient_norm=norm)
    done = command("early", tmp_path / "runs", "--after", "5,10", "--format", "csv")
    assert done.code == 0, done.err
    table = pl.read_csv(done.out.encode())
    assert table.columns[:9] == [
        "dataset", "model", "after_percent", "done", "predictor", "diverged_later", "survived", "cells", "area",
    ]  # fmt: skip
    norms = table.filter(pl.col("predictor") == "scalar.gradient_norm")
    assert (norms["area"] > 0.9).all()
    assert "all together" in table["predictor"]
    assert "foretold by" in command("early", tmp_path / "runs").out
    assert command("early", tmp_path / "runs", "--after", "soon").error.startswith("--after 'soon': must be percents")
    results = genconv.load(tmp_path / "runs")
    assert len(genconv.early_warning(results, [5])) == table.height / 2
    figure = genconv.plot(results, kinds=["warning"])["warning-photos"]
    assert "6 of 16" in [text.get_text() for text in figure.axes[0].texts]
    assert "foretells nothing" in figure.caption
    page = genconv.write_report(results, tmp_path / "page.html").read_text()
    assert "runs that diverged later: off ½ are the areas of scalar.gradient_norm 1.00" in page


def test_the_page_has_a_line_where_too_few_runs_diverged(tmp_path: Path) -> None:
    for seed in range(6):
        with genconv.record(tmp_path / "runs", model="net", dataset="photos", seed=seed) as run:
            for epoch in range(20):
                run.log(epoch=epoch, validation=float("nan") if seed < 2 and epoch > 5 else 1.0 + seed)
    results = genconv.load(tmp_path / "runs")
    page = genconv.write_report(results, tmp_path / "page.html").read_text()
    assert "Too few runs to tell: it takes 5 that diverged after their first epochs" in page
    assert genconv.plot(results, kinds=["warning"]).silent[0].startswith("warning: no model has 5 runs")
