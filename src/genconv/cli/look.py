"""`look`: at runs that come from elsewhere, as often as there are enough of them."""

from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._until import (
    AlphaOption,
    AnytimeOption,
    BaselineOption,
    FutilityOption,
    LookEveryOption,
    MaxSeedsOption,
    MetricOption,
    SpendingOption,
    note,
    print_record,
    question,
    tell_look,
)


def look(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="Folder of runs and imports.", show_default=False)],
    until: Annotated[
        str, typer.Option("--until", metavar="WHAT", help='"decided", or "diverged<=0.05", as in genconv run.')
    ] = "decided",
    name: Annotated[str, typer.Option("--name", help="Of the study, if the store has several.")] = "looks",
    metric: MetricOption = None,
    baseline: BaselineOption = None,
    look_every: LookEveryOption = None,
    max_seeds: MaxSeedsOption = None,
    alpha: AlphaOption = None,
    spending: SpendingOption = None,
    futility: FutilityOption = None,
    anytime: AnytimeOption = False,
) -> int:
    """Look at runs that come from elsewhere, with the plan of --until; bring more, and look again."""
    from genconv.experiment.until import until as run_until  # noqa: PLC0415
    from genconv.experiment.until_store import StoredWork, TooFewRunsError  # noqa: PLC0415
    from genconv.store.until import read_record, record_path  # noqa: PLC0415

    asked = question(until, metric, baseline, look_every, max_seeds, alpha, spending, futility, anytime=anytime)
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
