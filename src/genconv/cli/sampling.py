"""Writing samples of stored runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import typer
from numpy.typing import NDArray

from genconv import api
from genconv.cli.formats import tell_problems
from genconv.errors import InputError, WorkError


def write_samples(
    paths: Sequence[Path], number: int, folder: Path, kind: Literal["npy", "png"], code: Sequence[Path]
) -> int:
    """One `.npy` file, or one `.png` sheet of images, a run, named after its folder."""
    collection = api.load(paths)
    runs = [run for cell in collection.cells for run in cell.runs]
    if not runs:
        raise InputError("no run folders among the paths: loss-curve files hold no weights to sample from")
    if kind == "png":
        _check_sheet(number)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for run in runs:
            path = folder / f"{run.path.name}.{kind}"
            _write(path, api.sample(run, number, code=code))
            typer.echo(path)
    except OSError as error:
        raise WorkError(f"cannot write samples to '{folder}': {error.strerror}") from None
    return tell_problems(collection)


def _check_sheet(number: int) -> None:
    from genconv.report.contact_sheet import MOST  # noqa: PLC0415  for pictures only

    if number > MOST:
        raise InputError(f"number of samples = {number}: a sheet (--format png) holds at most {MOST}")


def _write(path: Path, samples: NDArray[Any]) -> None:
    if path.suffix == ".npy":
        np.save(path, samples, allow_pickle=False)
        return
    from genconv.report.contact_sheet import contact_sheet  # noqa: PLC0415  for pictures only

    path.write_bytes(contact_sheet(samples))
