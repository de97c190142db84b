"""The functions of the public interface: what the commands do, on paths and plain objects."""

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
    from genconv.statistics.quantity import Axis
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
    """Train what is missing of a study and return all its cells.

    Args:
        study: A shipped study by name (`quickstart`), a TOML file, or a `Study`.
        output: The folder of the runs; it is made if it is missing.
        settings: Overrides of the study's values, such as `"training.batch_size=512"`.
        observer: It is told of every cell and every epoch.
        fresh: Start over. The study's runs that are in `output` are moved into a hidden folder.

    Returns:
        One cell a configuration, with all its runs: those found finished and those trained now. A cell that was
        interrupted goes on from where it was saved.

    Raises:
        InputError: For an unknown study, model, dataset or setting, and for a value that is not allowed.
        WorkError: If a run cannot be written.

    Example:
        >>> results = genconv.run_study("quickstart", settings=["training.epochs=20"])

    """
    from genconv.experiment.execute import run_study as run  # noqa: PLC0415  JAX is imported late

    return load_paths(run(_planned(study, settings), output, observer, fresh=fresh), REFERENCES)


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
    """Train one model on one dataset under several seeds at once, and return the cell.

    Args:
        model: A model's name (`genconv list models`), or `FILE.py:Name`.
        dataset: A dataset's name (`genconv list datasets`), a file of arrays or a table, or `FILE.py:Name`.
        seeds: Whole numbers from 0, none twice. Seed s trains the same run alone and among others.
        protocol: `corrected` or `published`.
        epochs: How many; None for the protocol's number.
        settings: Overrides, as in `run_study`.
        output: The folder of the runs.
        observer: It is told of every epoch.
        fresh: Start over, as in `run_study`.

    Returns:
        One cell with a run a seed.

    Raises:
        InputError: For an unknown name, and for a value that is not allowed.
        WorkError: If a run cannot be written.

    Example:
        >>> results = genconv.train("vae", "rings", seeds=range(10), epochs=50)

    """
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
    """What each cell of a study would cost on this device, from its compiled programs and a few timed steps.

    Args:
        study: A shipped study by name, a TOML file, or a `Study`.
        settings: Overrides, as in `run_study`.

    Returns:
        One estimate a cell, as soon as it is known: parameters, operations, bytes and seconds.

    Raises:
        InputError: As `run_study`.

    """
    from genconv.experiment.cost import estimate as measured  # noqa: PLC0415  JAX is imported late

    return measured(_planned(study, settings))


def _planned(study: str | Path | Study, settings: Iterable[str]) -> Study:
    plan = study if isinstance(study, Study) else load_study(str(study))
    return plan.with_overrides(settings)


def load(paths: Paths) -> Results:
    """Read finished runs; no JAX is needed.

    Args:
        paths: One or several run folders, folders of runs, imported cells, or loss-curve files of the study.

    Returns:
        The cells. What could not be read is named in `Results.problems`.

    Raises:
        InputError: If a path does not exist or holds no results.

    Example:
        >>> results = genconv.load("runs")

    """
    return load_paths(_several(paths), REFERENCES)


def import_runs(sources: Paths, output: str | Path = "runs", options: "ImportOptions | None" = None) -> "Imported":
    """Bring runs of other tools into the store.

    Args:
        sources: Files or folders of CSV, Parquet, JSON lines, TensorBoard, W&B, MLflow, or the study's JSON.
        output: The folder of the store.
        options: Which column is what, and what to do with gaps (`genconv.readers.options.ImportOptions`).

    Returns:
        What was written, and line by line what was taken for what. The same curves are the same cell: to import them
        again changes nothing.

    Raises:
        InputError: For a source that cannot be read, or whose columns are ambiguous.
        WorkError: If the store cannot be written.

    """
    from genconv.readers.into_store import import_into  # noqa: PLC0415
    from genconv.readers.options import ImportOptions  # noqa: PLC0415  needed by this alone

    options = replace(options or ImportOptions(), datasets=(*REFERENCES, "mnist", "omniglot"))
    return import_into(Path(output), _several(sources), options)


