"""`verify`: whether stored runs are what they say, and come out again."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genconv.cli.formats import PathsArgument
from genconv.errors import error_line

if TYPE_CHECKING:
    from genconv.store.runs import StoredRun


def verify(
    paths: PathsArgument,
    number: Annotated[
        int, typer.Option("--retrain", metavar="N", min=0, help="Train N of the runs again and compare.")
    ] = 0,
) -> int:
    """Check every file against its checksum and every run against its identity; with --retrain, train some again."""
    good, problems = _opened(paths)
    for problem in problems:
        typer.echo(f"genconv: error: {error_line(problem)}", err=True)
    typer.echo(f"{len(good)} runs are as they were written, {len(problems)} are not")
    different = _retrained(good, number) if number and good else 0
    return 1 if problems or different else 0


def _opened(paths: Sequence[Path]) -> "tuple[list[StoredRun], list[str]]":
    from genconv.errors import InputError  # noqa: PLC0415
    from genconv.store.runs import StoredRun, folder_name, is_run, stored_runs  # noqa: PLC0415

    good, problems = [], []
    for path in paths:
        if not path.is_dir():
            raise InputError(f"'{path}' is not a folder of runs")
        folders = [path] if is_run(path) else stored_runs(path)
        if not folders:
            raise InputError(f"'{path}' holds no runs")
        for folder in folders:
            try:
                run = StoredRun.open(folder)
                if folder.name != folder_name(run.run):
                    problems.append(f"{folder}: is the run {folder_name(run.run)}")
                else:
                    good.append(run)
            except InputError as error:
                problems.append(str(error))
    return good, problems


def _retrained(runs: "Sequence[StoredRun]", number: int) -> int:
    """How many came out differently."""
    from genconv.config.execution import ExecutionConfig  # noqa: PLC0415
    from genconv.runner.retraining import chosen, retrain  # noqa: PLC0415  JAX is imported late

    different = 0
    for run in chosen(runs, number):
        for one in retrain(run, ExecutionConfig()):
            how = "alone" if len(one.company) == 1 else f"behind seed {one.company[0]}"
            end = "" if one.same_end else "; it ended otherwise"
            same = one.curves == one.weights == 0 and one.same_end
            different += not same
            far = (
                "the same bits"
                if same
                else f"curves differ by {one.curves:.3g} nats, weights by {one.weights:.3g}{end}"
            )
            typer.echo(f"{run.path.name}, {how}: {far}")
    return different
