"""`launch`: any command over seeds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from genconv.cli._dry_run import DryRunOption, tell_launch
from genconv.cli._grouped import grouped
from genconv.cli._next import read_next
from genconv.cli._options import OutputOption, QuietOption, WideOption, print_text, room
from genconv.cli._until import UntilOptions, note, print_record, question, tell_look
from genconv.cli.import_ import LossOptions, Unsaid
from genconv.errors import error_line
from genconv.report.durations import duration

if TYPE_CHECKING:
    from genconv.experiment.launch import Launched

_ROWS = 40
"""Runs that the table shows."""


@grouped
def launch(
    command: Annotated[
        list[str],
        typer.Argument(
            metavar="-- COMMAND…",
            help="The command after --, with {seed} and {folder}, the run's own folder; no shell interprets it.",
            show_default=False,
        ),
    ],
    model: Annotated[str, typer.Option("--model", help="Name of the model.", show_default=False)],
    dataset: Annotated[str, typer.Option("--dataset", help="Name of the dataset.", show_default=False)],
    number: Annotated[
        int | None, typer.Option("-n", "--number", help="Seeds 0 to N−1; 1 if left out.", show_default=False)
    ] = None,
    seeds: Annotated[str | None, typer.Option("--seeds", help="Seeds such as 0,3,7..9.", show_default=False)] = None,
    read: Annotated[
        str | None,
        typer.Option(
            "--read",
            metavar="FILE",
            help="Where the command leaves its losses, such as logs/{seed}.csv; left out for scripts that use "
            "genconv.record.",
            show_default=False,
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--columns", metavar="ROLE=NAME,…", help="As in genconv import.", show_default=False),
    ] = None,
    blank: Annotated[
        Unsaid, typer.Option("--blank", help="Rows without a loss after the last one: not measured, or divergence.")
    ] = Unsaid.ASK,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="SECONDS", help="End a run after it.", show_default=False)
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", help="Runs at once.")] = 1,
    output: OutputOption = Path("runs"),
    wide: WideOption = False,
    quiet: QuietOption = False,
    dry_run: DryRunOption = False,
    *,
    said: LossOptions,
    options: UntilOptions,
) -> int:
    """Run any command over seeds; what failed or was interrupted is run again by the same command."""
    from genconv.cli.app import heard  # noqa: PLC0415
    from genconv.config.seeds import first_seeds, parse_seeds  # noqa: PLC0415
    from genconv.errors import InputError  # noqa: PLC0415
    from genconv.experiment.launch import Command, summary  # noqa: PLC0415
    from genconv.experiment.launch import launch as launched  # noqa: PLC0415
    from genconv.experiment.until import until as run_until  # noqa: PLC0415
    from genconv.experiment.until_launch import LaunchWork  # noqa: PLC0415
    from genconv.measure import LOSS  # noqa: PLC0415
    from genconv.readers.options import ImportOptions, parse_columns  # noqa: PLC0415
    from genconv.readers.sign import refuse_scores  # noqa: PLC0415

    asked = question(options)
    if number is not None and (seeds is not None or asked is not None):
        raise InputError(f"-n and {'--seeds' if seeds is not None else '--until'}: only one of the two can be given")
    if options.until == "decided" and options.baseline is None:
        raise InputError("--until decided: needs --baseline MODEL, whose runs are in the store")
    chosen = parse_seeds(seeds) if seeds is not None else first_seeds(1 if number is None else number)
    reading = ImportOptions(model, dataset, parse_columns(columns or ()), blank=blank.value)
    refuse_scores(reading, "name a loss")
    measure = said.measure() or LOSS
    wanted = Command(tuple(command), model, dataset, read, reading, measure, timeout)

    def tell(one: "Launched") -> None:
        if not quiet:
            typer.echo(error_line(f"seed {one.seed}: {_state(one)}"), err=True)

    if dry_run:
        return tell_launch(wanted, chosen, output)
    with heard():
        if asked is None:
            runs = launched(wanted, chosen, output, jobs, tell)
        else:
            work = LaunchWork(
                wanted, output, asked.most, chosen if seeds else (), baseline=options.baseline, jobs=jobs, told=tell
            )
            print_record(run_until(work, asked, tell_look(quiet=quiet), note))
            runs = work.outcomes()
    for line in dict.fromkeys(line for one in runs for line in one.how if line):
        typer.echo(f"genconv: note: {error_line(f'read so: {line}')}", err=True)
    print_text(_table(runs, room(wide=wide)))
    if failed := [one.seed for one in runs if one.state == "failed"]:
        _tell_output(output, failed[0])
    typer.echo(f"{summary(runs)} → {output}")
    if not quiet and any(one.state == "finished" for one in runs):
        typer.echo(read_next(output))
    return 1 if any(one.state != "finished" for one in runs) else 0


def _tell_output(store: Path, seed: int) -> None:
    """Where what the run of a seed has written lies, the latest where several models have such a run."""
    from genconv.experiment.command import OUTPUT  # noqa: PLC0415

    written = sorted(store.glob(f"*-s{seed}-*/{OUTPUT}"), key=lambda file: file.stat().st_mtime)
    if written:
        typer.echo(f"what seed {seed} wrote: {written[-1]}")


def _state(one: "Launched") -> str:
    return f"{one.state} ({one.reason})" if one.reason else one.state


def _memory(peak: int | None) -> str:
    """Empty where it is not known."""
    if peak is None:
        return ""
    return "<1 MB" if peak < 1e6 else f"{peak / 1e6:.0f} MB"


def _table(runs: "list[Launched]", width: int | None) -> Text:
    """The runs that are not finished first, if there are too many to show."""
    from genconv.report.tables.fitting import Column, fitted, further, joined  # noqa: PLC0415

    shown = runs if len(runs) <= _ROWS else sorted(runs, key=lambda one: one.state == "finished")[:_ROWS]
    ends = [one.end for one in shown]
    columns = [
        Column("run", [f"seed {one.seed}" for one in shown], label=True),
        Column("state", [one.state for one in shown]),
        Column("exit", ["" if end is None else end.signal or str(end.exit_code) for end in ends]),
        Column("time", ["" if end is None else duration(end.seconds) for end in ends], 1),
        Column("memory", ["" if end is None else _memory(end.peak_memory) for end in ends], 2),
        Column("why", [one.reason for one in shown], flows=True),
    ]
    table = fitted(columns, width)
    rest = [Text(f"… and {len(runs) - len(shown)} more")] if len(runs) > len(shown) else []
    return joined([table.text, *rest, *([further(table.omitted, width)] if table.omitted else [])])