def _several(paths: Paths) -> list[Path]:
    return [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]


@_FAR
def summarise(
    results: Results,
    mode: Mode = "corrected",
    *,
    quantity: str | None = None,
    metrics: Sequence[str] = (),
    interval: "IntervalMethod" = "t",
    level: float = 0.95,
) -> "list[CellEstimate]":
    """Sum up each cell: its metrics over runs, and every mean, median and rate with its interval.

    Args:
        results: What `load` or `train` returned.
        mode: `corrected` leaves diverged runs out of means and counts them; `published` does as the study did.
        quantity: Compute the metrics of this recorded quantity, such as `training.gradient_norm`; None for the
            validation loss. Cells that did not record it are left out.
        metrics: Further metrics, each a name or `FILE.py:Name`, besides those that are known.
        interval: Of means: `t` (Student), or a bootstrap (`percentile`, `basic`, `bca`), which warns below 20 runs.
        level: Confidence of every interval, from 0.5 to below 1.

    Returns:
        One row a cell.

    Raises:
        InputError: For an unknown mode, quantity, metric or interval, or a level that is not allowed.

    """
    from genconv.metrics.registry import metric_named  # noqa: PLC0415
    from genconv.metrics.registry import metrics as known  # noqa: PLC0415
    from genconv.statistics.quantity import on_quantity  # noqa: PLC0415
    from genconv.statistics.summary import estimate  # noqa: PLC0415  scipy.stats is imported late

    if mode not in get_args(Mode):
        raise unknown_name("mode", mode, get_args(Mode))
    added = [metric for name in metrics if (metric := metric_named(name)).name not in known()]
    cells = results.curves if quantity is None else on_quantity(results.cells, quantity)
    return [estimate(curves, mode, interval, level, added=added) for curves in cells]


@_FAR
def compare(
    results: Results,
    metrics: Sequence[str] | None = None,
    *,
    baseline: str | None = None,
    level: float = 0.95,
    generator: np.random.Generator | None = None,
) -> "Comparisons":
    """Compare every two cells of a dataset, or each with a baseline; p is adjusted over the whole call.

    Args:
        results: What `load` or `train` returned.
        metrics: Names of metrics. None for the best held-out estimate (`test_nll`) of every dataset of which each cell
            has one, and `last` for the others.
        baseline: A model, or a cell's label.
        level: Confidence of intervals; 1 − level is the chance of a false verdict over the call.
        generator: Serves whatever is resampled; by default one of seed 0, so that the same cells give the same digits.

    Returns:
        The comparisons with their verdicts.

    Raises:
        InputError: For an unknown metric or baseline, a level that is not allowed, and if there is nothing to compare.

    """
    from genconv.statistics.compare import compare_cells  # noqa: PLC0415  scipy.stats is imported late

    return compare_cells(results.cells, metrics, baseline, level, generator)


