"""`look`: at runs that come from elsewhere, as often as there are enough of them."""

from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._grouped import grouped
from genconv.cli._until import LookOptions, note, print_record, question, tell_look


@grouped
def look(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="Folder of runs and imports.", show_default=False)],
    name: Annotated[str, typer.Option("--name", help="Of the study, if the store has several.")] = "looks",
    *,
    options: LookOptions,
) -> int:
    """Look at runs that come from elsewhere, with the plan of --until; bring more, and look again."""
    from genconv.experiment.until import until as run_until  # noqa: PLC0415
    from genconv.experiment.until_store import StoredWork, TooFewRunsError  # noqa: PLC0415
    from genconv.store.until import read_record, record_path  # noqa: PLC0415

    asked = question(options)
    assert asked is not None  # noqa: S101  --until is given
    work = StoredWork(store, name)
    try:
        record = run_until(work, asked, tell_look(quiet=False), note)
    except TooFewRunsError as lacking:
        path = record_path(store, name, asked.plan["until"])
        if not path.exists():
            raise
        record = read_record(path)
        note(str(lacking))
    print_record(record)
    return 0
