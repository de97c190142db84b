"""The tables of the pages on what was found follow from the curves in `results/seed-science`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import genconv
from genconv.statistics.early_warning import TOGETHER
from genconv.statistics.rate_sensitivity import rate_sensitivities
from genconv.store.results import Results
from tests.cli.commands import genconv as command
from tests.docs.blocks import ROOT

RESULTS = ROOT / "results" / "seed-science"
PAGES = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("found-*.md")))
STREAMS = ("init", "order", "noise", "data", "interaction", "chaos")


def imported(folder: Path, name: str, *more: str) -> Results:
    done = command("import", RESULTS / f"{name}.parquet", *more, "-o", folder / name)
    assert done.code == 0, done.err
    return genconv.load(folder / name)


def shares_rows(folder: Path) -> list[str]:
    rows = []
    for cell in genconv.variance(imported(folder, "shares"), "min"):
        if cell.metric == "min" and cell.components is not None:
            found = {one.stream: one for one in cell.components.shares}
            assert cell.model != "flow" or found["noise"].low == 0, "a flow draws no noise in training"
            texts = (f"{one.share:.2f} [{one.low:.2f}, {one.high:.2f}]" for one in map(found.__getitem__, STREAMS))
            rows.append(f"| {cell.model} | {cell.dataset} | {' | '.join(texts)} |")
    return rows


def images_rows(folder: Path) -> list[str]:
    rows = []
    for cell in genconv.variance(imported(folder, "shares-images"), "min"):
        assert cell.components is not None
        texts = (f"{one.share:.2f} [{one.low:.2f}, {one.high:.2f}]" for one in cell.components.shares)
        rows.append(f"| {cell.model} | {cell.dataset} | {' | '.join(texts)} |")
    return rows


def twins_rows(folder: Path) -> list[str]:
    return [
        f"| {one.model} | {one.flip_at} | {one.pairs} | {one.apart:.1g} | {one.deviation:.2g} | "
        f"{one.chaos.share:.2f} [{one.chaos.low:.2f}, {one.chaos.high:.2f}] |"
        for one in genconv.twins(imported(folder, "twins"))
        if one.chaos is not None
    ]


def rates_rows(folder: Path) -> list[str]:
    results = imported(folder, "rates", "--group-by", "learning_rate")
    found = rate_sensitivities(results.cells)
    rows = [
        f"| {one.model} | {', '.join(str(rate.diverged) for rate in one.rates)} | {one.sensitivity:.2f} "
        f"[{one.low:.2f}, {one.high:.2f}] | {one.critical:.2g} [{one.critical_low:.2g}, {one.critical_high:.2g}] |"
        for one in found
    ]
    warned = [one for one in genconv.early_warning(results) if one.model == "flow corrected"]
    assert {one.predictor for one in warned} == {"validation.loss", "scalar.gradient_norm", TOGETHER}
    return rows + [
        f"| {one.after:g} % | {one.predictor} | {one.diverged} | {one.survived} | {one.area:.2f} "
        f"[{one.low:.2f}, {one.high:.2f}] |"
        for one in warned
        if one.predictor != TOGETHER
    ]


def luck_rows(folder: Path) -> list[str]:
    del folder
    rows, told = [], pl.read_csv(RESULTS / "luck.csv").unique("model", keep="first", maintain_order=True)
    for epochs, group in pl.read_parquet(RESULTS / "luck.parquet").group_by("epochs"):
        means = group.select(pl.col("^block_.*$")).to_numpy().astype(np.float64)
        count, covariance = means.shape[1], np.cov(means.T)
        real = count / (count - 1) * (1 - np.trace(covariance) / covariance.sum())  # Cronbach's α, of blocks
        one = told.filter(pl.col("model") == f"flow (epochs={epochs[0]})").row(0, named=True)
        assert real == pytest.approx(one["real"], abs=0.002)
        assert means.mean(1).std(ddof=1) == pytest.approx(one["sd"], rel=1e-4)
        far = 100 * float((group["largest"] > 100).mean())
        rows.append(
            f"| {epochs[0]} | {len(group)} | {np.median(means.mean(1)):.2f} | {one['sd']:.2g} | "
            f"{one['real']:.3f} [{one['real_low']:.3f}, {one['real_high']:.3f}] | {far:.0f} % |"
        )
    return rows


@pytest.mark.parametrize("rows", [shares_rows, images_rows, twins_rows, rates_rows, luck_rows])
def test_every_row_of_the_pages_follows_from_the_curves(rows: Callable[[Path], list[str]], tmp_path: Path) -> None:
    found = rows(tmp_path)
    missing = [row for row in found if row not in PAGES]
    assert found
    assert not missing, "\n".join(missing)
