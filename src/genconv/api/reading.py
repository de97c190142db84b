"""Read what is in a store, and bring in what others have trained."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genconv.data.toy.reference import REFERENCES
from genconv.errors import InputError
from genconv.store.load import RecordedCells
from genconv.store.load import load as load_paths
from genconv.store.results import Results

if TYPE_CHECKING:
    from genconv.readers.into_store import Imported

Paths = str | Path | Iterable[str | Path]


def load(paths: Paths) -> Results:
    """Read finished runs; no JAX is needed.

    Args:
        paths: One or several run folders, folders of runs, imported cells, recorded runs, or loss-curve files of the
            study.

    Returns:
        The cells. What could not be read is named in `Results.problems`.

    Raises:
        InputError: If a path does not exist or holds no results.

    Example:
        >>> results = genconv.load("runs")

    """
    return load_paths(_several(paths), REFERENCES, _read_recorded)


def import_runs(sources: Paths, output: str | Path = "runs", **options: Any) -> "Imported":
    """Bring runs of other tools into the store.

    Args:
        sources: Files or folders of CSV, Parquet, JSON lines, TensorBoard, W&B, MLflow, or the study's JSON.
        output: The folder of the store.
        **options: How they are read, by the names of the options of `genconv import`: `model`, `dataset`, `columns`
            (a dictionary, role → name in the source), `format`, `align`, `blank`, `nan`, `blow_up`, `negate`,
            `group_by` and `exclude` (tuples), `min_epochs`, `measure` (what the losses say, a `genconv.Measure`).

    Returns:
        What was written, and line by line what was taken for what. The same curves are the same cell: to import them
        again changes nothing.

    Raises:
        InputError: For a source that cannot be read, whose columns are ambiguous, or an unknown option.
        WorkError: If the store cannot be written.

    Example:
        >>> genconv.import_runs("logs", model="mine", dataset="photos", columns={"validation": "val_nll"})

    """
    from genconv.readers.into_store import import_into  # noqa: PLC0415
    from genconv.readers.options import ImportOptions  # noqa: PLC0415  needed by this alone

    known = {one.name for one in fields(ImportOptions)} - {"datasets"}
    for name in options.keys() - known:
        raise InputError(f"import_runs: unknown option {name!r}: one of {', '.join(sorted(known))}")
    read = ImportOptions(**options, datasets=(*REFERENCES, "mnist", "omniglot"))
    return import_into(Path(output), _several(sources), read)


def _read_recorded(folders: Sequence[Path]) -> RecordedCells:
    from genconv.readers.recorded import recorded_cells  # noqa: PLC0415  readers are imported when there is such a run

    return recorded_cells(folders)


def _several(paths: Paths) -> list[Path]:
    return [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
