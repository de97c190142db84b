"""Commands that train: `train` and `run`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genconv.cli._choice import Cells
from genconv.cli._dry_run import DryRunOption, tell_study
from genconv.cli._grouped import grouped
from genconv.cli._names import dataset_names, model_names, protocol_names
from genconv.cli._next import next_line
from genconv.cli._options import (
    FreshOption,
    LogOption,
    OutputOption,
    QuietOption,
    SettingsArgument,
    StudyArgument,
    print_trained,
    print_uncounted,
    tell_problems,
)
from genconv.cli._until import UntilOptions, note, print_record, question, tell_look

if TYPE_CHECKING:
    from genconv.config.study import Study
    from genconv.experiment.observer import Observer
    from genconv.experiment.until import Question
    from genconv.store.results import Results


def train(
    model: Annotated[
        str,
        typer.Option(
            "-m",
            "--model",
            autocompletion=model_names,
            help="Name of the model (genconv list models), or FILE.py:Name.",
            show_default=False,
        ),
    ],
    dataset: Annotated[
        str,
        typer.Option(
            "-d",
            "--dataset",
            autocompletion=dataset_names,
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
    protocol: Annotated[
        str, typer.Option("--protocol", autocompletion=protocol_names, help="published or corrected.")
    ] = "corrected",
    settings: SettingsArgument = None,
    output: OutputOption = Path("runs"),
    quiet: QuietOption = False,
    fresh: FreshOption = False,
    log: LogOption = None,
    dry_run: DryRunOption = False,
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
    if (number is not None or seeds is not None) and any(one.startswith("seeds=") for one in settings or ()):
        raise InputError(f"{'--seeds' if number is None else '-n'} and seeds=: only one of the two can be given")
    chosen = parse_seeds(seeds) if seeds is not None else first_seeds(1 if number is None else number)
    if dry_run:
        study = api.study_of(model, dataset, chosen, protocol, epochs)
        return tell_study(api.planned(study, settings or ()), output)
    with heard(), observer(quiet=quiet, log=log) as watching:
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
    print_trained(api.summarise(collection), output)
    code = tell_problems(collection)
    if collection.cells and not quiet:
        typer.echo(next_line(collection, output, "report"))
    return code


@grouped
def run(
    study: StudyArgument,
    output: OutputOption = Path("runs"),
    settings: SettingsArgument = None,
    quiet: QuietOption = False,
    fresh: FreshOption = False,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="ENGINE", help="local, slurm, ray or workers: execution.engine.", show_default=False
        ),
    ] = None,
    log: LogOption = None,
    dry_run: DryRunOption = False,
    *,
    cells: Cells,
    options: UntilOptions,
) -> int:
    """Run what is missing of a study, print its metrics and write its page; what was interrupted goes on."""
    from genconv import api  # noqa: PLC0415
    from genconv.cli._progress import observer  # noqa: PLC0415
    from genconv.cli.app import heard  # noqa: PLC0415
    from genconv.errors import InputError  # noqa: PLC0415
    from genconv.hardware import configure  # noqa: PLC0415

    asked = question(options)
    if asked is not None and fresh:
        raise InputError("--fresh: cannot be given with --until: the same seeds would be looked at again")
    plan = api.planned(study, [*(settings or ()), *([f"execution.engine={on}"] if on else [])], **cells.chosen)
    if dry_run:
        return tell_study(plan, output)
    with heard(), observer(quiet=quiet, log=log) as watching:
        if plan.grids:
            configure()
        if asked is None:
            collection = api.run(plan, output=output, observer=watching, fresh=fresh)
        else:
            collection = _until(asked, plan, output, watching, quiet)
    command = shlex.join(["genconv", *sys.argv[1:]])
    print_trained(api.summarise(collection), output)
    code = tell_problems(collection, told=print_uncounted(collection))
    if collection.cells:
        page = api.write_report(
            collection,
            output / f"report-{plan.name}.html",
            title=plan.name,
            description=plan.description if asked is None else "",  # it may speak of other seeds
            command=command,
        )
        typer.echo(f"report: {page}")
        if not quiet:
            typer.echo(next_line(collection, output, "plot"))
    return code or int(any(run.state == "failed" for run in collection.uncounted))


def _until(asked: "Question", plan: "Study", output: Path, watching: "Observer", quiet: bool) -> "Results":
    """Train more seeds until the question is answered; all results of the study."""
    from genconv.experiment.until import until  # noqa: PLC0415
    from genconv.experiment.until_study import StudyWork  # noqa: PLC0415  JAX is imported late

    work = StudyWork(plan, output, asked.most, watching)
    print_record(until(work, asked, tell_look(quiet=quiet), note))
    return work.results()
