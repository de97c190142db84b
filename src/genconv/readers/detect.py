"""Choose the reader of a source by its name and by what a folder holds."""

from collections.abc import Callable, Mapping
from pathlib import Path

from genconv.errors import InputError
from genconv.file_limits import checked_file, files_below
from genconv.readers.long_table import read_long
from genconv.readers.mlflow import SUFFIXES as DATABASES
from genconv.readers.mlflow import is_run_file, read_mlflow_files, read_mlflow_sqlite
from genconv.readers.options import ImportOptions
from genconv.readers.run import Reading
from genconv.readers.study_json import read_study
from genconv.readers.tables import LINES, is_table, read_table
from genconv.readers.tensorboard import is_event_file, read_tensorboard
from genconv.readers.wandb import is_wandb_file, read_wandb
from genconv.readers.wide_table import is_wide, read_wide
from genconv.store.files import one_line
from genconv.store.folders import is_run
from genconv.store.imported import is_imported


def _is_study(path: Path) -> bool:
    return path.suffix == ".json" and len(path.stem.split("_")) >= 3 and path.stem.rsplit("_", 1)[1].isdigit()


_INSIDE: Mapping[str, Callable[[Path], bool]] = {
    "tensorboard": is_event_file,
    "mlflow": is_run_file,
    "wandb": is_wandb_file,
    "study": _is_study,
    "table": lambda path: is_table(path) and path.suffix.lower() != ".txt",
}
"""Kind of source → whether a file in a folder is of that kind."""


def read_source(path: Path, options: ImportOptions) -> list[Reading]:
    """Everything in one source; `InputError` if it is of no known kind, or of several."""
    try:
        path.stat()
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist") from None
    except (OSError, ValueError) as error:
        raise InputError(f"'{path}' cannot be read ({one_line(error)})") from None
    if not path.is_dir():
        return [_read_file(checked_file(path), options)]
    if is_imported(path) or is_run(path):
        raise InputError(f"'{path}' is in the store already: give it to metrics, compare, plot or report as it is")
    return _read_folder(path, options)


def _read_folder(path: Path, options: ImportOptions) -> list[Reading]:
    wanted = {"long": "table", "wide": "table"}.get(options.format, options.format)
    kinds = {kind: test for kind, test in _INSIDE.items() if wanted in {"auto", kind}}
    found = {kind: files for kind, test in kinds.items() if (files := files_below(path, test))}
    if wanted == "wandb" and not found:
        found = {"table": files_below(path, lambda file: file.suffix.lower() in LINES)}
    if len(found) > 1:
        raise InputError(f"'{path}' holds {' and '.join(found)} files: choose with --format, or name the files")
    kind, files = next(iter(found.items()), ("", []))
    if not files:
        raise InputError(f"'{path}' holds nothing that can be imported (curves as {', '.join(kinds)} files)")
    readers = {"tensorboard": read_tensorboard, "mlflow": read_mlflow_files, "wandb": read_wandb}
    if kind in readers:
        return [readers[kind](path, options)]
    return [_read_file(file, options) for file in files]


def _read_file(path: Path, options: ImportOptions) -> Reading:
    kind = options.format
    if is_event_file(path) or kind == "tensorboard":
        return read_tensorboard(path, options)
    if is_wandb_file(path):
        return read_wandb(path, options)
    if path.suffix.lower() in DATABASES or kind == "mlflow":
        return read_mlflow_sqlite(path, options)
    if kind == "study" or path.suffix == ".json":
        return read_study(path, options)
    if not is_table(path):
        raise InputError(
            f"'{path}' is of no known kind: .json of the study, .csv, .tsv, .parquet, .jsonl, .db, .wandb, tfevents"
        )
    frame = read_table(path)
    wide = kind == "wide" or (kind != "long" and is_wide(frame.columns, options, f"'{path}'"))
    return (read_wide if wide else read_long)(path, frame, options)
