"""What trackio, Neptune, Aim, Comet, ClearML and DVCLive write, and charts of W&B."""

import json
import math
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.readers.foreign_files import csv, mlflow_run, wandb_file

from genconv.errors import InputError
from genconv.readers.cells import Import, read_cells
from genconv.readers.options import ImportOptions

TRAINING, VALIDATION = [6.0, 5.5, 5.0], [6.25, 5.75, 5.25]
SEEDS = (3, 4)


def told(path: Path, **options: Any) -> tuple[Import, str]:
    (found,), told = read_cells([path], ImportOptions("m", "d", **options))
    return found, " ".join(told)


def one(path: Path, **options: Any) -> Import:
    return told(path, **options)[0]


def assert_the_curves(found: Import, seeds: tuple[int, ...] = SEEDS) -> None:
    assert found.cell.seeds == seeds
    np.testing.assert_array_equal(found.cell.training, [TRAINING] * len(seeds))
    np.testing.assert_array_equal(found.cell.validation, [VALIDATION] * len(seeds))


def trackio_database(path: Path, *, rows: list[tuple[str, int, Any]], configs: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE metrics (id INTEGER PRIMARY KEY, run_id TEXT, timestamp TEXT, run_name TEXT, step INTEGER,"
            " metrics TEXT)"
        )
        database.execute("CREATE TABLE configs (id INTEGER PRIMARY KEY, run_id TEXT, run_name TEXT, config TEXT)")
        found = [(f"id-{run}", "2026-01-01", run, step, json.dumps(values).encode()) for run, step, values in rows]
        database.executemany(
            "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES (?,?,?,?,?)", found
        )
        kept = [(f"id-{run}", run, json.dumps(config).encode()) for run, config in configs.items()]
        database.executemany("INSERT INTO configs (run_id, run_name, config) VALUES (?,?,?)", kept)
        database.commit()
    return path


ROWS = [
    (f"vae-{seed}", step, {"train/loss": TRAINING[step], "val/loss": VALIDATION[step], "epoch": step})
    for seed in SEEDS
    for step in range(3)
]
CONFIGS = {f"vae-{seed}": {"seed": seed, "net": {"depth": 2}, "_Group": None} for seed in SEEDS}


def test_the_database_of_trackio(tmp_path: Path) -> None:
    path = trackio_database(tmp_path / "trackio/project.db", rows=ROWS, configs=CONFIGS)
    assert_the_curves(one(path))
    assert_the_curves(one(tmp_path / "trackio"))


def test_trackio_writes_what_is_not_finite_as_text(tmp_path: Path) -> None:
    rows = [("a", 0, {"val_loss": 1.0}), ("a", 1, {"val_loss": "-Infinity"}), ("a", 2, {"val_loss": "NaN"})]
    cell = one(trackio_database(tmp_path / "p.db", rows=rows, configs={}), nan="diverged").cell
    np.testing.assert_array_equal(cell.validation, [[1.0, -math.inf, math.nan]])


def test_the_parquet_files_of_trackio(tmp_path: Path) -> None:
    plain = [{"run_id": run, "run_name": run, "timestamp": "t", "step": step, **row} for run, step, row in ROWS]
    pl.DataFrame(plain).write_parquet(tmp_path / "project.parquet")
    configs = [{"run_id": run, "run_name": run, "created_at": "t", **config} for run, config in CONFIGS.items()]
    pl.DataFrame(configs).write_parquet(tmp_path / "project_configs.parquet")
    assert_the_curves(one(tmp_path / "project.parquet"))
    assert_the_curves(one(tmp_path))


def neptune_rows(run: str, seed: int) -> list[dict[str, Any]]:
    empty = {"step": None, "int_value": None, "float_value": None, "string_value": None}
    base = {"project_id": "w/p", "run_id": run, **empty}
    series = [
        {**base, "attribute_path": name, "attribute_type": "float_series", "step": float(step), "float_value": value}
        for name, values in (("train/loss", TRAINING), ("val/loss", VALIDATION))
        for step, value in enumerate(values)
    ]
    settings = [
        {**base, "attribute_path": "parameters/seed", "attribute_type": "int", "int_value": seed},
        {**base, "attribute_path": "sys/name", "attribute_type": "string", "string_value": "vae_beta4"},
    ]
    return series + settings


def test_the_parquet_files_of_neptune_whose_parts_belong_together(tmp_path: Path) -> None:
    schema = {"step": pl.Decimal(18, 6), "int_value": pl.Int64, "float_value": pl.Float64, "string_value": pl.String}
    for seed in SEEDS:
        rows = neptune_rows(f"RUN-{seed}", seed)
        for part, some in enumerate((rows[:4], rows[4:])):
            frame = pl.DataFrame(some, schema_overrides=schema)
            frame.write_parquet(tmp_path / f"RUN-{seed}_part_{part}.parquet")
    assert_the_curves(one(tmp_path))
    (found,), _ = read_cells([tmp_path], ImportOptions(dataset="d"))
    assert found.cell.model == "vae_beta4"


def aim_rows() -> list[str]:
    return [
        f"{step},{step},{value},{step},{seed * 'f'}a1,{seed},{name},{subset}"
        for seed in SEEDS
        for name, subset, values in (("loss", "train", TRAINING), ("loss", "val", VALIDATION))
        for step, value in enumerate(values)
    ]


def test_the_table_that_aim_exports(tmp_path: Path) -> None:
    header = "idx,step,value,epoch,run.hash,run.hparams.seed,metric.name,metric.context.subset"
    found, said = told(csv(tmp_path / "aim.csv", header, *aim_rows()))
    assert_the_curves(found)
    assert "training ← 'train/loss', validation ← 'val/loss'" in said


def comet_rows() -> list[dict[str, Any]]:
    return [
        {"metricName": name, "metricValue": str(value), "step": 10 * step, "epoch": step, "timestamp": 1}
        for name, values in (("train_loss", TRAINING), ("val_loss", VALIDATION))
        for step, value in enumerate(values)
    ]


def test_experiments_that_were_downloaded_from_comet(tmp_path: Path) -> None:
    for seed in SEEDS:
        folder = tmp_path / f"workspace/project/key{seed}"
        folder.mkdir(parents=True)
        (folder / "metrics.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in comet_rows()))
        (folder / "metadata.json").write_text(json.dumps({"experimentName": "vae", "experimentKey": f"key{seed}"}))
        (folder / "parameters.json").write_text(json.dumps([{"name": "seed", "valueCurrent": str(seed)}]))
        assert_the_curves(one(folder / "metrics.jsonl"), (seed,))
    assert_the_curves(one(tmp_path))


def test_a_step_that_is_no_number_is_refused(tmp_path: Path) -> None:
    rows = [{**row, "step": "ten"} for row in comet_rows()]
    (tmp_path / "metrics.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with pytest.raises(InputError, match="'train_loss' is at the step 'ten', which is no number"):
        one(tmp_path / "metrics.jsonl")
    rows = [{**row, "step": None, "epoch": None} for row in comet_rows()]
    (tmp_path / "metrics.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with pytest.raises(InputError, match="is at the step 'None'"):
        one(tmp_path / "metrics.jsonl")


def test_the_archive_of_an_offline_experiment_of_comet(tmp_path: Path) -> None:
    messages: list[dict[str, Any]] = [
        {"type": "log_other", "payload": {"key": "Name", "value": "vae"}},
        {"type": "parameter_msg", "payload": {"param": {"paramName": "seed", "paramValue": 3}}},
        *({"type": "metric_msg", "payload": {"metric": row}} for row in comet_rows()),
    ]
    path = tmp_path / "0123456789abcdef.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("experiment.json", "{}")
        archive.writestr("messages.json", "".join(f"{json.dumps(message)}\n" for message in messages))
    assert_the_curves(one(path), (3,))


def clearml_session(seed: int) -> tuple[str, str]:
    events = [
        {"type": "training_stats_scalar", "iter": step, "metric": "loss", "variant": variant, "value": value}
        for variant, values in (("train", TRAINING), ("val", VALIDATION))
        for step, value in enumerate(values)
    ]
    section = {"seed": {"name": "seed", "value": str(seed)}}
    return f"{json.dumps(events)}\n", json.dumps({"name": "vae", "hyperparams": {"General": section}})


def test_offline_sessions_of_clearml(tmp_path: Path) -> None:
    for seed in SEEDS:
        folder = tmp_path / f"offline-{seed}"
        folder.mkdir()
        metrics, task = clearml_session(seed)
        (folder / "metrics.jsonl").write_text(metrics)
        (folder / "task.json").write_text(task)
        (folder / "log.jsonl").write_text("{}\n")
        with zipfile.ZipFile(tmp_path / f"offline-{seed}.zip", "w") as archive:
            archive.writestr("metrics.jsonl", metrics)
            archive.writestr("task.json", task)
        assert_the_curves(one(tmp_path / f"offline-{seed}.zip"), (seed,))
    assert_the_curves(one(tmp_path))


def test_reported_scalars_of_clearml(tmp_path: Path) -> None:
    steps = [0, 1, 2]
    scalars = {"loss": {"train": {"x": steps, "y": TRAINING}, "val": {"x": steps, "y": VALIDATION, "name": "val"}}}
    (tmp_path / "task.json").write_text(json.dumps(scalars))
    assert_the_curves(one(tmp_path / "task.json"), (0,))


def test_folders_of_dvclive(tmp_path: Path) -> None:
    for seed in SEEDS:
        folder = tmp_path / f"exp{seed}/dvclive"
        for split, values in (("train", TRAINING), ("val", VALIDATION)):
            rows = [f"{step}\t{value}" for step, value in enumerate(values)]
            csv(folder / f"plots/metrics/{split}/loss.tsv", "step\tloss", *rows)
        (folder / "params.yaml").write_text(f"# made by hand\nnet:\n  depth: 2\n  act: 'relu'\nseed: {seed}\nlr: 0.1\n")
        (folder / "metrics.json").write_text("{}")
    found, said = told(tmp_path)
    assert_the_curves(found)
    assert "training ← 'train/loss', validation ← 'val/loss'" in said


CHART = "Step,vae_s3 - val_loss,vae_s3 - val_loss__MIN,vae_s3 - val_loss__MAX,flow_s3 - val_loss"


def test_models_of_a_wandb_chart_are_told_apart_by_the_names_of_runs(tmp_path: Path) -> None:
    path = csv(tmp_path / "wandb_export.csv", CHART, "0,3,3,3,5", "10,2,2,2,4")
    cells, _ = read_cells([path], ImportOptions(dataset="d"))
    assert {found.cell.model: found.cell.validation.tolist() for found in cells} == {"vae": [[3, 2]], "flow": [[5, 4]]}
    assert cells[0].cell.steps_at is not None
    assert cells[0].cell.steps_at.tolist() == [0, 10]


def test_means_in_a_wandb_chart_are_no_curves(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", CHART, "0,3,3,3,5", "10,2,1.5,2.5,4")
    with pytest.raises(InputError, match=r"'vae_s3 - val_loss' holds means over several values \(row 2: 1.5 to 2.5\)"):
        one(path)
    grouped = csv(tmp_path / "b.csv", "Step,Group: vae - val_loss", "0,3", "1,2")
    with pytest.raises(InputError, match="'Group: vae - val_loss' is a mean over a group of runs"):
        one(grouped)


def test_a_step_of_wandb_that_was_logged_twice_is_said(tmp_path: Path) -> None:
    rows = [{"_step": "0", "val_loss": "3.0"}, {"_step": "1", "val_loss": "2.0"}, {"_step": "1", "val_loss": "1.0"}]
    found, said = told(wandb_file(tmp_path / "run-a.wandb", {}, rows))
    np.testing.assert_array_equal(found.cell.validation, [[3.0, 1.0]])
    assert "a step that was written twice has its later value: 1 earlier loss is not read" in said


def wandb_rows(values: list[float], first: int = 0) -> list[dict[str, str]]:
    return [{"_step": str(step), "val_loss": str(value)} for step, value in enumerate(values, first)]


def test_the_files_of_a_run_of_wandb_that_was_resumed_are_one_run(tmp_path: Path) -> None:
    wandb_file(tmp_path / "offline-run-20260101_000000-a/run-a.wandb", {}, wandb_rows([5.0, 4.0, 3.0]))
    wandb_file(tmp_path / "offline-run-20260102_000000-a/run-a.wandb", {}, wandb_rows([2.0, 1.0], first=2))
    found, said = told(tmp_path)
    np.testing.assert_array_equal(found.cell.validation, [[5.0, 4.0, 2.0, 1.0]])
    assert "was started again: step 2 was written twice, the earlier event is void" in said


def test_losses_are_at_the_epochs_that_were_logged_beside_them_if_asked(tmp_path: Path) -> None:
    rows = [
        {"_step": "0", "train_loss": "5.0", "epoch": "0"},
        {"_step": "7", "train_loss": "4.0", "epoch": "0"},
        {"_step": "8", "val_loss": "3.0", "epoch": "0"},
        {"_step": "15", "train_loss": "2.0", "epoch": "1"},
        {"_step": "16", "val_loss": "1.0"},
    ]
    path = wandb_file(tmp_path / "run-a.wandb", {}, rows)
    cell = one(path, columns={"epoch": "epoch"}).cell
    np.testing.assert_array_equal(cell.training, [[4.5, 2.0]])
    np.testing.assert_array_equal(cell.validation, [[3.0, 1.0]])
    assert (cell.epochs_at, cell.steps_at) == (None, None)
    with pytest.raises(InputError, match="has no scalar 'epok' for epoch: it has 'epoch', 'train_loss', 'val_loss'"):
        one(path, columns={"epoch": "epok"})
    with pytest.raises(InputError, match="--columns split=phase: the losses of a tracker have names"):
        one(path, columns={"split": "phase"})


def test_what_is_called_seed_counts_before_other_states_of_random_numbers(tmp_path: Path) -> None:
    for seed in SEEDS:
        config = {"seed": str(seed), "random_state": "42"}
        wandb_file(tmp_path / f"run-{seed}.wandb", config, wandb_rows([2.0 + seed]))
    assert one(tmp_path).cell.seeds == SEEDS


def test_runs_of_wandb_in_files_of_other_names_are_other_runs(tmp_path: Path) -> None:
    data = wandb_file(tmp_path / "a/run-a.wandb", {}, wandb_rows([5.0, 4.0])).read_bytes()
    (tmp_path / "b").mkdir()
    (tmp_path / "b/run-b.wandb").write_bytes(data)  # the same identifier within
    assert len(one(tmp_path).cell.seeds) == 2


def test_the_group_of_runs_of_wandb_names_the_model(tmp_path: Path) -> None:
    for seed in SEEDS:
        rows, config = wandb_rows([2.0 + seed]), {"seed": str(seed)}
        wandb_file(tmp_path / f"one/run-{seed}.wandb", config, rows, name=f"seed{seed}", group="vae_beta4")
        for model in ("vae", "flow"):
            wandb_file(tmp_path / f"two/run-{model}{seed}.wandb", config, rows, name=f"{model}-s{seed}", group="sweep")
    (found,), _ = read_cells([tmp_path / "one"], ImportOptions(dataset="d"))
    assert (found.cell.model, found.cell.seeds) == ("vae_beta4", SEEDS)
    cells, said = read_cells([tmp_path / "two"], ImportOptions(dataset="d"))
    assert sorted(one.cell.model for one in cells) == ["flow", "vae"]
    assert "the names of the runs tell models apart within the group 'sweep'" in said[0]


def test_a_number_that_is_the_seed_is_no_part_of_the_model(tmp_path: Path) -> None:
    configs = {f"vae-{seed}": {"seed": seed} for seed in SEEDS}
    path = trackio_database(tmp_path / "p.db", rows=ROWS, configs=configs)
    cells, _ = read_cells([path], ImportOptions(dataset="d"))
    assert [(found.cell.model, found.cell.seeds) for found in cells] == [("vae", SEEDS)]


def test_a_chart_of_wandb_over_times_is_refused(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "Relative Time (Process),a - val_loss", "0.5,3", "1.5,2")
    with pytest.raises(InputError, match="its places are times"):
        one(path)


def nested(root: Path, name: str, losses: dict[str, Any], parent: str | None = None) -> None:
    mlflow_run(root, name, losses, {})
    if parent:
        (root / "0" / name / "tags/mlflow.parentRunId").write_text(parent)


def test_trials_of_a_search_in_mlflow_are_left_out_and_said(tmp_path: Path) -> None:
    nested(tmp_path / "mlruns", "a", {"val_loss": [3.0, 2.0]})
    nested(tmp_path / "mlruns", "b", {"val_loss": [9.0, 9.0]}, "a")
    nested(tmp_path / "mlruns", "c", {})
    found, said = told(tmp_path / "mlruns")
    np.testing.assert_array_equal(found.cell.validation, [[3.0, 2.0]])
    assert "left out: 1 run nested in others, as trials of a search of hyper-parameters ('run b')" in said
    assert "left out: 1 run without any of these losses ('run c')" in said


def test_where_nested_runs_alone_have_losses_they_are_the_runs(tmp_path: Path) -> None:
    nested(tmp_path / "mlruns", "a", {})
    for name in "bc":
        nested(tmp_path / "mlruns", name, {"val_loss": [3.0, 2.0]}, "a")
    found, said = told(tmp_path / "mlruns")
    assert len(found.cell.seeds) == 2
    assert "the runs are those nested in 'run a'" in said
