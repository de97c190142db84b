"""Train, estimate what that costs, and draw samples of what was trained."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genconv.api.names import name_of
from genconv.api.notebook import observer_here
from genconv.config.narrowing import narrowed
from genconv.config.overrides import Fields, Settings
from genconv.config.seeds import checked_seeds, first_seeds
from genconv.config.study import Study, load_study
from genconv.data.toy.reference import REFERENCES
from genconv.errors import InputError
from genconv.experiment.observer import Observer
from genconv.readers.recorded import recorded_cells
from genconv.store.load import load as load_paths
from genconv.store.results import Results
from genconv.store.runs import StoredRun

if TYPE_CHECKING:
    from genconv.data.base import Dataset
    from genconv.experiment.cost import Estimate
    from genconv.models.base import Model


def run(
    study: str | Path | Study,
    settings: Settings = (),
    *,
    models: str | Sequence[str] = (),
    datasets: str | Sequence[str] = (),
    output: str | Path = "runs",
    observer: Observer | None = None,
    fresh: bool = False,
) -> Results:
    """Train what is missing of a study and return all its cells.

    Args:
        study: A shipped study by name (`quickstart`), a TOML file, or a `Study`.
        settings: Overrides of the study's values: `{"training.batch_size": 512}`, `{"training": {"batch_size": 512}}`
            or words such as `"training.batch_size=512"`. A key may stand without its section where only one has it.
        models: Only the cells of these models; of all if empty.
        datasets: Only the cells of these datasets; of all if empty.
        output: The folder of the runs; it is made if it is missing.
        observer: It is told of every cell and every epoch (`genconv.Observer`); None for a bar in a notebook.
        fresh: Start over. The study's runs that are in `output` are moved into a hidden folder.

    Returns:
        One cell a configuration, with all its runs: those found finished and those trained now. A cell that was
        interrupted goes on from where it was saved.

    Raises:
        InputError: For an unknown study, model, dataset or setting, and for a value that is not allowed.
        WorkError: If a run cannot be written.

    Example:
        >>> results = genconv.run("quickstart", {"training.epochs": 20}, output="short")
        >>> results = genconv.run("families-toy", models=["maf", "flow"], datasets=["moons"])

    """
    from genconv.experiment.execute import run_study  # noqa: PLC0415  JAX is imported late

    plan = planned(study, settings, models, datasets)
    paths = run_study(plan, output, observer or observer_here(), fresh=fresh)
    return load_paths(paths, REFERENCES, recorded_cells)


def train(  # noqa: PLR0913  a study in one line
    model: "str | type[Model]",
    dataset: "str | type[Dataset]",
    settings: Settings = (),
    *,
    seeds: int | Sequence[int] = 1,
    protocol: str = "corrected",
    epochs: int | None = None,
    output: str | Path = "runs",
    observer: Observer | None = None,
    fresh: bool = False,
) -> Results:
    """Train one model on one dataset under several seeds at once, and return the cell.

    Args:
        model: A model's name (`genconv list models`), or `FILE.py:Name`, or a class in a file.
        dataset: A dataset's name (`genconv list datasets`), a file of arrays or a table, `FILE.py:Name`, or such a
            class.
        settings: Overrides, as in `run`.
        seeds: How many, from 0; or whole numbers from 0, none twice. Seed s trains the same run alone and among others.
        protocol: `corrected` or `published`.
        epochs: How many; None for the protocol's number.
        output: The folder of the runs.
        observer: As in `run`.
        fresh: Start over, as in `run`.

    Returns:
        One cell with a run a seed.

    Raises:
        InputError: For an unknown name, and for a value that is not allowed.
        WorkError: If a run cannot be written.

    Example:
        >>> results = genconv.train("vae", "rings", seeds=10, epochs=50)

    """
    from genconv.experiment.execute import run_study  # noqa: PLC0415  JAX is imported late

    chosen = first_seeds(seeds) if isinstance(seeds, int) else seeds
    names = name_of("model", model), name_of("dataset", dataset)
    study = planned(study_of(*names, chosen, protocol, epochs), settings).named_by_content("train")
    return load_paths(run_study(study, output, observer or observer_here(), fresh=fresh, keep_plan=False), REFERENCES)


def study_of(model: str, dataset: str, seeds: Sequence[int], protocol: str, epochs: int | None) -> Study:
    """A study of a single cell."""
    grid = {"models": [model], "datasets": [dataset], "protocols": [protocol]}
    training = {} if epochs is None else {"epochs": epochs}
    return Study.checked(
        {"name": "train", "seeds": checked_seeds(tuple(seeds)), "cells": (grid,), "training": training}
    )


def estimate(
    study: str | Path | Study,
    settings: Settings = (),
    *,
    models: str | Sequence[str] = (),
    datasets: str | Sequence[str] = (),
) -> "Iterator[Estimate]":
    """What each cell of a study would cost on this device, from its compiled programs and a few timed steps.

    Args:
        study: A shipped study by name, a TOML file, or a `Study`.
        settings: Overrides, as in `run`.
        models: As in `run`.
        datasets: As in `run`.

    Returns:
        One estimate a cell, as soon as it is known: parameters, operations, bytes and seconds.

    Raises:
        InputError: As `run`.

    """
    from genconv.experiment.cost import estimate as measured  # noqa: PLC0415  JAX is imported late

    return measured(planned(study, settings, models, datasets))


def resolved_toml(
    study: str | Path | Study,
    settings: Settings = (),
    *,
    models: str | Sequence[str] = (),
    datasets: str | Sequence[str] = (),
) -> str:
    """The study as TOML in which every setting of every cell has its number; it trains the same runs.

    Args:
        study: A shipped study by name, a TOML file, or a `Study`.
        settings: Overrides, as in `run`.
        models: As in `run`.
        datasets: As in `run`.

    Returns:
        The text of a study file, which begins with a comment on the number of its runs.

    Raises:
        InputError: As `run`.

    """
    from genconv.experiment.spelled_out import spelled_out as text_of  # noqa: PLC0415  JAX is imported late

    return text_of(planned(study, settings, models, datasets))


def planned(
    study: str | Path | Study, settings: Settings, models: str | Sequence[str] = (), datasets: str | Sequence[str] = ()
) -> Study:
    """The study of these models and datasets with its overrides; its description is that of what was written."""
    written = study if isinstance(study, Study) else load_study(str(study))
    plan = narrowed(written, *((one,) if isinstance(one, str) else one for one in (models, datasets)))
    plan = plan.with_overrides(settings, partial(_own_fields, plan))
    same = plan.updated({"execution": written.execution}) == written
    return plan if same else plan.updated({"description": ""})


def _own_fields(study: Study) -> Fields:
    from genconv.experiment.spelled_out import own_fields  # noqa: PLC0415  JAX is imported late

    return own_fields(study)


def sample(
    run: str | Path | StoredRun, count: int = 1000, *, code: Sequence[Path] = (), observer: Observer | None = None
) -> NDArray[np.float32]:
    """Draw fresh samples from the stored weights of one run; the same for the same run and count.

    Args:
        run: A run's folder, or an opened run.
        count: How many, from 1.
        code: Files that may be executed. A run of a model or dataset `FILE.py:Name` is refused unless its file is here.
        observer: Its `samples_drawn` is told how many are there, where that takes a while; None for a bar in a
            notebook.

    Returns:
        Shape (count, …), in the units of the data.

    Raises:
        InputError: If the run cannot be read, or its code is not allowed.

    """
    from genconv.experiment.sampling import draw_samples  # noqa: PLC0415  JAX is imported late

    if count < 1:
        raise InputError(f"number of samples = {count}: must be at least 1")
    opened = run if isinstance(run, StoredRun) else StoredRun.open(Path(run))
    return draw_samples(opened, count, code, observer or observer_here())
