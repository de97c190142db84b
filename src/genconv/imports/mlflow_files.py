"""MLflow's file store: `EXPERIMENT/RUN/meta.yaml` beside `metrics/NAME`, `params/NAME` and `tags/NAME`."""

import re
from pathlib import Path

import numpy as np

from genconv.errors import InputError
from genconv.imports.options import ImportOptions
from genconv.imports.paths import files_below
from genconv.imports.run import SIZE, Reading, Series
from genconv.imports.scalars import ScalarRun, runs_of
from genconv.imports.series import series_of
from genconv.untrusted import read_text

_SMALL = 1 << 20


def is_run_file(path: Path) -> bool:
    """Whether a file is the `meta.yaml` of a run (an experiment has one too, without metrics beside it)."""
    return path.name == "meta.yaml" and (path.parent / "metrics").is_dir()


def read_mlflow_files(path: Path, options: ImportOptions) -> Reading:
    """The runs below a folder such as `mlruns`; deleted ones are left out."""
    metas = files_below(path, is_run_file)
    if not metas:
        raise InputError(f"'{path}' holds no MLflow runs (RUN/meta.yaml beside RUN/metrics)")
    found, files, deleted = [], [], 0
    for meta in metas:
        text = read_text(meta, _SMALL)
        if re.search(r"(?m)^lifecycle_stage:\s*deleted", text):
            deleted += 1
            continue
        metrics = files_below(meta.parent / "metrics", lambda _: True)
        scalars = {str(file.relative_to(meta.parent / "metrics")): _metric(file) for file in metrics}
        parameters = _texts(meta.parent / "params")
        name = _texts(meta.parent / "tags").get("mlflow.runName") or meta.parent.name
        found.append(ScalarRun(name, scalars, parameters, path))
        files += metrics
    if not found:
        raise InputError(f"'{path}': all of its {deleted} runs are deleted")
    runs, roles = runs_of(found, options, f"'{path}'")
    notes = (f"left out: {deleted} deleted runs",) if deleted else ()
    return Reading(runs, tuple(files), roles, notes)


def _metric(file: Path) -> Series:
    """Lines of `timestamp value step`; a step that was logged twice has its later value."""
    steps, values, times = [], [], []
    lines = read_text(file).splitlines()
    if len(lines) > SIZE:
        raise InputError(f"'{file}' holds more than {SIZE} values")
    for number, line in enumerate(lines, 1):
        parts = line.split()
        try:
            times.append(float(parts[0]))
            values.append(float(parts[1]))
            steps.append(float(parts[2]) if len(parts) > 2 else 0.0)
        except (ValueError, IndexError):
            raise InputError(f"'{file}', line {number}: {line[:40]!r} is not 'timestamp value step'") from None
    return series_of(np.array(steps), np.array(values), f"'{file}', step", "last", np.array(times))


def _texts(folder: Path) -> dict[str, str]:
    """File name → content of small text files; empty without the folder."""
    if not folder.is_dir():
        return {}
    small = [file for file in files_below(folder, lambda _: True) if 0 < file.stat().st_size <= _SMALL]
    return {str(file.relative_to(folder)): read_text(file).strip() for file in small}
