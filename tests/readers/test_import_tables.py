"""CSV, Parquet and JSON lines: what is taken for what, and what is refused."""

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.readers.foreign_files import csv

from genconv.errors import InputError
from genconv.readers.cells import Import, read_cells
from genconv.readers.names import seed_in
from genconv.readers.options import ImportOptions, parse_columns
from genconv.readers.roles import find_losses

NAMED = {"model": "vae", "dataset": "moons"}


def read(*paths: Path, **options: object) -> list[Import]:
    return read_cells(paths, ImportOptions(**options))[0]  # type: ignore[arg-type]


def one(*paths: Path, **options: object) -> Import:
    (found,) = read(*paths, **{**NAMED, **options})
    return found


def test_a_long_table_in_any_order_of_its_rows(tmp_path: Path) -> None:
    rows = ["flow,rings,7,1,2.0,2.5", "flow,rings,3,0,4,4.5", "vae,moons,3,0,9,9", "flow,rings,7,0,3,3.5"]
    path = csv(tmp_path / "all.csv", "model,dataset,seed,epoch,train_loss,val_loss", *rows, "flow,rings,3,1,1,1.5")
    flow, vae = (found.cell for found in read(path))
    assert (flow.model, flow.dataset, flow.seeds) == ("flow", "rings", (3, 7))
    np.testing.assert_array_equal(flow.validation, [[4.5, 1.5], [3.5, 2.5]])
    np.testing.assert_array_equal(flow.training, [[4, 1], [3, 2]])
    assert (vae.model, vae.dataset, vae.seeds) == ("vae", "moons", (3,))


def test_files_of_keras_one_for_each_seed(tmp_path: Path) -> None:
    for seed in (4, 2):
        csv(tmp_path / f"vae_moons_seed{seed}.csv", "epoch,loss,val_loss", f"0,3,{seed}", "1,2,2.5")
    (found,) = read(tmp_path, datasets=("moons",))
    assert (found.cell.model, found.cell.dataset, found.cell.seeds) == ("vae", "moons", (2, 4))
    np.testing.assert_array_equal(found.cell.validation, [[2, 2.5], [4, 2.5]])
    np.testing.assert_array_equal(found.cell.training, [[3, 2], [3, 2]])
    assert any("from the name" in note for note in found.notes)
    assert any("'seed2', 'seed4'" in note for note in found.notes)


def test_metrics_of_lightning_with_its_blanks(tmp_path: Path) -> None:
    rows = ["0,49,3.0,,", "0,99,2.0,,", "0,99,,2.6,", "1,149,1.0,,", "1,199,2.0,,", "1,199,,2.4,", ",199,,,0.9"]
    for version in range(2):
        csv(tmp_path / f"lightning_logs/version_{version}/metrics.csv", "epoch,step,train_loss,val_loss,acc", *rows)
    cell = one(tmp_path / "lightning_logs").cell
    assert cell.seeds == (0, 1)
    np.testing.assert_array_equal(cell.training, [[2.5, 1.5]] * 2)
    np.testing.assert_array_equal(cell.validation, [[2.6, 2.4]] * 2)


def test_losses_told_apart_by_a_column_of_splits(tmp_path: Path) -> None:
    rows = [
        f"{seed},{epoch},{split},{epoch + n}" for seed in (0, 1) for epoch in (1, 2) for n, split in enumerate("tv")
    ]
    rows = [row.replace(",t,", ",train,").replace(",v,", ",valid,") for row in rows]
    found = one(csv(tmp_path / "a.csv", "run;epoch;split;loss", *[row.replace(",", ";") for row in rows]))
    np.testing.assert_array_equal(found.cell.training, [[1, 2]] * 2)
    np.testing.assert_array_equal(found.cell.validation, [[2, 3]] * 2)


def test_a_molten_table_of_metrics(tmp_path: Path) -> None:
    rows = ["0,0,val_loss,3", "0,1,val_loss,2", "0,0,accuracy,0.5", "0,0,train_loss,4", "0,1,train_loss,3"]
    path = csv(tmp_path / "a.csv", "seed,step,metric,value", *rows)
    cells, lines = read_cells([path], ImportOptions(**NAMED))
    np.testing.assert_array_equal(cells[0].cell.validation, [[3, 2]])
    assert "left out: rows where metric is 'accuracy'" in lines[0]


