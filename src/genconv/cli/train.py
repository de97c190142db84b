"""Commands that train: `train` and `run`."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._options import (
    FreshOption,
    LogOption,
    MuteOption,
    OutputOption,
    SetOption,
    print_summaries,
    tell_problems,
)


def train(
    model: Annotated[
        str,
        typer.Option(
            "-m", "--model", help="Name of the model (genconv list models), or FILE.py:Name.", show_default=False
        ),
    ],
    dataset: Annotated[
        str,
        typer.Option(
            "-d",
            "--dataset",
            help="Name of the dataset (genconv list datasets), a file (.csv, .parquet, .npy, .npz), or FILE.py:Name.",
            show_default=False,
        ),
    ],
    epochs: Annotated[
        int | None, typer.Option("-e", "--epochs", help="Epochs; the protocol's number if left out.")
    ] = None,
    number: Annotated[
        int | None, typer.Option("-n", "--number", help="Seeds 0 to N−1; 1 if left out.", show_default=False)
    ] = None,
    seeds: Annotated[str | None, typer.Option("--seeds", help="Seeds such as 0,3,7..9.", show_default=False)] = None,
    protocol: Annotated[str, typer.Option("--protocol", help="published or corrected.")] = "corrected",
    settings: SetOption = None,
    output: OutputOption = Path("runs"),
    mute: MuteOption = False,
    fresh: FreshOption = False,
    log: LogOption = None,
) -> int:
    """Train one model on one dataset under several seeds at once; what was interrupted goes on."""
    from genconv import api  # noqa: PLC0415
    from genconv.cli._progress import observer  # noqa: PLC0415
    from genconv.cli.app import heard  # noqa: PLC0415
    from genconv.config.seeds import first_seeds, parse_seeds  # noqa: PLC0415
    from genconv.errors import InputError  # noqa: PLC0415
    from genconv.hardware import configure  # noqa: PLC0415

    if number is not None and seeds is not None:
        raise InputError("-n and --seeds: only one of the two can be given")
    chosen = parse_seeds(seeds) if seeds is not None else first_seeds(1 if number is None else number)
    with heard(), observer(mute=mute, log=log) as watching:
        configure()
        collection = api.train(
            model,
            dataset,
            seeds=chosen,
            protocol=protocol,
            epochs=epochs,
            settings=settings or (),
            output=output,
            observer=watching,
            fresh=fresh,
        )
    print_summaries(api.summarise(collection))
    return tell_problems(collection)


def run(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A shipped study (genconv list studies) or a TOML file.")
    ],
    output: OutputOption = Path("runs"),
    settings: SetOption = None,
    mute: MuteOption = False,
    fresh: FreshOption = False,
    log: LogOption = None,
) -> int:
    """Train what is missing of a study, print its metrics and write its page; what was interrupted goes on."""
    from genconv import api  # noqa: PLC0415
    from genconv.cli._progress import observer  # noqa: PLC0415
    from genconv.cli.app import heard  # noqa: PLC0415
    from genconv.config.study import load_study  # noqa: PLC0415
    from genconv.hardware import configure  # noqa: PLC0415

    plan = load_study(study).with_overrides(settings or ())
    with heard(), observer(mute=mute, log=log) as watching:
        configure()
        collection = api.run_study(plan, output, observer=watching, fresh=fresh)
    command = shlex.join(["genconv", *sys.argv[1:]])
    page = api.write_report(collection, output / f"report-{plan.name}.html", title=plan.name, command=command)
    print_summaries(api.summarise(collection))
    typer.echo(f"report: {page}")
    return tell_problems(collection)
