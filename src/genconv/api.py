"""The Python API: what the commands do, as a few functions on paths and plain objects."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from genconv.config.seeds import checked_seeds
from genconv.config.study import Study, load_study
from genconv.data.toy.reference import REFERENCES
from genconv.errors import InputError, unknown_name
from genconv.experiment.observer import Observer
from genconv.metrics.summary import Mode
from genconv.store.load import load as load_paths
from genconv.store.results import Results
from genconv.store.runs import StoredRun

if TYPE_CHECKING:
    from genconv.experiment.cost import Estimate
    from genconv.readers.into_store import Imported
    from genconv.readers.options import ImportOptions
    from genconv.report.figures.style import Style
    from genconv.statistics.compare import Comparisons
    from genconv.statistics.power import Plan
    from genconv.statistics.summary import CellEstimate, IntervalMethod

Paths = str | Path | Iterable[str | Path]

_FAR = np.errstate(over="ignore", invalid="ignore")
"""Losses near the largest number there is have an infinite sum, which is what is shown; no word on it from NumPy."""


def run_study(
    study: str | Path | Study,
    output: str | Path = "runs",
    *,
    settings: Iterable[str] = (),
    observer: Observer | None = None,
    fresh: bool = False,
) -> Results:
    """Train what is missing of a study (a shipped name, a TOML file, or a `Study`) and return all its cells.

    `settings` are overrides such as `"training.batch_size=512"`. A cell that was interrupted goes on where it was
    saved; with `fresh` everything starts over, and what was there is moved into a hidden folder. Errors are
    `genconv.errors.GenconvError`s.
    """
    from genconv.experiment.execute import run_study as run  # noqa: PLC0415  JAX is imported late

    plan = study if isinstance(study, Study) else load_study(str(study))
    return load_paths(run(plan.with_overrides(settings), output, observer, fresh=fresh), REFERENCES)


def train(  # noqa: PLR0913  a study in one line
    model: str,
    dataset: str,
    *,
    seeds: Sequence[int] = (0,),
    protocol: str = "corrected",
    epochs: int | None = None,
    settings: Iterable[str] = (),
    output: str | Path = "runs",
    observer: Observer | None = None,
    fresh: bool = False,
) -> Results:
    """Train one cell, or what is missing of it; like `run_study` with a study of one cell."""
    study = study_of(model, dataset, seeds, protocol, epochs)
    return run_study(study, output, settings=settings, observer=observer, fresh=fresh)


def study_of(model: str, dataset: str, seeds: Sequence[int], protocol: str, epochs: int | None) -> Study:
    """A study of a single cell."""
    grid = {"models": [model], "datasets": [dataset], "protocols": [protocol]}
    training = {} if epochs is None else {"epochs": epochs}
    return Study.checked(
        {"name": "train", "seeds": checked_seeds(tuple(seeds)), "cells": (grid,), "training": training}
    )


def estimate(study: str | Path | Study, *, settings: Iterable[str] = ()) -> "Iterator[Estimate]":
    """What each cell of a study would cost on this device, from its compiled programs and a few timed steps."""
    from genconv.experiment.cost import estimate as measured  # noqa: PLC0415  JAX is imported late

    plan = study if isinstance(study, Study) else load_study(str(study))
    return measured(plan.with_overrides(settings))


def load(paths: Paths) -> Results:
    """The cells under run folders, folders of runs, and loss-curve files; no JAX needed."""
    several = [paths] if isinstance(paths, (str, Path)) else paths
    return load_paths([Path(path) for path in several], REFERENCES)


def import_runs(sources: Paths, output: str | Path = "runs", options: "ImportOptions | None" = None) -> "Imported":
    """Bring runs of other tools into the store; what was written, and what was taken for what, line by line.

    The same curves are the same cell: importing them again changes nothing.
    """
    from genconv.readers.into_store import import_into  # noqa: PLC0415
    from genconv.readers.options import ImportOptions  # noqa: PLC0415  needed by this alone

    several = [sources] if isinstance(sources, (str, Path)) else sources
    options = replace(options or ImportOptions(), datasets=(*REFERENCES, "mnist", "omniglot"))
    return import_into(Path(output), [Path(source) for source in several], options)


@_FAR
def summarise(
    collection: Results, mode: Mode = "corrected", *, interval: "IntervalMethod" = "t", level: float = 0.95
) -> "list[CellEstimate]":
    """One row of convergence metrics for each cell, every mean, median and rate with its interval.

    `interval` is the method for means: Student t, or a bootstrap (`percentile`, `basic`, `bca`), which warns below 20
    seeds.
    """
    from genconv.statistics.summary import estimate  # noqa: PLC0415  scipy.stats is imported late

    if mode not in get_args(Mode):
        raise unknown_name("mode", mode, get_args(Mode))
    return [estimate(curves, mode, interval, level) for curves in collection.curves]


@_FAR
def compare(
    collection: Results,
    metrics: Sequence[str] | None = None,
    *,
    baseline: str | None = None,
    level: float = 0.95,
    generator: np.random.Generator | None = None,
) -> "Comparisons":
    """Every two cells of a dataset, or each against the `baseline`, compared; p adjusted over the whole call.

    `metrics` are names; None for the best held-out estimate (`test_nll`) of every dataset of which each cell has one,
    and `last` for the others.
    The same cells give the same digits: whatever is resampled comes from `generator`, by default one of seed 0.
    """
    from genconv.statistics.compare import compare_cells  # noqa: PLC0415  scipy.stats is imported late

    return compare_cells(collection.cells, metrics, baseline, level, generator)


@_FAR
def plan(
    collection: Results,
    metric: str,
    *,
    difference: float | None = None,
    effect: float | None = None,
    probability: float | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> "list[Plan]":
    """How many seeds a comparison needs to detect one of difference, effect and probability, by the pilot at hand."""
    from genconv.statistics.power import Target, plan_cells  # noqa: PLC0415  scipy.stats is imported late

    return plan_cells(collection.cells, metric, Target(difference, effect, probability, power, alpha))


@_FAR
def plot(
    collection: Results,
    folder: str | Path = "figures",
    *,
    seeds: Sequence[int] | None = None,
    epochs: Sequence[int] | None = None,
    kinds: Sequence[str] | None = None,
    style: "Style" = "paper",
    width: float | None = None,
    height: float | None = None,
) -> list[Path]:
    """Write figures as PNG, SVG and PDF, animations as GIF, and `captions.md`; returns their paths.

    `kinds` names some of `genconv.report.figures.KINDS`, None stands for all that the results can fill. `style` is
    `paper` or `slides` (everything twice as large); `width` and `height` are in millimetres. `seeds` and `epochs`
    choose what the pictures of image models show; None for the median seed, and all kept epochs.
    """
    from genconv.report.choice import choice_of  # noqa: PLC0415
    from genconv.report.figures import catalogue as figures  # noqa: PLC0415  matplotlib is imported late
    from genconv.report.figures.style import Size  # noqa: PLC0415

    choice, size = choice_of(seeds, epochs), Size(style, width, height)
    stills = figures.figures_of(collection, choice, kinds, size)
    moving = figures.animations_of(collection, choice) if kinds is None or "samples" in kinds else {}
    paths = [*figures.save_figures(stills, Path(folder)), *figures.save_animations(moving, Path(folder))]
    return [*paths, figures.save_captions(stills, Path(folder))] if stills else paths


@_FAR
def write_report(
    collection: Results,
    file: str | Path,
    *,
    title: str = "Convergence",
    command: str | None = None,
    seeds: Sequence[int] | None = None,
    epochs: Sequence[int] | None = None,
) -> Path:
    """Write the self-contained HTML page of a collection; returns its path. `seeds` and `epochs` as in `plot`."""
    from genconv.report.choice import choice_of  # noqa: PLC0415
    from genconv.report.page.build import build_page, write_page  # noqa: PLC0415  matplotlib is imported late

    path = Path(file)
    write_page(path, build_page(collection, title, command, choice_of(seeds, epochs)))
    return path


def sample(run: str | Path | StoredRun, count: int = 1000, *, code: Sequence[Path] = ()) -> NDArray[np.float32]:
    """Fresh samples from the stored weights of one run, shape (count, …); the same for the same run and count.

    A run of a model or dataset `path.py:Name` is refused unless `code` holds that path: its file is executed.
    """
    from genconv.experiment.sampling import draw_samples  # noqa: PLC0415  JAX is imported late

    if count < 1:
        raise InputError(f"number of samples = {count}: must be at least 1")
    return draw_samples(run if isinstance(run, StoredRun) else StoredRun.open(Path(run)), count, code)
