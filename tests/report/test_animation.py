"""The animation: a frame a step, pixels and windows in their places, small, the same every time."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor
from synthetic_cells import curves, stored
from synthetic_images import ATTENTION, HEIGHT, WIDTH, Arrays, pictures, steps

from genconv.errors import WorkError
from genconv.report.figures.animation import LIMIT, Animation
from genconv.report.figures.catalogue import animations_of
from genconv.report.figures.drawing import WINDOWS
from genconv.report.figures.image_grid import GAP, Tiles
from genconv.report.figures.saving import save_animations
from genconv.store.results import Results

ZOOM = 14
LEFT, HEAD = 6, 40
"""Dots before the first row of images: the margin, a line for the step and one for the row's name."""


def _moving(root: Path, arrays: Arrays) -> Animation:
    cell = stored(root, curves("draw", dataset="mnist", reference=None, seeds=1), arrays=arrays)
    (each,) = animations_of(Results((cell,))).values()
    return each


def _frames(data: bytes) -> list[np.ndarray]:
    with Image.open(io.BytesIO(data)) as image:
        frames = []
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGB")))
    return frames


def test_a_frame_a_step_even_if_nothing_moves(tmp_path: Path):
    arrays = pictures() | steps(length=6)
    for name in ("generation.canvases", "reconstruction.canvases"):
        arrays[name] = np.zeros_like(arrays[name])
    each = _moving(tmp_path, arrays)
    assert len(_frames(each.data)) == 6
    assert len(each.data) < LIMIT
    assert "6 steps" in each.alt
    with Image.open(io.BytesIO(each.data)) as image:
        assert image.info["loop"] == 0


def test_canvases_are_upright_and_whole(tmp_path: Path):
    arrays = pictures() | steps()
    tiles = Tiles(HEIGHT, WIDTH, ZOOM)
    for step, frame in enumerate(_frames(_moving(tmp_path, arrays).data)):
        for column in range(3):
            top, left = tiles.corner(0, column)
            block = frame[HEAD + top :, LEFT + left :][: HEIGHT * ZOOM : ZOOM, : WIDTH * ZOOM : ZOOM, 0].astype(int)
            expected = 255 - 255 * arrays["generation.canvases"][column, step]
            assert np.abs(block - expected).max() <= 255 / 63 / 2 + 1


def test_windows_are_outlined_at_their_pixels(tmp_path: Path):
    frame = _frames(_moving(tmp_path, pictures() | steps(windows=ATTENTION)).data)[1]
    colours = {kind: np.array(ImageColor.getrgb(colour)) for kind, colour in WINDOWS.items()}
    written = np.argwhere((frame == colours["write"]).all(axis=2))
    tiles = Tiles(HEIGHT, WIDTH, ZOOM)
    high = tiles.size(1, 3)[0]
    first = written[(written[:, 0] < HEAD + high) & (written[:, 1] < LEFT + GAP + WIDTH * ZOOM)]
    left, top = LEFT + GAP + 1 * ZOOM, HEAD + GAP + 2 * ZOOM
    assert first.min(axis=0).tolist() == [top, left]
    assert first.max(axis=0).tolist() == [top + 4 * ZOOM - 1, left + 4 * ZOOM - 1]
    assert len(first) == (4 * ZOOM) ** 2 - (4 * ZOOM - 4) ** 2
    read = np.argwhere((frame == colours["read"]).all(axis=2))
    below = HEAD + high + 6 + 20 + GAP
    assert read.min(axis=0).tolist() == [below, LEFT + GAP]
    assert read.max(axis=0)[0] == below + HEIGHT * ZOOM - 1


def test_noise_stays_small_and_bytes_repeat(tmp_path: Path):
    noise = np.random.default_rng(0).uniform(size=(8, 12, 28, 28)).astype(np.float32)
    arrays = {"generation.canvases": noise, "reconstruction.canvases": noise, "reconstruction.inputs": noise[:, 0]}
    one, other = (_moving(tmp_path / name, arrays).data for name in "ab")
    assert one == other
    assert len(one) < LIMIT
    assert len(_frames(one)) == 12


def test_models_without_steps_have_none(tmp_path: Path):
    cell = stored(tmp_path, curves(dataset="mnist", reference=None), arrays=pictures())
    assert animations_of(Results((cell,))) == {}


def test_an_unwritable_folder_is_one_line(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(WorkError, match="animations cannot be written"):
        save_animations({"x": Animation(b"", "", "")}, tmp_path / "file")
