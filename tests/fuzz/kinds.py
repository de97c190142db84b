"""The kinds of input: each makes one case in a folder and says what is done with it.

A case is a function of the generator alone, so that its number says all there is to know of it.
"""

import gzip
import hashlib
import io
import json
import math
import shutil
import struct
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import jax
import numpy as np
import polars as pl
from safetensors.numpy import save

from genconv.config.run import Run
from genconv.config.seeds import parse_seeds
from genconv.config.study import Study, shipped_studies
from genconv.data.images.array import file_sha256, read_array, read_header
from genconv.data.images.mnist import read_idx
from genconv.data.images.omniglot import read_strokes
from genconv.readers.into_store import import_into
from genconv.readers.options import ImportOptions
from genconv.store.checkpoints import Checkpoint, latest_checkpoint, save_checkpoint
from genconv.store.runs import FILES, folder_name
from genconv.store.status import CellStatus, write_plan, write_status
from genconv.training.divergence import Health
from genconv.training.epoch import EpochRecord, Record, RunState
from genconv.training.progress import from_arrays
from genconv.training.snapshots import Pictures
from tests.data.images.drawings import FOLDER, archive, drawings, png
from tests.data.images.drawings import name as drawing_name
from tests.experiment.synthetic_runs import cell, store
from tests.fuzz.contract import OUT, Step
from tests.fuzz.mutation import changed, deep, encoded, json_text, mutated, name, text, value
from tests.readers.foreign_files import event_file, mlflow_database

Maker = Callable[[Random, Path], list[Step]]


@dataclass(frozen=True)
class Kind:
    """A kind of input, and which exit codes its commands may have."""

    make: Maker
    codes: tuple[int, ...] = (0, 2)
    share: int = 10
    """Of a hundred cases, about so many are of this kind."""


def study_files(random: Random, folder: Path) -> list[Step]:
    """`genconv run FILE`, as far as the cells are resolved."""
    base = random.choice(list(shipped_studies().values()))
    roll = random.random()
    if roll < 0.3:
        data = mutated(random, base.encode())
    elif roll < 0.5:
        lines = base.splitlines()
        for _ in range(random.randint(1, 3)):
            place = random.randrange(len(lines))
            key, equals, _ = lines[place].partition("=")
            lines[place] = f"{key}= {random.choice((text(random), toml(value(random))))}" if equals else text(random)
        data = encoded(random, "\n".join(lines))
    elif roll < 0.6:
        data = encoded(
            random, random.choice((f"a = {deep(5000)}", ".".join("a" * 3000) + " = 1", "[" + "a." * 500 + "b]"))
        )
    else:
        document = changed(random, tomllib.loads(base))
        data = encoded(
            random,
            "\n".join(f"{toml(k)} = {toml(v)}" for k, v in document.items()) if isinstance(document, dict) else "",
        )
    (folder / "study.toml").write_bytes(data)
    more = ["--set", text(random)] if random.random() < 0.1 else []
    return [("run", "study.toml", "-o", OUT, *more)]


def toml(document: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(document, dict):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in document.items()) + "}"
    if isinstance(document, list):
        return f"[{', '.join(map(toml, document))}]"
    if isinstance(document, float) and not math.isfinite(document):
        return str(document)
    return '"none"' if document is None else json.dumps(document)


_SECTIONS = ("model", "data", "training", "evaluation", "streams", "execution", "seed", "seeds", "name", "cells", "")
_KEYS = (
    *(
        "epochs",
        "batch_size",
        "learning_rate",
        "hidden",
        "latent",
        "init",
        "data",
        "training_size",
        "mapping",
        "devices",
    ),
    *("picture_epochs", "precision", "checkpoint_seconds", "couplings", "gradient_clip", "blow_up", "a.b", ""),
)


_VALID = (
    *("training.epochs=3", "training.learning_rate=1e-4", "seed=7", "seeds=0..9", "execution.mapping=map"),
    *("streams.init=4", "training.gradient_clip=none", "execution.devices=1", "evaluation.points=100"),
)


