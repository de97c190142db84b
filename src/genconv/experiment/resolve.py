"""From a study file to cells with every number filled in."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from genconv.config.base import LARGEST_INTEGER, Config
from genconv.config.evaluation import EvaluationConfig
from genconv.config.overrides import SECTIONS
from genconv.config.run import Cell
from genconv.config.streams import StreamsConfig, pinned
from genconv.config.study import GridConfig, Study
from genconv.config.training import TrainingConfig
from genconv.config.user_code import file_of, is_user_code, source_sha256
from genconv.coordinates import Coordinates
from genconv.data.base import Dataset
from genconv.data.own_file import is_own_file
from genconv.data.registry import dataset_named
from genconv.errors import InputError, shown
from genconv.experiment.fit import check_batch, fit_batch, fit_warmup, kl_warmup_note, warmup_note
from genconv.models.base import Model
from genconv.models.registry import model_named
from genconv.protocols import protocol_named, recipe
from genconv.training.model_check import check_model
from genconv.training.optimizer import check_optimizer

_MOST_LAYERS = 256


@dataclass(frozen=True)
class ResolvedCell:
    """A cell, with the model and the dataset that its names stand for, and the runs that a study wants of it."""

    cell: Cell
    model: type[Model]
    dataset: Dataset
    data: Config
    """The dataset's own configuration."""
    runs: tuple[Coordinates, ...] = ()
    notes: tuple[str, ...] = ()
    """What the user should know of its training, a line each."""

    @property
    def at_default(self) -> tuple[str, ...]:
        """Which fields of model and dataset have their defaults."""
        model = self.model.config_type.checked(self.cell.architecture, "model")
        sections = {"architecture": model, "data": self.data}
        return tuple(f"{section}.{name}" for section, config in sections.items() for name in config.at_default())

    def check_model(self) -> None:
        """`InputError` if a method of a model that is not shipped returns what it must not."""
        if self.model.__module__.partition(".")[0] == __name__.partition(".")[0]:
            return  # the tests have looked, and tracing every method takes as long as all else before the first step
        config = self.model.config_type.checked(self.cell.architecture, "model")
        check_model(self.cell.model, self.model, config, self.dataset.spec)

    def complete(self, stored: Cell) -> Cell:
        """A stored cell of the same names with the fields that the model and the dataset have got since.

        `InputError` if its settings are none of theirs.
        """
        data = type(self.data).checked(stored.data, "data").model_dump(mode="json")
        model = self.model.config_type.checked(stored.architecture, "model").model_dump(mode="json")
        return stored.model_copy(update={"data": data, "architecture": model})


def resolve(study: Study) -> list[ResolvedCell]:
    """Every cell of the study, each once, in the order of the file; `InputError` for the first thing that cannot be."""
    merged: dict[str, ResolvedCell] = {}
    for one, _ in resolve_each(study):
        before = merged.setdefault(one.cell.identity, one)
        merged[one.cell.identity] = replace(before, runs=tuple(dict.fromkeys((*before.runs, *one.runs))))
    return list(merged.values())


def resolve_each(study: Study) -> list[tuple[ResolvedCell, dict[str, Any]]]:
    """The same as the file says them, equal cells apart, each with what it says of the streams."""
    return [
        (_resolve_one(study, grid, model, dataset, protocol), {**study.streams, **grid.streams})
        for grid in study.grids
        for protocol in grid.protocols
        for dataset in grid.datasets
        for model in grid.models
    ]


def rebuild(cell: Cell, code: Collection[Path] = ()) -> ResolvedCell:
    """Model and dataset of a cell that was stored earlier.

    A stored file must not decide what is executed: `path.py:Name` in it is loaded only if the path, or a file of that
    name in another place, is one of `code`, and is the file that the cell was made with; `InputError` otherwise.
    """
    here = {"model": cell.model, "dataset": cell.dataset}
    for key, name in _user_code(cell.model, cell.dataset).items():
        if (file := allowed_file(name, code)) is None:
            raise InputError(
                f"the {key} is '{name}', a file that would be executed: allow it with --code {file_of(name)}"
            )
        here[key] = f"{file}:{name.rpartition(':')[2]}"
        if source_sha256(here[key]) != cell.sources.get(key):
            raise InputError(f"{file} is not the file that the run was made with (its SHA-256 differs)")
    _check_sizes(cell)
    entry = dataset_named(here["dataset"])
    config = type(entry.configured(protocol_named(cell.protocol), cell.data)).checked(cell.data, "data")
    dataset = entry.build(config)
    return ResolvedCell(cell, model_named(here["model"], dataset.spec), dataset, config)


