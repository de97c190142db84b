"""Text that acts on a terminal or a page, and values that are too long to show."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from genconv.errors import error_line, shown
from tests.cli.commands import genconv

MANY = settings(max_examples=300)


def test_names_cannot_act_on_a_terminal(tmp_path: Path) -> None:
    for words in (
        ("run", "\x1b[31mred\x1b[0m"),
        ("train", "-m", "\x1b]0;title\x07", "-d", "rings"),
        ("train", "-m", "vae", "-d", "\u202egnp.npy"),
        ("metrics", tmp_path / "\x1b[2J.json"),
        ("train", "-m", "vae", "-d", "rings", "training.\x9b31m=1"),
        ("list", "\x1b[31m" * 3000),
    ):
        done = genconv(*words)
        assert done.error.isprintable()
        assert len(done.error) < 2100
        assert done.code == 2


def test_names_with_the_markup_of_the_terminal_are_shown_as_they_are(tmp_path: Path) -> None:
    run = tmp_path / "x[bold]-vae-corrected-s0-0"
    run.mkdir()
    (run / "config.json").touch()
    assert "x[bold]-vae-corrected" in genconv("status", tmp_path).out


def test_names_are_text_on_the_page(tmp_path: Path) -> None:
    rows = '{"train": [[3, 2], [2, 1]], "val": [[3, 2], [2, 1]]}'
    (tmp_path / "<img src=x onerror=alert(1)>_<svg onload=alert(2)>_2.json").write_text(rows)
    done = genconv("report", tmp_path, "-o", tmp_path / "out" / "page.html")
    assert done.code == 0
    page = (tmp_path / "out" / "page.html").read_text()
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page
    assert "<svg onload" not in page


@MANY
@given(st.text())
def test_an_error_is_one_printable_line(text: str) -> None:
    line = error_line(text)
    assert line.isprintable()
    assert len(line) <= 2001


@MANY
@given(st.recursive(st.integers() | st.floats() | st.text() | st.none(), st.lists) | st.integers(10**60, 10**6000))
def test_what_is_shown_of_a_value_is_short(value: object) -> None:
    assert len(shown(value)) <= 60
