"""POWER, GAS, HEPMASS, MINIBOONE and BSDS300 from small files of the same form."""

import dataclasses
import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import jax.random as jr
import numpy as np
import pytest

from genconv.data.base import Dataset
from genconv.data.images.download import fetch
from genconv.data.images.files import FILES, files_of, only_located
from genconv.data.images.sources import Source
from genconv.data.registry import dataset_named
from genconv.data.tabular.uci import TABLES, Parts, bsds300, gas, hepmass, miniboone, power
from genconv.errors import InputError, WorkError
from tests.cli.commands import genconv
from tests.data.images.server import Mirrors, mirrors

GENERATOR = np.random.default_rng(0)
TENTHS = (810, 90, 100)
"""Of a thousand rows."""


def sizes(parts: Parts) -> tuple[int, ...]:
    return tuple(map(len, parts))


def known(parts: Parts) -> np.ndarray:
    return np.concatenate(parts[:2])


def test_power_is_shuffled_and_has_noise_of_the_steps_of_its_instruments() -> None:
    data = GENERATOR.integers(0, 50, (1000, 8)).astype(float)
    data[:, 7] = np.arange(1000)  # the time names the row
    before = data.copy()
    parts = power(data)
    assert sizes(parts) == TENTHS
    np.testing.assert_array_equal(data, before)
    np.testing.assert_allclose([known(parts).mean(axis=0), known(parts).std(axis=0)], [[0] * 6, [1] * 6], atol=1e-9)
    whole = np.concatenate(parts)
    order = np.argsort(whole[:, 5])
    assert not np.array_equal(order, np.arange(1000))
    for column, (old, step) in enumerate([(0, 0.001), (2, 0.01), (4, 1), (5, 1), (6, 1)]):
        slope, shift = np.polyfit(whole[order, column], data[:, old], 1)
        off = slope * whole[order, column] + shift - data[:, old]
        assert np.ptp(off) < 1.1 * step
        assert np.ptp(off) > 0.9 * step
    again = power(data)
    np.testing.assert_array_equal(again.test, parts.test)


def test_gas_leaves_out_what_correlates_and_what_is_no_sensor() -> None:
    sensors = GENERATOR.normal(2, 3, (1000, 3))
    columns = dict(zip("ABC", sensors.T, strict=True))
    twin = columns["B"] + 0.01 * GENERATOR.normal(size=1000)
    parts = gas({"Time": np.arange(1000.0), "Meth": sensors[:, 0], "Eth": sensors[:, 1], **columns, "D": twin})
    kept = np.stack([columns["A"], columns["C"], twin], axis=1)
    expected = (kept - kept.mean(axis=0)) / kept.std(axis=0, ddof=1)
    np.testing.assert_allclose(np.concatenate(parts), expected, rtol=1e-9)
    assert sizes(parts) == TENTHS


def test_hepmass_keeps_the_signal_and_columns_of_real_numbers() -> None:
    def rows(count: int, extra: int) -> np.ndarray:
        label = np.arange(count) % 2
        real, counted = GENERATOR.normal(5, 2, (count, 3)), GENERATOR.integers(0, 3, (count, 1))
        return np.column_stack([label, real[:, 0], counted, real[:, 1:], np.full((count, extra), 9.0)])

    training, test = rows(2000, 0), rows(400, 1)
    parts = hepmass(training, test)
    assert sizes(parts) == (900, 100, 200)
    signal = training[training[:, 0] == 1][:, [1, 3, 4]]
    np.testing.assert_allclose(known(parts), (signal - signal.mean(axis=0)) / signal.std(axis=0, ddof=1), rtol=1e-9)
    held_out = (test[test[:, 0] == 1][:, [1, 3, 4]] - signal.mean(axis=0)) / signal.std(axis=0, ddof=1)
    np.testing.assert_allclose(parts.test, held_out, rtol=1e-9)


def test_miniboone_is_split_in_its_order_and_bsds300_is_as_it_is() -> None:
    data = GENERATOR.normal(4, 3, (1000, 5))
    parts = miniboone(data)
    assert sizes(parts) == TENTHS
    first = data[:900]
    np.testing.assert_allclose(parts.test, (data[900:] - first.mean(axis=0)) / first.std(axis=0), rtol=1e-9)
    arrays = {name: GENERATOR.normal(size=(count, 3)) for name, count in (("train", 5), ("validation", 3), ("test", 2))}
    np.testing.assert_array_equal(bsds300(arrays).validation, arrays["validation"])


def test_an_hdf5_file_is_read_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "uci" / "BSDS300" / "BSDS300.hdf5"
    path.parent.mkdir(parents=True)
    rows = GENERATOR.normal(size=(40, 3))
    with h5py.File(path, "w") as file:
        for name in ("train", "validation", "test"):
            file[name] = rows
    monkeypatch.setenv("GENCONV_DATA", str(tmp_path))
    table = dataset("bsds300")
    np.testing.assert_allclose(table.draw(jr.key(0), table.load()).test, rows, rtol=1e-6)