def settings(random: Random, folder: Path) -> list[Step]:
    """`--set` in every shape."""
    words = []
    for _ in range(random.randint(1, 3)):
        if random.random() < 0.5:
            words += ["--set", random.choice(_VALID)]
            continue
        key = random.choice(
            (f"{random.choice(_SECTIONS)}.{random.choice(_KEYS)}", random.choice(_SECTIONS), text(random))
        )
        given = random.choice((text(random), toml(value(random)), str(value(random)), deep(500), "x={a.b.c=1}"))
        words += ["--set", random.choice((f"{key}={given}", key, given, f"{key}=1\n{given}"))]
    words = [
        word.replace("\0", "\\0")
        .encode(errors="surrogateescape" if word.isascii() else "replace")
        .decode(errors="replace")
        for word in words
    ]
    command = random.choice(
        (("run", "quickstart"), ("train", "-m", "vae", "-d", "rings"), ("train", "-m", "draw", "-d", "mnist"))
    )
    return [(*command, "-o", OUT, *words)]


def seed_lists(random: Random, folder: Path) -> list[Step]:
    """`--seeds` and `--epochs` in every shape."""
    parts = [
        random.choice(
            (str(random.randint(0, 2**33)), f"{random.randint(0, 99)}..{random.randint(0, 10**6)}", text(random))
        )
        for _ in range(random.randint(1, 6))
    ]
    given = random.choice(
        (",".join(parts), "0..99999," * random.choice((2, 200)), mutated(random, b"0,3,7..9").decode("latin-1"))
    )
    given = given.replace("\0", "").encode(errors="replace").decode()
    return [
        ("train", "-m", "vae", "-d", "rings", "-o", OUT, f"--seeds={given}"),
        partial(parse_seeds, given),
        partial(Study.from_toml, f'name = "a"\nseeds = {toml(random.choice((given, value(random))))}\ncells = []', "a"),
    ]


def curve_json(random: Random, folder: Path) -> list[Step]:
    """`MODEL_DATASET_SEEDS.json` through everything that reads curves."""
    seeds, epochs = random.randint(1, 4), random.randint(1, 6)
    rows = [
        [
            random.choice((random.uniform(-3, 9), 3.0, 1e300, -1e308, 1e308, float("nan"), float("inf"), None, 0.0))
            if random.random() < 0.3
            else random.uniform(1, 5)
            for _ in range(epochs)
        ]
        for _ in range(seeds)
    ]
    document: Any = {"train": rows, "val": json.loads(json.dumps(rows))}
    if random.random() < 0.6:
        document = changed(random, document)
    data = encoded(random, json_text(random, document))
    if random.random() < 0.3:
        data = mutated(random, data)
    dataset = random.choice((name(random), "rings", "8gaussians")).replace("/", "_").replace("\0", "")[:60]
    path = (
        folder
        / f"vae_{dataset or 'x'}_{random.choice((seeds, seeds, seeds, 0, 10**9))}.json".encode(
            errors="replace"
        ).decode()
    )
    path.write_bytes(data)
    return [*_readings(random, path.name), ("import", path.name, "-o", OUT)]


def _readings(random: Random, path: str | Path) -> list[Step]:
    """Commands that read results; the slow ones seldom."""
    form = random.choice(("table", "markdown", "csv", "json"))
    steps: list[Step] = [
        random.choice(
            (
                ("metrics", path, "--format", form),
                ("metrics", path, "--mode", "published", "--format", form),
                ("compare", path, "--metric", "min,last", "--format", form),
                ("plan", path, "--metric", "last", "--effect", "0.5", "--format", form),
            )
        )
    ]
    if random.random() < 0.02:
        steps.append(("report", path, "-o", f"{OUT}/page.html"))
    if random.random() < 0.01:
        steps.append(("plot", path, "-o", OUT, "--kind", "curves"))
    return steps


def tables(random: Random, folder: Path) -> list[Step]:
    """CSV, TSV, JSON lines and Parquet, imported and read again."""
    seeds, epochs = random.randint(1, 3), random.randint(1, 4)
    rows: list[dict[str, Any]] = [
        {"seed": seed, "epoch": epoch, "loss": random.uniform(1, 4), "val_loss": random.uniform(1, 4)}
        for seed in range(seeds)
        for epoch in range(epochs)
    ]
    for _ in range(random.choice((0, 1, 1, 2))):
        random.choice(rows)[random.choice((*rows[0], name(random)))] = random.choice((value(random), text(random)))
    if random.random() < 0.2:
        rows = [{random.choice((name(random), key)): item for key, item in row.items()} for row in rows]
    kind = random.choice((".csv", ".tsv", ".txt", ".jsonl", ".parquet"))
    data = _parquet(random, rows) if kind == ".parquet" else encoded(random, _lines(random, rows, kind))
    path = folder / f"a{kind}"
    path.write_bytes(mutated(random, data) if random.random() < 0.4 else data)
    options = random.choice(
        (
            (),
            ("--align", "shortest"),
            ("--blank", "diverged"),
            ("--negate",),
            ("--format", "wide"),
            ("--columns", text(random).replace("\0", "")),
        )
    )
    options = tuple(word.encode(errors="replace").decode() for word in options)
    return [("import", path.name, "-o", OUT, "--model", "m", "--dataset", "d", *options)]


