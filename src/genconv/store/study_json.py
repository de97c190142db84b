"""Loss curves in the file format of the published study, by whatever program they were made.

The study stored models trained on the ELBO as negative losses, and nothing in a file says so. The sign is
therefore read off the start of training: if the median over seeds of each seed's first finite validation
value is negative, every value of the file is negated. (True losses that start below zero are misread.)
"""

import json
import math
import re
import reprlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from genconv.curves import CellCurves, FloatArray, Reference, bounded, find_divergence
from genconv.errors import InputError
from genconv.file_limits import LARGEST_FILE, not_plain
from genconv.measure import ELBO, EXACT, Measure

PROTOCOL = "imported"
"""What stands for the protocol of curves whose training is not on record."""

NO_REFERENCES: Mapping[str, Reference | None] = MappingProxyType({})

_NAME = re.compile(r"(?P<model>[^_]+)_(?P<dataset>.+)_(?P<seeds>[0-9]+)\.json", re.DOTALL)


_EXACT_MODEL = "flow"
_TOYS = frozenset(
    {
        *("8gaussians", "2spirals", "checkerboard", "circles", "cos", "line", "moons", "pinwheel", "rings"),
        "swissroll",
    }
)
"""Datasets of points in the study, whose flow has an exact likelihood."""


def measure_of(model: str, dataset: str) -> Measure:
    """What the losses of the study's files say: −log p(x) for the flow on points, its ELBO for every other model."""
    return EXACT if model == _EXACT_MODEL and dataset in _TOYS else ELBO


def read_curve_file(path: Path, references: Mapping[str, Reference | None] = NO_REFERENCES) -> CellCurves:
    """Read `MODEL_DATASET_SEEDS.json`: `{"train": [[loss per epoch] per seed], "val": the same}`.

    Losses are in nats, lower is better; `NaN` and `null` mean an epoch without one, and beyond ±1e150 they are
    infinite. Other keys are ignored.
    Seeds are 0 … N - 1, and `references` is asked for the dataset by its name.

    A seed diverged if either curve is ever non-finite or blown up, see `find_divergence`. `InputError`, one
    line that names the file and the problem, if the file cannot be read as such.
    """
    try:
        model, dataset, training, validation = _read(path)
    except InputError as problem:
        raise InputError(f"{str(path)!r}: {problem}") from None
    return CellCurves(
        dataset=dataset,
        model=model,
        protocol=PROTOCOL,
        seeds=tuple(range(len(validation))),
        training=training,
        validation=validation,
        divergences=tuple(map(find_divergence, training, validation)),
        reference=references.get(dataset),
        measure=measure_of(model, dataset),
    )


def _read(path: Path) -> tuple[str, str, FloatArray, FloatArray]:
    """Model, dataset, training and validation losses; errors do not name the file."""
    document = _load(path)
    model, dataset, seeds = _split_name(path.name)
    training, validation = (_curves(document, split) for split in ("train", "val"))
    _check_shapes(training, validation, seeds)
    sign = _sign(validation)
    return model, dataset, bounded(sign * training), bounded(sign * validation)


def _load(path: Path) -> dict[str, Any]:
    """Parse the JSON object in a file, every number in it a float."""
    if problem := not_plain(path, LARGEST_FILE):
        raise InputError(f"cannot be read ({problem})")
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = json.loads(text, parse_int=float, object_pairs_hook=_unique)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise InputError(f"is not valid JSON ({error})") from None
    except RecursionError:
        raise InputError("is nested too deeply to be loss curves") from None
    if not isinstance(document, dict):
        raise InputError("is JSON, but not an object with the keys 'train' and 'val'")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise InputError(f"has the key {reprlib.repr(key)} twice")
        members[key] = value
    return members


def _split_name(name: str) -> tuple[str, str, int]:
    """Model, dataset and number of seeds; only the dataset may contain underscores."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise InputError("the name is not of the form MODEL_DATASET_SEEDS.json, such as vae_mnist_10.json")
    return match["model"], match["dataset"], int(match["seeds"])


def _curves(document: Mapping[str, Any], split: str) -> FloatArray:
    """One split, shape (N, E) with N, E ≥ 1."""
    if split not in document:
        raise InputError(f"has no key '{split}'")
    rows = document[split]
    if not isinstance(rows, list):
        raise InputError(f"'{split}' is not a list of curves, one per seed")
    if not rows:
        raise InputError(f"'{split}' has no seeds")
    curves = [_curve(row, f"'{split}', seed {seed}") for seed, row in enumerate(rows)]
    epochs = len(curves[0])
    for seed, curve in enumerate(curves):
        if len(curve) != epochs:
            raise InputError(f"'{split}', seed {seed} has {len(curve)} epochs where seed 0 has {epochs}")
    return np.array(curves, dtype=np.float64)


def _curve(losses: object, where: str) -> list[float]:
    if not isinstance(losses, list):
        raise InputError(f"{where} is not a list of losses, one per epoch")
    if not losses:
        raise InputError(f"{where} has no epochs")
    for epoch, loss in enumerate(losses):
        if loss is not None and not isinstance(loss, float):
            raise InputError(f"{where}, epoch {epoch}: {reprlib.repr(loss)} is not a number")
    return [math.nan if loss is None else loss for loss in losses]


def _check_shapes(training: FloatArray, validation: FloatArray, seeds: int) -> None:
    if training.shape != validation.shape:
        shapes = ["{} seeds of {} epochs".format(*curves.shape) for curves in (training, validation)]
        raise InputError(f"'train' holds {shapes[0]}, but 'val' {shapes[1]}")
    if len(validation) != seeds:
        raise InputError(f"the name says {seeds} seeds, but the file holds {len(validation)}")


def _sign(validation: FloatArray) -> float:
    """-1 for stored ELBOs, 1 for losses."""
    finite = [row[np.isfinite(row)] for row in validation]
    starts = [numbers[0] for numbers in finite if len(numbers)]
    with np.errstate(over="ignore"):
        return -1.0 if starts and np.median(starts) < 0 else 1.0
