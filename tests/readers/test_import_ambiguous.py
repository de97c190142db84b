"""Tables that could be read in two ways, as trainers and exports write them."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.readers.imports import one, read, refused

from genconv.readers.into_store import import_into
from genconv.readers.options import ImportOptions


def written(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def objects(path: Path, *rows: dict[str, object]) -> Path:
    return written(path, *map(json.dumps, rows))


SCALARS = ("Wall time,Step,Value", "1654943296.2,0,3.5", "1654943356.2,100,2.5")


@pytest.mark.parametrize("name", ["run-.-tag-accuracy.csv", "mean_reward.csv", "elbo_loss.csv", "scalars.csv"])
def test_a_value_of_which_nothing_says_that_it_is_a_loss_is_asked_about(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, *SCALARS)
    assert "column 'Value' may be of any metric: --columns loss=Value if it is a loss" in refused(path)
    np.testing.assert_array_equal(one(path, columns={"loss": "Value"}).cell.validation, [[3.5, 2.5]])


@pytest.mark.parametrize("name", ["run-vae-tag-loss_val.csv", "loss.csv", "final.nll.csv"])
def test_a_value_in_a_file_that_is_called_after_a_loss(tmp_path: Path, name: str) -> None:
    np.testing.assert_array_equal(one(written(tmp_path / name, *SCALARS)).cell.validation, [[3.5, 2.5]])


def test_exports_of_two_losses_are_one_run(tmp_path: Path) -> None:
    for name in ("train_loss", "val_loss"):
        written(tmp_path / f"{name}.csv", *SCALARS)
    cell = one(tmp_path).cell
    np.testing.assert_array_equal(cell.training, [[3.5, 2.5]])


def of_mmdet(seed: int, *, validated: bool) -> list[dict[str, object]]:
    """Lines as OpenMMLab's trainers write them: a header with the seed, then rows of `mode`."""
    rows: list[dict[str, object]] = [{"env_info": "sys.platform: linux", "seed": seed, "exp_name": "cfg.py"}]
    for epoch in (1, 2, 3):
        for iteration in (50, 100):
            loss = 10.0 - epoch + iteration / 100
            rows.append({"mode": "train", "epoch": epoch, "iter": iteration, "loss_cls": 0.3, "loss": loss})
        extra = {"loss": 20.0 - epoch} if validated else {"bbox_mAP": 0.1}
        rows.append({"mode": "val", "epoch": epoch, "iter": 40, **extra})
    return rows


def test_a_column_of_another_name_may_say_the_split_and_a_header_row_the_seed(tmp_path: Path) -> None:
    for seed in (7, 8):
        objects(tmp_path / f"run{seed}/log.jsonl", *of_mmdet(seed, validated=True))
    found, said = read(tmp_path, model="m", dataset="d")
    cell = found[0].cell
    assert cell.seeds == (7, 8)
    np.testing.assert_array_equal(cell.training, [[9.75, 8.75, 7.75]] * 2)
    np.testing.assert_array_equal(cell.validation, [[19.0, 18.0, 17.0]] * 2)
    assert "split ← 'mode'" in said[0]


def test_one_loss_is_that_of_its_split(tmp_path: Path) -> None:
    cell = one(objects(tmp_path / "log.jsonl", *of_mmdet(7, validated=False))).cell
    assert cell.seeds == (7,)
    np.testing.assert_array_equal(cell.validation, [[9.75, 8.75, 7.75]])


def test_a_seed_that_some_rows_lack_is_still_missed(tmp_path: Path) -> None:
    rows = ({"seed": 1, "epoch": 0, "loss": 2.0}, {"epoch": 1, "loss": 1.0})
    assert "row 2 has no seed" in refused(objects(tmp_path / "log.jsonl", *rows))


def test_rows_of_one_epoch_name_the_columns_that_tell_them_apart(tmp_path: Path) -> None:
    rows = [f"{p},{s},{e},{4 - e}.{s}{i}" for i, p in enumerate(("0.0", "0.3")) for s in (4, 5) for e in range(3)]
    path = written(tmp_path / "log.csv", "flip_prob,seed,epoch,val_loss", *rows)
    said = refused(path)
    assert "seed 4, epoch: 0 occurs 2 times: the rows differ in 'flip_prob' ('0.0', '0.3')" in said
    assert "--group-by flip_prob makes cells of them" in said
    cells, _ = read(path, model="m", dataset="d", group_by=("flip_prob",))
    assert [found.cell.seeds for found in cells] == [(4, 5), (4, 5)]


def test_rows_of_one_epoch_that_nothing_tells_apart(tmp_path: Path) -> None:
    path = written(tmp_path / "log.csv", "epoch,val_loss", "0,3", "0,2", "1,1")
    assert "0 occurs 2 times: which row counts?" in refused(path)


