"""The same runs as each tracker or trainer writes them."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
from tests.readers.foreign_files import csv, event_record, mlflow_run, part, scalar, wandb_file

Points = Sequence[tuple[int, float]]
Runs = Mapping[int, Mapping[str, Points]]
"""Seed → name of the loss → steps and values."""


def _lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def _rows(losses: Mapping[str, Points]) -> list[dict[str, Any]]:
    """A row for each step, with the losses that it has."""
    steps = sorted({step for points in losses.values() for step, _ in points})
    found = {name: dict(points) for name, points in losses.items()}
    return [
        {"step": step, **{name: values[step] for name, values in found.items() if step in values}} for step in steps
    ]


def tensorboard(root: Path, runs: Runs) -> None:
    for seed, losses in runs.items():
        folder = root / f"vae_seed{seed}"
        folder.mkdir(parents=True)
        data = event_record(part(3, b"brain.Event:2"))
        data += b"".join(scalar(name, step, value) for name, points in losses.items() for step, value in points)
        (folder / "events.out.tfevents.1.host").write_bytes(data)


def wandb(root: Path, runs: Runs) -> None:
    names = {"step": "_step"}
    for seed, losses in runs.items():
        rows = [{names.get(key, key): _wandb(value) for key, value in row.items()} for row in _rows(losses)]
        wandb_file(root / f"run-{seed}/run-id{seed}.wandb", {"seed": str(seed)}, rows, name="vae")


def _wandb(value: float) -> str:
    text = json.dumps(value)
    return f'"{text}"' if text in {"NaN", "Infinity", "-Infinity"} else text


def mlflow(root: Path, runs: Runs) -> None:
    for seed, losses in runs.items():
        mlflow_run(root, f"r{seed}", {}, {"seed": str(seed)})
        for name, points in losses.items():
            file = root / "0" / f"r{seed}" / "metrics" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text("".join(f"1 {value!r} {step}\n" for step, value in points))


def trackio(root: Path, runs: Runs) -> None:
    root.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(root / "project.db")) as database:
        database.execute("CREATE TABLE metrics (id INTEGER PRIMARY KEY, run_name TEXT, step INTEGER, metrics TEXT)")
        for seed, losses in runs.items():
            for row in _rows(losses):
                text = json.dumps({key: value for key, value in row.items() if key != "step"})
                values = (f"vae-seed{seed}", row["step"], text)
                database.execute("INSERT INTO metrics (run_name, step, metrics) VALUES (?, ?, ?)", values)
        database.commit()


def dvclive(root: Path, runs: Runs) -> None:
    for seed, losses in runs.items():
        for name, points in losses.items():
            split = name.removesuffix("_loss")
            rows = [f"{step}\t{value}" for step, value in points]
            csv(root / f"seed{seed}/dvclive/plots/metrics/{split}/loss.tsv", "step\tloss", *rows)


def ray(root: Path, runs: Runs) -> None:
    for seed, losses in runs.items():
        rows = [{**row, "training_iteration": row["step"] + 1, "config": {"seed": seed}} for row in _rows(losses)]
        _lines(root / f"trial_{seed}/result.json", [{k: v for k, v in row.items() if k != "step"} for row in rows])
        _lines(root / f"trial_{seed}/params.json", [{"seed": seed}])


def trainer(root: Path, runs: Runs) -> None:
    names = {"train_loss": "loss", "val_loss": "eval_loss"}
    for seed, losses in runs.items():
        history = [
            {"epoch": step + 1.0, "step": 10 * step, names.get(name, name): value}
            for name, points in losses.items()
            for step, value in points
        ]
        _lines(root / f"vae_seed{seed}/trainer_state.json", [{"log_history": history}])


def comet(root: Path, runs: Runs) -> None:
    for seed, losses in runs.items():
        folder = root / f"key{seed}"
        rows = [
            {"metricName": name, "metricValue": str(value), "step": step}
            for name, points in losses.items()
            for step, value in points
        ]
        _lines(folder / "metrics.jsonl", rows)
        _lines(folder / "metadata.json", [{"experimentName": f"vae seed {seed}"}])


def clearml(root: Path, runs: Runs) -> None:
    for seed, losses in runs.items():
        rows = [
            {"type": "training_stats_scalar", "metric": name, "variant": name, "iter": step, "value": value}
            for name, points in losses.items()
            for step, value in points
        ]
        _lines(root / f"offline-{seed}/metrics.jsonl", rows)
        _lines(root / f"offline-{seed}/task.json", [{"name": f"vae seed {seed}"}])


def neptune(root: Path, runs: Runs) -> None:
    rows = [
        {
            "run_id": f"seed{seed}",
            "attribute_path": name,
            "attribute_type": "float_series",
            "step": float(step),
            "float_value": value,
        }
        for seed, losses in runs.items()
        for name, points in losses.items()
        for step, value in points
    ]
    root.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_parquet(root / "part_0.parquet")


WRITERS: dict[str, Callable[[Path, Runs], None]] = {
    writer.__name__: writer
    for writer in (tensorboard, wandb, mlflow, trackio, dvclive, ray, trainer, comet, clearml, neptune)
}
