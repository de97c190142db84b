"""Learning-rate sensitivity against a computation by hand, and the rate at which 5 % diverge against the truth."""

from dataclasses import replace
from math import inf, log
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit
from tests.cli.commands import genconv
from tests.report.synthetic_cells import curves

from genconv.errors import InputError
from genconv.statistics.rate_sensitivity import AtRate, critical_rate, rate_sensitivities
from genconv.store.imported import ImportedCell
from genconv.store.results import StoredCell


def cell(rate: float, losses: list[float], model: str = "flow") -> StoredCell:
    """Curves from 9 to these last losses; NaN for a run that diverged."""
    count = len(losses)
    lost = {place: 1 for place, loss in enumerate(losses) if np.isnan(loss)}
    made = curves(model, seeds=count, epochs=3, died=lost)
    rows = np.stack([np.full(count, 9.0), np.full(count, 5.0), np.array(losses)], axis=1)
    rows[list(lost), 1:] = np.nan
    source = ImportedCell("8gaussians", model, made.seeds, None, rows, settings={"lr": str(rate)})
    return StoredCell(replace(made, validation=rows), imported=source)


def test_the_number_is_the_mean_over_log_rates_above_the_best() -> None:
    cells = [cell(0.1, [np.nan, 4.0]), cell(0.001, [3.0, 5.0]), cell(0.01, [2.0, 2.0])]
    (found,) = rate_sensitivities(cells)
    means = [4.0, 2.0, (9.0 + 4.0) / 2]  # by rate; a diverged run counts with the initial loss
    assert [one.rate for one in found.rates] == [0.001, 0.01, 0.1]
    assert (found.initial, found.best, found.best_loss) == (9.0, 0.01, 2.0)
    assert found.sensitivity == pytest.approx((means[0] / 2 + means[1] + means[2] / 2) / 2 - 2.0)
    assert found.low <= found.sensitivity <= found.high


def test_cells_of_another_setting_stay_apart_and_one_rate_is_none() -> None:
    cells = [cell(0.1, [3.0, 4.0]), cell(0.01, [3.0, 5.0], "vae")]
    with pytest.raises(InputError, match="no two cells differ in nothing but a learning rate"):
        rate_sensitivities(cells)


RATES = np.geomspace(0.001, 1, 8)


def study(random: np.random.Generator, critical: float, slope: float, runs: int) -> list[AtRate]:
    shares = expit(slope * (np.log(RATES) - log(critical)) - log(19))
    return [AtRate(rate, np.where(random.random(runs) < p, np.nan, 1.0)) for rate, p in zip(RATES, shares, strict=True)]


@pytest.mark.parametrize("slope", [2.0, 8.0])
def test_the_interval_of_the_rate_holds_the_truth(slope: float) -> None:
    random = np.random.default_rng(1)
    ends = [critical_rate(study(random, 0.05, slope, 20)) for _ in range(60)]
    held = np.mean([low <= 0.05 <= high for _, low, high in ends])
    assert held >= 0.88
    assert np.median([one for one, _, _ in ends]) == pytest.approx(0.05, rel=0.35)


def test_a_study_in_which_no_run_diverges_bounds_the_rate_from_below() -> None:
    alive = [AtRate(rate, np.ones(10)) for rate in RATES]
    estimate, low, high = critical_rate(alive)
    assert np.isnan(estimate)
    assert high == inf
    assert 0.05 < low < 1
    lost = [AtRate(rate, np.full(10, np.nan)) for rate in RATES]
    estimate, low, high = critical_rate(lost)
    assert np.isnan(estimate)
    assert low == 0.0
    assert high < 0.01


def test_the_command(tmp_path: Path) -> None:
    lines = ["model,lr,seed,epoch,validation"]
    for rate, loss in ((0.001, 3.0), (0.01, 2.0), (0.1, 4.0)):
        for seed in range(3):
            lines += [f"m,{rate},{seed},{epoch},{9.0 if epoch == 0 else loss + 0.1 * seed}" for epoch in range(3)]
    (tmp_path / "runs.csv").write_text("\n".join(lines) + "\n")
    assert genconv("import", tmp_path / "runs.csv", "--group-by", "lr", "-o", tmp_path / "in").code == 0
    done = genconv("sensitivity", tmp_path / "in", "--format", "csv")
    assert done.code == 0, done.err
    header, row = (line.split(",") for line in done.out.splitlines())
    told = dict(zip(header, row, strict=True))
    assert (told["rates"], told["runs"], told["diverged"], told["best_rate"]) == ("3", "9", "0", "0.01")
    by_rate = genconv("sensitivity", tmp_path / "in", "--by-rate", "--format", "csv").out.splitlines()
    assert len(by_rate) == 4
    done = genconv("sensitivity", tmp_path / "in", "--wide", "-o", tmp_path / "figures")
    assert "above" in done.out
    assert len(list((tmp_path / "figures").glob("sensitivity-*.png"))) == 1
