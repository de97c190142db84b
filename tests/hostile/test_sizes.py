"""Bombs, endless numbers, and brackets in brackets: refused in one line, with little memory."""

import gzip
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from genconv.config.study import Study
from tests.cli.commands import genconv
from tests.data.images.drawings import name as drawing_name
from tests.hostile.commands import limited


def _rows(path: Path) -> None:
    pl.DataFrame({"seed": np.zeros(20_000_000, np.int8), "val_loss": np.zeros(20_000_000)}).write_parquet(path)


def _shared_text(path: Path) -> None:
    pl.DataFrame(
        {"seed": pl.Series(["a" * 20_000]).new_from_index(0, 20_000), "val_loss": [1.0] * 20_000}
    ).write_parquet(path)


def _ragged(path: Path) -> None:
    path.write_text("seed,val_loss," + ",".join(f"c{n}" for n in range(9_000)) + "\n" + "1\n" * 9_000)


def _sparse(path: Path) -> None:
    path.write_text("".join(f'{{"c{n}": 1}}\n' for n in range(9_900)))


@pytest.mark.parametrize(
    ("write", "name", "message"),
    [
        (_rows, "a.parquet", "out of proportion"),
        (_shared_text, "a.parquet", "bytes of text"),
        (_ragged, "a.csv", "out of proportion"),
        (_sparse, "a.jsonl", "out of proportion"),
    ],
)
def test_tables_that_unpack_to_gigabytes(
    write: Callable[[Path], None], name: str, message: str, tmp_path: Path
) -> None:
    write(tmp_path / name)
    assert (tmp_path / name).stat().st_size < 1 << 20
    assert message in limited("import", tmp_path / name, "-o", tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_gzip_bomb_as_mnist(tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(300_000_000), 9))
    assert "more than the 268,435,456 bytes" in limited("data", "verify", "mnist", "--data-dir", tmp_path)


@pytest.mark.parametrize("declared", [None, 1000])
def test_a_zip_bomb_as_omniglot(declared: int | None, tmp_path: Path) -> None:
    path = tmp_path / "omniglot" / "images_background.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(drawing_name(1), bytes(200_000_000))
    if declared is not None:  # a size in the directory that is a lie
        data = bytearray(path.read_bytes())
        struct.pack_into("<I", data, data.index(b"PK\1\2") + 24, declared)
        path.write_bytes(data)
    assert "more than 65,536" in limited("data", "verify", "omniglot", "--data-dir", tmp_path)


def _npz(path: Path, header: bytes, method: int = zipfile.ZIP_DEFLATED, zeros: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.npy", header + bytes(zeros))
    return path


def _npy_header(shape: str, descr: str = "'|u1'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    ("shape", "method", "zeros", "message"),
    [
        ("(4000, 1024, 1024)", zipfile.ZIP_DEFLATED, 0, "bytes promised"),
        ("(200, 1024, 1024)", zipfile.ZIP_DEFLATED, 200 << 20, "out of proportion"),
        ("(50, 1024, 1024)", zipfile.ZIP_LZMA, 50 << 20, "another method"),
        ("(50, 1024, 1024)", zipfile.ZIP_BZIP2, 50 << 20, "another method"),
    ],
)
def test_an_npz_bomb(shape: str, method: int, zeros: int, message: str, tmp_path: Path) -> None:
    path = _npz(tmp_path / "a.npz", _npy_header(shape), method, zeros)
    done = genconv("train", "-m", "vae", "-d", path, "-o", tmp_path / "out")
    assert message in done.error
    assert done.code == 2


@pytest.mark.parametrize(
    ("shape", "descr"),
    [
        ("(1, 2", "'|u1'"),
        ("(10, 5, True)", "'|u1'"),
        ("(-1, 5, 7)", "'|u1'"),
        ("(0x" + "f" * 4500 + ", 5, 7)", "'|u1'"),
        ("(3, 5, 7)", "'|O'"),
        ("(3, 5, 7)", "{[]: 1}"),
        ("(3, 5, 7)", "(" * 300),
    ],
)
def test_headers_of_arrays(shape: str, descr: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(_npy_header(shape, descr) + bytes(200))
    done = genconv("train", "-m", "vae", "-d", path, "-o", tmp_path / "out")
    assert str(path) in done.error
    assert done.code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".".join("a" * 40_000) + " = 1", "a key of more than 30 parts"),
        (" . ".join(['"\\""'] * 40_000) + " = 1", "a key of more than 30 parts"),
        ("a = " + "[" * 100_000, "is not valid TOML"),
        (f'name = "a"\nseeds = "{"0..99999," * 9000}1"\ncells = []', "more than 100000 seeds"),
        ('name = "a"\nseeds = 0x' + "f" * 5000, "an integer of 20000 bits"),
        ('name = "a"\nseeds = 1\nseed = 0x' + "f" * 5000, "an integer of 20000 bits"),
        (f'name = "a"\nseeds = 1\ntraining = {"{a=" * 20}1{"}" * 20}\nseed = {"[" * 200}{"]" * 200}', "seed = "),
    ],
)
def test_study_files(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    assert message in limited("run", path, "-o", tmp_path / "runs")


def test_more_cells_than_anyone_trains(tmp_path: Path) -> None:
    many = [f"x{n}" for n in range(300)]
    path = tmp_path / "a.toml"
    path.write_text(f'name = "a"\nseeds = 1\n[[cells]]\nmodels = {many}\ndatasets = {many}\nprotocols = {many}\n')
    assert "27000000 of them are more than 10000" in limited("run", path, "-o", tmp_path / "runs")


def test_a_name_is_taken_once() -> None:
    text = 'name = "a"\nseeds = 1\n[[cells]]\nmodels = ["vae", "vae"]\ndatasets = "rings"\n'
    assert Study.from_toml(text, "a").cells[0].models == ("vae",)


@pytest.mark.parametrize(
    "value", ["0x" + "f" * 5000, "9" * 5000, "1e400", "-inf", "nan", "[" * 5000, "1\n" + "a." * 30_000]
)
def test_settings(value: str, tmp_path: Path) -> None:
    for key in ("training.epochs", "streams.init", "seed", "seeds", "execution.devices"):
        done = genconv("train", "-m", "vae", "-d", "rings", "-o", tmp_path / "out", f"{key}={value}")
        assert len(done.error) < 2100
        assert done.code == 2
