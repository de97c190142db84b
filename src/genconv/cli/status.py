"""`status`: where a study stands, seen from another terminal."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import isnan, nan
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from genconv.cli._options import WideOption, print_text, room
from genconv.errors import error_line, printable
from genconv.report.durations import duration

_Row = tuple[str, str, str, str, str, str]
_HEADER = ("cell", "runs", "epoch", "diverged", "left", "state")


def status(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The output folder of a study.")] = Path("runs"),
    wide: WideOption = False,
) -> int:
    """Finished runs, cells at work, cells that wait, and jobs of a cluster; changes nothing."""
    from genconv.errors import InputError  # noqa: PLC0415
    from genconv.store.folders import stored_runs  # noqa: PLC0415
    from genconv.store.recorded import recorded_runs  # noqa: PLC0415
    from genconv.store.status import statuses, unreadable  # noqa: PLC0415

    if not path.is_dir():
        raise InputError(f"'{path}' is not a folder")
    rows: list[_Row] = []
    finished: Counter[tuple[str, str]] = Counter()
    for cell, state, runs in map(_finished, stored_runs(path)):
        finished[cell, state] += runs
    for (cell, state), count in sorted(finished.items()):
        rows.append((cell, str(count), "", "", "", state))
    for (cell, state), places in sorted(_recorded(recorded_runs(path)).items()):
        rows.append((cell, str(len(places)), _range(places), "", "", state))
    for one in statuses(path):
        left = "" if one.seconds_left is None else duration(one.seconds_left)
        diverged = str(one.diverged) if one.done else ""
        name = f"{one.dataset}-{one.model}-{one.protocol}"
        rows.append((name, str(one.runs), f"{one.done}/{one.epochs}" if one.epochs else "", diverged, left, one.state))
    refused = unreadable(path)
    for closed in refused:
        typer.echo(f"genconv: error: {error_line(f'{closed}: may not be read')}", err=True)
    if not rows and not refused:
        typer.echo(f"nothing in {path}: no run is finished, none is at work")
    elif rows:
        print_text(_table(rows, room(wide=wide)))
    _print_jobs(path)
    return 1 if refused else 0


def _print_jobs(path: Path) -> None:
    """What a cluster says of the jobs that work on the studies here."""
    from genconv.store.submissions import submitted_studies  # noqa: PLC0415

    for study in submitted_studies(path):
        from genconv.experiment.engines.slurm import states  # noqa: PLC0415  not needed without jobs

        for task in states(path, study):
            words = (f"SLURM job {task.name} of {study}:", task.state.lower(), task.time, task.where)
            typer.echo(printable(" ".join(word for word in words if word)))


def _table(rows: Sequence[_Row], width: int | None) -> Text:
    """The state of every cell, and what else the terminal has room for."""
    from genconv.report.tables.fitting import Column, fitted, further, joined  # noqa: PLC0415

    cells, runs, epochs, diverged, left, states = ([row[place] for row in rows] for place in range(len(_HEADER)))
    columns = [
        Column("cell", cells, label=True),
        Column("runs", runs, 1),
        Column("epoch", epochs, 2),
        Column("diverged", diverged, 4),
        Column("left", left, 3),
        Column("state", states, 0, flows=True),
    ]
    table = fitted(columns, width)
    return joined([table.text, further(table.omitted, width)]) if table.omitted else table.text


def _recorded(folders: Sequence[Path]) -> dict[tuple[str, str], list[float]]:
    """The last epochs (or steps) of recorded runs, by cell and state."""
    from genconv.errors import InputError  # noqa: PLC0415
    from genconv.store.recorded import open_recorded  # noqa: PLC0415

    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for folder in folders:
        try:
            one = open_recorded(folder)
        except InputError as error:
            state = "may not be read" if "Permission denied" in str(error) else "damaged"
            found[folder.name, state].append(nan)
        else:
            name = f"{one.run.dataset}-{one.run.model}-recorded"
            found[name, one.words].append(one.places[-1] if one.places else nan)
    return found


def _range(places: Sequence[float]) -> str:
    """`7`, or `3 … 7`; empty if nothing has been logged."""
    known = [place for place in places if not isnan(place)]
    ends = dict.fromkeys((min(known), max(known))) if known else ()
    return " … ".join(f"{place:.12g}" for place in ends)


def _finished(folder: Path) -> tuple[str, str, int]:
    """The cell of a run's or an imported cell's folder, whether its files are as they were written, and its runs."""
    from genconv.errors import InputError  # noqa: PLC0415
    from genconv.store.imported import is_imported, open_imported  # noqa: PLC0415
    from genconv.store.runs import StoredRun  # noqa: PLC0415

    try:
        if is_imported(folder):
            imported = open_imported(folder)
            return f"{imported.dataset}-{imported.model}-imported", "finished", len(imported.seeds)
        cell = StoredRun.open(folder).run.cell
    except InputError as error:
        return folder.name, "may not be read" if "Permission denied" in str(error) else "damaged", 1
    return f"{cell.dataset}-{cell.model}-{cell.protocol}", "finished", 1
