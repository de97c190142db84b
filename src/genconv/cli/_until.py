"""Options of `--until`, and the question that they ask."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from genconv.errors import InputError, error_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from genconv.experiment.until import Question
    from genconv.store.until import UntilRecord


class Spending(StrEnum):
    """How alpha is spent over the looks."""

    POCOCK = "pocock"
    OBRIEN_FLEMING = "obrien-fleming"


UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="WHAT",
        help='More seeds until every comparison is "decided", or until it is known whether "diverged<=0.05" holds.',
        show_default=False,
    ),
]
MetricOption = Annotated[
    str | None,
    typer.Option("--metric", metavar="M", help="With --until decided: the metric, as in compare.", show_default=False),
]
BaselineOption = Annotated[
    str | None,
    typer.Option(
        "--baseline", metavar="MODEL", help="With --until decided: compare with this one alone.", show_default=False
    ),
]
LookEveryOption = Annotated[
    int | None, typer.Option("--look-every", metavar="N", help="With --until: seeds between looks; 5 if left out.")
]
MaxSeedsOption = Annotated[
    int | None,
    typer.Option("--max-seeds", metavar="N", help="With --until: seeds of a cell at most; 30 if left out."),
]
AlphaOption = Annotated[
    float | None,
    typer.Option("--alpha", help="With --until: chance of any false verdict over all looks; 0.05 if left out."),
]
SpendingOption = Annotated[
    Spending | None, typer.Option("--spending", help="With --until decided: how alpha is spent; pocock if left out.")
]
FutilityOption = Annotated[
    float | None,
    typer.Option(
        "--futility",
        metavar="P",
        help="With --until decided: give up what has a smaller chance of a verdict; 0.1 if left out, 0 for never.",
    ),
]
AnytimeOption = Annotated[
    bool, typer.Option("--anytime", help="With --until decided: no plan of looks; the study may be extended later.")
]


@dataclass(frozen=True)
class UntilOptions:
    """What is asked of a growing number of runs."""

    until: UntilOption = None
    metric: MetricOption = None
    baseline: BaselineOption = None
    look_every: LookEveryOption = None
    max_seeds: MaxSeedsOption = None
    alpha: AlphaOption = None
    spending: SpendingOption = None
    futility: FutilityOption = None
    anytime: AnytimeOption = False


@dataclass(frozen=True)
class LookOptions(UntilOptions):
    """The same, where something is asked in any case."""

    until: Annotated[
        str | None, typer.Option("--until", metavar="WHAT", help='"decided", or "diverged<=0.05", as in genconv run.')
    ] = "decided"


def question(options: UntilOptions) -> "Question | None":
    """None without `--until`; `InputError` for options that do not go together."""
    until, metric, baseline = options.until, options.metric, options.baseline
    look_every, max_seeds, alpha = options.look_every, options.max_seeds, options.alpha
    spending, futility, anytime = options.spending, options.futility, options.anytime
    planned = {"--spending": spending, "--futility": futility}
    decided = {"--metric": metric, "--baseline": baseline, **planned, "--anytime": anytime or None}
    given = {**decided, "--look-every": look_every, "--max-seeds": max_seeds, "--alpha": alpha}
    if until is None:
        _none_of(given, "without --until")
        return None
    level, every = 0.05 if alpha is None else alpha, 5 if look_every is None else look_every
    if until != "decided":
        from genconv.experiment.until_rate import Rate  # noqa: PLC0415

        asked = Rate(until, level, every, max_seeds)
        _none_of(decided, f"with --until '{until}'")
        return asked
    from genconv.experiment.until_decided import Anytime, Decided  # noqa: PLC0415
    from genconv.statistics.spending import Design  # noqa: PLC0415

    most = 30 if max_seeds is None else max_seeds
    if anytime:
        _none_of(planned, "with --anytime")
        return Anytime(level, every, most, metric, baseline)
    design = Design.checked(
        look_every=every,
        max_seeds=most,
        alpha=level,
        spending="pocock" if spending is None else spending.value,
        futility=0.1 if futility is None else futility,
    )
    return Decided(design, metric, baseline)


def tell_look(*, quiet: bool) -> "Callable[[UntilRecord], None]":
    """A line a look on standard output."""

    def tell(record: "UntilRecord") -> None:
        from genconv.cli._options import print_text, room_of_lines  # noqa: PLC0415
        from genconv.report.tables.fitting import prose  # noqa: PLC0415
        from genconv.report.tables.looks import look_line  # noqa: PLC0415

        if not quiet:
            print_text(prose(look_line(record), room_of_lines()))

    return tell


def note(line: str) -> None:
    """What the user should know, on standard error."""
    typer.echo(f"genconv: note: {error_line(line)}", err=True)


def print_record(record: "UntilRecord") -> None:
    """The table of all answers."""
    from genconv.cli._options import print_text, room  # noqa: PLC0415
    from genconv.report.tables import looks  # noqa: PLC0415

    if record.looks:
        print_text(looks.to_table(record, room()))


def _none_of(options: "Mapping[str, object]", where: str) -> None:
    if given := [name for name, value in options.items() if value is not None]:
        raise InputError(f"{given[0]}: cannot be given {where}")
