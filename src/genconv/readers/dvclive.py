"""DVCLive's folders: a `.tsv` for each metric below `plots/metrics`, and `params.yaml`."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from genconv.errors import InputError
from genconv.readers.log import Log
from genconv.readers.options import ImportOptions
from genconv.readers.run import Reading
from genconv.readers.scalar_run import ScalarRun
from genconv.readers.scalars import reading_of
from genconv.readers.tables import read_table
from genconv.readers.yaml_settings import settings_in

_METRICS = ("plots", "metrics")


def is_metric_file(file: Path) -> bool:
    """Whether a file is what DVCLive writes for one metric."""
    return file.suffix == ".tsv" and _folder_of(file) is not None


def _folder_of(file: Path) -> Path | None:
    """The folder of the run: what `plots/metrics` lies in."""
    parents = list(file.parents)
    for metrics, plots in pairwise(parents):
        if (plots.name, metrics.name) == _METRICS:
            return plots.parent
    return None


def read_dvclive(path: Path, files: Sequence[Path], options: ImportOptions) -> Reading:
    """The runs below a folder; `train/loss.tsv` and `val/loss.tsv` of one folder are two losses of one run."""
    runs: dict[Path, list[Path]] = {}
    for file in files:
        runs.setdefault(_folder_of(file) or path, []).append(file)
    return reading_of([_run(folder, parts) for folder, parts in runs.items()], files, options, f"'{path}'")


def _run(folder: Path, files: Sequence[Path]) -> ScalarRun:
    log = Log(f"'{folder}'")
    for file in files:
        name = str(file.relative_to(folder.joinpath(*_METRICS)).with_suffix(""))
        table = read_table(file).frame
        column = file.stem if file.stem in table.columns else table.columns[-1]
        if "step" not in table.columns or column == "step":
            raise InputError(f"'{file}' is no metric of DVCLive: its columns are not step and {file.stem}")
        for step, value in table.select("step", column).iter_rows():
            log.add(name, step, value or None, text=True)
    label = folder.name if folder.name != "dvclive" else folder.parent.name or folder.name
    return log.run(label, settings_in(folder / "params.yaml"), folder)
