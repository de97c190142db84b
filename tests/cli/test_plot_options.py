"""`plot --kind`, `--style`, `--width` and `--height`."""

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.commands import genconv
from tests.cli.conftest import Grown


def test_only_the_kinds_that_are_named_are_drawn(grown: Grown, tmp_path: Path) -> None:
    done = genconv("plot", grown.folder, "-o", tmp_path, "--kind", "gap", "--kind", "curves")
    assert done.code == 0, done.err
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{kind}-rings.{file}" for kind in ("gap", "curves") for file in ("pdf", "png", "svg")} | {
        "captions.md"
    }
    assert {Path(line).name for line in done.out.splitlines()} == names
    captions = (tmp_path / "captions.md").read_text(encoding="utf-8")
    assert "95 % interval" in captions
    assert "n = 10" in captions


def test_captions_of_earlier_figures_stay_as_long_as_these_do(grown: Grown, tmp_path: Path) -> None:
    captions = tmp_path / "captions.md"
    genconv("plot", grown.folder, "-o", tmp_path, "--kind", "gap")
    first = captions.read_text(encoding="utf-8")
    genconv("plot", grown.folder, "-o", tmp_path, "--kind", "curves")
    both = captions.read_text(encoding="utf-8")
    assert both.startswith("## curves-rings\n\n")
    assert both.endswith(first)
    genconv("plot", grown.folder, "-o", tmp_path, "--kind", "curves")
    assert captions.read_text(encoding="utf-8") == both
    (tmp_path / "gap-rings.png").unlink()
    genconv("plot", grown.folder, "-o", tmp_path, "--kind", "curves")
    assert captions.read_text(encoding="utf-8") == both.removesuffix(first)


def test_sizes_and_text_are_those_asked_for(grown: Grown, tmp_path: Path) -> None:
    options = ("--kind", "survival", "--width", "127", "--height", "76.2", "--style", "slides")
    assert genconv("plot", grown.folder, "-o", tmp_path, *options).code == 0
    with Image.open(tmp_path / "survival-rings.png") as image:
        assert image.size == (1000, 600)
    assert "<text" in (tmp_path / "survival-rings.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--width", "1"), "width = 1 mm: must be from 20 to 2000"),
        (("--height", "nan"), "height = nan mm: must be from 20 to 2000"),
        (("--kind", "pie"), "pie"),
        (("--style", "poster"), "poster"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: tuple[str, ...], message: str, grown: Grown, tmp_path: Path) -> None:
    done = genconv("plot", grown.folder, "-o", tmp_path / "x", *options)
    assert message in done.error
    assert done.code == 2
    assert not (tmp_path / "x").exists()