def _lines(random: Random, rows: list[dict[str, Any]], kind: str) -> str:
    if kind == ".jsonl":
        return "\n".join(json_text(random, row) for row in rows)
    separator = "\t" if kind == ".tsv" else random.choice(",;")
    names = list(dict.fromkeys(key for row in rows for key in row))
    table = [names, *([str(row.get(key, "")) for key in names] for row in rows)]
    return "\n".join(separator.join(f'"{word}"' if random.random() < 0.05 else word for word in line) for line in table)


def _parquet(random: Random, rows: list[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    with suppress(Exception):  # what cannot be written is no case
        frame = pl.DataFrame(rows, strict=False)
        frame.write_parquet(file, compression=random.choice(("zstd", "snappy", "uncompressed", "lz4")))
    return file.getvalue()


def trackers(random: Random, folder: Path) -> list[Step]:
    """TensorBoard, W&B and MLflow."""
    kind = random.choice(("tensorboard", "wandb", "database", "files"))
    source = folder / "logs"
    if kind == "tensorboard":
        path = event_file(
            source,
            {random.choice(("val_loss", name(random).replace("\ud800", "x"))): [3, 2, 1], "loss": [1, 2, 3]},
            tensor=random.random() < 0.5,
        )
        path.write_bytes(mutated(random, path.read_bytes()))
    elif kind == "database":
        source.mkdir()
        path = mlflow_database(source / "a.db", {"r": ({"val_loss": [1.0, 2.0]}, {"seed": "1"})})
        path.write_bytes(mutated(random, path.read_bytes()))
        return [("import", "logs/a.db", "-o", OUT, "--model", "m", "--dataset", "d")]
    elif kind == "files":
        for relative, content in (
            ("meta.yaml", "lifecycle_stage: active"),
            ("metrics/val_loss", "1 2.5 0\n2 2.4 1"),
            ("params/seed", "3"),
        ):
            path = source / "0" / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(mutated(random, content.encode()) if random.random() < 0.6 else content.encode())
    else:
        source.mkdir()
        (source / "run-a.wandb").write_bytes(mutated(random, _wandb(random)))
    return [("import", "logs", "-o", OUT, "--model", "m", "--dataset", "d")]


def _wandb(random: Random) -> bytes:
    from tests.readers.foreign_files import part  # noqa: PLC0415

    data = b":W&B\xe1\xbe\x00"
    for step in range(3):
        loss = random.choice((json.dumps(random.uniform(1, 3)), '"NaN"', "1" + "0" * 400, deep(2000), text(random)))
        items = [("_step", str(step)), ("val_loss", loss)]
        row = b"".join(part(1, part(1, key.encode()) + part(16, item.encode(errors="replace"))) for key, item in items)
        record = part(2, row)[:30_000]
        data += struct.pack("<IHB", 0, len(record), 1) + record
    return data


def idx_files(random: Random, folder: Path) -> list[Step]:
    """IDX, plain and in gzip, by itself and as MNIST."""
    shape = [
        random.choice((0, 1, 2, 28, 2**31, 2**32 - 1)) if random.random() < 0.3 else random.randint(1, 9)
        for _ in range(random.choice((1, 2, 3, 3, 3, 4)))
    ]
    count = math.prod(shape) if math.prod(shape) < 10_000 else 50
    data = struct.pack(
        f">BBBB{len(shape)}I", 0, 0, random.choice((8, 8, 8, 9, 13)), len(shape), *shape
    ) + random.randbytes(count)
    if random.random() < 0.5:
        data = gzip.compress(data)
    if random.random() < 0.5:
        data = mutated(random, data)
    path = folder / "data" / "mnist" / "train-images-idx3-ubyte.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return [partial(read_idx, path), ("data", "verify", "mnist", "--data-dir", "data")]


def omniglot_zips(random: Random, folder: Path) -> list[Step]:
    """Archives of drawings."""
    pictures = [_drawing(random, number) for number in range(random.randint(1, 3))]
    members = []
    for number, picture in enumerate(pictures):
        member = (
            random.choice((drawing_name(number + 1), f"{FOLDER}/{name(random)}/b/c.png", name(random)))
            if random.random() < 0.4
            else drawing_name(number + 1)
        )
        members.append((member.replace("\ud800", "x")[:60_000], picture))
    path = folder / "data" / "omniglot" / "images_background.zip"
    path.parent.mkdir(parents=True)
    archive(path, members)
    if random.random() < 0.6:
        path.write_bytes(mutated(random, path.read_bytes()))
    return [partial(read_strokes, path, FOLDER), ("data", "verify", "omniglot", "--data-dir", "data")]


@cache
def _pngs() -> tuple[bytes, ...]:
    one, two = drawings(2)
    return png(one), png(two, "L"), png(one[:5, :5]), png(one, "RGB"), png(np.zeros((3000, 3000), bool))


def _drawing(random: Random, number: int) -> bytes:
    data = random.choice(_pngs()) if random.random() < 0.3 else _pngs()[number % 2]
    return mutated(random, data) if random.random() < 0.4 else data


def array_files(random: Random, folder: Path) -> list[Step]:
    """`.npy` and `.npz` of images, as a dataset."""
    kind = random.choice((".npy", ".npz"))
    images = np.frombuffer(random.randbytes(10 * 5 * 7), np.uint8).reshape(10, 5, 7)
    array = random.choice(
        (images, images / 255, (images / 255).astype(np.float16), images * np.nan, images[0], images > 3)
    )
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=random.choice(((1, 0), (2, 0), (3, 0))))
    data = file.getvalue()
    if random.random() < 0.5:
        data = _header(random, array) + array.tobytes()
    elif random.random() < 0.5:
        data = mutated(random, data)
    if kind == ".npz":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", random.choice((0, 8, 8, 12, 14))) as zipped:
            for number in range(random.choice((1, 1, 1, 1, 0, 2))):
                zipped.writestr(f"{number}{name(random)}".replace("\ud800", "")[:1000], data)
        data = mutated(random, packed.getvalue()) if random.random() < 0.5 else packed.getvalue()
    path = folder / f"images{kind}"
    path.write_bytes(data)
    return [
        ("train", "-m", "vae", "-d", f"./{path.name}", "-o", OUT, "--set", "training.batch_size=1"),
        partial(_read, path),
    ]


def _read(path: Path) -> None:
    read_header(path)
    read_array(path, file_sha256(path))


def _header(random: Random, array: np.ndarray) -> bytes:
    """A header as NumPy writes it, with something else in it."""
    descr = random.choice(
        (
            repr(array.dtype.str),
            "'|O'",
            "'<f8'",
            "[('a', '<f8')]",
            "'\\d'",
            "{[]: 1}",
            "(1,)",
            "None",
            repr(name(random)),
        )
    )
    shape = random.choice(
        (
            str(array.shape),
            "(-1, 5, 7)",
            "(10, 5, True)",
            "(1" + "0" * 30 + ", 5, 7)",
            "(0x" + "f" * 4500 + ",5,7)",
            "(10L, 5L, 7L)",
            "(4000, 1024, 1024)",
            "((",
            "'abc'",
        )
    )
    header = f"{{'descr': {descr}, 'fortran_order': {random.choice(('False', 'True', '2'))}, 'shape': {shape}, }}"
    if random.random() < 0.2:
        header = random.choice(
            (
                deep(3000),
                "(" * 300,
                "\0",
                "'''",
                "1\n  2\n 3",
                header + "\n" * 3,
                "{}",
                "[1, 'a']",
                "'" + "a" * 20_000 + "'",
            )
        )
    content = header.encode("latin-1", "replace")[:65_000]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(content)) + content