@pytest.mark.parametrize(
    "line",
    [
        "2023-05-15 22:50:17,398 INFO:Epoch 1: Train Loss=0.0717, Val Loss=0.0766",
        "2025-12-27 22:11:53.985\thost:0\ttrain:417\tINFO\tready",
        "[2024-01-02 10:00:00] loss, 3.0",
    ],
)
def test_a_log_in_words_is_no_table(tmp_path: Path, line: str) -> None:
    assert "its first line holds a time" in refused(written(tmp_path / "train.log", line, line))


def test_a_table_without_any_loss_in_it_is_said(tmp_path: Path) -> None:
    empty = written(tmp_path / "a.csv", "time,train_epoch,train_loss", "1,,", "2,,")
    assert "no losses to import: left out: 1 run without any of these losses ('a.csv')" in refused(empty)
    full = written(tmp_path / "b.csv", "time,epoch,train_loss", "1,0,3.0", "2,1,2.0")
    _, said = read(empty, full, model="m", dataset="d")
    assert "left out: 1 run without any of these losses ('a.csv')" in " ".join(said)


def test_a_name_with_a_number_is_the_study_s_only_with_its_members(tmp_path: Path) -> None:
    path = written(tmp_path / "metrics_epoch_0.json", json.dumps({"epoch": 0, "validation_loss": 2.0}))
    assert "is JSON, but none with curves (it holds 'epoch', 'validation_loss')" in refused(path)


def test_the_columns_of_losses_are_named_first(tmp_path: Path) -> None:
    names = [*(f"metric_{number}" for number in range(12)), "val/box_loss", "val/cls_loss"]
    said = refused(written(tmp_path / "results.csv", ",".join(names), ",".join("1" * 14)))
    assert "no loss among the columns 'val/box_loss', 'val/cls_loss', 'metric_0'" in said


def test_lists_of_losses_in_the_plural(tmp_path: Path) -> None:
    path = written(tmp_path / "h.json", json.dumps({"train_losses": [3, 2], "val_losses": [4, 3], "iters": [0, 50]}))
    cell = one(path).cell
    np.testing.assert_array_equal(cell.validation, [[4, 3]])
    assert cell.steps_at is not None
    assert cell.steps_at.tolist() == [0, 50]


def test_a_validation_that_is_called_an_elbo_is_not_passed_over(tmp_path: Path) -> None:
    for loss in ("loss", "train_loss"):
        path = written(tmp_path / "log.csv", f"epoch,{loss},val_elbo", "0,3.0,-3.5", "1,2.0,-2.5")
        said = refused(path)
        assert "validation may be 'val_elbo': choose with --columns validation=NAME" in said
        assert "--negate if higher is better" in said
    assert one(path, columns={"loss": "train_loss"}).cell.training is None


def test_a_last_line_that_is_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss,val_loss\n0,3.0,3.5\n1,2.0,2.5\n2,1.")
    found, said = read(path, model="m", dataset="d")
    np.testing.assert_array_equal(found[0].cell.validation, [[3.5, 2.5]])
    assert "the last line is cut off: left out" in said[0]
    path.write_text("epoch,loss,val_loss\n0,3.0,3.5\n1,2.0,2.5")
    found, said = read(path, model="m", dataset="d")
    np.testing.assert_array_equal(found[0].cell.validation, [[3.5, 2.5]])
    assert "cut off" not in said[0]


def test_a_training_loss_that_ends_in_nan_beside_numbers_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "log.csv", "epoch,loss,val_loss", "0,3.0,3.5", "1,2.0,2.5", "2,nan,1.5")
    found = one(path)
    assert found.cell.curves().diverged.tolist() == [True]
    assert (
        "training loss NaN or infinite at epoch 2 of 'log', to the end, beside finite validation losses: diverged there"
        in found.notes
    )


def test_a_pointer_of_git_lfs_is_no_file(tmp_path: Path) -> None:
    pointer = ("version https://git-lfs.github.com/spec/v1", "oid sha256:ab", "size 26778")
    for name in ("scalars.json", "log.csv", "log.jsonl"):
        assert "is a pointer of Git LFS, not the file itself: git lfs pull" in refused(
            written(tmp_path / name, *pointer)
        )


def test_the_cells_of_a_grouping_are_told_apart_by_their_lines(tmp_path: Path) -> None:
    rows = [f"{rank},{epoch},{4 - epoch}.{rank}" for rank in (8, 16) for epoch in range(3)]
    path = written(tmp_path / "log.csv", "rank,epoch,val_loss", *rows)
    lines = import_into(tmp_path / "runs", [path], ImportOptions("m", "d", group_by=("rank",))).lines
    assert any(line.startswith("m on d (rank=8): 1 seed") for line in lines)
    assert any(line.startswith("m on d (rank=16): 1 seed") for line in lines)
