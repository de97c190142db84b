"""MLflow's folders of files, read without MLflow, and which runs of a store count."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genconv.errors import InputError, quoted
from genconv.file_limits import files_below, read_text
from genconv.readers.log import Log
from genconv.readers.options import ImportOptions
from genconv.readers.run import SIZE, LeftOut, Reading
from genconv.readers.scalar_run import ScalarRun
from genconv.readers.scalars import reading_of

_SMALL = 1 << 20
_NAME, _PARENT = "mlflow.runName", "mlflow.parentRunId"


@dataclass(frozen=True)
class Recorded:
    """A run of a store."""

    identifier: str
    name: str | None
    deleted: bool
    parameters: Mapping[str, str]
    log: Log
    parent: str | None = None
    """The run that this one is nested in."""

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.identifier

    def scalars(self, origin: Path) -> ScalarRun:
        """Its scalars."""
        return self.log.run(self.label, self.parameters, origin, self.name)


def reading_of_runs(
    runs: Sequence[Recorded], files: Sequence[Path], origin: Path, options: ImportOptions, where: str
) -> Reading:
    """The runs that count: none that is deleted, and none nested in another if runs that are not have losses.

    A search of hyper-parameters logs its trials as children of a run. Where only children have losses, they are the
    runs, which a note says.
    """
    deleted = [LeftOut(run.label, "marked as deleted") for run in runs if run.deleted]
    alive = [run for run in runs if not run.deleted]
    if runs and not alive:
        raise InputError(f"{where}: all of its {len(deleted)} runs are deleted")
    known = {run.identifier for run in runs}
    children = [run for run in alive if run.parent in known]
    parents = [run for run in alive if run.parent not in known]
    if not children:
        return reading_of([run.scalars(origin) for run in parents], files, options, where, left_out=deleted)
    every = reading_of([run.scalars(origin) for run in alive], files, options, where, left_out=deleted)
    losses = set(every.columns.values())
    if not any(losses & run.log.names for run in parents):
        labels = quoted([run.label for run in parents], 4)
        note = f"the runs are those nested in {labels}: if they are trials of a search, they are no seeds of one model"
        return reading_of([run.scalars(origin) for run in alive], files, options, where, [note], deleted)
    nested = [LeftOut(run.label, "nested in others, as trials of a search of hyper-parameters") for run in children]
    return reading_of([run.scalars(origin) for run in parents], files, options, where, left_out=[*deleted, *nested])


def is_run_file(path: Path) -> bool:
    """Whether a file is the `meta.yaml` of a run; an experiment has one too."""
    if path.name != "meta.yaml":
        return False
    return (path.parent / "metrics").is_dir() or re.search(r"(?m)^run_(id|uuid):", read_text(path, _SMALL)) is not None


def read_mlflow_files(path: Path, options: ImportOptions) -> Reading:
    """The runs below a folder such as `mlruns`."""
    metas = files_below(path, is_run_file)
    if not metas:
        raise InputError(f"'{path}' holds no MLflow runs (RUN/meta.yaml beside RUN/metrics)")
    runs, files = [], []
    for meta in metas:
        metrics = files_below(meta.parent / "metrics", lambda _: True) if (meta.parent / "metrics").is_dir() else []
        runs.append(_run(meta, metrics))
        files += metrics or [meta]
    return reading_of_runs(runs, files, path, options, f"'{path}'")


def _run(meta: Path, metrics: Sequence[Path]) -> Recorded:
    folder = meta.parent
    tags = _texts(folder / "tags")
    log = Log(f"'{folder}'")
    for file in metrics:
        _add_metric(log, file, str(file.relative_to(folder / "metrics")))
    deleted = re.search(r"(?m)^lifecycle_stage:\s*deleted", read_text(meta, _SMALL)) is not None
    return Recorded(folder.name, tags.get(_NAME), deleted, _texts(folder / "params"), log, tags.get(_PARENT))


def _add_metric(log: Log, file: Path, name: str) -> None:
    """Lines of `timestamp value step`; a step that was logged twice has its later value."""
    rows = []
    lines = read_text(file).splitlines()
    if len(lines) > SIZE:
        raise InputError(f"'{file}' holds more than {SIZE} values")
    for number, line in enumerate(lines, 1):
        parts = line.split()
        try:
            rows.append((float(parts[0]), float(parts[2]) if len(parts) > 2 else 0.0, float(parts[1])))
        except (ValueError, IndexError):
            raise InputError(f"'{file}', line {number}: {line[:40]!r} is not 'timestamp value step'") from None
    for _, step, value in sorted(rows, key=lambda row: row[0]):
        log.add(name, step, value)


def _texts(folder: Path) -> dict[str, str]:
    """File name → content of small text files; empty without the folder."""
    if not folder.is_dir():
        return {}
    small = [file for file in files_below(folder, lambda _: True) if 0 < file.stat().st_size <= _SMALL]
    return {str(file.relative_to(folder)): read_text(file).strip() for file in small}
