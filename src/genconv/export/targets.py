"""Where results can go, by name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal, get_args

from genconv.errors import unknown_name
from genconv.export.citation import Credits, write_citation
from genconv.store.files import unwritten
from genconv.store.results import Results

Target = Literal["csv", "parquet", "tensorboard", "wandb", "mlflow", "latex", "checklist", "crate", "citation"]


@dataclass(frozen=True)
class ExportOptions:
    """What the user may say of an export."""

    metrics: tuple[str, ...] = ()
    """Of LaTeX tables; a few by default."""
    level: float = 0.95
    credit: Credits = field(default_factory=Credits)
    command: str = ""
    """The line that asked for it."""


def write(results: Results, target: Target, folder: Path, options: ExportOptions | None = None) -> list[Path]:
    """Export results; the files or folders that were written.

    `InputError` for an unknown target or one whose package is not installed, `WorkError` if the folder cannot be
    written.
    """
    if target not in get_args(Target):
        raise unknown_name("target", target, get_args(Target))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        said = options or ExportOptions()
        return write_citation(folder, said.credit) if target == "citation" else _writer(target)(results, folder, said)
    except OSError as error:
        raise unwritten(f"cannot write to '{folder}'", folder, error) from None


Writer = Callable[[Results, Path, ExportOptions], list[Path]]


def _writer(target: Target) -> Writer:
    """The function of a target; its module is imported when it is wanted."""
    if target in {"latex", "checklist", "crate"}:
        return _of_paper(target)
    name, function = ("tables", f"write_{target}") if target in {"csv", "parquet"} else (target, f"write_{target}")
    write: Callable[[Results, Path], list[Path]] = getattr(import_module(f"genconv.export.{name}"), function)
    return lambda results, folder, _: write(results, folder)


def _of_paper(target: Target) -> Writer:
    from genconv.export import checklist, crate, latex  # noqa: PLC0415  statistics are imported late

    writers: dict[str, Writer] = {
        "latex": lambda results, folder, said: latex.write_latex(results, folder, said.metrics, said.level),
        "checklist": lambda results, folder, said: checklist.write_checklist(results, folder, said.level),
        "crate": lambda results, folder, said: crate.write_crate(
            results, folder, said.credit, said.level, said.command
        ),
    }
    return writers[target]
