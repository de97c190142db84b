"""The `genconv` command, and how every failure becomes one line and an exit code."""

import os
import sys
from typing import NoReturn

import click
import typer

from genconv.cli import results, show, work
from genconv.errors import GenconvError

INTERRUPTED = 130

app = typer.Typer(
    name="genconv",
    help="How reliably does a deep generative model converge, and how much of that is the seed?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("list")(show.list_names)
app.command("train")(work.train)
app.command("run")(work.run)
app.command("metrics")(results.metrics)
app.command("plot")(results.plot)
app.command("report")(results.report)
app.command("params")(show.params)
app.command("sample")(results.sample)


def main() -> NoReturn:
    """Run a command; exit with 0, 1 (the work failed), 2 (the input is wrong) or 130 (interrupted)."""
    try:
        code = app(standalone_mode=False)
    except GenconvError as error:
        _leave(error.exit_code, f"error: {error}")
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stdout.write(error.format_message() + "\n")
        _leave(2)
    except click.ClickException as error:
        _leave(2, f"error: {' '.join(error.format_message().split())}")
    except (KeyboardInterrupt, click.Abort):
        _leave(INTERRUPTED, "interrupted: finished cells are kept; the same command goes on from there")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _leave(0)
    _leave(code if isinstance(code, int) else 0)


def _leave(code: int, message: str | None = None) -> NoReturn:
    """Print the message and leave at once, without waiting for a device that is still computing."""
    if message is not None:
        sys.stderr.write(f"genconv: {message}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
