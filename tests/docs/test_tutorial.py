"""The tutorial's own study, as its page has it, at a small size."""

from pathlib import Path

import pytest

from tests.cli.commands import genconv
from tests.docs.blocks import ROOT, blocks
from tests.experiment.compiling import quick_compilation

BLOCKS = blocks(ROOT / "docs" / "tutorial.md")
COMMANDS = [words for block in BLOCKS if block.language == "sh" for words in block.commands]
SMALL = (
    "training.epochs=2",
    "training.warmup_steps=0",
    "data.training_size=1024",
    "data.validation_size=128",
    "data.test_size=128",
    "evaluation.samples=16",
    "evaluation.points=64",
    "model.couplings=1",
    "model.hidden=[4]",
)


def command(*beginning: str) -> list[str]:
    """The words behind `genconv` of the page's command that begins so."""
    (words,) = [words[1:] for words in COMMANDS if tuple(words[1 : len(beginning) + 1]) == beginning]
    return words


def test_the_study_is_run_until_it_is_decided_and_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (study,) = [block for block in BLOCKS if block.title == "study.toml"]
    Path("study.toml").write_text(study.text, encoding="utf-8")
    shown = genconv(*command("show", "study.toml"))
    assert shown.out.startswith("# 2 cells, 10 runs")
    assert genconv(*command("run", "study.toml", "--dry-run")).out.endswith("nothing was written.\n")
    with quick_compilation():
        done = genconv(*command("run", "study.toml", "-o", "mine"), "--max-seeds", "5", *SMALL)
    assert done.code == 0, done.err
    assert "look 1, 5 seeds each, alpha spent" in done.out
    assert "report: mine/report-batch-size.html" in done.out
    assert genconv(*command("plot", "mine")).code == 0
    assert Path("figures/curves-moons.pdf").exists()
