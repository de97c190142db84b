"""Tables of one split each: `train.csv` and `val.csv`, or `train/loss.tsv` and `val/loss.tsv`, are one run's losses."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genconv.readers.roles import normal, split_of
from genconv.readers.run import ExternalRun, LeftOut, Reading, Series

_LOSSES = frozenset({"loss", "training", "validation"})


class _Part(NamedTuple):
    """A file that is called after a split, and what the files of its other splits have in common with it."""

    reading: Reading
    split: str
    """`training`, `validation` or `test`."""
    common: Path


def joined(readings: Sequence[Reading]) -> list[Reading]:
    """The readings, those of one run's splits as one; a file that names a split has the losses of that split."""
    parts = [_agreeing(_part(reading)) for reading in readings]
    groups: dict[Path, dict[str, _Part]] = defaultdict(dict)
    for part in parts:
        if part is not None:
            groups[part.common].setdefault(part.split, part)
    found: list[Reading] = []
    for reading, part in zip(readings, parts, strict=True):
        if part is None or groups[part.common][part.split].reading is not reading:
            found.append(reading)
        elif part is next(iter(groups[part.common].values())):
            found.extend(_whole(groups[part.common]))
    return found


def _part(reading: Reading) -> _Part | None:
    """None for a reading of several files, of several losses, or whose file names no split."""
    losses = _LOSSES & reading.columns.keys()
    if len(reading.files) != 1 or len(losses) != 1 or "split" in reading.columns:
        return None
    path = reading.files[0]
    words = re.split(r"([^0-9A-Za-z]+)", path.name.split(".")[0])
    named = [place for place, word in enumerate(words) if _split(word)]
    if len(named) == 1:
        rest = "".join([*words[: named[0]], *words[named[0] + 1 :]]).strip(" _-.")
        return _Part(reading, _split(words[named[0]]) or "", path.parent / rest if rest else path.parent)
    if not named and (split := _split(path.parent.name)):
        return _Part(reading, split, path.parent.parent / path.name)
    return None


def _agreeing(part: _Part | None) -> _Part | None:
    """None for Keras' `training.csv` with a validation loss: the column's name says more than the file's."""
    if part is None or part.split == "test":
        return part
    return None if {"training", "validation"} & part.reading.columns.keys() - {part.split} else part


def _split(word: str) -> str | None:
    return "test" if normal(word) == "test" else split_of(word) if normal(word) != "loss" else None


def _whole(parts: Mapping[str, _Part]) -> list[Reading]:
    """One reading of the parts that belong together; a test loss is the validation loss where there is no other."""
    training, validation, test = (parts.get(split) for split in ("training", "validation", "test"))
    if validation is None and training is not None:
        validation, test = test, None
    if training is not None and validation is not None:
        return [_merged(training, validation, test)]
    alone = [_alone(part, part.split) for part in (training, validation) if part is not None]
    return [*alone, *([test.reading] if test is not None else [])]


def _alone(part: _Part, split: str) -> Reading:
    runs = tuple(_placed(run, split) for run in part.reading.runs)
    return replace(part.reading, runs=runs, columns=_columns(part, split))


def _placed(run: ExternalRun, split: str) -> ExternalRun:
    losses = run.validation if len(run.validation) else run.training
    return replace(run, **{"training": Series.empty(), "validation": Series.empty(), split: losses})  # type: ignore[arg-type]


def _columns(part: _Part, split: str) -> dict[str, str]:
    return {split if role in _LOSSES else role: name for role, name in part.reading.columns.items()}


def _merged(training: _Part, validation: _Part, test: _Part | None) -> Reading:
    trained = {(run.model, run.dataset, run.seed): run for run in training.reading.runs}
    runs = []
    for run in validation.reading.runs:
        partner = trained.pop((run.model, run.dataset, run.seed), None)
        one = _placed(run, "validation")
        named = run.label != validation.reading.files[0].stem
        one = replace(one, label=run.label if named else validation.common.name, origin=validation.common)
        if partner is not None:
            blanks = np.setdiff1d(np.union1d(run.blanks, partner.blanks), _keys(run, partner))
            one = replace(one, training=_placed(partner, "training").training, blanks=blanks)
        runs.append(one)
    runs += [_placed(run, "training") for run in trained.values()]
    names = [part.reading.files[0] for part in (training, validation)]
    note = f"training from '{_shown(names[0], names)}', validation from '{_shown(names[1], names)}'"
    return replace(
        validation.reading,
        runs=tuple(runs),
        files=(*training.reading.files, *validation.reading.files),
        columns={**_columns(training, "training"), **_columns(validation, "validation")},
        notes=(*dict.fromkeys((*training.reading.notes, *validation.reading.notes)), note),
        left_out=(
            *training.reading.left_out,
            *validation.reading.left_out,
            *([LeftOut(_shown(test.reading.files[0], names), "of a test split")] if test else []),
        ),
    )


def _keys(*runs: ExternalRun) -> np.ndarray:
    return np.concatenate([series.keys for run in runs for series in (run.training, run.validation)])


def _shown(file: Path, among: Sequence[Path]) -> str:
    """The name of a file, with its folder where the names are equal."""
    return file.name if len({one.name for one in among}) > 1 else f"{file.parent.name}/{file.name}"
