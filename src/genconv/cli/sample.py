"""`genconv sample`: fresh samples from stored weights."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genconv.cli._options import CodeOption, PathsArgument, check_code, tell_problems
from genconv.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SampleFormat(StrEnum):
    """How samples are written."""

    NPY = "npy"
    PNG = "png"


def sample(
    paths: PathsArgument,
    number: Annotated[int, typer.Option("-n", "--number", min=1, max=10_000_000, help="Samples of each run.")] = 1000,
    folder: Annotated[Path, typer.Option("-o", "--output", help="Folder for the samples.")] = Path("samples"),
    output: Annotated[
        SampleFormat, typer.Option("--format", help="NumPy arrays, or for images one sheet a run.")
    ] = SampleFormat.NPY,
    code: CodeOption = None,
) -> int:
    """Draw samples from the stored weights of each run, as NumPy files or contact sheets."""
    return _write_samples(paths, number, folder, output.value, code or ())


def _write_samples(
    paths: Sequence[Path], number: int, folder: Path, kind: Literal["npy", "png"], code: Sequence[Path]
) -> int:
    """One `.npy` file, or one `.png` sheet of images, a run, named after its folder."""
    from genconv import api  # noqa: PLC0415
    from genconv.cli._progress import observer  # noqa: PLC0415  for this command alone
    from genconv.experiment.resolve import check_allowed  # noqa: PLC0415  JAX is imported late
    from genconv.store.files import unwritten  # noqa: PLC0415

    check_code(paths, code)
    results = api.load(paths)
    runs = [run for cell in results.cells for run in cell.runs]
    if not runs:
        raise InputError("no run folders among the paths: loss-curve files hold no weights to sample from")
    check_allowed([run.run.cell for run in runs], code)
    if kind == "png":
        _check_sheet(number)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for run in runs:
            path = folder / f"{run.path.name}.{kind}"
            with observer(quiet=False) as watching:  # its bar would catch what is printed
                samples = api.sample(run, number, code=code, observer=watching)
            _write(path, samples)
            typer.echo(path)
    except OSError as error:
        raise unwritten(f"cannot write samples to '{folder}'", folder, error) from None
    return tell_problems(results)


def _check_sheet(number: int) -> None:
    from genconv.report.figures.image_grid import MOST  # noqa: PLC0415  for pictures only

    if number > MOST:
        raise InputError(f"number of samples = {number}: a sheet (--format png) holds at most {MOST}")


def _write(path: Path, samples: "NDArray[Any]") -> None:
    from genconv.store.writing import write_file  # noqa: PLC0415

    if path.suffix == ".npy":
        write_file(path, partial(_save, samples), durable=False)
        return
    from genconv.report.figures.image_grid import contact_sheet  # noqa: PLC0415  for pictures only

    sheet = contact_sheet(samples)
    write_file(path, lambda temporary: temporary.write_bytes(sheet), durable=False)


def _save(samples: "NDArray[Any]", path: Path) -> None:
    import numpy as np  # noqa: PLC0415

    with path.open("wb") as file:  # by its method alone: NumPy's own way does not say why a file cannot be written
        np.save(SimpleNamespace(write=file.write), samples, allow_pickle=False)
