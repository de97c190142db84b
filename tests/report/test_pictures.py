"""What is drawn of image models: every pixel in its place, every choice obeyed, nothing where nothing is kept."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from synthetic_cells import curves, imported, stored
from synthetic_images import ATTENTION, HEIGHT, WIDTH, Arrays, drawings, pictures, steps

from genconv.errors import InputError
from genconv.report.choice import Choice, choice_of, evenly, parse_epochs
from genconv.report.figures.catalogue import figures_of
from genconv.report.figures.image_grid import Tiles
from genconv.report.figures.layout import DotFigure
from genconv.report.figures.saving import save_figures
from genconv.report.figures.style import RESOLUTION, PaperFigure
from genconv.report.stored_images import stored_images
from genconv.store.results import Results, StoredCell

ODD = "<script>$x^</script> & a name that goes on and on (training.learning_rate=0.001)"


def _cell(root: Path, arrays: Arrays, model: str = "vae", seeds: int = 2, **options: object) -> StoredCell:
    return stored(root, curves(model, dataset="mnist", reference=None, seeds=seeds, **options), arrays=arrays)


def _pictures(figures: dict[str, PaperFigure]) -> dict[str, PaperFigure]:
    return {name: figure for name, figure in figures.items() if name.startswith(("samples", "learning", "drawing"))}


def _dots(figure: PaperFigure, folder: Path) -> list[np.ndarray]:
    """What stands in each image of the printed figure, as grey dots."""
    path = next(path for path in save_figures({"x": figure}, folder) if path.suffix == ".png")
    with Image.open(path) as image:
        page = np.asarray(image.convert("RGB"))
    assert isinstance(figure, DotFigure)
    assert page.shape[1::-1] == figure.dots
    found = []
    for axes in figure.axes:
        left, bottom, _, height = axes.get_position().bounds
        top = round((1 - bottom - height) * page.shape[0])
        start, high, wide = round(left * page.shape[1]), *axes.images[0].get_array().shape[:2]
        found.append(page[top : top + high, start : start + wide])
    return found


def _pixels(dots: np.ndarray, tiles: Tiles, row: int, column: int) -> np.ndarray:
    """One image, checked to be of square pixels and grey."""
    top, left = tiles.corner(row, column)
    block = dots[top : top + tiles.height * tiles.zoom, left : left + tiles.width * tiles.zoom]
    pixels = block[:: tiles.zoom, :: tiles.zoom]
    assert np.array_equal(block, pixels.repeat(tiles.zoom, 0).repeat(tiles.zoom, 1))
    assert (np.ptp(pixels.astype(int), axis=2) == 0).all()
    return pixels[:, :, 0]


def test_samples_are_printed_pixel_by_pixel_as_ink_on_paper(tmp_path: Path):
    arrays = pictures()
    figure = figures_of(Results((_cell(tmp_path / "runs", arrays),)))["samples-mnist"]
    truth, samples = _dots(figure, tmp_path / "out")
    count = len(arrays["snapshots.inputs"])
    tiles = Tiles(HEIGHT, WIDTH, 21)
    assert samples.shape == truth.shape
    assert samples.shape[:2] == tiles.size(1, count)
    for number in range(count):
        expected = 255 - arrays["samples"][number]
        assert np.array_equal(_pixels(samples, tiles, 0, number), expected), number
    assert np.array_equal(_pixels(truth, tiles, 0, 4), 255 - arrays["snapshots.inputs"][4])
    assert "black is 1, white 0" in figure.caption


def test_learning_has_a_row_an_epoch_and_a_column_a_noise(tmp_path: Path):
    arrays = pictures(epochs=(0, 1, 7))
    figure = figures_of(Results((_cell(tmp_path / "runs", arrays),)))["learning-mnist-vae-corrected-s1"]
    samples, reconstructions, inputs = _dots(figure, tmp_path / "out")
    tiles = Tiles(HEIGHT, WIDTH, 10)
    for row in range(3):
        for column in range(5):
            assert np.array_equal(_pixels(samples, tiles, row, column), 255 - arrays["snapshots.samples"][row, column])
            assert np.array_equal(
                _pixels(reconstructions, tiles, row, column), 255 - arrays["snapshots.reconstructions"][row, column]
            )
    assert np.array_equal(_pixels(inputs, tiles, 0, 4), 255 - arrays["snapshots.inputs"][4])
    texts = [text.get_text() for text in figure.texts]
    assert [text for text in texts if text.startswith("epoch")] == ["epoch 0", "epoch 1", "epoch 7"]
    assert "seed 1, median of 2, after epochs 0, 1 and 7" in figure.caption
    assert "0, 1 and 7" in figure.alt


def test_bright_images_keep_their_tones(tmp_path: Path):
    bright = {name: 255 - values if values.ndim > 1 else values for name, values in pictures().items()}
    figure = figures_of(Results((_cell(tmp_path / "runs", bright),)))["samples-mnist"]
    _, samples = _dots(figure, tmp_path / "out")
    assert np.array_equal(_pixels(samples, Tiles(HEIGHT, WIDTH, 21), 0, 0), bright["samples"][0])
    assert "Black is 0, white 1." in figure.caption


def test_a_strip_shows_canvases_and_windows_where_they_are(tmp_path: Path):
    arrays = pictures() | steps(windows=ATTENTION)
    cell = _cell(tmp_path / "runs", arrays, "draw", seeds=1)
    figure = figures_of(Results((cell,)))["drawing-mnist-draw-corrected-s0"]
    generation, reconstruction, inputs = figure.axes
    tiles = Tiles(HEIGHT, WIDTH, 19)
    assert generation.images[0].get_array().shape[:2] == tiles.size(3, 4)
    assert len(generation.patches) == 12
    top, left = tiles.corner(1, 2)
    boxes = [patch.get_bbox().bounds for patch in generation.patches]
    assert (left + 1 * 19, top + 2 * 19, 4 * 19, 4 * 19) in boxes
    cut = [patch.get_bbox().bounds for patch in reconstruction.patches]
    assert (left, top, WIDTH * 19, HEIGHT * 19) in cut
    assert (left + 3.5 * 19, top + 0.5 * 19, 2 * 19, 2 * 19) in cut
    shown = _dots(figure, tmp_path / "out")[2]
    assert np.array_equal(_pixels(shown, tiles, 2, 0), 255 - drawings(3, tag=3)[2])
    assert not inputs.patches
    assert "windows" in figure.alt
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["read window", "write window"]


def test_without_attention_there_are_no_windows(tmp_path: Path):
    cell = _cell(tmp_path, pictures() | steps(), "draw", seeds=1)
    figure = figures_of(Results((cell,)))["drawing-mnist-draw-corrected-s0"]
    assert not any(axes.patches for axes in figure.axes)
    assert not figure.legends
    assert "window" not in figure.caption + figure.alt


def test_seeds_and_epochs_are_chosen(tmp_path: Path):
    collection = Results((_cell(tmp_path / "a", pictures(), seeds=4), _cell(tmp_path / "b", pictures(), "lvae", 1)))
    names = figures_of(collection, Choice(seeds=(3, 0), epochs=(1, 3))).keys()
    assert [name for name in names if name.startswith("learning")] == [
        "learning-mnist-vae-corrected-s3",
        "learning-mnist-vae-corrected-s0",
        "learning-mnist-lvae-corrected-s0",
    ]
    figure = figures_of(collection, Choice(seeds=(3,), epochs=(3,)))["learning-mnist-vae-corrected-s3"]
    assert "seed 3, after epoch 3 (3 are kept). " in figure.caption


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (Choice(seeds=(0, 9)), "seed 9: no pictures of it; there are those of 0, 1"),
        (Choice(epochs=(0, 2)), "epoch 2: no pictures of it; there are those of 0, 1, 3"),
    ],
)
def test_what_is_not_there_cannot_be_chosen(choice: Choice, message: str, tmp_path: Path):
    with pytest.raises(InputError, match=message):
        figures_of(Results((_cell(tmp_path, pictures()),)), choice)
    with pytest.raises(InputError, match="no run of images"):
        figures_of(imported(curves()), choice)


def test_a_seed_that_diverged_is_shown_if_chosen_and_says_so(tmp_path: Path):
    collection = Results((_cell(tmp_path, pictures(), died={0: 2}),))
    assert "learning-mnist-vae-corrected-s1" in figures_of(collection)
    figure = figures_of(collection, Choice(seeds=(0,)))["learning-mnist-vae-corrected-s0"]
    assert "seed 0, diverged in epoch 2" in figure.caption


def test_where_no_seed_is_left_the_figures_say_so(tmp_path: Path):
    lost = _cell(tmp_path / "a", pictures() | steps(), "draw", died={0: 2, 1: 2})
    figures = _pictures(figures_of(Results((lost, _cell(tmp_path / "b", pictures())))))
    assert set(figures) == {"samples-mnist", "learning-mnist-draw-corrected", "learning-mnist-vae-corrected-s1"}
    texts = [text.get_text() for text in figures["samples-mnist"].texts]
    assert "draw\n2 of 2 diverged" in texts
    assert "no run left" in texts
    assert "no run left, 2 of 2 diverged" in figures["learning-mnist-draw-corrected"].alt


@pytest.mark.parametrize(
    "arrays",
    [
        {"samples": np.zeros((3, 2), np.float32)},
        {"snapshots.epochs": np.array([0], np.int32)},
        {"samples": np.zeros((0, 8, 6), np.uint8)},
        {"generation.write": np.zeros((2, 3, 3), np.float32)},
    ],
    ids=["points", "epochs alone", "no sample", "windows alone"],
)
def test_nothing_is_drawn_of_what_is_no_image(arrays: Arrays, tmp_path: Path):
    assert _pictures(figures_of(Results((_cell(tmp_path, arrays),)))) == {}


@pytest.mark.parametrize("missing", [*pictures(), *steps(windows=ATTENTION)])
def test_any_array_may_be_missing(missing: str, tmp_path: Path):
    arrays = {name: values for name, values in (pictures() | steps(windows=ATTENTION)).items() if name != missing}
    figures = _pictures(figures_of(Results((_cell(tmp_path, arrays, "draw"),))))
    assert all(figure.caption and figure.alt for figure in figures.values())
    assert len(figures) == 2 + (missing not in {"samples", "snapshots.epochs"})


def test_reconstructions_that_are_the_inputs_are_left_out(tmp_path: Path):
    arrays = pictures()
    arrays["snapshots.reconstructions"] = np.stack([arrays["snapshots.inputs"]] * 3)
    figure = figures_of(Results((_cell(tmp_path, arrays, "flow"),)))["learning-mnist-flow-corrected-s1"]
    assert len(figure.axes) == 1
    assert "gives its inputs back exactly" in figure.caption


def test_many_odd_cells_are_saved_without_a_warning(tmp_path: Path):
    cells = [_cell(tmp_path / str(i), pictures(), f"{ODD}{i}", protocol="ab"[i % 2]) for i in range(7)]
    figures = _pictures(figures_of(Results(tuple(cells)), Choice(seeds=(0, 1))))
    assert len(figures) == 15
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-.") for name in figures)
    for path in save_figures({"samples-mnist": figures["samples-mnist"]}, tmp_path / "out"):
        assert path.stat().st_size > 1000


def test_large_images_are_averaged_down_and_their_windows_with_them(tmp_path: Path):
    arrays = {
        "samples": drawings(2, height=300, width=200),
        "generation.canvases": np.full((1, 2, 300, 200), np.nan, np.float32),
        "generation.write": np.full((1, 2, 3), 100.0, np.float32),
    }
    shown = stored_images(_cell(tmp_path, arrays, seeds=1).runs[0])
    assert shown["samples"].shape == (2, 100, 66)
    assert (shown["generation.canvases"] == 0).all()
    assert np.allclose(shown["generation.write"], [33.0, 33.0, 100 / 3])
    figures = _pictures(figures_of(Results((_cell(tmp_path / "b", arrays, seeds=1),))))
    assert all(figure.get_figwidth() < 6.91 for figure in figures.values())


@pytest.mark.parametrize(
    ("window", "box"),
    [
        ((0.0, 0.0, 1.0), (4, 4, 14, 14)),
        ((2.0, 1.0, 0.0), (24, 14, 34, 24)),
        ((2.5, 3.5, 99.0), (4, 4, 64, 84)),
        ((5.0, 7.0, 3.0), (44, 64, 64, 84)),
        ((-9.0, 3.0, 2.0), None),
        ((np.nan, 3.0, 2.0), None),
    ],
)
def test_a_window_covers_its_pixels_and_ends_with_the_image(window: tuple[float, ...], box: tuple[float, ...] | None):
    assert Tiles(8, 6, 10).window(0, 0, np.array(window)) == box


def test_epochs_are_written_like_seeds():
    assert parse_epochs("0, 7,3..5") == (0, 7, 3, 4, 5)
    assert choice_of((2, 1), (7, 0, 7)) == Choice((2, 1), (0, 7))
    for text in ("", "-1", "x", "1..", "5..2", "0..99999", "1.5", "١"):
        with pytest.raises(InputError, match="epochs"):
            parse_epochs(text)


def test_of_many_epochs_the_first_the_last_and_some_between_are_shown():
    assert evenly(3, 12) == [0, 1, 2]
    assert evenly(500, 3) == [0, 250, 499]
    assert evenly(0, 12) == []
    assert len(Choice().places(range(40))) == 12


def test_the_printed_width_is_a_page():
    assert round(DotFigure(1380, 733).get_figwidth() * RESOLUTION, 1) == 1380