def small_files(folder: Path) -> None:
    """Files of the form of the published ones, as they lie in the unpacked archive; GAS converted."""
    for name in ("power", "gas", "hepmass", "miniboone", "BSDS300"):
        (folder / "data" / name).mkdir(parents=True)
    data = folder / "data"
    np.save(data / "power" / "data.npy", GENERATOR.normal(size=(300, 8)))
    np.save(data / "miniboone" / "data.npy", GENERATOR.normal(size=(300, 4)))
    arrays = {name: GENERATOR.normal(size=(40, 3)) for name in ("train", "validation", "test")}
    np.savez(data / "BSDS300" / "BSDS300.npz", **arrays)  # type: ignore[arg-type]
    sensors = GENERATOR.normal(size=(300, 5))
    np.savetxt(data / "gas" / "ethylene_CO.csv", sensors, delimiter=",", header="Time,Meth,Eth,R1,R2", comments="")
    signal = np.column_stack([np.ones(300), GENERATOR.normal(size=(300, 3))])
    np.savetxt(data / "hepmass" / "1000_train.csv", signal, delimiter=",", header="# label,f0,f1,f2", comments="")
    extra = np.column_stack([signal, np.zeros(300)])
    np.savetxt(data / "hepmass" / "1000_test.csv", extra, delimiter=",", header="# label,f0,f1,f2", comments="")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("unpacked")
    small_files(place)
    return place


def dataset(name: str, **settings: object) -> Dataset:
    entry = dataset_named(name)
    return entry.build(entry.configured("corrected", settings))


@pytest.mark.parametrize(
    ("name", "columns"), [("power", 6), ("gas", 2), ("hepmass", 3), ("miniboone", 4), ("bsds300", 3)]
)
def test_files_put_by_hand_are_a_dataset(
    name: str, columns: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENCONV_DATA", str(folder))
    table = dataset(name, training_size=20)
    splits = table.draw(jr.key(0), table.load())
    assert splits.training.shape == (20, columns) == (table.training_size, *table.spec.shape)
    assert len(splits.validation) > 0 < len(splits.test)
    np.testing.assert_array_equal(splits.training, table.draw(jr.key(1), table.load()).training)
    assert f"papers have {TABLES[name].sizes[0]:,}" in (table.note or "")
    with pytest.raises(InputError, match=r"data\.training_size = 100000: must be at most"):
        dataset(name, training_size=100_000)


def test_files_that_have_changed_and_files_of_another_form_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_files(tmp_path)
    monkeypatch.setenv("GENCONV_DATA", str(tmp_path))
    entry = dataset_named("miniboone")
    config = entry.configured("corrected", {})
    path = tmp_path / "data" / "miniboone" / "data.npy"
    np.save(path, GENERATOR.normal(size=(200, 4)))
    with pytest.raises(InputError, match="has changed since its SHA-256 was recorded"):
        entry.build(config)
    np.save(path, np.full((200, 4), np.nan))
    with pytest.raises(InputError, match="not finite"):
        dataset("miniboone")
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read"):
        dataset("miniboone")


def test_what_is_missing_is_told_with_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match=r"uci/power/data\.npy is missing: fetch it \(genconv data fetch\), or put it"):
        only_located(files_of("power")[0], tmp_path)
    done = genconv("data", "fetch", "gas", "--data-dir", tmp_path)
    assert done.code == 1
    assert "ethylene_CO.csv is missing: genconv reads no pickles" in done.error
    assert "https://zenodo.org/records/1161203" in done.error
    assert "miniboone\tmissing" in genconv("data", "list", "--data-dir", tmp_path).out


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirrors]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with mirrors() as running:
        yield running


def packed(name: str, content: bytes) -> bytes:
    """An archive with one file."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def served(server: Mirrors, content: bytes, md5: str | None = None) -> Source:
    """The file of `power`, whose archive is on the server."""
    (source,) = FILES["power"]
    assert source.archive is not None
    archive = dataclasses.replace(
        source.archive,
        urls=(server.serves("data.tar.gz", content),),
        checksum=md5 or hashlib.md5(content, usedforsecurity=False).hexdigest(),
    )
    return dataclasses.replace(source, archive=archive)


def test_a_file_is_taken_out_of_the_archive_whose_md5_is_known(server: Mirrors, tmp_path: Path) -> None:
    source = served(server, packed("data/power/data.npy", b"numbers"))
    assert fetch(source, tmp_path).read_bytes() == b"numbers"
    fetch(source, tmp_path)
    assert len(server.requests) == 1
    assert sorted(path.name for path in (tmp_path / "uci" / "power").iterdir() if path.suffix != ".lock") == [
        "data.npy"
    ]


def test_another_archive_is_refused_and_a_missing_member_told(server: Mirrors, tmp_path: Path) -> None:
    with pytest.raises(WorkError, match=r"has another content than expected \(MD5 "):
        fetch(served(server, packed("data/power/data.npy", b"numbers"), md5="0" * 32), tmp_path)
    with pytest.raises(WorkError, match=r"data/power/data\.npy cannot be taken out of it"):
        fetch(served(server, packed("other", b"")), tmp_path)
    assert not list((tmp_path / "uci" / "power").glob("*.npy"))
