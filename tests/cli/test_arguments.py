"""Settings among the words of a command, and words that are wrong."""

from pathlib import Path

import pytest

from tests.cli.commands import genconv


@pytest.mark.parametrize(
    "words", [("train", "-m", "vae", "-d", "rings", "-o", ""), ("report", "x", "--output="), ("metrics", "")]
)
def test_an_empty_path_is_refused(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = genconv(*words)
    assert done.code == 2
    assert done.error.endswith(": is empty")
    assert list(tmp_path.iterdir()) == []