@pytest.mark.parametrize("names", [("0", "1"), ("seed_0", "seed_1"), ("val_loss_0", "val_loss_1"), ("s0", "s1")])
def test_a_wide_table(tmp_path: Path, names: tuple[str, str]) -> None:
    cell = one(csv(tmp_path / "a.csv", f"epoch,{names[0]},{names[1]}", "0,3,4", "1,2,nan")).cell
    assert cell.seeds == (0, 1)
    assert cell.training is None
    np.testing.assert_array_equal(cell.validation, [[3, 2], [4, np.nan]])
    assert list(cell.curves().diverged) == [False, True]


def test_a_wide_table_with_both_losses(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "epoch,train_seed5,val_seed5", "0,3,4", "1,2,3")
    cell = one(path).cell
    np.testing.assert_array_equal(cell.training, [[3, 2]])
    np.testing.assert_array_equal(cell.validation, [[4, 3]])
    assert cell.seeds == (5,)


def test_a_chart_that_wandb_exports(tmp_path: Path) -> None:
    header = '"Step","red-1 - val_loss","red-1 - val_loss__MIN","blue-2 - val_loss","blue-2 - val_loss__MAX"'
    found = one(csv(tmp_path / "wandb_export.csv", header, '"10","3","3","4","4"', '"25","2","2","3","3"'))
    np.testing.assert_array_equal(found.cell.validation, [[3, 2], [4, 3]])
    assert found.cell.provenance["labels"] == ["red-1", "blue-2"]
    assert any("numbered 0 … 1" in note for note in found.notes)


def test_parquet_and_json_lines_hold_the_same_as_csv(tmp_path: Path) -> None:
    frame = pl.DataFrame({"seed": [0, 0, 1, 1], "epoch": [0, 1, 0, 1], "val_loss": [3.25, 1 / 3, 4.0, math.nan]})
    frame.write_csv(tmp_path / "a.csv")
    frame.write_parquet(tmp_path / "a.parquet")
    rows = [json.dumps(row).replace("NaN", '"NaN"') for row in frame.to_dicts()]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    assert len({one(tmp_path / f"a.{suffix}").cell.identity for suffix in ("csv", "parquet", "jsonl")}) == 1


def test_the_user_says_what_columns_mean(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "k,it,obj a,obj b,val_loss,dev_loss", "1,0,3,4,8,8", "1,1,2,3,8,8")
    with pytest.raises(InputError, match="validation may be any of 'val_loss', 'dev_loss': choose one with --columns"):
        one(path)
    columns = parse_columns(["seed=k,epoch=it", "train=obj a,val=obj b"])
    cell = one(path, columns=columns).cell
    assert cell.seeds == (1,)
    np.testing.assert_array_equal(cell.validation, [[4, 3]])
    np.testing.assert_array_equal(cell.training, [[3, 2]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed", "must be ROLE=NAME"),
        ("sed=a", "must be ROLE=NAME"),
        ("seed=a,los=b", "unknown role of --columns 'los': did you mean 'loss'"),
        ("seed=", "seed is given no name"),
        ("seed=a,seed=b", "seed is given twice"),
        ("loss=a,val=b", "not both"),
    ],
)
def test_a_wrong_mapping_is_one_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_columns([text])


def test_negated_elbos_and_a_word_about_losses_below_zero(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "seed,epoch,val_loss", "0,0,-3", "0,1,-2")
    assert any("--negate" in note for note in one(path).notes)
    np.testing.assert_array_equal(one(path, negate=True).cell.validation, [[3, 2]])


def test_a_run_that_stopped_alive_is_not_diverged(tmp_path: Path) -> None:
    rows = ["0,0,3", "0,1,2", "0,2,1", "1,0,3", "1,1,2"]
    path = csv(tmp_path / "a.csv", "seed,epoch,val_loss", *rows)
    with pytest.raises(InputError, match=r"run '1' ends after 2 validations and another after 3.*--align shortest"):
        one(path)
    found = one(path, align="shortest")
    assert found.cell.validation.shape == (2, 2)
    assert not found.cell.curves().diverged.any()
    assert any("cut from 3 to 2 validations" in note for note in found.notes)


