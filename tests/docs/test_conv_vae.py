"""The table of bounds beside PyTorch in the documents follows from the runs in `results`."""

import json

import numpy as np
import pytest
from scipy import stats

from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
RUNS = json.loads((ROOT / "results" / "against-torch-conv-vae.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("words", "name"), [("ELBO", "elbo"), ("five draws", "iwae_5"), ("500 draws", "iwae_500")])
def test_the_table_is_what_the_runs_say(words: str, name: str) -> None:
    ours, theirs = (np.array([run[name] for run in RUNS[side]]) for side in ("genconv", "pytorch"))
    interval = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval()
    texts = [f"{values.mean():.2f} ± {values.std(ddof=1):.2f}" for values in (ours, theirs)]
    difference = f"{ours.mean() - theirs.mean():+.2f} [{interval.low:+.2f}, {interval.high:+.2f}]"
    assert f"| {words} | {' | '.join(texts)} | {difference} |" in PAGE
    assert interval.low < 0 < interval.high


def test_more_draws_give_a_tighter_bound_in_every_run() -> None:
    runs = [*RUNS["genconv"], *RUNS["pytorch"]]
    assert len(runs) == 20
    assert all(run["elbo"] >= run["iwae_5"] >= run["iwae_500"] for run in runs)
