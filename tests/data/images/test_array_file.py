"""NumPy files of the user: read if they hold images, one line otherwise."""

import io
import zipfile
from pathlib import Path

import jax
import jax.random as jr
import numpy as np
import pytest

from genconv.data.images.array import file_sha256, read_array, read_header
from genconv.data.registry import dataset_named
from genconv.errors import InputError

GREY = np.random.default_rng(0).integers(0, 256, (40, 5, 7), dtype=np.uint8)


def saved(path: Path, *arrays: np.ndarray) -> Path:
    if path.suffix == ".npz":
        np.savez_compressed(path, *arrays)
    else:
        np.save(path, arrays[0], allow_pickle=True)
    return path


def read(path: Path) -> np.ndarray:
    read_header(path)
    return read_array(path, file_sha256(path))


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("images", [GREY, (GREY / 255).astype(np.float32), GREY / 255, np.asfortranarray(GREY)])
def test_images_become_a_dataset(suffix: str, images: np.ndarray, tmp_path: Path) -> None:
    path = saved(tmp_path / f"images{suffix}", images)
    entry = dataset_named(str(path))
    assert (entry.modality, entry.shape) == ("images", (5, 7))
    dataset = entry.build(entry.defaults("corrected").updated({"binarization": "none"}))
    assert dataset.training_size == 32
    splits = jax.jit(dataset.draw)(jr.key(0), dataset.load())
    assert [len(part) for part in splits[:3]] == [32, 4, 4]
    seen = np.concatenate([np.asarray(dataset.prepare(part, jr.key(1))) for part in splits[:3]])
    np.testing.assert_allclose(np.sort(seen, axis=0), np.sort(GREY / 255, axis=0), atol=1e-6)


def test_the_configuration_says_what_the_data_were(tmp_path: Path) -> None:
    path = saved(tmp_path / "images.npy", GREY)
    entry = dataset_named(str(path))
    dataset = entry.build(entry.defaults("corrected"))
    saved(path, GREY[::-1])
    with pytest.raises(InputError, match="has changed since its SHA-256 was recorded"):
        dataset.load()
    assert entry.defaults("published").canonical() == dataset_named(str(path)).defaults("corrected").canonical()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (GREY[0], "has shape (5, 7), not (images, height, width)"),
        (GREY[..., None], "has shape (40, 5, 7, 1), not"),
        (GREY[:0], "has shape (0, 5, 7), not"),
        (np.zeros((2, 2000, 3), np.uint8), "at most 1024 pixels a side"),
        (GREY.astype(np.int32), "holds int32, not uint8 (0 to 255) or floating point (0 to 1)"),
        (GREY.astype(complex), "holds complex128"),
        (GREY.astype(object), "holds object"),
        (GREY / 1.0, "values lie between 0 and 255"),
        (GREY / 255 - 0.5, "values lie between -0.5 and 0.5"),
        (np.where(GREY[3, 1, 2] == GREY, np.nan, 0.5), "is nan: all have to be finite"),
        (np.where(GREY[3, 1, 2] == GREY, -np.inf, 0.5), "is -inf: all have to be finite"),
        (GREY % 2, "its largest value is 1 of 255"),
    ],
)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_other_arrays_are_refused(array: np.ndarray, message: str, suffix: str, tmp_path: Path) -> None:
    path = saved(tmp_path / f"images{suffix}", array)
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
    with pytest.raises(InputError, match="at most 1024 pixels a side and"):
        read(tmp_path / "huge.npy")
    with pytest.raises(InputError, match="holds 2 arrays, not one"):
        read(saved(tmp_path / "two.npz", GREY, GREY))
    with pytest.raises(InputError, match="does not exist"):
        dataset_named(str(tmp_path / "nowhere.npy"))
    with pytest.raises(InputError, match="at least 3 are needed"):
        dataset_named(str(saved(tmp_path / "few.npy", GREY[:2])))


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
