"""Each hostile thing by name: bombs, pipes, devices, links, endless numbers and brackets, names that act."""

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from genconv.config.study import Study
from genconv.errors import InputError, WorkError
from genconv.store.checkpoints import FOLDER as TRAINING
from genconv.store.checkpoints import Checkpoint, cell_folder, latest_checkpoint, save_checkpoint
from genconv.store.lock import held, holder
from genconv.store.parquet import read_parquet
from genconv.store.runs import StoredRun, prepare
from tests.cli.commands import genconv
from tests.data.images.drawings import FOLDER, drawings, png
from tests.data.images.drawings import name as drawing_name
from tests.experiment.synthetic_runs import cell, store
from tests.fuzz.contract import check
from tests.fuzz.kinds import _signed as signed

LIMIT = 3 << 30
"""Bytes of address space: libraries reserve some that they never use."""
_LIMITED = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({LIMIT}, {LIMIT}))
from genconv.cli.app import run
code = run(sys.argv[1:])
assert "jax" not in sys.modules
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
sys.exit(100 if int(peak) > 1 << 20 else code)
"""


def limited(*words: str | Path) -> str:
    """What a command says, run with little memory; it has to fail with exit code 2 and one line."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _LIMITED, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={**os.environ, "POLARS_MAX_THREADS": "2", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("genconv: error: ")
    return done.stderr


def _zeros(count: int) -> bytes:
    return gzip.compress(bytes(count), 9)


def _rows(path: Path) -> None:
    pl.DataFrame({"seed": np.zeros(20_000_000, np.int8), "val_loss": np.zeros(20_000_000)}).write_parquet(path)


def _one_text(path: Path) -> None:
    pl.DataFrame({"seed": ["a" * 100_000_000], "val_loss": [1.0]}).write_parquet(path)


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
        (_one_text, "a.parquet", "out of proportion"),
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


def test_curves_of_a_run_that_unpack_to_gigabytes(tmp_path: Path) -> None:
    (run,) = store(tmp_path, 1)
    _rows(run / "curves.parquet")
    signed(run)
    assert "out of proportion" in limited("metrics", tmp_path)


def test_a_page_that_promises_more_than_the_footer_says(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"val_loss": np.arange(1000.0)}).write_parquet(path, statistics=False)
    data = path.read_bytes()
    assert data[4] == data[6] == 0x15  # the page's first two fields: its kind, and its size when unpacked
    end = next(place for place in range(7, 12) if data[place] < 0x80) + 1
    path.write_bytes(data[:7] + b"\xfe\xff\xff\xff\x0f" + data[end:])  # 2³¹ − 1 bytes
    with pytest.raises(InputError, match=r"out of proportion|damaged"):
        read_parquet(path)


def test_a_gzip_bomb_as_mnist(tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(_zeros(300_000_000))
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
        done = genconv("train", "-m", "vae", "-d", "rings", "-o", tmp_path / "out", "--set", f"{key}={value}")
        assert len(done.error) < 2100
        assert done.code == 2


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _directory(path: Path) -> None:
    path.mkdir()


NO_FILES = pytest.mark.parametrize("make", [_pipe, _device, _loop, _directory])


@NO_FILES
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.toml", ("run", "a.toml", "-o", "out")),
        ("vae_rings_1.json", ("metrics", "vae_rings_1.json")),
        ("vae_rings_1.json", ("import", "vae_rings_1.json", "-o", "out")),
        ("a.csv", ("import", "a.csv", "-o", "out")),
        ("a.parquet", ("import", "a.parquet", "-o", "out")),
        ("a.db", ("import", "a.db", "-o", "out")),
        ("a.npy", ("train", "-m", "vae", "-d", "./a.npy", "-o", "out")),
        ("a.npz", ("train", "-m", "vae", "-d", "./a.npz", "-o", "out")),
    ],
)
def test_no_plain_file_where_one_is_expected(
    name: str, words: tuple[str, ...], make: Callable[[Path], None], tmp_path: Path
) -> None:
    make(tmp_path / name)
    assert check(words, tmp_path).code == 2


