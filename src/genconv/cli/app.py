"""The `genconv` command, and how every failure becomes one line and an exit code."""

import difflib
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from genconv.cli import (
    analyse,
    cancel,
    certify,
    data,
    demo,
    early,
    estimate,
    export,
    import_,
    launch,
    look,
    luck,
    replay,
    report,
    sample,
    sensitivity,
    show,
    status,
    train,
    twins,
    variance,
    verify,
    watch,
    work,
)
from genconv.cli._panels import Grouped
from genconv.cli._streams import outlive_readers
from genconv.cli._told import tell
from genconv.config.user_code import line_of_user_code
from genconv.errors import GenconvError, InputError, Stopped

INTERRUPTED = 130
GOES_ON = "what is finished is kept, what was in training is saved; the same command goes on from there"
RUNS_AGAIN = "what is finished is kept, processes were ended; the same command runs what is missing"
"""The same of `launch`."""

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for a wrong command line: of its own copy of click, or of click, depending on its version."""

app = typer.Typer(
    name="genconv",
    cls=Grouped,
    help="How reliably does a deep generative model converge, and how much of that is the seed?",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("demo")(demo.demo)
app.command("list")(show.list_names)
app.command("show")(show.show_study)
app.command("train")(train.train)
app.command("run")(train.run)
app.command("launch")(launch.launch)
app.command("work")(work.work)
app.command("cancel")(cancel.cancel)
app.command("estimate")(estimate.estimate)
app.command("import")(import_.import_runs)
app.command("export")(export.export)
app.command("status")(status.status)
app.command("watch")(watch.watch)
app.command("certify")(certify.certify)
app.command("verify")(verify.verify)
app.command("replay")(replay.replay)
app.command("metrics")(report.metrics)
app.command("compare")(analyse.compare)
app.command("look")(look.look)
app.command("plan")(analyse.plan)
app.command("variance")(variance.variance)
app.command("twins")(twins.twins)
app.command("luck")(luck.luck)
app.command("early")(early.early)
app.command("sensitivity")(sensitivity.sensitivity)
app.command("plot")(report.plot)
app.command("report")(report.report)
app.command("params")(show.params)
app.command("sample")(sample.sample)
app.add_typer(data.app, name="data")


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("-V", "--version", is_eager=True, callback=show.version, help="Show it.")
    ] = False,
) -> None:
    """Options before any command."""
    del version


def main() -> NoReturn:
    """Run a command; exit with 0, 1 (the work failed), 2 (the input is wrong) or 130 (interrupted)."""
    if "_GENCONV_COMPLETE" in os.environ:  # a shell asks what may follow
        app(prog_name="genconv")
    outlive_readers()
    _leave(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; every failure that is not a bug becomes one line on standard error."""
    command = typer.main.get_command(app)
    try:
        _check_no_empty_path(arguments)
        with command.make_context("genconv", settings_last(arguments) or ["--help"]) as context:
            code = command.invoke(context)
    except typer.Exit as done:
        code = done.exit_code
    except (KeyboardInterrupt, typer.Abort) as interrupt:
        return _failed(INTERRUPTED, str(interrupt) or f"interrupted: {_rest(arguments)}")
    except Stopped as stopped:
        return _failed(128 + stopped.signal, f"stopped by {signal.Signals(stopped.signal).name}: {_rest(arguments)}")
    except BrokenPipeError:  # the reader has left
        code = 0
    except SystemExit as asked:
        shown = arguments[:1] in (["--install-completion"], ["--show-completion"]) and not asked.code
        if shown or isinstance(asked.__context__, BrokenPipeError):  # as typer and rich do then
            return 0
        line = line_of_user_code(asked)
        return _failed(2, f"error: {line}") if line else _failed(1, f"error: something asked to exit ({asked})")
    except Exception as error:
        if (told := _known(error)) is None:
            raise
        return _failed(told[0], f"error: {told[1]}")
    return code if isinstance(code, int) else 0


def _rest(arguments: Sequence[str]) -> str:
    """What becomes of the work of a command that is interrupted."""
    return RUNS_AGAIN if arguments[:1] == ["launch"] else GOES_ON


_SETTING = re.compile(r"\w+(\.\w+)*=", re.ASCII)


