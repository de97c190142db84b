"""`genconv replay`: the divergence of a run, repeated and explained."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genconv.cli._options import (
    CodeOption,
    Format,
    FormatOption,
    QuietOption,
    check_code,
    columns_text,
    print_rows,
    print_text,
    room,
)

if TYPE_CHECKING:
    from genconv.experiment.replay.replay import Replay


def replay(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run that diverged, or a bundle.", show_default=False)],
    before: Annotated[
        int, typer.Option("--before", metavar="N", min=1, help="Look at so many steps, and change them.")
    ] = 20,
    after: Annotated[
        int, typer.Option("--after", metavar="N", min=0, help="A changed run survives so many steps after it.")
    ] = 200,
    changes: Annotated[bool, typer.Option(help="Try what one change does.")] = True,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FILE.zip", help="Write at most 10 MB that repeat it.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FOLDER", help="For figure, steps.csv, changes.csv.", show_default=False
        ),
    ] = None,
    how: FormatOption = Format.TABLE,
    code: CodeOption = None,
    quiet: QuietOption = False,
) -> int:
    """Train a diverged run again until it diverges: where the first non-finite value comes from, what would help."""
    from genconv.cli._progress import observer  # noqa: PLC0415
    from genconv.experiment.replay.bundle import write_bundle  # noqa: PLC0415  JAX is imported late
    from genconv.experiment.replay.replay import replay as repeat  # noqa: PLC0415
    from genconv.hardware import configure  # noqa: PLC0415

    check_code([run], code or ())
    configure()
    with observer(quiet=quiet) as watching:
        found = repeat(run, before=before, after=after, code=code or (), try_changes=changes, observer=watching)
    _tell(found, how)
    if output is not None:
        _write(found, output)
    if bundle is not None:
        last = write_bundle(bundle, found.subject, found.stored, after, code or ())
        size = bundle.stat().st_size / 1e6
        typer.echo(f"bundle: {bundle} ({size:.2f} MB, until step {last - 1})", err=how is not Format.TABLE)
    return 0 if found.same else 1


def _tell(found: "Replay", how: Format) -> None:
    from genconv.report.tables import replay as tables  # noqa: PLC0415
    from genconv.report.tables.fitting import prose  # noqa: PLC0415

    rows = tables.change_rows(found.changed)
    if how is Format.TABLE:
        for line in tables.sentences(found):
            typer.echo(line)
        if not rows:
            return
        typer.echo()
        print_text(prose(tables.changes_caption(found), room()))
    texts = [["" if value is None else str(value) for value in row] for row in rows]
    print_rows(tables.HEADER, rows, how, lambda: columns_text(tables.HEADER, texts, 2, room(wide=True)), 2)


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")


def _write(found: "Replay", folder: Path) -> None:
    from genconv.report.figures.replay import replay_figure  # noqa: PLC0415
    from genconv.report.figures.saving import save_all  # noqa: PLC0415
    from genconv.report.tables import replay as tables  # noqa: PLC0415
    from genconv.report.tables.writing import csv_rows  # noqa: PLC0415
    from genconv.store.writing import write_file  # noqa: PLC0415

    save_all({"replay": replay_figure(found)}, {}, folder)
    texts = {
        "steps.csv": tables.steps_csv(found.examined.steps),
        "changes.csv": csv_rows(tables.HEADER, tables.change_rows(found.changed)),
    }
    for name, text in texts.items():
        write_file(folder / name, partial(_write_text, text))
    typer.echo(f"written: {folder}", err=True)
