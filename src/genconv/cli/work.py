"""`work`: a worker of the studies in a store."""

from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._options import LogOption, QuietOption


def work(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The folder that genconv run has made.")],
    study: Annotated[
        str | None,
        typer.Option("--study", metavar="NAME", help="Only this study; all that are not finished if left out."),
    ] = None,
    stop_after: Annotated[
        float | None,
        typer.Option("--stop-after", metavar="SECONDS", help="Save and end after it.", show_default=False),
    ] = None,
    wait: Annotated[
        bool,
        typer.Option("--wait/--no-wait", help="Wait for blocks of other workers, to take them over if these die."),
    ] = True,
    quiet: QuietOption = False,
    log: LogOption = None,
) -> int:
    """Take blocks of runs until none is left; any number of workers on any machines may share a store.

    Exit code 0: nothing is left. 1: nothing is left, and some runs failed. 75: it was stopped, and work is left.
    """
    from genconv.cli._progress import observer  # noqa: PLC0415
    from genconv.cli.app import heard  # noqa: PLC0415
    from genconv.experiment.worker import run_worker, trains  # noqa: PLC0415
    from genconv.hardware import configure  # noqa: PLC0415

    with heard(), observer(quiet=quiet, log=log) as watching:
        if trains(store, study):
            configure()
        end = run_worker(store, study, stop_after=stop_after, wait=wait, observer=watching)
    if not quiet:
        typer.echo(f"{end.left} runs left, {end.failed} failed", err=True)
    return end.exit_code
