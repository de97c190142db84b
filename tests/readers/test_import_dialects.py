"""Text tables as people write them: the same numbers give the same cell, and what was skipped is said."""

import gzip
import shutil
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.readers.foreign_files import csv
from tests.readers.imports import HEADER, fall, one, read, refused

LOSSES = fall(6)
ROWS = [f"{epoch},{loss:.4f},{loss + 0.1:.4f}" for epoch, loss in enumerate(LOSSES)]
PLAIN = "\n".join([HEADER, *ROWS]) + "\n"
GERMAN = PLAIN.replace(",", ";").replace(".", ",")


def dialect(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("comment.csv", f"# lr 0.001, started 10:00\n{PLAIN}", "1 comment line skipped"),
        ("comments.csv", PLAIN.replace("\n3,", "\n# saved, here\n3,"), "1 comment line skipped"),
        ("sep.csv", "sep=;\n" + PLAIN.replace(",", ";"), None),
        ("decimal.csv", GERMAN, "decimal comma in 'loss', 'val_loss'"),
        ("quoted.csv", "\n".join([HEADER, *(f'"{row}"'.replace(",", '","') for row in ROWS)]), None),
        ("training.log", PLAIN, None),
        ("curves.txt", PLAIN.replace(",", " "), None),
        ("tabs.tsv", PLAIN.replace(",", "\t"), None),
        ("numpy.txt", "# " + PLAIN.replace(",", " "), "the last comment above the numbers is taken as the header"),
        ("empty_lines.csv", PLAIN.replace("\n", "\n\n"), None),
        ("bom.csv", "\ufeff" + PLAIN, None),
        ("windows.csv", PLAIN.replace("\n", "\r\n"), None),
    ],
)
def test_dialects_hold_the_same(tmp_path: Path, name: str, text: str, said: str | None) -> None:
    plain = one(dialect(tmp_path / "plain.csv", PLAIN))
    found, lines = read(dialect(tmp_path / name, text), model="m", dataset="d")
    assert found[0].cell.identity == plain.cell.identity
    assert said is None or said in lines[0]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_packed_files(tmp_path: Path, kind: str) -> None:
    text = PLAIN if kind == "csv" else pl.read_csv(PLAIN.encode()).write_ndjson()
    plain = one(dialect(tmp_path / f"a.{kind}", text))
    (tmp_path / f"a.{kind}.gz").write_bytes(gzip.compress(text.encode()))
    assert one(tmp_path / f"a.{kind}.gz").cell.identity == plain.cell.identity
    (tmp_path / f"b.{kind}.gz").write_bytes(gzip.compress(text.encode())[:-20])
    assert "cannot be unpacked" in refused(tmp_path / f"b.{kind}.gz")


def test_zstandard(tmp_path: Path) -> None:
    if (command := shutil.which("zstd")) is None:
        pytest.skip("the command zstd is not installed")
    plain = dialect(tmp_path / "a.csv", PLAIN)
    subprocess.run([command, "-q", str(plain)], check=True)  # noqa: S603
    assert one(tmp_path / "a.csv.zst").cell.identity == one(plain).cell.identity
    (tmp_path / "b.csv.zst").write_bytes((tmp_path / "a.csv.zst").read_bytes()[:-9])
    assert "cannot be unpacked" in refused(tmp_path / "b.csv.zst")
    (tmp_path / "c.csv.zst").write_bytes(b"nonsense")
    assert "no Zstandard file" in refused(tmp_path / "c.csv.zst")


def test_a_packed_bomb_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"0" * (1 << 27)))
    assert "out of proportion" in refused(tmp_path / "a.csv.gz")


