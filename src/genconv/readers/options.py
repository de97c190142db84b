"""What the user may say about a source."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from genconv.errors import InputError, shown, unknown_name
from genconv.measure import BITS_PER_DIM, NATS, Kind, Measure

SourceFormat = Literal[
    "auto",
    "study",
    "long",
    "wide",
    "tensorboard",
    "wandb",
    "mlflow",
    "trackio",
    "neptune",
    "aim",
    "comet",
    "clearml",
    "dvclive",
    "trainer",
    "ray",
    "json",
]
_TOOLS: Mapping[SourceFormat, tuple[str, ...]] = {
    "long": (
        "keras",
        "csvlogger",
        "csv",
        "tsv",
        "parquet",
        "jsonl",
        "table",
        "pandas",
        "lightning",
        "pytorchlightning",
    ),
    "trainer": ("huggingface", "hf", "transformers", "trl", "trainerstate"),
    "wandb": ("wb", "weightsandbiases", "weightsbiases", "wandboffline"),
    "tensorboard": ("tb", "tensorflow", "tfevents", "events", "summarywriter"),
    "mlflow": ("mlruns",),
    "ray": ("raytune", "tune"),
    "dvclive": ("dvc",),
    "comet": ("cometml",),
    "neptune": ("neptuneai",),
    "json": ("sacred", "history"),
}
"""What people call a format: names of tools and files in lower case, without what stands between words."""


def format_of_tool(name: str) -> SourceFormat | None:
    """The format that is meant by the name of a tool, such as `keras` or `Weights & Biases`; None if none is known."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return next((form for form, names in _TOOLS.items() if plain in (form, *names)), None)


Align = Literal["refuse", "shortest", "common"]
Meaning = Literal["missing", "diverged"]
"""What a NaN means that may stand for either: no measurement, or divergence."""
Unsaid = Literal["ask", "missing", "diverged"]
"""The same of an empty cell, or an error that asks."""

ROLES = ("model", "dataset", "seed", "epoch", "split", "loss", "training", "validation")
"""The roles of a column. `loss` is the only loss, or holds both losses, which `split` tells apart."""

_SYNONYMS = {"train": "training", "train_loss": "training", "val": "validation", "val_loss": "validation"}
_START = re.compile(rf"(?:^|,)\s*(?=({'|'.join([*ROLES, *_SYNONYMS])})=)")


@dataclass(frozen=True)
class ImportOptions:
    """How sources are read. The default of a field leaves the choice to the reader."""

    model: str | None = None
    dataset: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """Role → name of the column, metric or tag in the source."""
    format: SourceFormat = "auto"
    align: Align = "refuse"
    """What happens to runs of unequal places: an error; all are cut to the shortest; or the places that all runs have
    are kept.
    """
    blank: Unsaid = "ask"
    """What a row without losses after the last number of a run means: many tools write NaN as nothing."""
    nan: Meaning | None = None
    """What NaN means where numbers follow, or where the validation loss alone ends in it; None for the convention of
    the format, which is `missing` for all but the study's JSON.
    """
    blow_up: float | None = None
    """A validation loss above it is divergence; None for no limit, so that no finite loss is."""
    negate: bool | None = None
    """True: the numbers are higher-is-better (ELBO, log-likelihood), take their negatives. False: they are not. None:
    they are not, but in the study's JSON the sign of the first values decides.
    """
    group_by: tuple[str, ...] = ()
    """Names of hyper-parameters: each combination of their values is a cell of its own; `all` for all but the seed."""
    exclude: tuple[str, ...] = ()
    """Labels of runs that are left out, or patterns such as `*-debug`."""
    min_epochs: int = 0
    """Runs that end alive after fewer places are left out."""
    measure: Measure | None = None
    """What the losses say; None for what the format of the source says, which is mostly nothing."""
    datasets: Collection[str] = ()
    """Known names of datasets, looked for in the names of files."""

    def __post_init__(self) -> None:
        if self.blow_up is not None and not math.isfinite(self.blow_up):
            raise InputError(f"--blow-up {self.blow_up}: must be a finite loss")
        for name, value, kind in (
            ("format", self.format, SourceFormat),
            ("align", self.align, Align),
            ("blank", self.blank, Unsaid),
            ("nan", self.nan or "missing", Meaning),
        ):
            if value not in get_args(kind):
                if name == "format" and (meant := format_of_tool(value)):
                    raise InputError(f"unknown format '{value}': it is read with format '{meant}', or without any")
                raise unknown_name(name, value, get_args(kind))


def measure_from(kind: Kind | None, unit: str | None, method: str) -> Measure | None:
    """What the user says of the losses; None if nothing. `InputError` for a unit that a likelihood does not have."""
    if kind is None and unit is None and not method:
        return None
    if kind in ("exact", "bound") and unit not in (None, NATS, BITS_PER_DIM):
        raise InputError(f"--unit {shown(unit)}: a likelihood is in '{NATS}' or '{BITS_PER_DIM}'")
    if kind is None or kind == "loss":
        return Measure(unit=unit or "", method=method)
    return Measure(kind, unit or NATS, method)


def parse_columns(texts: Collection[str]) -> dict[str, str]:
    """Roles and names from texts such as `seed=run,validation=val/nll`; a name may hold commas and blanks."""
    columns: dict[str, str] = {}
    for text in texts:
        for role, name in _pairs(text):
            if role in columns:
                raise InputError(f"--columns: {role} is given twice ('{columns[role]}' and '{name}')")
            columns[role] = name
    if "loss" in columns and {"training", "validation"} & columns.keys():
        raise InputError("--columns: give loss, or training and validation, not both")
    return columns


def _pairs(text: str) -> list[tuple[str, str]]:
    starts = [match.end() for match in _START.finditer(text)]
    if not starts or text[: starts[0]].strip():
        raise InputError(f"--columns '{text}': must be ROLE=NAME,… where ROLE is one of {', '.join(ROLES)}")
    pairs = []
    for begin, end in zip(starts, [*starts[1:], len(text) + 1], strict=True):
        role, _, name = text[begin:end].rstrip(", ").partition("=")
        if not name:
            raise InputError(f"--columns: {role} is given no name")
        # a comma and a word that look like another pair with an unknown role
        if unknown := re.search(r",\s*(\w+)=", name):
            raise unknown_name("role of --columns", unknown[1], ROLES)
        pairs.append((_SYNONYMS.get(role, role), name))
    return pairs
