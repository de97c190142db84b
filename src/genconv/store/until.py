"""The record of a study that is looked at until it is decided: its plan, and what each look has seen and said.

One file in the store, `until-NAME-HASH.json`, written anew and atomically after each look, with a checksum. It outlives
the process, so that a restart, or another engine, goes on with the same plan, and looks that were made stay counted.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from genconv.config.base import canonical_json
from genconv.errors import InputError, shown
from genconv.store.files import one_line, read_json, unwritten, write_json
from genconv.store.writing import write_file

FORMAT = 1
_PREFIX = "until-"


@dataclass(frozen=True)
class CountedRuns:
    """The runs of one cell that a look has counted anew."""

    dataset: str
    metric: str
    cell: str
    """The label of the cell."""
    values: Mapping[int, float | None]
    """By seed the number of a run, None for one without (it diverged); a run that failed is not among them."""


@dataclass(frozen=True)
class Answer:
    """What a look says of one comparison, or of the rate of one cell."""

    dataset: str
    metric: str
    a: str
    """The label of a cell."""
    b: str
    """Of the other one; empty for a rate."""
    state: Literal["open", "decided", "split", "futile"]
    """`split`: the laws differ, but no cell is better by mean and most runs, so it goes on; `futile`: given up."""
    said: str | None
    """The label of the better cell; `below` or `above` of a rate; None where it is not decided."""
    seeds: int
    """How many seeds the look has."""
    p: float
    """At this look; of `--anytime` and of rates 1/E, valid at any look."""
    bound: float
    """At most that must be `p`."""
    basis: str
    """`means`, `all runs`, `pairs` or `rate`."""
    predicted: float | None = None
    """How likely a verdict at the last look is; None where nothing predicts it."""
    share: int = 1
    """j: tested with alpha/j."""
    estimate: tuple[float, float, float, float] | None = None
    """At the end: the difference as it is, adjusted for the looks, and its interval; None where there is none."""


@dataclass(frozen=True)
class Look:
    """One look."""

    seeds: int
    """Seeds a cell, of those that went on."""
    spent: float | None
    """Of alpha, until this look; None where looks cost nothing."""
    runs: tuple[CountedRuns, ...]
    answers: tuple[Answer, ...]
    """Of everything that was open before it."""


@dataclass(frozen=True)
class UntilRecord:
    """The plan and every look so far."""

    name: str
    """Of the study, or of dataset and model that are launched."""
    plan: Mapping[str, Any]
    """What was asked, and the design: what must be the same when it goes on."""
    before: int
    """Runs that were there when the plan was made."""
    looks: tuple[Look, ...] = field(default=())

    @property
    def answers(self) -> dict[tuple[str, str, str, str], Answer]:
        """The latest answer to each question, in the order of the first look."""
        return {(one.dataset, one.metric, one.a, one.b): one for look in self.looks for one in look.answers}

    @property
    def until(self) -> str:
        """`decided`, or the bound of a rate as it was written."""
        return str(self.plan["until"])

    def as_json(self) -> dict[str, Any]:
        """A plain dictionary with a checksum."""
        document = {"format": FORMAT, **_plain(asdict(self))}
        return {**document, "sha256": _digest(document)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any], where: str) -> Self:
        """The inverse of `as_json`; `InputError` for anything else, and for what was changed since."""
        content = {key: value for key, value in document.items() if key != "sha256"}
        if type(number := content.get("format")) is not int or not 1 <= number <= FORMAT:
            raise InputError(f"{where}: format = {shown(number)}: this version reads format {FORMAT}")
        if _digest(content) != document.get("sha256"):
            raise InputError(f"{where}: was changed after it was written (its checksum differs)")
        try:
            looks = tuple(_look(one) for one in content["looks"])
            return cls(str(content["name"]), dict(content["plan"]), int(content["before"]), looks)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{where}: is no record of looks ({one_line(error)})") from None


def record_path(root: Path, name: str, until: str) -> Path:
    """Where the record of a study is."""
    safe = re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:60] or "x"
    question = "decided" if until == "decided" else "rate"
    return root / f"{_PREFIX}{safe}-{hashlib.sha256(f'{question} {name}'.encode()).hexdigest()[:8]}.json"


def record_paths(root: Path) -> list[Path]:
    """The records in a store."""
    return sorted(root.glob(f"{_PREFIX}*.json"))


def read_record(path: Path) -> UntilRecord:
    """`InputError` that names the file if it is damaged or of a newer version."""
    return UntilRecord.from_json(read_json(path), str(path))


def write_record(path: Path, record: UntilRecord) -> None:
    """Whole or not at all; `WorkError` if that fails."""
    try:
        write_file(path, lambda temporary: write_json(temporary, record.as_json()))
    except OSError as error:
        raise unwritten(f"cannot write {path}", path.parent, error) from None


def records_under(roots: Iterable[Path]) -> tuple[UntilRecord, ...]:
    """The records in some stores; damaged ones are left to `verify`."""
    found = []
    for path in dict.fromkeys(path for root in roots for path in record_paths(root)):
        with suppress(InputError):
            found.append(read_record(path))
    return tuple(found)


def _look(value: Mapping[str, Any]) -> Look:
    runs = tuple(
        CountedRuns(**{**one, "values": {int(seed): number for seed, number in one["values"].items()}})
        for one in value["runs"]
    )
    answers = []
    for one in value["answers"]:
        estimate = one.get("estimate")
        answers.append(Answer(**{**one, "estimate": None if estimate is None else tuple(estimate)}))
    spent = value["spent"]
    return Look(int(value["seeds"]), None if spent is None else float(spent), runs, tuple(answers))


def _plain(value: Any) -> Any:
    """As JSON has it: keys are texts, no number is infinite."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(dict(document)).encode()).hexdigest()
