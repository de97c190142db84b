"""`export`: results to trackers, tables, a paper or an archive."""

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._choice import Choice, read, words
from genconv.cli._grouped import grouped
from genconv.cli._names import metric_names
from genconv.cli._options import PathsArgument, tell_problems


class Target(StrEnum):
    """Where results go."""

    CSV = "csv"
    PARQUET = "parquet"
    TENSORBOARD = "tensorboard"
    WANDB = "wandb"
    MLFLOW = "mlflow"
    LATEX = "latex"
    CHECKLIST = "checklist"
    CRATE = "crate"
    CITATION = "citation"


@grouped
def export(
    paths: PathsArgument,
    target: Annotated[
        Target,
        typer.Option(
            "--to",
            help="Tables (csv, parquet), trackers, LaTeX tables, sentences for a checklist, an RO-Crate.",
            show_default=False,
        ),
    ],
    folder: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")] = Path("export"),
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metric", metavar="M", autocompletion=metric_names, help="Metrics of LaTeX tables; repeat, or use commas."
        ),
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Confidence of intervals.")] = 0.95,
    title: Annotated[str | None, typer.Option("--title", help="Of the crate and its citation.")] = None,
    author: Annotated[str, typer.Option("--author", help="The same.")] = "",
    license_: Annotated[
        str, typer.Option("--license", help="The same: an SPDX identifier such as CC-BY-4.0, or an address.")
    ] = "",
    *,
    choice: Choice,
) -> int:
    """Results out again: to W&B, MLflow, TensorBoard, CSV, Parquet, LaTeX, a checklist or an RO-Crate."""
    from genconv import api  # noqa: PLC0415
    from genconv.export.citation import Credits  # noqa: PLC0415
    from genconv.export.targets import ExportOptions  # noqa: PLC0415
    from genconv.statistics.intervals import checked_level  # noqa: PLC0415

    checked_level(level)
    credit = Credits(author=author, license=license_) if title is None else Credits(title, author, license_)
    options = ExportOptions(tuple(words(metrics)), level, credit, shlex.join(["genconv", *sys.argv[1:]]))
    results = read(paths, choice)
    for path in api.export_results(results, target.value, folder, options):
        typer.echo(path)
    return tell_problems(results, quiet=choice.quiet)
