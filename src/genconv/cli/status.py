"""`status`: where a study stands, seen from another terminal."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from genconv.cli.estimate import duration
from genconv.errors import printable


def status(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The output folder of a study.")] = Path("runs"),
) -> int:
    """Finished runs, cells in training and cells that wait; reads files only."""
    from genconv.errors import InputError  # noqa: PLC0415
    from genconv.store.folders import stored_runs  # noqa: PLC0415
    from genconv.store.status import statuses  # noqa: PLC0415

    if not path.is_dir():
        raise InputError(f"'{path}' is not a folder")
    finished = Counter(run.name.rsplit("-s", 1)[0] for run in stored_runs(path))
    table = Table("cell", "runs", "epoch", "diverged", "left", "state", box=None, padding=(0, 1))
    for cell, count in sorted(finished.items()):
        table.add_row(Text(printable(cell)), str(count), "", "", "", "finished")
    for one in statuses(path):
        left = "" if one.seconds_left is None else duration(one.seconds_left)
        name = Text(printable(f"{one.dataset}-{one.model}-{one.protocol}"))
        diverged = str(one.diverged) if one.done else ""
        state = Text(printable(one.state))
        table.add_row(name, str(one.runs), f"{one.done}/{one.epochs}", diverged, left, state)
    if table.row_count == 0:
        typer.echo(f"nothing in {path}: no run is finished, no cell in training")
    else:
        Console().print(table)
    return 0