@cache
def _stored() -> Path:
    """Two runs, an imported cell and a saved state, once for all cases of a process."""
    root = Path(tempfile.mkdtemp(prefix="genconv-fuzz-"))
    store(root / "runs", 2)
    source = root / "vae_rings_2.json"
    source.write_text('{"train": [[3, 2], [3, 1]], "val": [[3, 2.5], [3, 2]]}')
    import_into(root / "imported", [source], ImportOptions())
    save_checkpoint(root / "saved", cell(), Checkpoint((0, 1), 3, {"jax": "0"}, _states()))
    write_status(root / "saved", cell(), CellStatus.of(cell(), 2, done=3))
    write_plan(root / "saved", [(cell(), (0, 1))])
    return root


def _signed(folder: Path) -> None:
    """The checksums of a folder as they are now: damage that the manifest does not tell."""
    files = {path.name: _sha256(path) for path in folder.iterdir() if path.is_file() and path.name != "manifest.json"}
    (folder / "manifest.json").write_text(json.dumps({"files": files}))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run_folders(random: Random, folder: Path) -> list[Step]:
    """Run folders of which one file is something else, with and without the right checksums."""
    shutil.copytree(_stored() / "runs", folder / "runs")
    run = random.choice(sorted((folder / "runs").iterdir()))
    path = run / random.choice((*FILES, "config.json", "outcome.json", "curves.parquet", "manifest.json"))
    _damage(random, path)
    if path.name != "manifest.json" and random.random() < 0.8:
        if path.name == "config.json" and random.random() < 0.7:
            run = _identified(run)
        _signed(run)
    steps = _readings(random, "runs")
    steps.append(random.choice((("verify", "runs"), ("status", "runs"), ("metrics", run.relative_to(folder)))))
    if random.random() < 0.01 and path.name not in {"config.json"}:
        steps.append(("sample", "runs", "-n", "2", "-o", OUT))
    return steps


