"""Commands that read finished runs: `metrics`, `plot`, `report`, `sample`."""

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from genconv.cli.formats import Format, FormatOption, PathsArgument, print_estimates, tell_problems


class Mode(StrEnum):
    """How metrics treat seeds that diverged."""

    CORRECTED = "corrected"
    PUBLISHED = "published"


class IntervalMethod(StrEnum):
    """How the interval of a mean is computed."""

    T = "t"
    PERCENTILE = "percentile"
    BASIC = "basic"
    BCA = "bca"


def metrics(
    paths: PathsArgument,
    mode: Annotated[
        Mode, typer.Option(help="`corrected` counts diverged seeds, `published` does as the study did.")
    ] = Mode.CORRECTED,
    interval: Annotated[
        IntervalMethod, typer.Option(help="Intervals of means: Student t, or a bootstrap (needs 20 seeds).")
    ] = IntervalMethod.T,
    level: Annotated[float, typer.Option("--level", help="Confidence of every interval.")] = 0.95,
    output: FormatOption = Format.TABLE,
) -> int:
    """Convergence metrics of every cell, each with its interval."""
    from genconv import api  # noqa: PLC0415

    collection = api.load(paths)
    print_estimates(api.summarise(collection, mode.value, interval=interval.value, level=level), output)
    return tell_problems(collection)


def plot(
    paths: PathsArgument,
    folder: Annotated[Path, typer.Option("-o", "--output", help="Folder for the figures.")] = Path("figures"),
) -> int:
    """Figures as PNG, SVG and PDF: curves, metric bars, densities."""
    from genconv import api  # noqa: PLC0415

    collection = api.load(paths)
    for path in api.plot(collection, folder):
        typer.echo(path)
    return tell_problems(collection)


def report(
    paths: PathsArgument,
    file: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.html", help="The page.")] = Path("report.html"),
) -> int:
    """One self-contained HTML page that works offline."""
    from genconv import api  # noqa: PLC0415

    collection = api.load(paths)
    command = shlex.join(["genconv", *sys.argv[1:]])
    typer.echo(api.write_report(collection, file, command=command))
    return tell_problems(collection)


def sample(
    paths: PathsArgument,
    number: Annotated[int, typer.Option("-n", "--number", min=1, max=10_000_000, help="Samples of each run.")] = 1000,
    folder: Annotated[Path, typer.Option("-o", "--output", help="Folder for the samples.")] = Path("samples"),
) -> int:
    """Draw samples from the stored weights of each run, as NumPy files."""
    from genconv.cli.sampling import write_samples  # noqa: PLC0415  JAX is imported late

    return write_samples(paths, number, folder)
