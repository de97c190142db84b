"""MLflow: a SQLite store `mlflow.db`, which `mlflow ui` shows. Needs `genconv[mlflow]`."""

from pathlib import Path
from typing import Any

from genconv.errors import InputError
from genconv.export.runs import ExportedRun, exported_cells
from genconv.store.results import Results

NAME, EXPERIMENT = "mlflow.db", "genconv"
_METRICS, _PARAMETERS, _LONGEST = 1000, 100, 6000
"""The most that MLflow takes at once, and of one text."""


def write_mlflow(results: Results, folder: Path) -> list[Path]:
    """Runs in the experiment `genconv` of a new store; an existing one is refused, it would hold every run twice."""
    try:
        from mlflow import MlflowClient  # noqa: PLC0415  it is needed here only
        from mlflow.entities import Metric, Param  # noqa: PLC0415
    except ImportError:
        raise InputError("mlflow is not installed: pip install 'genconv[mlflow]'") from None
    path = folder / NAME
    if path.exists():
        raise InputError(f"'{path}' exists: its runs would be there twice; name another folder, or remove it")
    folder.mkdir(parents=True, exist_ok=True)
    client = MlflowClient(tracking_uri=f"sqlite:///{path.absolute()}")
    experiment = client.create_experiment(EXPERIMENT, artifact_location=(folder.absolute() / "artifacts").as_uri())
    for run in (run for cell in exported_cells(results) for run in cell):
        metrics, parameters = _metrics(run, Metric), _parameters(run, Param)
        _log(client, experiment, run, metrics, parameters)
    return [path]


def _log(client: Any, experiment: str, run: ExportedRun, metrics: list[Any], parameters: list[Any]) -> None:
    made = client.create_run(
        experiment, run_name=f"{run.cell_folder}-{run.folder}", start_time=0, tags={"diverged": str(run.diverged)}
    )
    for some in _in_parts(metrics, _METRICS):
        client.log_batch(made.info.run_id, metrics=some)
    for some in _in_parts(parameters, _PARAMETERS):
        client.log_batch(made.info.run_id, params=some)
    client.set_terminated(made.info.run_id, end_time=0)


def _metrics(run: ExportedRun, metric: Any) -> list[Any]:
    return [
        metric(name, value, 0, step)
        for name, track in run.tracks.items()
        for step, value in zip(track.places, track.values.tolist(), strict=True)
    ]


def _parameters(run: ExportedRun, parameter: Any) -> list[Any]:
    own = {"dataset": run.dataset, "model": run.model, "seed": str(run.label)}
    return [parameter(name, value[:_LONGEST]) for name, value in {**run.settings, **own}.items()]


def _in_parts(items: list[Any], most: int) -> list[list[Any]]:
    return [items[start : start + most] for start in range(0, len(items), most)]
