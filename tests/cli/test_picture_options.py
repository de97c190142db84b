"""`plot`, `report` and `sample` on runs of images, and what is refused."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genconv import api
from genconv.config.run import Run
from genconv.store.runs import RunRecord, save_run
from tests.cli.commands import genconv
from tests.cli.conftest import Grown


@pytest.fixture(scope="module")
def images(grown: Grown, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the trained runs, with images in place of their points."""
    root = tmp_path_factory.mktemp("images")
    grey = np.zeros((2, 4, 8, 8), np.uint8)
    grey[..., 2:6, 3] = 255
    arrays = {
        "samples": grey[0],
        "snapshots.epochs": np.array([0, 1], np.int32),
        "snapshots.samples": grey,
        "snapshots.reconstructions": grey // 2,
        "snapshots.inputs": grey[0],
        "generation.canvases": np.moveaxis(grey, 0, 1).astype(np.float32) / 255,
    }
    for run in api.load(grown.folder).cells[0].runs[:2]:
        moved = Run(run.run.cell.model_copy(update={"dataset": "mnist", "model": "draw"}), run.run.coordinates)
        save_run(root, RunRecord(moved, run.recorded, run.outcome, run.environment, run.weights, arrays))
    return root


def test_plot_writes_pictures_of_the_chosen_seeds(images: Path, tmp_path: Path) -> None:
    done = genconv("plot", images, "-o", tmp_path, "--seeds", "0,1", "--epochs", "1")
    assert done.code == 0, done.err
    names = {Path(line).name for line in done.out.splitlines()}
    assert names == {path.name for path in tmp_path.iterdir()}
    for seed in (0, 1):
        assert {f"learning-mnist-draw-corrected-s{seed}.svg", f"drawing-mnist-draw-corrected-s{seed}.gif"} <= names
    assert {"samples-mnist.png", "samples-mnist.pdf"} <= names
    assert not any(name.startswith("densities") for name in names)


def test_the_report_shows_them(images: Path, tmp_path: Path) -> None:
    done = genconv("report", images, "-o", tmp_path / "page.html", "--seeds", "1")
    assert done.code == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert re.findall(r'src="data:image/(\w+);base64,\S+ alt=', text) == ["png", "png", "png", "gif"]


@pytest.mark.parametrize("command", ["plot", "report"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seeds", "7"), "seed 7: no pictures of it; there are those of 0, 1"),
        (("--epochs", "0,4"), "epoch 4: no pictures of it; there are those of 0, 1"),
        (("--seeds", "a"), "seeds = 'a': 'a' is neither a seed (7) nor a range (7..9)"),
        (("--epochs", "last"), "epochs = 'last': 'last' is neither an epoch (7) nor a range (7..9)"),
    ],
)
def test_a_wrong_choice_is_one_line(
    command: str, options: tuple[str, ...], message: str, images: Path, tmp_path: Path
) -> None:
    done = genconv(command, images, "-o", tmp_path / "out", *options)
    assert (done.code, done.error) == (2, message)
    assert not (tmp_path / "out").exists()


def test_points_have_no_pictures_to_choose(grown: Grown, tmp_path: Path) -> None:
    done = genconv("plot", grown.folder, "-o", tmp_path, "--seeds", "0")
    assert (done.code, done.error) == (
        2,
        "seeds or epochs of pictures were chosen, but no run of images is among the paths",
    )


def test_samples_as_one_sheet_a_run(images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "sample", lambda run, count, code, observer: np.zeros((count, 8, 8), np.float32))
    done = genconv("sample", images, "-n", "9", "--format", "png", "-o", tmp_path)
    assert done.code == 0
    assert [Path(line).suffix for line in done.out.splitlines()] == [".png", ".png"]
    with Image.open(done.out.splitlines()[0]) as sheet:
        assert sheet.size == (3 * (8 * 4 + 4) + 4,) * 2


def test_sheets_are_for_some_thousand_images(grown: Grown, quickly: None, tmp_path: Path) -> None:
    run = min(grown.folder.iterdir())
    done = genconv("sample", run, "-n", "10001", "--format", "png", "-o", tmp_path / "a")
    assert (done.code, done.error) == (2, "number of samples = 10001: a sheet (--format png) holds at most 10000")
    done = genconv("sample", run, "-n", "5", "--format", "png", "-o", tmp_path / "b")
    assert (done.code, done.error) == (2, "samples of this run are points, no images: --format npy writes them")
