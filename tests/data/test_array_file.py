"""NumPy files of the user: what is read of them, and what is refused in one line."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from genconv.data.array_file import file_sha256, read_array, read_header
from genconv.data.registry import dataset_named
from genconv.errors import InputError

GREY = np.random.default_rng(0).integers(0, 256, (40, 5, 7), dtype=np.uint8)


def saved(path: Path, *arrays: np.ndarray, **named: np.ndarray) -> Path:
    if path.suffix == ".npz":
        np.savez_compressed(path, *arrays, **named)
    else:
        np.save(path, arrays[0], allow_pickle=True)
    return path


def read(path: Path, name: str | None = None) -> np.ndarray:
    read_header(path, name)
    return read_array(path, name, file_sha256(path))


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("array", [GREY, GREY / 255, np.asfortranarray(GREY), GREY[0].astype(np.int64), GREY > 99])
def test_an_array_is_what_was_saved(array: np.ndarray, suffix: str, tmp_path: Path) -> None:
    path = saved(tmp_path / f"array{suffix}", array)
    header = read_header(path)
    assert (header.shape, header.dtype) == (array.shape, array.dtype)
    np.testing.assert_array_equal(read(path), array)


def test_one_of_several_arrays_is_chosen_by_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "two.npz", x=GREY, y=GREY[:3])
    assert read(path, "y").shape == (3, 5, 7)
    with pytest.raises(InputError, match=r"holds 2 arrays: choose one of x, y \(data.array\)"):
        read(path)
    with pytest.raises(InputError, match=r"unknown array 'z': known are x, y \(data.array\)"):
        read(path, "z")
    with pytest.raises(InputError, match=r"data.array = 'x': an .npy file holds one array without a name"):
        read(saved(tmp_path / "one.npy", GREY), "x")


def test_a_file_that_has_changed_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "array.npy", GREY)
    before = file_sha256(path)
    saved(path, GREY[::-1])
    with pytest.raises(InputError, match="has changed since its SHA-256 was recorded"):
        read_array(path, None, before)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (GREY[:0], "has shape (0, 5, 7): it holds no examples"),
        (np.array(3.0), "has shape (): it holds no examples"),
        (GREY.astype(complex), "holds complex128"),
        (GREY.astype(object), "holds object"),
        (GREY.astype(str), "holds <U3"),
        (GREY.astype(np.longdouble), "holds float128"),
        (np.where(GREY[3, 1, 2] == GREY, np.nan, 0.5), "is nan: all have to be finite"),
        (np.where(GREY[3, 1, 2] == GREY, -np.inf, 0.5), "is -inf: all have to be finite"),
    ],
)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_other_arrays_are_refused(array: np.ndarray, message: str, suffix: str, tmp_path: Path) -> None:
    path = saved(tmp_path / f"array{suffix}", array)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    good = io.BytesIO()
    np.save(good, GREY)
    huge = io.BytesIO()
    np.lib.format.write_array_header_1_0(huge, {"descr": "|u1", "fortran_order": False, "shape": (2**40, 28, 28)})
    contents = {"cut.npy": good.getvalue()[:-9], "text.npy": b"1, 2", "none.npz": b"", "text.npz": b"1, 2"}
    messages = [
        "cannot be read, perhaps it is cut off",
        "is not a NumPy array file",
        "cannot be read",
        "cannot be read",
    ]
    for (name, content), message in zip(contents.items(), messages, strict=True):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            read(path)
    (tmp_path / "huge.npy").write_bytes(huge.getvalue())
    with pytest.raises(InputError, match="at most 4,294,967,296 bytes are read"):
        read(tmp_path / "huge.npy")
    with pytest.raises(InputError, match="does not exist"):
        dataset_named(str(tmp_path / "nowhere.npy"))


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "trapped",))  # type: ignore[return-value]

    path = saved(tmp_path / "trap.npy", np.array([[[Trap()]]], dtype=object))
    with pytest.raises(InputError, match="holds object"):
        read(path)
    assert not (tmp_path / "trapped").exists()


def test_a_cut_off_archive_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "images.npz", GREY)
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        start = archive.infolist()[0].header_offset + 200
    path.write_bytes(whole[:start] + bytes(8) + whole[start + 8 :])
    with pytest.raises(InputError, match="cannot be read"):
        read(path)