def _damage(random: Random, path: Path) -> None:
    if path.suffix == ".json" and random.random() < 0.75:
        document = json.loads(path.read_text())
        for _ in range(random.choice((1, 1, 2))):
            document = changed(random, document)
        path.write_bytes(encoded(random, json_text(random, document)))
    elif path.suffix == ".parquet" and random.random() < 0.6:
        path.write_bytes(_curves(random, pl.read_parquet(path)))
    elif path.name == "state.safetensors" and random.random() < 0.7:
        path.write_bytes(_other_states(random))
    elif path.suffix == ".safetensors" and random.random() < 0.6:
        path.write_bytes(_tensors(random))
    else:
        path.write_bytes(mutated(random, path.read_bytes()))


def _curves(random: Random, frame: pl.DataFrame) -> bytes:
    """Curves with another column, type, number of rows or order."""
    column = random.choice(frame.columns)
    how = random.randrange(6)
    if how == 0:
        frame = frame.drop(column)
    elif how == 1:
        frame = frame.with_columns(
            pl.lit(random.choice((None, "x", 1e308, float("nan"), float("inf"), -1, [1.0]))).alias(column)
        )
    elif how == 2:
        frame = frame.head(random.randint(0, frame.height))
    elif how == 3:
        frame = pl.concat([frame, frame])
    elif how == 4:
        frame = frame.with_columns(
            pl.Series(
                "loss", [random.choice((1e308, -1e308, float("inf"), float("nan"), 1.0)) for _ in range(frame.height)]
            )
            if "loss" in frame.columns
            else pl.lit(1e308).alias(column)
        )
    else:
        frame = frame.rename({column: name(random).replace("\ud800", "") or "x"})
    file = io.BytesIO()
    with suppress(UnicodeEncodeError):
        frame.write_parquet(file)
    return file.getvalue()


_TYPES = (np.float32, np.float16, np.float64, np.uint8, np.int64, np.bool_)
_ARRAYS = (
    *("samples", "log_density", "grid_x", "grid_y", "layer.weight"),
    *("pictures.samples", "pictures.epochs", "pictures.inputs"),
)


def _tensors(random: Random) -> bytes:
    """Arrays of other names, shapes and types, or a header that promises what is not there."""
    if random.random() < 0.5:
        shape = random.choice(((0,), (4, 2), (4, 3), (2, 2, 2), (1, 1), ()))
        with np.errstate(all="ignore"):
            filled = np.full(shape, random.choice((0, 1e30, np.nan))).astype(random.choice(_TYPES))
        arrays = {random.choice(_ARRAYS): filled for _ in range(4)}
        return save(arrays)
    described = {
        name(random) or "x": {
            "dtype": random.choice(("F32", "BF16", "F8_E4M3", "BOOL", "F128", "I64", "U64")),
            "shape": random.choice(([1], [0], [2**40], [2**63, 2], [-1], [1.5], ["a"])),
            "data_offsets": random.choice(([0, 4], [0, 2], [4, 0], [0, 2**40], [0])),
        }
    }
    header = json_text(random, described).encode(errors="replace")
    return struct.pack("<Q", random.choice((len(header), len(header), 2**40, 2**63))) + header + b"\0" * 4