@pytest.mark.parametrize(
    ("separator", "texts", "values"),
    [
        (";", ["1.234,5", "987,25", "1.000"], [1234.5, 987.25, 1000]),
        (",", ['"1,234.5"', "987.25", '"1,000"'], [1234.5, 987.25, 1000]),
        (",", ['"6,0155"', '"5,25"', "4"], [6.0155, 5.25, 4]),
        (";", ["1.5", "0.25", "1e-3"], [1.5, 0.25, 1e-3]),
    ],
)
def test_marks_between_thousands(tmp_path: Path, separator: str, texts: list[str], values: list[float]) -> None:
    rows = [f"{epoch}{separator}{text}" for epoch, text in enumerate(texts)]
    found = one(csv(tmp_path / "a.csv", f"epoch{separator}val_loss", *rows))
    np.testing.assert_array_equal(found.cell.validation, [values])


def test_steps_in_groups_beside_decimal_commas(tmp_path: Path) -> None:
    found = one(csv(tmp_path / "a.csv", "step;val_loss", "1.000;6,5", "2.000;5,5"))
    np.testing.assert_array_equal(found.cell.steps_at, [1000, 2000])


def test_what_is_no_number_under_one_rule_is_named(tmp_path: Path) -> None:
    assert "'6,0,1' is not a number" in refused(csv(tmp_path / "a.csv", "epoch;val_loss", "0;6,0,1"))


@pytest.mark.parametrize("first", ["0,6.01,6.11", "0.5,6.0,6.1", "3,17,21", "vae,0,6.01"])
def test_a_header_of_numbers_is_refused(tmp_path: Path, first: str) -> None:
    assert "no header?" in refused(csv(tmp_path / "a.csv", first, "1,5.5,5.6", "2,5.1,5.2"))


def test_whole_numbers_in_a_row_are_seeds(tmp_path: Path) -> None:
    found = one(csv(tmp_path / "a.csv", "3,4,5", "6.0,6.1,6.2", "5.0,5.1,5.2"))
    assert found.cell.seeds == (3, 4, 5)


def test_a_row_of_too_many_fields_is_named(tmp_path: Path) -> None:
    assert "line 3 has 4 fields, the header 3" in refused(csv(tmp_path / "a.csv", HEADER, "0,3,3", "1,2,2,9"))


def test_a_repeated_header_is_a_restart_and_the_later_rows_count(tmp_path: Path) -> None:
    text = "\n".join([HEADER, *ROWS[:4], HEADER, "3,9,9", "4,8,8"])
    found, lines = read(dialect(tmp_path / "a.csv", text), model="m", dataset="d")
    np.testing.assert_array_equal(found[0].cell.training[0, 3:], [9, 8])  # type: ignore[index]
    assert "the header is repeated in row 5" in lines[0]
    assert "1 row of epochs that were written again" in lines[0]


def test_what_was_written_after_the_place_of_a_restart_is_void(tmp_path: Path) -> None:
    text = "\n".join([HEADER, *ROWS, HEADER, "2,9,9", "3,8,8"])
    found, lines = read(dialect(tmp_path / "a.csv", text), model="m", dataset="d")
    assert found[0].cell.validation.shape == (1, 4)
    assert "4 rows of epochs that were written again" in lines[0]


def test_message_rows_need_no_names(tmp_path: Path) -> None:
    lines = ['{"time": "10:00", "message": "loading"}', '{"message": "epoch 0", "epoch": 0}']
    for epoch in range(3):
        for kind in ("train_loss", "eval_loss"):
            lines.append(
                f'{{"model": "vd", "type": "{kind}", "epoch": {epoch}, "step": {len(lines)}, "elbo": {5 - epoch}}}'
            )
    path = dialect(tmp_path / "log.jsonl", "\n".join(lines))
    found, said = read(path, model="vd", dataset="d", columns={"loss": "elbo", "split": "type"})
    assert found[0].cell.validation.shape == (1, 3)
    assert "2 rows without these losses skipped" in said[0]


def test_objects_in_lines_of_json(tmp_path: Path) -> None:
    lines = [
        f'{{"config": {{"seed": 41, "net": {{"depth": 2}}}}, "epoch": {n}, "val_loss": {3 - n}}}' for n in range(3)
    ]
    found = one(dialect(tmp_path / "a.jsonl", "\n".join(lines)))
    assert found.cell.seeds == (41,)
    assert found.cell.common_settings == {"config/net/depth": "2"}


