"""`estimate`: what a study would cost, before anyone commits a day to it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from genconv.cli._choice import Cells
from genconv.cli._grouped import grouped
from genconv.cli._options import (
    Format,
    FormatOption,
    SettingsArgument,
    StudyArgument,
    WideOption,
    columns_text,
    print_rows,
    room,
)
from genconv.report.durations import duration

if TYPE_CHECKING:
    from genconv.experiment.cost import Estimate

COLUMNS = (
    *("dataset", "model", "protocol", "seeds", "epochs", "parameters", "flops", "memory_bytes"),
    *("compile_seconds", "training_seconds", "evaluation_seconds", "seconds"),
)


@grouped
def estimate(
    study: StudyArgument,
    settings: SettingsArgument = None,
    output: FormatOption = Format.TABLE,
    wide: WideOption = False,
    *,
    cells: Cells,
) -> int:
    """Cells of a study with their parameters, operations, memory and expected duration on this device."""
    import jax  # noqa: PLC0415  imported late

    from genconv import api  # noqa: PLC0415
    from genconv.hardware import configure  # noqa: PLC0415

    configure()
    console = Console(stderr=True)
    found: list[Estimate] = []
    with console.status("compiling"):
        for one in api.estimate(study, settings or (), **cells.chosen):
            found.append(one)
            console.print(f"{len(found)}: {one.cell.dataset} {one.cell.model} {duration(one.seconds)}", highlight=False)
    print_rows(COLUMNS, [_row(one) for one in found], output, lambda: _table(found, room(wide=wide)), names=3)
    if output is Format.TABLE:
        devices = jax.devices()
        total = duration(sum(one.seconds for one in found))
        typer.echo(f"{total} in all, on {len(devices)} {devices[0].platform} device(s); others at work make it longer.")
    return 0


def _row(one: "Estimate") -> Sequence[str | int | float]:
    cell = one.cell
    times = (one.compile_seconds, one.training_seconds, one.evaluation_seconds, one.seconds)
    return (
        *(cell.dataset, cell.model, cell.protocol, one.seeds, cell.training.epochs, one.parameters),
        *(one.flops, one.memory, *(round(value, 3) for value in times)),
    )


def _table(found: "Sequence[Estimate]", width: int | None) -> Text:
    rows = [
        (
            *(one.cell.dataset, one.cell.model, one.cell.protocol, duration(one.seconds), f"{one.parameters:,}"),
            *(f"{one.memory / 1e6:,.0f}", f"{one.flops / 1e12:,.1f}", str(one.seeds), str(one.cell.training.epochs)),
        )
        for one in found
    ]
    header = ("dataset", "model", "protocol", "time", "parameters", "MB", "TFLOP", "seeds", "epochs")
    return columns_text(header, rows, 3, width)
