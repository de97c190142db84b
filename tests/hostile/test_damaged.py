"""Files that were cut off, or in which single bits are flipped: a result or one line, for everything that is read."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest

from genconv.errors import InputError
from genconv.store.files import sha256
from genconv.store.runs import FILES, StoredRun
from tests.cli.commands import genconv
from tests.experiment.synthetic_runs import store
from tests.golden.stores import HERE
from tests.hostile.commands import harmless
from tests.readers.foreign_files import csv, event_file

CASES = 12
EVENTS = "events.out.tfevents.1700000000.host.1.0"


def sign(folder: Path) -> None:
    """Make the manifest true to the files, as somebody would who changes them on purpose."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = {name: sha256(folder / name) for name in manifest["files"] if (folder / name).exists()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def damaged(random: Random, data: bytes) -> bytes:
    """The data cut off somewhere, or with up to three of their bits flipped."""
    if random.random() < 0.3:
        return data[: random.randrange(len(data))]
    changed = bytearray(data)
    for place in random.sample(range(len(data)), random.randint(1, 3)):
        changed[place] ^= 1 << random.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
@pytest.mark.parametrize("signed", [False, True])
def test_a_run(name: str, signed: bool, tmp_path: Path) -> None:
    random, (run,) = Random(name), store(tmp_path / "runs", 1)  # noqa: S311
    whole = (run / name).read_bytes()
    for _ in range(CASES):
        (run / name).write_bytes(damaged(random, whole))
        if signed and name != "manifest.json":
            sign(run)
        done = harmless(("metrics", "runs"), tmp_path)
        assert done.code == 2 or signed or name == "manifest.json"
        (run / name).write_bytes(whole)


@pytest.mark.parametrize("pattern", ["8gaussians-vae-imported-*", "rings-vae-corrected-s0-*"])
def test_curves_of_format_1(pattern: str, tmp_path: Path) -> None:
    (folder,) = (HERE / "format-1").glob(pattern)
    copy = Path(shutil.copytree(folder, tmp_path / "runs" / folder.name))
    random, whole = Random(pattern), (copy / "curves.parquet").read_bytes()  # noqa: S311
    for _ in range(CASES):
        (copy / "curves.parquet").write_bytes(damaged(random, whole))
        sign(copy)
        harmless(("metrics", "runs"), tmp_path)


def _parquet(path: Path) -> Path:
    pl.DataFrame({"seed": [0, 0, 1, 1], "epoch": [0, 1, 0, 1], "val_loss": [3.0, 2.0, 3.1, 2.2]}).write_parquet(path)
    return path


def _study(path: Path) -> Path:
    path.write_text('{"train": [[3, 2], [2, 1]], "val": [[3, 2], [2, 1]]}')
    return path


def _table(path: Path) -> Path:
    return csv(path, "seed,epoch,val_loss", "0,0,3", "0,1,2", "1,0,3", "1,1,2")


def _events(path: Path) -> Path:
    return event_file(path.parent, {"val_loss": [3.0, 2.0]})


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("vae_rings_2.json", _study),
        ("a.csv", _table),
        ("a.parquet", _parquet),
        (EVENTS, _events),
    ],
)
def test_curves_of_others(name: str, make: Callable[[Path], Path], tmp_path: Path) -> None:
    random, path = Random(name), make(tmp_path / name)  # noqa: S311
    whole = path.read_bytes()
    for _ in range(CASES):
        path.write_bytes(damaged(random, whole))
        harmless(("import", name, "--model", "m", "--dataset", "d", "-o", "out"), tmp_path)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("outcome.json", '{"a": ' * 60 + "1" + "}" * 60, "nested deeper than 50 levels"),
        ("outcome.json", "[" * 100_000, "cannot be read as JSON"),
        ("outcome.json", '{"parameters": 1e400}', "no finite number"),
        ("outcome.json", '{"parameters": NaN}', "no finite number"),
        ("outcome.json", '{"parameters": 1, "parameters": 2}', "twice"),
        ("outcome.json", '{"parameters": ' + "9" * 5000 + "}", "cannot be read as JSON"),
        ("outcome.json", "{}", "not a run of format 2"),
        ("config.json", '{"format": 2, "coordinates": 0, "cell": 1, "identity": "x"}', "not a run of format 2"),
        ("config.json", '{"format": true}', "format = True"),
        ("config.json", '{"format": 1, "seed": 0, "cell": 1, "identity": "x"}', "manifest.json: does not list"),
    ],
)
def test_documents_of_a_run_with_the_right_checksums(file: str, text: str, message: str, tmp_path: Path) -> None:
    (run,) = store(tmp_path, 1)
    (run / file).write_text(text)
    sign(run)
    with pytest.raises(InputError, match=message):
        StoredRun.open(run)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("divergence", {"epoch": 1, "cause": "<script>alert(1)</script>", "step": 3}),
        ("divergence", {"epoch": 10**9, "cause": "blow-up", "step": 3}),
        ("parameters", -1),
        ("reference", [1]),
        ("evaluation", {"loss": "low"}),
        ("measures", {"curve": {"kind": "certain"}}),
        ("measures", [1]),
        ("test", {"examples": 0.5, "sha256": "x"}),
    ],
)
def test_outcomes_of_wrong_types(key: str, value: object, tmp_path: Path) -> None:
    (run,) = store(tmp_path, 1)
    outcome = json.loads((run / "outcome.json").read_text())
    (run / "outcome.json").write_text(json.dumps({**outcome, key: value}))
    sign(run)
    done = genconv("metrics", tmp_path)
    assert "not a run of format 2" in done.error


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"validation.loss": np.zeros(3)}, "validation.loss is not one number an epoch"),
        ({"validation.loss": np.zeros(7, np.float32)}, "validation.loss is not one number an epoch"),
        ({"validation.epoch": np.ones(7)}, "does not hold 7 epochs of validation"),
        ({"test.loss": np.zeros(7)}, "'test.loss' is not training.NAME or validation.NAME"),
    ],
)
def test_curves_of_wrong_shapes(change: dict[str, np.ndarray], message: str, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file  # noqa: PLC0415  only this test writes such files

    (run,) = store(tmp_path, 1)
    save_file({**load_file(run / "curves.safetensors"), **change}, run / "curves.safetensors")
    sign(run)
    assert message in genconv("metrics", tmp_path).error


def test_numbers_beyond_all_use_are_infinite(tmp_path: Path) -> None:
    path = tmp_path / "vae_rings_2.json"
    path.write_text('{"train": [[1e308, -1e308], [1, 1]], "val": [[1e308, 1e308], [2, 1]]}')
    for words in (("metrics", path), ("metrics", path, "--mode", "published"), ("report", path, "-o", "out/page.html")):
        assert harmless(words, tmp_path).code == 0