@_FAR
def plan(
    results: Results,
    metric: str,
    *,
    difference: float | None = None,
    effect: float | None = None,
    probability: float | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> "list[Plan]":
    """How many seeds a comparison needs, with the runs at hand as a pilot.

    Args:
        results: The pilot.
        metric: What will be compared.
        difference: Detect this difference of means, in the metric's unit.
        effect: Or this many standard deviations.
        probability: Or this chance that a run of A is lower than one of B.
        power: The chance to detect it.
        alpha: The chance of a false alarm, two-sided.

    Returns:
        One plan a pair of cells.

    Raises:
        InputError: Unless one of difference, effect and probability is given, and for values that are not allowed.

    """
    from genconv.statistics.power import Target, plan_cells  # noqa: PLC0415  scipy.stats is imported late

    return plan_cells(results.cells, metric, Target(difference, effect, probability, power, alpha))


@_FAR
def plot(  # noqa: PLR0913  a figure has many choices
    results: Results,
    folder: str | Path = "figures",
    *,
    kinds: Sequence[str] | None = None,
    quantities: Sequence[str] = (),
    over: "Axis" = "epochs",
    seeds: Sequence[int] | None = None,
    epochs: Sequence[int] | None = None,
    style: "Style" = "paper",
    width: float | None = None,
    height: float | None = None,
) -> list[Path]:
    """Write figures as PNG, SVG and PDF, animations as GIF, and all captions as `captions.md`.

    Args:
        results: What `load` or `train` returned.
        folder: Where the files go.
        kinds: Some of `genconv.report.figures.catalogue.KINDS`; None for all that the results can fill.
        quantities: Recorded quantities whose curves are drawn, such as `validation.kl`. With them alone, no other
            figure is drawn.
        over: The horizontal axis of these: `epochs`, or `steps` of the optimizer.
        seeds: Of pictures of images: which seeds; None for the median one.
        epochs: Of pictures of images: which epochs; None for all that were kept.
        style: `paper`, or `slides` (everything twice as large).
        width: In millimetres; None for what the figure needs.
        height: In millimetres; None for what the figure needs.

    Returns:
        The paths of all files.

    Raises:
        InputError: For an unknown kind, quantity, seed, epoch or style, and a size that is not allowed.
        WorkError: If a file cannot be written.

    """
    from genconv.report.choice import choice_of  # noqa: PLC0415
    from genconv.report.figures import catalogue, quantity, saving  # noqa: PLC0415  matplotlib is imported late
    from genconv.report.figures.style import Size  # noqa: PLC0415

    choice, size = choice_of(seeds, epochs), Size(style, width, height)
    kinds = () if kinds is None and quantities else kinds
    stills = catalogue.figures_of(results, choice, kinds, size) if kinds is None or kinds else {}
    stills |= quantity.quantity_figures(results, quantities, size, over)
    moving = catalogue.animations_of(results, choice) if kinds is None or "samples" in kinds else {}
    return saving.save_all(stills, moving, Path(folder))


@_FAR
def write_report(
    results: Results,
    file: str | Path,
    *,
    title: str = "Convergence",
    command: str | None = None,
    seeds: Sequence[int] | None = None,
    epochs: Sequence[int] | None = None,
) -> Path:
    """Write one self-contained HTML page, which opens offline.

    Args:
        results: What `load` or `train` returned.
        file: The page.
        title: Its heading.
        command: What was called, printed at the end; None for nothing.
        seeds: Of pictures of images, as in `plot`.
        epochs: Of pictures of images, as in `plot`.

    Returns:
        The path of the page.

    Raises:
        InputError: For an unknown seed or epoch of pictures.
        WorkError: If the page cannot be written.

    """
    from genconv.report.choice import choice_of  # noqa: PLC0415
    from genconv.report.page.build import build_page, write_page  # noqa: PLC0415  matplotlib is imported late

    return write_page(Path(file), build_page(results, title, command, choice_of(seeds, epochs)))


def sample(run: str | Path | StoredRun, count: int = 1000, *, code: Sequence[Path] = ()) -> NDArray[np.float32]:
    """Draw fresh samples from the stored weights of one run; the same for the same run and count.

    Args:
        run: A run's folder, or an opened run.
        count: How many, from 1.
        code: Files that may be executed. A run of a model or dataset `FILE.py:Name` is refused unless its file is here.

    Returns:
        Shape (count, …), in the units of the data.

    Raises:
        InputError: If the run cannot be read, or its code is not allowed.

    """
    from genconv.experiment.sampling import draw_samples  # noqa: PLC0415  JAX is imported late

    if count < 1:
        raise InputError(f"number of samples = {count}: must be at least 1")
    return draw_samples(run if isinstance(run, StoredRun) else StoredRun.open(Path(run)), count, code)