def _identified(run: Path) -> Path:
    """The run under the identity that its configuration has now, if it has one."""
    with suppress(Exception):  # most changed configurations have none
        config = json.loads((run / "config.json").read_text())
        new = Run.checked({"cell": config["cell"], "seed": config["seed"]})
        config["identity"] = new.identity
        (run / "config.json").write_text(json.dumps(config))
        return run.rename(run.with_name(folder_name(new)))
    return run


def imported_cells(random: Random, folder: Path) -> list[Step]:
    """The folders that `genconv import` makes."""
    shutil.copytree(_stored() / "imported", folder / "runs")
    run = next((folder / "runs").iterdir())
    _damage(random, run / random.choice(("import.json", "curves.parquet", "manifest.json")))
    if random.random() < 0.8:
        _signed(run)
    return _readings(random, "runs")


def saved_states(random: Random, folder: Path) -> list[Step]:
    """What lies under `.training`."""
    shutil.copytree(_stored() / "saved", folder / "runs")
    files = [path for path in sorted((folder / "runs").rglob("*")) if path.is_file()]
    path = random.choice((*files, next(file for file in files if file.name == "state.safetensors")))
    _damage(random, path)
    if path.parent.name.isdigit() and path.name != "manifest.json" and random.random() < 0.8:
        _signed(path.parent)
    return [partial(_taken_up, folder / "runs"), ("status", "runs")]


def _states() -> dict[str, np.ndarray]:
    """States of two seeds after three epochs, as a checkpoint holds them."""
    names = [f"epochs.{split}.{name}" for split in EpochRecord._fields for name in Record._fields]
    pictures = {f"pictures.1.{name}": np.zeros((2, 4, 4), np.uint8) for name in Pictures._fields}
    health = {f"states.health.{name}": np.zeros(2, np.int32) for name in Health._fields}
    return {
        "states.model": np.zeros((2, 3), np.float32),
        **health,
        **{name: np.zeros((3, 2)) for name in names},
        **pictures,
    }


def _taken_up(root: Path) -> None:
    """What training goes on from; `KeyError` is what its caller expects of a state in which something is missing."""
    found, _ = latest_checkpoint(root, cell())
    if found is not None:
        leaf: Any = jax.ShapeDtypeStruct((2, 3), np.float32)
        number: Any = jax.ShapeDtypeStruct((2,), np.int32)
        with suppress(KeyError):
            from_arrays(found.arrays, RunState(leaf, (), Health(number, number)))


def _other_states(random: Random) -> bytes:
    """States of which one has another name, shape or type."""
    arrays = _states()
    key = random.choice((*arrays, "states.model", "pictures.1.samples"))
    filled = arrays.pop(key)
    how = random.randrange(4)
    if how == 0:
        filled = np.zeros(random.choice(((), (0,), (3,), (2, 3, 1), (0, 3), (3, 3), (9, 2))), filled.dtype)
    elif how == 1:
        filled = filled.astype(random.choice(_TYPES))
    else:
        key = random.choice(
            (f"pictures.{random.choice(('x', '-1', '٣', '9' * 30, '', '2'))}.samples", "pictures.", "x")
        )
    return save({**arrays, key: filled})


KINDS: Mapping[str, Kind] = {
    "study files": Kind(study_files, share=14),
    "--set": Kind(settings, share=12),
    "seed lists": Kind(seed_lists, share=8),
    "curve JSON": Kind(curve_json, share=12),
    "tables": Kind(tables, share=14),
    "trackers": Kind(trackers, share=8),
    "IDX": Kind(idx_files, (0, 1, 2), share=6),
    "Omniglot zips": Kind(omniglot_zips, (0, 1, 2), share=6),
    "array files": Kind(array_files, share=8),
    "run folders": Kind(run_folders, (0, 1, 2), share=14),
    "imported cells": Kind(imported_cells, share=4),
    "saved states": Kind(saved_states, share=4),
}
"""Exit code 1 is the documented answer to damaged runs among whole ones, and to files of a dataset that are missing."""


def steps_of(kind: Kind, random: Random, folder: Path) -> Iterator[Step]:
    """Make a case in `folder`, and what is done with it."""
    folder.mkdir(parents=True, exist_ok=True)
    yield from kind.make(random, folder)
