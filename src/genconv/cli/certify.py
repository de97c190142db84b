"""`genconv certify`: whether a run is the same in any company."""

from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._options import (
    Format,
    FormatOption,
    OutputOption,
    QuietOption,
    SettingsArgument,
    StudyArgument,
    columns_text,
    print_rows,
    print_text,
    room,
)


def certify(
    study: StudyArgument,
    settings: SettingsArgument = None,
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="Seeds of each cell at most.")] = 8,
    output: OutputOption = Path("runs"),
    how: FormatOption = Format.TABLE,
    quiet: QuietOption = False,
) -> int:
    """Train the same seeds alone, in other orders, vectorised, less precisely: the same bits, or the same mean."""
    from genconv import api  # noqa: PLC0415
    from genconv.cli._progress import observer  # noqa: PLC0415
    from genconv.cli.app import heard  # noqa: PLC0415
    from genconv.experiment.certify import certify as certificates  # noqa: PLC0415  JAX is imported late
    from genconv.hardware import configure  # noqa: PLC0415
    from genconv.report.tables import certificate as tables  # noqa: PLC0415
    from genconv.report.tables.fitting import prose  # noqa: PLC0415

    plan = api.planned(study, settings or ())
    with heard(), observer(quiet=quiet) as watching:
        configure()
        found = list(certificates(plan, output, number, watching))
    texts = tables.view(found)
    print_rows(
        tables.COLUMNS if how is not Format.TABLE else tables.HEADER,
        tables.rows(found),
        how,
        lambda: columns_text(tables.HEADER, texts, 2, room(), "in a wider terminal"),
        2,
    )
    if how is Format.TABLE:
        typer.echo()
        print_text(prose(tables.CAPTION, room()))
        for one in found:
            print_text(prose(f"{one.name}, {one.seeds} seeds, {one.epochs} epochs: {one.sentence}", room()))
    faults = [f"{one.name}: {fault}" for one in found for fault in one.faults]
    for fault in faults:
        typer.echo(f"genconv: error: {fault}", err=True)
    return 1 if faults else 0
