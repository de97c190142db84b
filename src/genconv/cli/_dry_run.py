"""`--dry-run`: tables of what a command would train or launch."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from genconv.cli._options import columns_text, print_text, room

if TYPE_CHECKING:
    from genconv.config.study import Study
    from genconv.experiment.launch import Command

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be done and what is there; write nothing.")
]


def tell_study(study: "Study", output: Path) -> int:
    """A row a cell: its runs that are there, and those that would be trained or launched."""
    from genconv.cli._progress import verb_of  # noqa: PLC0415
    from genconv.experiment.dry_run import dry_run  # noqa: PLC0415  JAX is imported late
    from genconv.report.format import NO_NUMBER, counted  # noqa: PLC0415

    cells = dry_run(study, output)
    verb = verb_of(cells)
    header = ("dataset", "model", "protocol", f"to {verb}", "finished", "epochs")
    rows = [
        (
            *(one.dataset, f"{one.model} ({one.variant})" if one.variant else one.model, one.protocol),
            str(len(one.missing)),
            str(len(one.finished)),
            str(one.epochs or NO_NUMBER),
        )
        for one in cells
    ]
    print_text(columns_text(header, rows, 3, room(), "in a wider terminal"))
    missing, finished = sum(len(one.missing) for one in cells), sum(len(one.finished) for one in cells)
    if study.design is not None:
        typer.echo(f"Each cell: {study.design.words}.")
    typer.echo(f"{counted(missing, 'run')} to {verb}, {finished} finished in {output}; nothing was written.")
    return 0


def tell_launch(command: "Command", seeds: Sequence[int], output: Path) -> int:
    """A row a seed: what is there of it, and the command that would be started."""
    from genconv.experiment.dry_run import dry_launch  # noqa: PLC0415
    from genconv.report.format import counted  # noqa: PLC0415
    from genconv.report.tables.fitting import Column, fitted  # noqa: PLC0415

    runs = dry_launch(command, seeds, output)
    columns = [
        Column("run", [f"seed {one.seed}" for one in runs], label=True),
        Column("state", [one.state or "to start" for one in runs]),
        Column("command", [shlex.join(one.command) for one in runs], flows=True),
    ]
    print_text(fitted(columns, room()).text if runs else Text("no run"))
    missing = sum(bool(one.command) for one in runs)
    typer.echo(f"{counted(missing, 'run')} to start, {len(runs) - missing} finished in {output}; nothing was written.")
    return 0