def test_a_run_that_diverged_and_stopped_is_nan_from_there_on(tmp_path: Path) -> None:
    rows = ["0,0,3", "0,1,2", "0,2,1", "1,0,3", "1,1,inf", "2,0,2e6"]
    path = csv(tmp_path / "a.csv", "seed,epoch,val_loss", *rows)
    with pytest.raises(InputError, match="run '2' ends after 1 validation"):
        one(path)
    found = one(path, blow_up=1e6)
    assert "1 diverged: validation above 1e+06 ('2'; --blow-up to say otherwise)" in found.notes
    cell = found.cell
    np.testing.assert_array_equal(cell.validation[1:], [[3, np.inf, np.nan], [2e6, np.nan, np.nan]])
    assert [d and (d.epoch, d.cause) for d in cell.curves().divergences] == [
        None,
        (1, "non-finite loss"),
        (0, "blow-up"),
    ]


def test_the_cut_tells_what_it_hides(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "epoch,0,1", "0,3,3", "1,2,", "2,nan,")
    notes = one(path, align="shortest", blank="missing").notes
    assert any("'0' diverged only after the cut" in note for note in notes)
    assert any("blank rows at epochs 1, 2 of '1': taken as not measured" in note for note in notes)


def test_blanks_that_stand_for_nan(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "seed,epoch,val_loss", "0,0,3", "0,1,2", "1,0,3", "1,1,")
    with pytest.raises(InputError, match="the rows of epoch 1 of '1' are blank: --blank diverged"):
        one(path)
    with pytest.raises(InputError, match="run '1' ends after 1 validation"):
        one(path, blank="missing")
    assert list(one(path, blank="diverged").cell.curves().diverged) == [False, True]


def test_a_training_loss_of_nan_is_divergence(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "epoch,loss,val_loss", "0,3,3", "1,nan,2")
    assert one(path).cell.curves().diverged.all()


def test_two_files_of_one_seed(tmp_path: Path) -> None:
    a, b = (csv(tmp_path / f"{name}.csv", "seed,epoch,val_loss", f"1,0,{loss}") for name, loss in (("a", 3), ("b", 4)))
    with pytest.raises(InputError, match=r"seed 1 occurs twice with different losses \(in 'a.csv' and 'b.csv'\)"):
        one(a, b)
    assert one(a, a).cell.seeds == (1,)


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (["loss", "val_loss"], {"training": "loss", "validation": "val_loss"}),
        (["Loss/train", "Loss/valid", "Loss/test"], {"training": "Loss/train", "validation": "Loss/valid"}),
        (
            ["train_loss_step", "train_loss_epoch", "val_loss"],
            {"training": "train_loss_epoch", "validation": "val_loss"},
        ),
        (["train/nll", "eval/nll"], {"training": "train/nll", "validation": "eval/nll"}),
        (["train_neg_elbo", "val_neg_elbo"], {"training": "train_neg_elbo", "validation": "val_neg_elbo"}),
        (["train", "val"], {"training": "train", "validation": "val"}),
        (["train_loss", "test_loss"], {"training": "train_loss", "validation": "test_loss"}),
        (["val_elbo", "val_accuracy", "epoch", "lr", "val_recon_loss"], {}),
    ],
)
def test_names_of_losses(names: list[str], roles: dict[str, str]) -> None:
    assert find_losses(names, "here") == roles


@pytest.mark.parametrize(
    ("name", "seed"),
    [("vae_moons_seed3", 3), ("run-12", 12), ("version_0", 0), ("vae-s7", 7), ("resnet18", None), ("lr0.01", None)],
)
def test_seeds_in_names(name: str, seed: int | None) -> None:
    found = seed_in(name)
    assert (found and found[0]) == seed


def test_columns_of_numbers_that_change_along_a_run_are_kept_as_scalars(tmp_path: Path) -> None:
    rows = [f"{seed},{epoch},{3 - epoch},{0.1 * epoch},{seed},x" for seed in (0, 1) for epoch in range(3)]
    path = csv(tmp_path / "long.csv", "seed,epoch,val_loss,accuracy,depth,note", *rows)
    cell = one(path, model="m", dataset="d").cell
    assert list(cell.scalars) == ["accuracy"]
    np.testing.assert_allclose(cell.scalars["accuracy"].values, [[0, 0.1, 0.2]] * 2)