def test_several_validation_sets_are_named_for_choice(tmp_path: Path) -> None:
    header = "epoch,step,test_loss,train_loss_epoch,val_loss/dataloader_idx_0,val_loss/dataloader_idx_1"
    path = csv(tmp_path / "metrics.csv", header, "0,9,,3,4,5", "1,19,,2,3,4", "2,20,1.5,,,")
    assert "validation may be any of 'val_loss/dataloader_idx_0', 'val_loss/dataloader_idx_1'" in refused(path)
    assert one(path, columns={"validation": "val_loss/dataloader_idx_1"}).cell.validation.tolist() == [[5, 4]]
    other = csv(tmp_path / "b.csv", "epoch,train_loss,val_loss_b", "0,3,4", "1,2,3")
    assert "validation may be 'val_loss_b': choose" in refused(other)


def test_a_test_loss_at_one_place_is_no_curve(tmp_path: Path) -> None:
    path = csv(tmp_path / "metrics.csv", "epoch,train_loss,test_loss", "0,3,", "1,2,", "2,,1.5")
    found, lines = read(path, model="m", dataset="d")
    np.testing.assert_array_equal(found[0].cell.validation, [[3, 2]])
    assert "'test_loss' is on record at 1 of 2 places: no curve, left out" in lines[0]


def test_only_tables_among_the_text_files_of_a_folder(tmp_path: Path) -> None:
    dialect(tmp_path / "run/vae_seed3.log", PLAIN)
    dialect(tmp_path / "run/notes.txt", "the loss is fine\nreally\n")
    dialect(tmp_path / "run/stdout.log", "Epoch 1/5, loss: 3\n")
    assert one(tmp_path / "run").cell.seeds == (3,)


@pytest.mark.parametrize("layout", ["{split}.csv", "{split}/loss.tsv", "vae_{split}.csv", "{split}_loss.csv"])
def test_files_of_splits_are_one_run(tmp_path: Path, layout: str) -> None:
    for split, offset in (("train", 0.0), ("val", 0.5), ("test", 0.7)):
        rows = [f"{epoch},{loss:.4f}" for epoch, loss in enumerate(fall(4, offset))]
        csv(tmp_path / "logs/seed3" / layout.format(split=split), "step,loss", *rows)
    found, lines = read(tmp_path / "logs", model="m", dataset="d")
    (cell,) = (one.cell for one in found)
    assert cell.seeds == (3,)
    np.testing.assert_array_equal(cell.training, [fall(4)])
    np.testing.assert_array_equal(cell.validation, [fall(4, 0.5)])
    assert "left out: 1 run of a test split" in lines[0]


def test_rows_that_are_runs_are_not_epochs(tmp_path: Path) -> None:
    path = csv(tmp_path / "wandb_export.csv", "Name,State,lr,val_loss", "red-1,finished,0.1,3", "blue-2,finished,0.1,2")
    assert "every row has another 'Name': are the rows runs? --columns seed=Name" in refused(path)
    found = one(path, columns={"seed": "Name"})
    assert (found.cell.validation.tolist(), found.cell.provenance["labels"]) == ([[3], [2]], ["red-1", "blue-2"])
    assert one(csv(tmp_path / "plain.csv", "loss,val_loss", "3,3.5", "2,2.5")).cell.validation.tolist() == [[3.5, 2.5]]


def test_names_of_runs_that_may_say_models(tmp_path: Path) -> None:
    rows = [f"{name}-{n},{epoch},{3 - epoch}" for name in ("vae", "flow") for n in (0, 1) for epoch in (0, 1)]
    path = csv(tmp_path / "all.csv", "run,epoch,val_loss", *rows)
    assert "column 'run' holds names ('vae-0', 'vae-1', 'flow-0' and 1 more) that may say models" in refused(
        path, model=None
    )
    assert len(one(path).cell.seeds) == 4
    assert {found.cell.model for found in read(path, dataset="d", columns={"model": "run"})[0]} == {
        *("vae-0", "vae-1", "flow-0", "flow-1")
    }
