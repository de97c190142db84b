"""Files of strangers: each fault is one line that names the file and what is wrong."""

import contextlib
import os
import struct
from pathlib import Path

import polars as pl
import pytest
from tests.readers.foreign_files import csv, event_file, event_record, mlflow_database, part

from genconv.errors import InputError
from genconv.readers.cells import read_cells
from genconv.readers.options import ImportOptions

LONG = "seed,epoch,val_loss"


def fault(path: Path, **options: str | None) -> str:
    with pytest.raises(InputError) as raised:
        read_cells([path], ImportOptions(**{"model": "m", "dataset": "d", **options}))  # type: ignore[arg-type]
    message = str(raised.value)
    assert message.isprintable()
    return message


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "holds no rows"),
        (["0,0,3", "0,0,4"], "0 occurs 2 times"),
        (["0,0,3", "0,1,2", "0,3,1"], "no loss between epoch 1 and epoch 3"),
        (["0,0,3", "0,1,2", "1,1,2"], "run '1' has no validation loss at epoch 0"),
        (["0,0,abc"], "row 1, column 'val_loss': 'abc' is not a number"),
        (["0,,3"], "row 1 has a loss but no epoch"),
        (["0,-1,3"], "-1 is not from 0 to 2^53"),
        (["0,1e30,3"], "is not from 0 to 2^53"),
        (["0,nan,3"], "nan is not from 0 to 2^53"),
        (["-1,0,3"], "seed -1 is not from 0 to"),
        (["5000000000,0,3"], "seed 5000000000 is not from 0 to"),
        ([",0,3"], "row 1 has no seed"),
        (["0,0,3,9,9"], "cannot be read as a table"),
        (["0,0,"], "the rows of epoch 0 of '0' are blank: --blank diverged"),
    ],
)
def test_tables(tmp_path: Path, rows: list[str], message: str) -> None:
    assert message in fault(csv(tmp_path / "a.csv", LONG, *rows))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", "seed,epoch,val_loss\n0,0,3\n".encode("utf-16"), "is not UTF-8 text"),
        ("a.csv", b"seed,epoch,val_loss\n0,0,\xff\n", "cannot be read as a table"),
        ("a.csv", b"\xff,epoch,val_loss\n0,0,1\n", "is not UTF-8 text"),
        ("a.csv", b"seed,seed,val_loss\n0,0,1\n", "has the column 'seed' twice"),
        ("a.csv", b"x,y\x1b[31m\n0,1\n", "no loss among the columns"),
        ("a.csv", b"seed,run,epoch,loss,nll\n0,0,0,1,1\n", "loss may be any of 'loss', 'nll'"),
        ("a.csv", b"epoch,val_loss\r1,2\r", "its first line is no header"),
        ("a.parquet", b"PAR1 nonsense PAR1", "'"),
        ("a.jsonl", b"[1]\n", "line 1: is not a JSON object"),
        ("a.jsonl", b"{\n", "line 1: is not JSON"),
        ("a.db", b"not a database at all, surely", "cannot be read as an MLflow database"),
        ("a.wandb", b"nonsense", "is no W&B run"),
        ("a.wandb", b":W&B\xe1\xbe\x00" + struct.pack("<IHB", 0, 2, 9) + b"ab", "is damaged"),
        ("a.wandb", b":W&B\xe1\xbe\x00" + struct.pack("<IHB", 0, 2, 1) + b"\xff\xff", "is not one of a W&B run"),
        ("events.out.tfevents.1.h", b"nonsense that is long enough", "is no event file, or damaged"),
        ("events.out.tfevents.1.h", event_record(b"\x2a\xff"), "a record that is no event"),
        ("a.xyz", b"1", "is of no known kind"),
        ("a_b.json", b"{}", "is JSON, but none with curves: what is read is the study's MODEL_DATASET_SEEDS.json"),
    ],
)
def test_files(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = fault(path)
    assert message in found
    assert name in found


def test_a_fifo_a_missing_file_and_an_empty_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert "is not a plain file" in fault(tmp_path / "a.csv")
    assert "does not exist" in fault(tmp_path / "b.csv")
    (tmp_path / "empty").mkdir()
    assert "holds nothing that can be imported" in fault(tmp_path / "empty")


def test_links_inside_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside = csv(tmp_path / "outside.csv", LONG, "0,0,3")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").symlink_to(outside)
    assert "is a symbolic link" in fault(tmp_path / "in")
    cells, _ = read_cells([tmp_path / "in" / "a.csv"], ImportOptions("m", "d"))
    assert cells[0].cell.seeds == (0,)


def test_a_folder_of_several_kinds(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", LONG, "0,0,3")
    event_file(tmp_path, {"val_loss": [3, 2]})
    assert "tensorboard and table files: choose with --format" in fault(tmp_path)
    assert read_cells([tmp_path], ImportOptions("m", "d", format="tensorboard"))[0][0].cell.validation.shape == (1, 2)


def test_names_with_control_characters(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", f"model,dataset,{LONG}", "a\x1b[31mb,d,0,0,3")
    assert "model = 'a\\x1b[31mb'" in fault(path, model=None)
    assert "1 to 100 printable" in fault(csv(tmp_path / "b.csv", LONG, "0,0,3"), model="x" * 101)


def test_an_event_file_that_is_cut_off_or_changed(tmp_path: Path) -> None:
    path = event_file(tmp_path, {"val_loss": [3, 2, 1]})
    data = path.read_bytes()
    path.write_bytes(data[:-5])
    assert read_cells([path], ImportOptions("m", "d"))[0][0].cell.validation.shape == (1, 2)
    path.write_bytes(data[:-6] + b"\x00" + data[-5:])
    assert "is damaged" in fault(path)
    path.write_bytes(data + event_record(part(5, part(1, b"\xff\xff\xff"))))
    assert "no event" in fault(path)


def test_a_database_with_text_for_a_number_or_a_view_for_a_table(tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415

    path = mlflow_database(tmp_path / "a.db", {"r": ({"val_loss": [1.0]}, {})})
    database = sqlite3.connect(path)
    database.execute("UPDATE metrics SET value = 'x'")
    database.commit()
    assert "metric 'val_loss' holds 'x', no number" in fault(path)
    database.execute("DROP TABLE metrics")
    database.execute("CREATE VIEW metrics AS SELECT 1")
    database.commit()
    database.close()
    assert "has no table metrics" in fault(path)


def test_a_damaged_parquet_file_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    frame = pl.DataFrame({"seed": list(range(500)), "epoch": [0] * 500, "val_loss": [float(n) for n in range(500)]})
    path = tmp_path / "a.parquet"
    frame.write_parquet(path)
    data = path.read_bytes()
    for place in range(4, len(data), 97):
        path.write_bytes(data[:place] + data[place + 40 :])
        with contextlib.suppress(InputError):
            read_cells([path], ImportOptions("m", "d"))
    assert capfd.readouterr().err == ""


def test_columns_of_lists(tmp_path: Path) -> None:
    pl.DataFrame({"seed": [[1]], "val_loss": [1.0]}).write_parquet(tmp_path / "a.parquet")
    assert "column 'seed' holds List(Int64), not names" in fault(tmp_path / "a.parquet")
    pl.DataFrame({"seed": [1], "val_loss": [[1.0]]}).write_parquet(tmp_path / "b.parquet")
    assert "column 'val_loss' holds List(Float64), not numbers" in fault(tmp_path / "b.parquet")
