"""JSON of trainers, as those programs write it."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genconv.errors import InputError
from genconv.readers.cells import Import, read_cells
from genconv.readers.options import ImportOptions

TRAINING, VALIDATION = [6.0, 5.5, 5.0], [6.25, 5.75, 5.25]


def dumped(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def lines(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def told(path: Path, **options: Any) -> tuple[Import, str]:
    (found,), told = read_cells([path], ImportOptions("m", "d", **options))
    return found, " ".join(told)


def one(path: Path, **options: Any) -> Import:
    return told(path, **options)[0]


def state(*, rows: int = 3) -> dict[str, Any]:
    history: list[dict[str, Any]] = []
    for epoch in range(rows):
        place = {"epoch": epoch + 1.0, "step": 10 * (epoch + 1)}
        history += [{**place, "loss": TRAINING[epoch]}, {**place, "eval_loss": VALIDATION[epoch], "eval_runtime": 1.0}]
    return {"epoch": float(rows), "global_step": 10 * rows, "log_history": history}


def assert_the_curves(found: Import, seeds: tuple[int, ...] = (0,)) -> None:
    assert found.cell.seeds == seeds
    np.testing.assert_array_equal(found.cell.training, [TRAINING] * len(seeds))
    np.testing.assert_array_equal(found.cell.validation, [VALIDATION] * len(seeds))


def test_the_history_in_a_trainer_state(tmp_path: Path) -> None:
    document = state()
    summary = {"epoch": 3.0, "step": 30, "train_loss": 5.5, "train_runtime": 9.0}
    document["log_history"].append(summary)
    found, said = told(dumped(tmp_path / "out/trainer_state.json", document))
    assert_the_curves(found)
    assert "left out: the row that sums up the training" in said


def test_training_losses_within_an_epoch_are_averaged_up_to_the_evaluation(tmp_path: Path) -> None:
    rows = [
        {"epoch": 0.5, "step": 5, "loss": 7.0},
        {"epoch": 1.0, "step": 10, "loss": 6.0},
        {"epoch": 1.0, "step": 10, "eval_loss": 6.25},
        {"epoch": 2.0, "step": 20, "loss": 5.5},
        {"epoch": 2.0, "step": 20, "eval_loss": math.nan},
    ]
    cell = one(dumped(tmp_path / "trainer_state.json", {"log_history": rows}), nan="diverged").cell
    np.testing.assert_array_equal(cell.training, [[6.5, 5.5]])
    np.testing.assert_array_equal(cell.validation, [[6.25, math.nan]])


def test_evaluations_within_epochs_are_at_steps(tmp_path: Path) -> None:
    rows = [
        {"epoch": 0.4, "step": 20, "loss": 7.0},
        {"epoch": 0.5, "step": 25, "eval_loss": 6.25},
        {"epoch": 1.0, "step": 50, "loss": 6.0},
        {"epoch": 1.0, "step": 50, "eval_loss": 5.75},
    ]
    cell = one(dumped(tmp_path / "trainer_state.json", {"log_history": rows})).cell
    assert cell.epochs_at is None
    assert cell.steps_at is not None
    assert cell.steps_at.tolist() == [25, 50]
    np.testing.assert_array_equal(cell.training, [[7.0, 6.0]])


def test_of_the_checkpoints_of_a_run_the_last_is_read(tmp_path: Path) -> None:
    for seed in (3, 4):
        for rows in (1, 2, 3):
            dumped(tmp_path / f"out/vae_seed{seed}/checkpoint-{10 * rows}/trainer_state.json", state(rows=rows))
    dumped(tmp_path / "out/vae_seed3/checkpoint-30/config.json", {"hidden": 2})
    found, said = told(tmp_path / "out")
    assert_the_curves(found, (3, 4))
    assert "of the checkpoints of a run the last is read (4 others hold a part of its history)" in said


def test_several_evaluation_sets_are_named_for_choice(tmp_path: Path) -> None:
    rows = [{"epoch": 1.0, "step": 1, "loss": 3.0, "eval_a_loss": 4.0, "eval_b_loss": 5.0}]
    path = dumped(tmp_path / "trainer_state.json", {"log_history": rows})
    with pytest.raises(InputError, match="validation may be any of 'eval_a_loss', 'eval_b_loss': choose one"):
        one(path)
    cell = one(path, columns={"training": "loss", "validation": "eval_b_loss"}).cell
    np.testing.assert_array_equal(cell.validation, [[5.0]])


RESULTS = [
    {"loss": a, "val_loss": b, "training_iteration": n + 1, "config": {"lr": 0.01, "seed": 41, "net": {"depth": 2}}}
    for n, (a, b) in enumerate(zip(TRAINING, VALIDATION, strict=True))
]


def test_results_of_ray_tune_are_lines_whatever_the_suffix(tmp_path: Path) -> None:
    found, said = told(lines(tmp_path / "result.json", RESULTS))
    assert_the_curves(found, (41,))
    assert "epoch ← 'training_iteration', seed ← 'config/seed'" in said


def test_one_line_of_ray_tune_is_a_result_too(tmp_path: Path) -> None:
    assert one(lines(tmp_path / "result.json", RESULTS[:1])).cell.seeds == (41,)


def test_progress_of_ray_tune(tmp_path: Path) -> None:
    rows = "\n".join(f"{a},{b},{n + 1},0.01,41" for n, (a, b) in enumerate(zip(TRAINING, VALIDATION, strict=True)))
    (tmp_path / "progress.csv").write_text(f"loss,val_loss,training_iteration,config/lr,config/seed\n{rows}\n")
    assert_the_curves(one(tmp_path / "progress.csv"), (41,))


def test_a_folder_of_trials_is_read_once(tmp_path: Path) -> None:
    for seed in (41, 42):
        folder = tmp_path / f"train_{seed}"
        lines(folder / "result.json", [{**row, "config": {"lr": 0.01, "seed": seed}} for row in RESULTS])
        dumped(folder / "params.json", {"lr": 0.01, "seed": seed})
        (folder / "progress.csv").write_text("loss,training_iteration\n9,1\n")
    assert_the_curves(one(tmp_path), (41, 42))


@pytest.mark.parametrize(
    "document",
    [
        {"loss": TRAINING, "val_loss": VALIDATION},
        {"history": {"loss": TRAINING, "val_loss": VALIDATION}, "params": {"epochs": 3}, "epoch": [0, 1, 2]},
        {"loss": dict(zip("012", TRAINING, strict=True)), "val_loss": dict(zip("012", VALIDATION, strict=True))},
        [{"epoch": n, "loss": TRAINING[n], "val_loss": VALIDATION[n]} for n in range(3)],
        {"loss": TRAINING, "val_loss": VALIDATION, "lr": [0.1], "note": "x"},
        {"loss": TRAINING, "val_loss": VALIDATION, "best_val_loss": 5.25, "epoch": 2},
        {"train": {"loss": TRAINING, "acc": [1, 2, 3]}, "val": {"loss": VALIDATION, "acc": [1, 2, 3]}},
        {"loss": {"train": TRAINING, "val": VALIDATION}, "acc": {"train": [1, 2, 3], "val": [1, 2, 3]}},
    ],
)
def test_histories(tmp_path: Path, document: Any) -> None:
    assert_the_curves(one(dumped(tmp_path / "history.json", document)))


def test_a_folder_of_histories_of_any_name(tmp_path: Path) -> None:
    for seed in (3, 4):
        dumped(tmp_path / f"out/seed{seed}.json", {"loss": TRAINING, "val_loss": VALIDATION})
    dumped(tmp_path / "out/config.json", {"lr": 0.1})
    assert_the_curves(one(tmp_path / "out"), (3, 4))


def test_a_history_for_each_run(tmp_path: Path) -> None:
    curves = {"loss": TRAINING, "val_loss": VALIDATION}
    assert_the_curves(one(dumped(tmp_path / "h.json", {"seed_3": curves, "seed_4": curves})), (3, 4))


def test_a_history_of_splits_for_each_run(tmp_path: Path) -> None:
    curves = {"train": TRAINING, "val": VALIDATION}
    assert_the_curves(one(dumped(tmp_path / "h.json", {"seed_3": curves, "seed_4": curves})), (3, 4))


def test_several_sets_of_one_run_are_no_seeds(tmp_path: Path) -> None:
    document = {"validation_0": {"logloss": TRAINING}, "validation_1": {"logloss": VALIDATION}}
    path = dumped(tmp_path / "evals_result.json", document)
    with pytest.raises(InputError, match="columns 'validation_0/logloss', 'validation_1/logloss': choose"):
        one(path, columns={})
    chosen = {"training": "validation_0/logloss", "validation": "validation_1/logloss"}
    assert_the_curves(one(path, columns=chosen))


def test_epochs_and_settings_beside_a_history_count(tmp_path: Path) -> None:
    history = {"loss": TRAINING, "val_loss": VALIDATION}
    document = {"epochs": [4, 9, 14], "config": {"seed": 7, "lr": 0.1, "epochs": 15}, "history": history}
    found, said = told(dumped(tmp_path / "h.json", document))
    assert_the_curves(found, (7,))
    assert "epoch ← 'epochs'" in said
    assert "seed ← 'config/seed'" in said
    assert found.cell.epochs_at is not None
    assert found.cell.epochs_at.tolist() == [4, 9, 14]


def test_runs_may_say_seed_and_model_themselves(tmp_path: Path) -> None:
    curves = {"loss": TRAINING, "val_loss": VALIDATION}
    runs = {name: {**curves, "seed": seed, "model": "vae", "lr": 0.1} for name, seed in (("a", 5), ("b", 8))}
    ((found,), _) = read_cells([dumped(tmp_path / "h.json", runs)], ImportOptions())
    assert_the_curves(found, (5, 8))
    assert found.cell.model == "vae"


def test_scalars_with_steps_of_their_own_as_sacred_writes_them(tmp_path: Path) -> None:
    document = {
        "training.loss": {"steps": [10, 20, 30], "timestamps": ["a", "b", "c"], "values": TRAINING},
        "validation.loss": {"steps": [10, 20, 30], "timestamps": ["a", "b", "c"], "values": VALIDATION},
        "accuracy": {"steps": [15], "timestamps": ["a"], "values": [0.5]},
    }
    found = one(dumped(tmp_path / "1/metrics.json", document))
    assert_the_curves(found)
    assert found.cell.steps_at is not None
    assert found.cell.steps_at.tolist() == [10, 20, 30]


def test_the_name_of_what_ray_trains_names_the_model(tmp_path: Path) -> None:
    for number in (0, 1):
        folder = tmp_path / f"tune/train_vae_3f1c{number}_0000{number}_{number}_seed={number}_2024-05-13_10-21-00"
        rows = [{**row, "config": {"seed": number}} for row in RESULTS]
        lines(folder / "result.json", rows)
        dumped(folder / "params.json", {})
    cells, _ = read_cells([tmp_path], ImportOptions(dataset="d"))
    assert [(found.cell.model, found.cell.seeds) for found in cells] == [("train_vae", (0, 1))]


def test_settings_of_ray_tune_group_the_trials(tmp_path: Path) -> None:
    folders = []
    for seed, rate in ((1, 0.1), (2, 0.1), (1, 0.2)):
        folders.append(tmp_path / f"trial_{seed}_{rate}/result.json")
        lines(folders[-1], [{**row, "config": {"lr": rate, "seed": seed}} for row in RESULTS])
    cells, _ = read_cells(folders, ImportOptions("m", "d", group_by=("lr",)))
    assert sorted(found.cell.seeds for found in cells) == [(1,), (1, 2)]


def test_lists_of_unlike_length_are_refused(tmp_path: Path) -> None:
    path = dumped(tmp_path / "history.json", {"loss": [3.0, 2.0, 1.0], "val_loss": [3.0]})
    with pytest.raises(InputError, match="'val_loss' 1 and 'loss' 3 values: which belong together"):
        one(path)


def test_the_json_that_the_page_of_tensorboard_exports(tmp_path: Path) -> None:
    cell = one(dumped(tmp_path / "run.json", [[1.7e9, 0, 3.0], [1.7e9, 10, 2.0]])).cell
    np.testing.assert_array_equal(cell.validation, [[3.0, 2.0]])
    assert cell.steps_at is not None
    assert cell.steps_at.tolist() == [0, 10]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "is JSON, but none with curves: what is read is the study's MODEL_DATASET_SEEDS.json, Hugging Face's"),
        ('{"lr": 0.1, "model": "vae"}', r"none with curves \(it holds 'lr', 'model'\)"),
        ("[1, 2]", "none with curves"),
        ('{"a": ', "is neither JSON .* nor one JSON object a line"),
        ("[" * 100_000, "nested too deeply|neither JSON"),
        ('{"log_history": []}', "its log_history holds no losses"),
        ('{"val_loss": [1, 2], "loss": "x"}\n{"a"', "neither JSON"),
    ],
)
def test_other_json_is_refused_with_what_is_read(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        one(path)
