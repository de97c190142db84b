"""Several values after one `--set`."""

from pathlib import Path

import pytest

from genconv.cli.app import spread_settings
from tests.cli.commands import genconv


@pytest.mark.parametrize(
    ("words", "spread"),
    [
        ("", ""),
        ("run a.toml", "run a.toml"),
        ("--set a=1", "--set a=1"),
        ("--set a=1 b=2 c.d=3", "--set a=1 --set b=2 --set c.d=3"),
        ("--set a=1 --set b=2 c=3", "--set a=1 --set b=2 --set c=3"),
        ("--set=a=1 b=2", "--set=a=1 --set b=2"),
        ("--set a=1 b=2 -o runs c=3", "--set a=1 --set b=2 -o runs c=3"),
        ("--set a=1 study.toml b=2", "--set a=1 study.toml b=2"),
        ("--set a=1 some/folder/x=1.toml", "--set a=1 some/folder/x=1.toml"),
        ("run a=1 --mute", "run a=1 --mute"),
        ("--set a=1 -- b=2", "--set a=1 -- b=2"),
        ("--set", "--set"),
        ("--set nonsense b=2", "--set nonsense --set b=2"),
        ("--set --mute b=2", "--set --mute --set b=2"),
    ],
)
def test_a_row_of_settings(words: str, spread: str) -> None:
    assert spread_settings(words.split()) == spread.split()


def test_values_keep_their_blanks() -> None:
    assert spread_settings(["--set", "model.hidden=[8, 8]", "training.epochs = 3"]) == [
        "--set", "model.hidden=[8, 8]", "training.epochs = 3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words", [("train", "-m", "vae", "-d", "rings", "-o", ""), ("report", "x", "--output="), ("metrics", "")]
)
def test_an_empty_path_is_refused(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = genconv(*words)
    assert done.code == 2
    assert done.error.endswith(": is empty")
    assert list(tmp_path.iterdir()) == []
