"""`demo`: the quickstart study in one command, and its page."""

from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._options import OutputOption, QuietOption, SettingsArgument
from genconv.cli.train import run

STUDY = "quickstart"


def demo(
    settings: SettingsArgument = None,
    output: OutputOption = Path("runs"),
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    quiet: QuietOption = False,
) -> int:
    """Three models under ten seeds each in a minute or two, their table, and a page that tells which converges how."""
    code = run(study=STUDY, output=output, settings=settings, quiet=quiet)
    page = (output / f"report-{STUDY}.html").resolve().as_uri()
    typer.echo(f"open {page}")
    if show:
        typer.launch(page)
    return code