@NO_FILES
@pytest.mark.parametrize("name", ["config.json", "curves.parquet", "weights.safetensors", "manifest.json"])
def test_no_plain_file_in_a_run(name: str, make: Callable[[Path], None], tmp_path: Path) -> None:
    (run,) = store(tmp_path / "runs", 1)
    (run / name).unlink()
    make(run / name)
    assert check(("metrics", "runs"), tmp_path).code == 2
    assert check(("verify", "runs"), tmp_path, (1,)).code == 1


@NO_FILES
def test_no_plain_file_among_the_data(make: Callable[[Path], None], tmp_path: Path) -> None:
    for folder, name in (("mnist", "train-images-idx3-ubyte.gz"), ("omniglot", "images_background.zip")):
        (tmp_path / folder).mkdir()
        make(tmp_path / folder / name)
        assert check(("data", "verify", folder, "--data-dir", "."), tmp_path, (1, 2)).code in {1, 2}


@NO_FILES
def test_no_plain_file_under_training(make: Callable[[Path], None], tmp_path: Path) -> None:
    save_checkpoint(tmp_path, cell(), Checkpoint((0,), 3, {}, {"a": np.zeros(2)}))
    state = cell_folder(tmp_path, cell()) / "000003" / "state.safetensors"
    state.unlink()
    make(state)
    make(cell_folder(tmp_path, cell()) / "status.json")
    found, problems = latest_checkpoint(tmp_path, cell())
    assert found is None
    assert "cannot be read" in problems[0]
    assert check(("status", "."), tmp_path).code == 0


@pytest.mark.parametrize("place", [TRAINING, f"{TRAINING}/{cell().identity[:32]}"])
def test_nothing_is_saved_through_a_link(place: str, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    link = tmp_path / "runs" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="is a symbolic link"):
        prepare(tmp_path / "runs")
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_lock_that_is_a_link_is_neither_followed_nor_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("kept")
    lock = cell_folder(tmp_path, cell()).with_suffix(".lock")
    lock.parent.mkdir()
    lock.symlink_to(outside)
    with pytest.raises(WorkError, match="cannot write"), held(lock):
        pass
    assert holder(lock) is None
    assert check(("status", "."), tmp_path).code == 0
    assert outside.read_text() == "kept"


def test_the_status_of_a_cell_in_training_writes_nothing(tmp_path: Path) -> None:
    lock = tmp_path / TRAINING / "x.lock"
    with held(lock) as ours:
        assert ours
        before = lock.stat().st_mtime_ns, lock.read_bytes()
        assert (holder(lock) == json.loads(before[1]) and "") or str(holder(lock)).startswith(
            f"process {os.getpid()} on "
        )
        assert (lock.stat().st_mtime_ns, lock.read_bytes()) == before
    assert holder(lock) is None


@pytest.mark.parametrize("name", ["../../outside", "/etc/passwd", "\0", "\ud800", "", ".."])
def test_a_manifest_that_names_other_places(name: str, tmp_path: Path) -> None:
    (run,) = store(tmp_path / "runs", 1)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"][name] = "0" * 64
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert check(("metrics", "runs"), tmp_path).code == 2


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("outcome.json", "[" * 900 + "]" * 900, "JSON"),
        ("outcome.json", '{"a": ' * 60 + "1" + "}" * 60, "nested deeper than 50 levels"),
        ("outcome.json", "[" * 100_000, "cannot be read as JSON"),
        ("outcome.json", '{"parameters": 1e400}', "no finite number"),
        ("outcome.json", '{"parameters": NaN}', "no finite number"),
        ("outcome.json", '{"parameters": 1, "parameters": 2}', "twice"),
        ("outcome.json", '{"parameters": ' + "9" * 5000 + "}", "cannot be read as JSON"),
        ("outcome.json", '{"parameters": 1, "divergence": null, "evaluation": [], "reference": [1]}', "not a run"),
        (
            "outcome.json",
            '{"parameters": -1, "divergence": null, "evaluation": {}, "reference": null}',
            "-1 is no count",
        ),
        ("config.json", '{"format": 1, "seed": 0, "cell": 1, "identity": "x"}', "not a run of this version"),
    ],
)
def test_documents_of_a_run_with_the_right_checksums(file: str, text: str, message: str, tmp_path: Path) -> None:
    (run,) = store(tmp_path, 1)
    (run / file).write_text(text)
    signed(run)
    with pytest.raises(InputError, match=message):
        StoredRun.open(run)


