"""`cancel`: end the workers that a study has on a cluster."""

from pathlib import Path
from typing import Annotated

import typer


def cancel(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The output folder of a study.")] = Path("runs"),
    study: Annotated[
        str | None,
        typer.Option("--study", metavar="NAME", help="Only this study; all if left out.", show_default=False),
    ] = None,
) -> int:
    """Cancel the cluster's jobs of a study; their workers save first, and the study can go on later."""
    from genconv.errors import InputError, unknown_name  # noqa: PLC0415
    from genconv.experiment.engines.slurm import cancel as cancel_jobs  # noqa: PLC0415
    from genconv.store.submissions import submitted_studies  # noqa: PLC0415

    if not store.is_dir():
        raise InputError(f"'{store}' is not a folder")
    known = submitted_studies(store)
    if study is not None and study not in known:
        raise unknown_name("study with jobs on a cluster", study, known)
    ended = [job for name in ([study] if study else known) for job in cancel_jobs(store, name)]
    for job in ended:
        typer.echo(f"cancelled: SLURM job {job.job} of {job.workers} workers; what they have saved stays")
    if not ended:
        typer.echo(f"no job of a cluster works on {store}")
    return 0
