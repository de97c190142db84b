"""`verify`: whether stored runs are what they say, and come out again."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genconv.cli._options import CodeOption, PathsArgument, check_code
from genconv.cli._told import tell

if TYPE_CHECKING:
    from genconv.experiment.verify import Retrained
    from genconv.store.runs import StoredRun


def verify(
    paths: PathsArgument,
    number: Annotated[
        int, typer.Option("--retrain", metavar="N", min=0, help="Train N of the runs again and compare.")
    ] = 0,
    code: CodeOption = None,
) -> int:
    """Check every file against its checksum and every run against its identity; with --retrain, train some again."""
    check_code(paths, code or ())
    good, others, problems = _opened(paths)
    for problem in problems:
        tell("error", problem)
    typer.echo(f"{len(good) + others} runs are as they were written, {len(problems)} are not")
    different = _retrained(paths, good, number, code or ()) if number and good else 0
    return 1 if problems or different else 0


def _opened(paths: Sequence[Path]) -> "tuple[list[StoredRun], int, list[str]]":
    """The runs that are as they were written, how many recorded or imported ones are, and what is wrong elsewhere."""
    from genconv.errors import InputError  # noqa: PLC0415
    from genconv.store.folders import is_run, stored_runs  # noqa: PLC0415
    from genconv.store.imported import is_imported, open_imported  # noqa: PLC0415
    from genconv.store.recorded import is_recorded, open_recorded, recorded_runs  # noqa: PLC0415
    from genconv.store.runs import StoredRun  # noqa: PLC0415

    good, others, problems = [], 0, []
    for path in paths:
        if not path.is_dir():
            raise InputError(f"'{path}' is not a folder of runs")
        problems += _damaged_records(path)
        single = is_run(path) or is_recorded(path)
        folders = [path] if single else [*stored_runs(path), *recorded_runs(path)]
        if not folders:
            raise InputError(f"'{path}' holds no runs")
        for folder in folders:
            try:
                if is_recorded(folder):
                    open_recorded(folder)
                    others += 1
                    continue
                if is_imported(folder):
                    others += len(open_imported(folder).seeds)
                    continue
                run = StoredRun.open(folder)
                if folder.name != run.folder_name:
                    problems.append(f"{folder}: is the run {run.folder_name}")
                else:
                    good.append(run)
            except InputError as error:
                problems.append(str(error))
    return good, others, problems


def _damaged_records(folder: Path) -> list[str]:
    """What is wrong with records of looks."""
    from genconv.errors import InputError  # noqa: PLC0415
    from genconv.store.until import read_record, record_paths  # noqa: PLC0415

    problems = []
    for path in record_paths(folder):
        try:
            read_record(path)
        except InputError as error:
            problems.append(str(error))
    return problems


def _retrained(paths: Sequence[Path], runs: "Sequence[StoredRun]", number: int, code: Sequence[Path]) -> int:
    """How many came out differently."""
    from genconv.config.execution import ExecutionConfig  # noqa: PLC0415
    from genconv.experiment.resolve import check_allowed  # noqa: PLC0415  JAX is imported late
    from genconv.experiment.verify import changed_verdicts, chosen, retrain  # noqa: PLC0415  JAX is imported late
    from genconv.hardware import configure  # noqa: PLC0415
    from genconv.readers.recorded import recorded_cells  # noqa: PLC0415
    from genconv.store.load import load  # noqa: PLC0415

    configure()
    found, wanted = [], chosen(runs, number)
    check_allowed([run.run.cell for run in wanted], code)
    for run in wanted:
        for one in retrain(run, ExecutionConfig(), code):
            found.append(one)
            typer.echo(f"{run.path.name}, {_how(one)}: {_what(one)}")
    ways = [[one for one in found if len(one.trained_with) == width] for width in (1, 2)]
    verdicts = [changed_verdicts(load(paths, read_recorded=recorded_cells).cells, way) for way in ways]
    for changed in verdicts[0] or verdicts[1] or ():
        typer.echo(f"another verdict on {changed}")
    if None in verdicts:
        typer.echo("no verdict to compare: no dataset has two cells")
    elif not any(verdicts):
        typer.echo("no verdict of compare (last, min) changes")
    return sum(one.fault for one in found)


def _how(one: "Retrained") -> str:
    return "alone" if len(one.trained_with) == 1 else f"behind {one.trained_with[0].label}"


def _what(one: "Retrained") -> str:
    if one.same:
        return "the same bits (curves, weights, evaluation)"
    far = ", ".join(f"{name} by {value:.3g}" for name, value in one.deviations.items())
    differs = f"differs, at most: {far}{'' if one.same_end else '; it ended otherwise'}"
    if one.fault:
        return differs
    return f"no fault: an earlier genconv made this run by other random keys or arithmetic; it {differs}"