@pytest.mark.parametrize("cause", ["<script>alert(1)</script>", "blow-up\x1b[31m", 7])
def test_a_cause_that_is_none(cause: object, tmp_path: Path) -> None:
    (run,) = store(tmp_path, 1)
    outcome = json.loads((run / "outcome.json").read_text())
    outcome["divergence"] = {"epoch": 1, "cause": cause, "step": 3}
    (run / "outcome.json").write_text(json.dumps(outcome))
    signed(run)
    done = genconv("metrics", tmp_path)
    assert "cause = " in done.error
    assert done.error.isprintable()


def test_names_cannot_act_on_a_terminal(tmp_path: Path) -> None:
    for words in (
        ("run", "\x1b[31mred\x1b[0m"),
        ("train", "-m", "\x1b]0;title\x07", "-d", "rings"),
        ("train", "-m", "vae", "-d", "\u202egnp.npy"),
        ("metrics", tmp_path / "\x1b[2J.json"),
        ("train", "-m", "vae", "-d", "rings", "--set", "training.\x9b31m=1"),
        ("list", "\x1b[31m" * 3000),
    ):
        done = genconv(*words)
        assert done.error.isprintable()
        assert len(done.error) < 2100
        assert done.code == 2


def test_names_with_the_markup_of_the_terminal_are_shown_as_they_are(tmp_path: Path) -> None:
    run = tmp_path / "x[bold]-vae-corrected-s0-0"
    run.mkdir()
    (run / "config.json").touch()
    assert "x[bold]-vae-corrected" in genconv("status", tmp_path).out


def test_names_are_text_on_the_page(tmp_path: Path) -> None:
    rows = '{"train": [[3, 2], [2, 1]], "val": [[3, 2], [2, 1]]}'
    (tmp_path / "<img src=x onerror=alert(1)>_<svg onload=alert(2)>_2.json").write_text(rows)
    done = genconv("report", tmp_path, "-o", tmp_path / "out" / "page.html")
    assert done.code == 0
    page = (tmp_path / "out" / "page.html").read_text()
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page
    assert "<svg onload" not in page


def test_names_in_archives_that_lead_elsewhere(tmp_path: Path) -> None:
    (picture,) = (png(one) for one in drawings(1))
    for name in (
        "",
        ".",
        "/",
        f"{FOLDER}/../../x/y.png",
        f"/{FOLDER}/a/b/c.png",
        f"{FOLDER}\\a\\b.png",
        f"{FOLDER}/a/\0.png",
    ):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo("placeholder/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), picture)
            archive.infolist()[0].filename = name
        path = tmp_path / "omniglot" / "images_background.zip"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(packed.getvalue())
        assert check(("data", "verify", "omniglot", "--data-dir", "."), tmp_path).code == 2


def test_numbers_beyond_all_use_are_infinite(tmp_path: Path) -> None:
    path = tmp_path / "vae_rings_2.json"
    path.write_text('{"train": [[1e308, -1e308], [1, 1]], "val": [[1e308, 1e308], [2, 1]]}')
    for words in (("metrics", path), ("metrics", path, "--mode", "published"), ("report", path, "-o", "out/page.html")):
        assert check(words, tmp_path).code == 0
