"""Writing samples of stored runs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import typer

from genconv import api
from genconv.cli.formats import tell_problems
from genconv.errors import InputError, WorkError


def write_samples(paths: Sequence[Path], number: int, folder: Path) -> int:
    """One `.npy` file a run, named after its folder."""
    collection = api.load(paths)
    runs = [run for cell in collection.cells for run in cell.runs]
    if not runs:
        raise InputError("no run folders among the paths: loss-curve files hold no weights to sample from")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for run in runs:
            path = folder / f"{run.path.name}.npy"
            np.save(path, api.sample(run, number), allow_pickle=False)
            typer.echo(path)
    except OSError as error:
        raise WorkError(f"cannot write samples to '{folder}': {error.strerror}") from None
    return tell_problems(collection)
