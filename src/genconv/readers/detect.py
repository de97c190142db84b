"""Choose the reader of a source by its name and by what a folder holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from genconv.errors import InputError
from genconv.file_limits import checked_file, files_below
from genconv.readers import aim, ray, wandb_chart
from genconv.readers.beside import settings_beside, split_columns, with_settings
from genconv.readers.formats import FORMATS, format_of
from genconv.readers.json_records import is_lines_of_tool, read_json
from genconv.readers.long_table import read_long
from genconv.readers.mlflow_sqlite import read_mlflow_sqlite
from genconv.readers.options import ImportOptions
from genconv.readers.run import Reading
from genconv.readers.study_json import read_study
from genconv.readers.tables import LINES, is_table, is_table_in_folder, read_table
from genconv.readers.tensorboard import read_tensorboard
from genconv.readers.wide_table import is_wide, read_wide
from genconv.store.files import MANIFEST, one_line
from genconv.store.folders import is_run
from genconv.store.imported import is_imported
from genconv.store.recorded import is_recorded

_TABLE, _STUDY, _JSON = "table", "study", "json"
_HISTORIES = ("history", "histories", "losses", "curves")
"""Words in the names of JSON files that are taken for curves in a folder; alone, any JSON file is looked into."""


_EXPORTS: Mapping[
    str, tuple[Callable[[Sequence[str]], bool], Callable[[Path, pl.DataFrame, ImportOptions], Reading]]
] = {
    "aim": (aim.is_export, aim.read_aim),
    "ray": (ray.is_progress, ray.read_trial),
    "wandb": (wandb_chart.is_chart, wandb_chart.read_chart),
}
"""Tables that trackers export: how one is recognised by its columns, and its reader."""


_CONFIGURATIONS = ("config", "params", "parameters", "args", "hparams", "metadata", "environment", "package")
"""Names of JSON files that hold no curves."""


def _is_study(path: Path) -> bool:
    """Whether a file is of the study's form by its name and, where it can be read, by its members."""
    if path.suffix != ".json" or len(path.stem.split("_")) < 3 or not path.stem.rsplit("_", 1)[1].isdigit():
        return False
    try:
        with checked_file(path).open("rb") as file:
            head = file.read(1 << 20)
    except (OSError, InputError):
        return True
    return not head.lstrip().startswith(b"{") or b'"train"' in head or b'"val"' in head


def _kind(path: Path) -> str | None:
    """What a file of a folder is; None if it is nothing that is imported, or is unpacked beside itself."""
    if path.suffix == ".zip" and path.with_suffix("").is_dir():
        return None
    if known := format_of(path):
        return known
    if _is_study(path):
        return _STUDY
    if path.suffix == ".json":
        return _JSON if any(word in path.stem.lower() for word in _HISTORIES) else None
    return _TABLE if is_table_in_folder(path) else None


def read_source(path: Path, options: ImportOptions) -> list[Reading]:
    """Everything in one source; `InputError` if it is of no known kind, or of several."""
    try:
        path.stat()
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist") from None
    except (OSError, ValueError) as error:
        raise InputError(f"'{path}' cannot be read ({one_line(error)})") from None
    try:
        return _read(path, options)
    except RecursionError:
        raise InputError(f"'{path}' holds what is nested too deeply to be losses") from None


def _read(path: Path, options: ImportOptions) -> list[Reading]:
    if not path.is_dir():
        return [_read_file(checked_file(path), options)]
    stored = is_imported(path) or is_recorded(path)
    if stored or (is_run(path) and (path / MANIFEST).exists()):  # other tools write a config.json too
        raise InputError(f"'{path}' is in the store already: give it to metrics, compare, plot or report as it is")
    return _read_folder(path, options)


def _read_folder(path: Path, options: ImportOptions) -> list[Reading]:
    found = _by_kind(path)
    wanted = {"long": _TABLE, "wide": _TABLE}.get(options.format, options.format)
    if wanted == "wandb" and "wandb" not in found:
        found = {_TABLE: files_below(path, lambda file: file.suffix.lower() in LINES)}
    elif wanted != "auto":
        found = {kind: files for kind, files in found.items() if kind.split()[0] == wanted}
    if len(found) > 1:
        raise InputError(f"'{path}' holds {' and '.join(found)} files: choose with --format, or name the files")
    kind, files = next(iter(found.items()), ("", []))
    if not files and options.format in {"auto", "json"}:
        kind, files = _JSON, files_below(path, lambda file: file.suffix == ".json" and file.stem not in _CONFIGURATIONS)
    if not files:
        known = ", ".join([*dict.fromkeys(name.split()[0] for name in FORMATS), _STUDY, _TABLE, _JSON])
        raise InputError(f"'{path}' holds nothing that can be imported (curves as {known} files)")
    if kind in FORMATS:
        return list(FORMATS[kind].read(path, files, options))
    return [_read_file(file, options) for file in files]


def _by_kind(path: Path) -> dict[str, list[Path]]:
    """The files of a folder by what they are, without those that belong to the runs of another format."""
    kinds: dict[Path, str] = {}

    def wanted(file: Path) -> bool:
        if kind := _kind(file):
            kinds[file] = kind
        return kind is not None

    files = files_below(path, wanted)
    folders: dict[Path, str] = {}
    for file, kind in kinds.items():
        if kind in FORMATS and FORMATS[kind].alone:
            folders[file.parent] = kind
    found: dict[str, list[Path]] = {}
    for file in files:
        owner = next((folders[folder] for folder in file.parents if folder in folders), kinds[file])
        if owner == kinds[file]:
            found.setdefault(kinds[file], []).append(file)
    order = [*FORMATS, _STUDY, _TABLE, _JSON]
    return dict(sorted(found.items(), key=lambda pair: order.index(pair[0])))


def _read_file(path: Path, options: ImportOptions) -> Reading:
    kind = options.format
    if kind == "tensorboard":
        return read_tensorboard(path, options)
    if kind == "mlflow":
        return read_mlflow_sqlite(path, options)
    if kind == "study" or (kind == "auto" and _is_study(path)):
        return read_study(path, options)
    known = format_of(path)
    if known and known not in {"ray", "trainer", "comet", "dvclive"}:
        return FORMATS[known].read(path, (path,), options)[0]
    if path.suffix == ".json":
        return read_json(path, options)
    if not is_table(path):
        raise InputError(
            f"'{path}' is of no known kind: .json, .csv, .tsv, .parquet, .jsonl, .db, .wandb, .zip of an offline "
            "experiment, tfevents"
        )
    return _read_table(path, options)


def _read_table(path: Path, options: ImportOptions) -> Reading:
    """A table of any shape; what some tools export is known by its columns."""
    kind = options.format
    if path.suffix.lower() in LINES and kind == "auto" and is_lines_of_tool(path):
        return read_json(path, options)
    frame, notes, segments = read_table(path)
    for name, (is_export, read) in _EXPORTS.items():
        if kind in {"auto", name} and is_export(frame.columns):
            reading = read(path, frame, options)
            return replace(reading, notes=(*notes, *reading.notes))
    file, settings = settings_beside(path)
    options, given = split_columns(options, frame.columns, settings)
    if kind == "wide" or (kind != "long" and is_wide(frame.columns, options, f"'{path}'")):
        return with_settings(read_wide(path, frame, options, notes), file, settings, given)
    return with_settings(read_long(path, frame, options, notes, segments), file, settings, given)
