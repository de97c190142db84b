"""Stored runs of older formats, brought to today's in memory: one pure function a step, on plain dictionaries.

A format is the meaning of the files of a run folder, and its number stands in `config.json`. `FORMAT` counts up when a
field is renamed, moved or changes its meaning; the step from the format before is then added here. A field that is
merely added needs no step: give it a default that keeps the old behaviour.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from genconv.config.base import canonical_json
from genconv.config.run import FORMAT
from genconv.coordinates import Coordinates
from genconv.errors import InputError, shown
from genconv.measure import ELBO, EXACT, importance_weighted

NO_LONGER_KEPT = ("halves_difference",)
"""Numbers of the final evaluation that follow from its files and are not stored any more; older runs have them."""

Document = dict[str, Any]
T = TypeVar("T")


def checked_format(document: Document, where: object, newest: int = FORMAT) -> int:
    """The format of a document; `InputError`, one line, if it is newer than this version or no format at all."""
    number = document.get("format")
    if type(number) is not int or number < 1:
        raise InputError(f"{where}: format = {shown(number)}, this version reads formats 1 to {newest}")
    if number > newest:
        raise InputError(f"{where}: format = {number} is newer than this version, which reads formats 1 to {newest}")
    return number


def identity_as_stored(config: Document) -> str:
    """SHA-256 of a run's configuration as it is stored, under the rules of its format."""
    place = "seed" if config["format"] == 1 else "coordinates"
    stored = {key: config[key] for key in ("format", "cell", place)}
    return hashlib.sha256(canonical_json(stored).encode()).hexdigest()


def upgraded_config(config: Document) -> Document:
    """A run's `config.json` of any format as one of today's; `KeyError`, `TypeError` or `ValueError` if it is none."""
    while (number := config["format"]) < FORMAT:
        config = CONFIG_STEPS[number](config)
    return config


def upgraded_outcome(outcome: Document, config: Document) -> Document:
    """A run's `outcome.json` as one of today's; `config` is its `config.json` as stored."""
    while (number := config["format"]) < FORMAT:
        if number in OUTCOME_STEPS:
            outcome = OUTCOME_STEPS[number](outcome, config)
        config = CONFIG_STEPS[number](config)
    numbers = dict(outcome["evaluation"])
    return {**outcome, "evaluation": {name: numbers[name] for name in numbers if name not in NO_LONGER_KEPT}}


def _config_1_to_2(config: Document) -> Document:
    """Seed and pinned streams become coordinates; the optimizer's numbers its arguments; KL warm-up is the model's;
    pictures are snapshots.
    """
    cell, seed = dict(config["cell"]), config["seed"]
    streams = cell.pop("streams")
    integers = {name: seed if value == "seed" else value for name, value in streams.items()}
    coordinates = Coordinates.from_json({**integers, "perturbation": None})
    training, architecture = dict(cell["training"]), dict(cell["architecture"])
    warmup = training.pop("kl_warmup_epochs")
    if cell["model"] in _WITH_KL or (cell["model"] not in _WITHOUT_KL and warmup > 0):
        architecture["kl_warmup_epochs"] = warmup
    numbers = {name: training.pop(old) for old, name in _ADAM.items()}
    training["optimizer_arguments"] = {name: value for name, value in numbers.items() if value != _DEFAULTS[name]}
    evaluation = dict(cell["evaluation"])
    evaluation |= {name: evaluation.pop(old) for old, name in _SNAPSHOTS.items()}
    cell |= {"training": training, "architecture": architecture, "evaluation": evaluation}
    return {"format": 2, "cell": cell, "coordinates": coordinates.as_json(), "at_default": []}


_WITH_KL = ("vae", "lvae", "draw", "draw2", "draw3", "draw4")
_WITHOUT_KL = ("flow",)
_ADAM = {"beta1": "b1", "beta2": "b2", "epsilon": "eps"}
_DEFAULTS = {"b1": 0.9, "b2": 0.999, "eps": 1e-8}
"""Optax's, which format 1 wrote out."""
_SNAPSHOTS = {"picture_epochs": "snapshot_epochs", "pictures": "snapshots"}


def upgraded_samples(arrays: Mapping[str, T], number: int) -> dict[str, T]:
    """The arrays of a run's `samples.safetensors` of format `number` under today's names."""
    if number > 1:
        return dict(arrays)
    return {name.replace("pictures.", "snapshots.", 1): array for name, array in arrays.items()}


def _outcome_1_to_2(outcome: Document, config: Document) -> Document:
    """A model without an importance-weighted bound had an exact likelihood; every other loss was an ELBO."""
    measures = {"curve": EXACT, "loss": EXACT}
    if "importance_weighted" in outcome["evaluation"]:
        bound = importance_weighted(config["cell"]["evaluation"]["importance_samples"])
        measures = {"curve": ELBO, "loss": ELBO, "importance_weighted": bound}
    return {**outcome, "measures": {name: measure.as_json() for name, measure in measures.items()}, "test": None}


CONFIG_STEPS: dict[int, Callable[[Document], Document]] = {1: _config_1_to_2}
"""For each format the step of `config.json` to the next one; every format has one."""
OUTCOME_STEPS: dict[int, Callable[[Document, Document], Document]] = {1: _outcome_1_to_2}
"""For each format the step of `outcome.json`, given `config.json` of the same format; only where it changed."""
