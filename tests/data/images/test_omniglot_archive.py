"""Omniglot's archives and folders: the right ones are read in order, hostile ones are one line."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from genconv.data.images import omniglot as omniglot_archive
from genconv.data.images.omniglot import read_strokes
from genconv.errors import InputError
from tests.data.images.drawings import FOLDER, Member, archive, drawings, name, png

STROKES = drawings(3)
MEMBERS = [(name(i), png(strokes)) for i, strokes in enumerate(STROKES)]
SMALL = png(np.zeros((28, 28), bool))


def test_an_archive_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    path = archive(tmp_path / "any.zip", [*reversed(MEMBERS), (f"__MACOSX/{FOLDER}/._x", b"x"), (f"{FOLDER}/", b"")])
    np.testing.assert_array_equal(read_strokes(path, FOLDER), STROKES)


def test_an_unpacked_folder_is_the_same(tmp_path: Path) -> None:
    with zipfile.ZipFile(archive(tmp_path / "any.zip", MEMBERS)) as file:
        file.extractall(tmp_path)
    (tmp_path / FOLDER / ".DS_Store").touch()
    np.testing.assert_array_equal(read_strokes(tmp_path / FOLDER, FOLDER), STROKES)


def test_grey_images_count_from_half_on(tmp_path: Path) -> None:
    path = archive(tmp_path / "any.zip", [(name(0), png(STROKES[0], "L"))])
    np.testing.assert_array_equal(read_strokes(path, FOLDER), STROKES[:1])


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([], "holds no images"),
        ([(f"../{name(0)}", b"")], "lies outside the folder"),
        ([(f"/{name(0)}", b"")], "lies outside the folder"),
        ([(f"{FOLDER}/../../x.png", b"")], "lies outside the folder"),
        ([(f"{FOLDER}/..\\..\\x/x/x.png", b"")], "lies outside the folder"),
        ([(name(0, "images_evaluation"), b"")], f"lies outside the folder '{FOLDER}'"),
        ([(f"{FOLDER}/x.png", b"")], "is not named like"),
        ([(f"{FOLDER}/a/b/x.exe", b"")], "is not named like"),
        ([MEMBERS[0], MEMBERS[0]], "twice"),
        ([*MEMBERS, (name(9), SMALL)], "is 28×28 pixels, not 105×105"),
        ([(name(0), png(STROKES[0], "RGB"))], "is of mode RGB, not black and white"),
        ([(name(0), b"not a png")], "is not an image"),
        ([(name(0), png(STROKES[0])[:-40])], "is not an image"),
        ([(name(0), bytes(2**20))], "holds 1,048,576 bytes, more than 65,536"),
        ([(name(i), b"") for i in range(4)], "holds 4 files, more than the 3 that are allowed"),
    ],
)
def test_hostile_archives(members: list[Member], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(omniglot_archive, "MOST_IMAGES", 3 if "3 that" in message else 100)
    path = archive(tmp_path / "any.zip", members)
    with pytest.raises(InputError) as caught:
        read_strokes(path, FOLDER)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("keep", [0, 10, 200, -30])
def test_a_truncated_archive(keep: int, tmp_path: Path) -> None:
    path = archive(tmp_path / "any.zip", MEMBERS)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="cannot be read, perhaps it is cut off"):
        read_strokes(path, FOLDER)


def test_a_changed_byte_inside(tmp_path: Path) -> None:
    path = archive(tmp_path / "any.zip", MEMBERS)
    content = bytearray(path.read_bytes())
    content[300] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        read_strokes(path, FOLDER)


def test_a_folder_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(png(STROKES[0]))
    target = tmp_path / name(0)
    target.parent.mkdir(parents=True)
    target.symlink_to(tmp_path / "outside.png")
    with pytest.raises(InputError, match="leads outside the folder"):
        read_strokes(tmp_path / FOLDER, FOLDER)


def test_a_folder_with_other_things(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "x.png").write_bytes(png(STROKES[0]))
    with pytest.raises(InputError, match="is not named like"):
        read_strokes(tmp_path / FOLDER, FOLDER)
