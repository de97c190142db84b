"""Options that choose among cells: of a study, or of the results under the given paths; and reading what they leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genconv.cli._names import dataset_names, model_names, study_names
from genconv.cli._options import QuietOption
from genconv.errors import InputError, shown

if TYPE_CHECKING:
    from genconv.store.results import Results

WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="KEY=VALUE",
        help="Only cells with this setting, such as training.batch_size=256,512, or hyper-parameter of imported runs; "
        "repeat it.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="M",
        autocompletion=model_names,
        help="Only these models; repeat, or use commas.",
        show_default=False,
    ),
]
DatasetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--dataset",
        metavar="D",
        autocompletion=dataset_names,
        help="Only these datasets; repeat, or use commas.",
        show_default=False,
    ),
]
StudyOption = Annotated[
    str | None,
    typer.Option(
        "--study",
        metavar="S",
        autocompletion=study_names,
        help="Only the runs of a study: its name, or a TOML file.",
        show_default=False,
    ),
]
GroupByOption = Annotated[
    list[str] | None,
    typer.Option(
        "--group-by",
        metavar="KEY,…",
        help="Tell cells apart by these settings; imported cells whose runs differ in them are split.",
        show_default=False,
    ),
]
UntilOption = Annotated[
    float | None,
    typer.Option(
        "--until",
        metavar="N",
        min=0,
        help="Take every curve until epoch N, so that cells of different length compare.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Cells:
    """Which cells of a study are meant."""

    models: ModelOption = None
    datasets: DatasetOption = None

    @property
    def chosen(self) -> dict[str, list[str]]:
        """As `genconv.run` takes them."""
        return {"models": _named("--model", self.models), "datasets": _named("--dataset", self.datasets)}


@dataclass(frozen=True)
class Choice:
    """Which of the results are looked at, and whether notes are told."""

    models: ModelOption = None
    datasets: DatasetOption = None
    study: StudyOption = None
    where: WhereOption = None
    group_by: GroupByOption = None
    quiet: QuietOption = False


@dataclass(frozen=True)
class CutChoice(Choice):
    """The same, of curves that may be cut."""

    until: UntilOption = None


def read(paths: Sequence[Path], choice: Choice) -> "Results":
    """The results under some paths that the options choose."""
    from genconv import api  # noqa: PLC0415

    wanted = _settings(choice.where or ())
    return api.choose(
        api.load(paths),
        models=_named("--model", choice.models),
        datasets=_named("--dataset", choice.datasets),
        study=choice.study,
        where=wanted,
        group_by=words(choice.group_by),
        end=choice.until if isinstance(choice, CutChoice) else None,
    )


def _named(option: str, texts: Sequence[str] | None) -> list[str]:
    """The names that an option gives; none where it was left out."""
    names = words(texts)
    if texts and not names:
        raise InputError(f"{option} {shown(texts[0])}: names nothing; leave it out for all")
    return names


def words(texts: Sequence[str] | None) -> list[str]:
    """`a,b` and `c` as a, b, c."""
    return [word.strip() for text in texts or () for word in text.split(",") if word.strip()]


def _settings(texts: Sequence[str]) -> dict[str, list[str]]:
    """Keys and values from texts such as `training.epochs=40,400`; a list as JSON is one value."""
    wanted: dict[str, list[str]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise InputError(f"--where '{text}': must be KEY=VALUE, or KEY=VALUE,VALUE")
        values = [value.strip()] if value.strip()[0] in '[{"' else words([value])
        wanted.setdefault(key.strip(), []).extend(values)
    return wanted
