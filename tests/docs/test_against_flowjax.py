"""The table beside FlowJAX in the documents follows from the runs in `results`."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
RUNS = pl.read_json(ROOT / "results" / "against-flowjax.json")
CASES = RUNS.select("density", "flow").unique(maintain_order=True).rows()


@pytest.mark.parametrize(("density", "flow"), CASES)
def test_the_table_is_what_the_runs_say(density: str, flow: str) -> None:
    ours, theirs = (excesses(density, flow, library) for library in ("genconv", "flowjax"))
    texts = [f"{values.mean():.4f} ± {values.std(ddof=1):.4f}" for values in (ours, theirs)]
    interval = stats.ttest_rel(ours, theirs).confidence_interval()
    difference = f"{(ours - theirs).mean():+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]".replace("-", "−")
    assert f"| `{density}`, {flow} | {len(ours)} | {' | '.join(texts)} | {difference} |" in PAGE


def test_no_worse_by_more_than_the_page_says_and_better_on_one_alone() -> None:
    found = [
        stats.ttest_rel(*(excesses(density, flow, library) for library in ("genconv", "flowjax")))
        for density, flow in CASES
    ]
    assert all(one.statistic < 0 for one in found)
    assert f"{max(one.confidence_interval().high for one in found):+.4f}" == "+0.0051"
    together = max(one.confidence_interval(1 - 0.05 / 8).high for one in found)
    assert f"{together:+.4f}" == "+0.0103"
    first, second = sorted(one.pvalue for one in found)[:2]
    assert f"{8 * first:.3f}" == "0.021"
    assert 7 * second > 0.05
    assert all(
        text in PAGE for text in ("No interval reaches above +0.0051, and above +0.0103 where", "alone (p = 0.021)")
    )


def excesses(density: str, flow: str, library: str) -> np.ndarray:
    """Of one library's runs, by seed."""
    wanted = {"density": density, "flow": flow, "library": library}
    cell = RUNS.filter(*(pl.col(name) == value for name, value in wanted.items())).sort("seed")
    assert cell["seed"].to_list() == list(range(len(cell)))
    return cell["excess"].to_numpy()