def settings_last(arguments: Sequence[str]) -> list[str]:
    """The words with what follows a `--set` behind all others: there it is a setting, wherever a script has put it.

    `--set a=1 b=2` and `--set=a=1` say the same as `a=1 b=2`; a word that does not look like a setting ends the row.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    others: list[str] = []
    settings: list[str] = []
    row, first = False, False
    for word in arguments[:end]:
        if word == "--set" or word.startswith("--set="):
            row, first = True, word == "--set"
            settings += [] if first else [word.removeprefix("--set=")]
        elif row and (first or _SETTING.match(word)):
            settings.append(word)
            first = False
        else:
            row = False
            others.append(word)
    return [*others, *settings, *arguments[end:]]


_PATHS = ("-o", "--output", "--log", "--code", "--data-dir")


def _check_no_empty_path(arguments: Sequence[str]) -> None:
    """An empty word would be the folder at hand, which nobody means who writes `-o "$UNSET"`."""
    for before, word in pairwise(("", *arguments)):
        name = word.removesuffix("=") if word.endswith("=") else before
        if word in {"", f"{name}="} and (name in _PATHS or not name.startswith("-")):
            raise InputError(f"{name if name in _PATHS else 'an argument'}: is empty")


def _known(error: Exception) -> tuple[int, str] | None:
    """Exit code and words for what went wrong; None for a bug of ours."""
    if isinstance(error, GenconvError):
        return error.exit_code, str(error)
    if isinstance(error, UsageError):
        return 2, _in_words(error)
    if line := line_of_user_code(error):
        return 2, line
    if type(error).__name__ == "JaxRuntimeError":  # JAX is imported late
        return 1, f"the device cannot do this ({error})"
    if isinstance(error, OSError | MemoryError):
        return 1, str(error) or "this needs more memory than there is"
    return None


def _failed(code: int, message: str) -> int:
    tell("", message)
    return code


def _in_words(error: Exception) -> str:
    """What typer says, on one line, with the nearest of the names that are allowed."""
    message = str(error.format_message()) if hasattr(error, "format_message") else str(error)
    message = message.replace("Value error, ", "")
    cause: Any = error.__cause__
    if hasattr(cause, "errors"):
        message = message.replace("Input should be", f"{cause.errors()[0]['input']!r} must be")
    context: Any = getattr(error, "ctx", None)
    commands = list(getattr(getattr(context, "command", None), "commands", ()))
    if message.startswith("Missing command"):
        return f"no command given: known are {', '.join(commands)} ({context.command_path} --help)"
    if unknown := re.match(r"No such command '(.*?)'", message):
        return f"unknown command '{unknown[1]}': {_hint(unknown[1], commands)}known are {', '.join(commands)}"
    if message.startswith("No such option"):
        return _no_option(context.command, str(error.option_name), message)  # type: ignore[attr-defined]
    if message.startswith("Missing option") and {"model", "dataset"} <= {one.name for one in context.command.params}:
        return f"{message.rstrip('.')}: {context.command_path} -m MODEL -d DATASET"
    if choice := re.search(r"'([^']*)' is not one of (.*)", message):
        allowed = re.findall(r"'([^']*)'", choice[2])
        return f"{message} {_of_tool(choice[1], allowed) or _hint(choice[1], allowed)}".strip()
    return message


def _no_option(command: Any, option: str, message: str) -> str:
    """An option that is none: how it is written as a setting, or what it may be meant to be."""
    if command.name == "launch":
        return f"{message.rstrip('.')}: the command that is launched comes after --"
    if "settings" not in {one.name for one in command.params}:
        return message
    from genconv.config.overrides import known_fields, section_of  # noqa: PLC0415

    key = option.lstrip("-").replace("-", "_")
    try:
        return f"no option '{option}': write {section_of(key, known_fields())}=VALUE"
    except InputError:
        asked = (
            "" if "Did you mean" in message or "Possible options" in message else f": settings are written {key}=VALUE"
        )
        return f"{message.rstrip('.')}{asked}"


def _of_tool(name: str, allowed: Sequence[str]) -> str:
    """How the logs of a tool are imported, if its name was given where formats of sources are allowed."""
    if "tensorboard" not in allowed:
        return ""
    from genconv.readers.options import format_of_tool  # noqa: PLC0415

    meant = format_of_tool(name)
    return f"what '{name}' writes is read with --format {meant}, or without --format" if meant else ""


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'? " if near else ""


def _leave(code: int) -> NoReturn:
    """Leave at once, without waiting for a device that is still computing."""
    try:
        sys.stdout.flush()
    except OSError as error:
        code = code or _failed(1, f"error: standard output: {error.strerror}")
    sys.stderr.flush()
    os._exit(code)


HEARD = ("SIGTERM", "SIGUSR1", "SIGUSR2", "SIGHUP")
"""What `kill`, SLURM (at preemption, or with `--signal`) and a closing terminal send."""


@contextmanager
def heard() -> Iterator[None]:
    """Raise `Stopped` in the block when one of the signals comes; the second one finds nobody listening."""
    numbers = [getattr(signal, name) for name in HEARD if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for number in numbers:
        if before[number] is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
