"""Send results to trackers, tables, papers and archives."""

from pathlib import Path
from typing import TYPE_CHECKING

from genconv.api.given import on_results
from genconv.store.results import Results

if TYPE_CHECKING:
    from genconv.export.targets import ExportOptions, Target


@on_results
def export_results(
    results: Results, target: "Target", folder: str | Path, options: "ExportOptions | None" = None
) -> list[Path]:
    """Write results for other programs.

    Args:
        results: What `load`, `train` or `choose` returned.
        target: `csv`, `parquet`, `tensorboard`, `wandb` (offline runs), `mlflow` (a SQLite store), `latex`, `checklist`
            (sentences on error bars), `crate` (an RO-Crate of tables, sentences and citation), `citation`.
        folder: Where to; made if missing.
        options: Metrics and level of tables, title, author and license (`genconv.export.targets.ExportOptions`).

    Returns:
        What was written.

    Raises:
        InputError: For an unknown target, or one whose package is not installed.
        WorkError: If the folder cannot be written.

    """
    from genconv.export.targets import write  # noqa: PLC0415

    return write(results, target, Path(folder), options)
