import io

import numpy as np
import pytest
from PIL import Image
from synthetic_images import drawings

from genconv.errors import InputError
from genconv.report.figures.image_grid import Tiles, contact_sheet


def _sheet(images: np.ndarray) -> np.ndarray:
    with Image.open(io.BytesIO(contact_sheet(images))) as image:
        return np.asarray(image)


def test_images_stand_row_by_row():
    images = drawings(5)
    sheet, tiles = _sheet((images / 255).astype(np.float32)), Tiles(8, 6, 4)
    assert sheet.shape == tiles.size(2, 3)
    for number, image in enumerate(images):
        top, left = tiles.corner(*divmod(number, 3))
        assert np.array_equal(sheet[top : top + 32 : 4, left : left + 24 : 4], 255 - image)


def test_bright_images_keep_their_tones_and_many_stay_small():
    assert _sheet(np.ones((1, 8, 6), np.float32))[4, 4] == 255
    assert _sheet(np.zeros((3000, 28, 28), np.float32)).shape[1] < 2000


def test_points_are_no_images():
    with pytest.raises(InputError, match="points"):
        contact_sheet(np.zeros((5, 2), np.float32))


def test_colours_stay_colours() -> None:
    images = np.zeros((9, 4, 6, 3))
    images[..., 0] = 1.0
    with Image.open(io.BytesIO(contact_sheet(images))) as sheet:
        assert sheet.mode == "RGB"
        colours = {colour for _, colour in sheet.getcolors() or []}
    assert (255, 0, 0) in colours
    assert colours <= {(255, 0, 0), (255, 255, 255), (217, 217, 217)}