def check_allowed(cells: Iterable[Cell], code: Collection[Path] = ()) -> None:
    """`InputError` that names every file which the cells would execute and which is not one of `code`."""
    names = [name for cell in cells for name in _user_code(cell.model, cell.dataset).values()]
    if files := list(dict.fromkeys(str(file_of(name)) for name in names if allowed_file(name, code) is None)):
        options = " ".join(f"--code {file}" for file in files)
        raise InputError(f"the runs name code that would be executed: allow it with {options}")


def user_files(cell: Cell) -> list[Path]:
    """The files of the user's that the cell needs."""
    return [file_of(name) for name in _user_code(cell.model, cell.dataset).values()]


def _resolve_one(
    study: Study, grid: GridConfig, model_name: str, dataset_name: str, protocol_name: str
) -> ResolvedCell:
    entry, protocol = dataset_named(dataset_name), protocol_named(protocol_name)
    overrides = {section: {**getattr(study, section), **getattr(grid, section)} for section in SECTIONS}
    data = entry.configured(protocol, overrides["data"])
    dataset = entry.build(data)
    model = model_named(model_name, dataset.spec)
    prescribed, own = recipe(protocol, model_name, dataset.spec.modality), model.defaults(dataset.spec)
    training = {**prescribed.training, **own.get("training", {}), **overrides["training"]}
    evaluation = {**prescribed.evaluation, **own.get("evaluation", {}), **overrides["evaluation"]}
    architecture = model.config_type.checked({**prescribed.model, **overrides["model"]}, f"model ({model_name})")
    fitted, notes = _fitted(training, overrides["training"], dataset, dataset_name)
    cell = Cell(
        dataset=dataset_name,
        model=model_name,
        protocol=protocol,
        study_seed=study.seed,
        data=data.model_dump(mode="json"),
        architecture=architecture.model_dump(mode="json"),
        training=fitted,
        evaluation=EvaluationConfig.checked(evaluation, "evaluation"),
        sources={key: source_sha256(name) for key, name in _user_code(model_name, dataset_name).items()},
    )
    _check_sizes(cell)
    check_batch(cell, dataset.training_size, overrides["data"])
    notes = [
        f"{model_name} on {dataset_name}: {note}" for note in (*notes, *kl_warmup_note(fitted.epochs, architecture))
    ]
    runs = _coordinates(study, overrides["streams"], cell)
    return ResolvedCell(cell, model, dataset, data, runs, tuple(notes))


def _fitted(
    training: Mapping[str, Any], chosen: Collection[str], dataset: Dataset, name: str
) -> tuple[TrainingConfig, list[str]]:
    """The training with defaults that fit the number of examples, and what was done for that."""
    config, examples = TrainingConfig.checked(training, "training"), dataset.training_size
    check_optimizer(config)
    config, notes = fit_batch(config, examples, chosen)
    if is_user_code(name) or is_own_file(name):
        config, more = fit_warmup(config, examples, chosen)
        notes += more
    return config, notes + warmup_note(config, examples)


def _coordinates(study: Study, streams: Mapping[str, Any], cell: Cell) -> tuple[Coordinates, ...]:
    config, design = StreamsConfig.checked(streams, "streams"), study.design
    try:
        if design is None:
            return config.coordinates(study.seeds)
        pins = pinned(config, tuple(streams), design.streams)
    except ValueError as problem:
        raise InputError(f"streams: {problem}") from None
    if max(design.flip_at) >= cell.training.epochs:
        raise InputError(
            f"design.flip_at = {max(design.flip_at)}: must be below training.epochs = {cell.training.epochs} "
            f"({cell.model} on {cell.dataset})"
        )
    return design.coordinates(pins)


def allowed_file(name: str, code: Collection[Path]) -> Path | None:
    """The file of `FILE.py:Name` if it may be executed: that file itself, or else one of its name that is allowed."""
    file = file_of(name)
    if file.resolve() in {path.resolve() for path in code}:
        return file
    return next((path for path in code if path.name == file.name), None)


def _user_code(model: str, dataset: str) -> dict[str, str]:
    return {key: name for key, name in (("model", model), ("dataset", dataset)) if is_user_code(name)}


def _check_sizes(cell: Cell) -> None:
    """No integer beyond those of the device, no list of more layers than anybody compiles."""
    for section, values in (("data", cell.data), ("model", cell.architecture)):
        for key, value in values.items():
            if isinstance(value, int) and value > LARGEST_INTEGER:
                raise InputError(f"{section}.{key} = {shown(value)}: must be at most {LARGEST_INTEGER}")
    for key, value in cell.architecture.items():
        if isinstance(value, list) and len(value) > _MOST_LAYERS:
            raise InputError(f"model.{key}: has {len(value)} entries, must have at most {_MOST_LAYERS}")
