"""Loss curves in the file format of the published study, by whatever program they were made.

The study stored models trained on the ELBO as negative losses, and nothing in a file says so. The sign is
therefore read off the curves: if all numbers of a file are below zero, every one is negated, and whoever reads the file
is told. Curves that cross zero may be either, and are refused until the user says which.
"""

import json
import math
import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from genconv.curves import BLOW_UP, CellCurves, FloatArray, Reference, bounded, find_divergence
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


@dataclass(frozen=True)
class CurveFile:
    """A file of loss curves."""

    curves: CellCurves
    negated: bool
    """Whether the numbers of the file are the negatives of these losses."""
    guessed: bool
    """Whether that was read off the curves, not said by the user."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided for the user, a line each: that losses were negated, that finite ones count as diverged."""
        blown_up = sum(end is not None and end.cause == "blow-up" for end in self.curves.divergences)
        sign = "negated, as all numbers are below zero: taken for ELBOs (genconv import --no-negate keeps the sign)"
        limit = "(genconv import --blow-up LOSS says otherwise)"
        finite = f"{blown_up} diverged by a validation loss above {BLOW_UP:g} {limit}"
        return (*([sign] if self.guessed else []), *([finite] if blown_up else []))


def read_curve_file(path: Path, references: Mapping[str, Reference | None] = NO_REFERENCES) -> CellCurves:
    """The curves of a file, see `open_curve_file`."""
    return open_curve_file(path, references).curves


def open_curve_file(
    path: Path, references: Mapping[str, Reference | None] = NO_REFERENCES, negate: bool | None = None
) -> CurveFile:
    """Read `MODEL_DATASET_SEEDS.json`: `{"train": [[loss per epoch] per seed], "val": the same}`.

    Losses are in nats, lower is better; `NaN` and `null` mean an epoch without one, and beyond ±1e150 they are
    infinite. Other keys are ignored. `negate` says whether the file holds ELBOs; None leaves it to the curves.
    Seeds are 0 … N - 1, and `references` is asked for the dataset by its name.

    A seed diverged if either curve is ever non-finite or blown up, see `find_divergence`. `InputError`, one
    line that names the file and the problem, if the file cannot be read as such, or its curves cross zero.
    """
    try:
        model, dataset, training, validation = _read(path)
        negated = _holds_elbos(bounded(training), bounded(validation)) if negate is None else negate
    except InputError as problem:
        raise InputError(f"{str(path)!r}: {problem}") from None
    training, validation = (bounded(-curves if negated else curves) for curves in (training, validation))
    curves = CellCurves(
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
    return CurveFile(curves, negated, negated and negate is None)


def _read(path: Path) -> tuple[str, str, FloatArray, FloatArray]:
    """Model, dataset, training and validation numbers as they are; errors do not name the file."""
    document = _load(path)
    model, dataset, seeds = _split_name(path.name)
    training, validation = (_curves(document, split) for split in ("train", "val"))
    _check_shapes(training, validation, seeds)
    return model, dataset, training, validation


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
        raise InputError(
            "the name is not of the form MODEL_DATASET_SEEDS.json, such as vae_mnist_10.json "
            "(genconv import reads other JSON)"
        )
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


def _holds_elbos(training: FloatArray, validation: FloatArray) -> bool:
    """Whether the numbers are ELBOs: all of them are below zero. `InputError` if only some are."""
    below = [bool((curves[np.isfinite(curves)] < 0).any()) for curves in (training, validation)]
    above = [bool((curves[np.isfinite(curves)] > 0).any()) for curves in (training, validation)]
    if any(below) and any(above):
        raise InputError(
            "has numbers below zero and above: losses or ELBOs? genconv import --no-negate takes them as losses, "
            "--negate as ELBOs"
        )
    return any(below)
