"""Points in files of the user: columns, splits, standardization and its Jacobian, and what is refused."""

from pathlib import Path
from typing import Any

import jax
import jax.random as jr
import numpy as np
import polars as pl
import pytest
from scipy import stats

from genconv.data.base import DataSpec, Splits
from genconv.data.registry import dataset_named
from genconv.data.tabular.dataset import FilePoints
from genconv.errors import InputError
from tests.data.test_array_file import saved

VALUES = np.random.default_rng(0).normal((3, -20, 1e9, 0.001), (1, 5, 1e3, 1e-5), (200, 4))
TABLE = pl.DataFrame(VALUES, schema=["a", "b", "c", "d"])


def built(path: Path, **overrides: Any) -> FilePoints:
    entry = dataset_named(str(path))
    dataset = entry.build(entry.configured("corrected", overrides))
    assert isinstance(dataset, FilePoints)
    return dataset


def written(path: Path, table: pl.DataFrame = TABLE) -> Path:
    if path.suffix == ".parquet":
        table.write_parquet(path)
    elif path.suffix in (".npy", ".npz"):
        saved(path, table.to_numpy())
    else:
        table.write_csv(path, separator="\t" if path.suffix == ".tsv" else ",")
    return path


def drawn(dataset: FilePoints, key: int = 0) -> Splits:
    return jax.jit(dataset.draw)(jr.key(key), dataset.load())


def restored(splits: Splits) -> np.ndarray:
    """All points in the units of the file."""
    undone = splits.standardization
    parts = splits[:3] if undone is None else [undone.restored(part) for part in splits[:3]]
    return np.concatenate([np.asarray(part, np.float64) for part in parts])


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".npy", ".npz"])
def test_every_format_gives_the_same_points(suffix: str, tmp_path: Path) -> None:
    dataset = built(written(tmp_path / f"points{suffix}"))
    assert dataset.spec == DataSpec("points", (4,), "continuous")
    splits = drawn(dataset)
    assert [len(part) for part in splits[:3]] == [160, 20, 20]
    np.testing.assert_allclose(np.sort(restored(splits), axis=0), np.sort(VALUES, axis=0), rtol=1e-6)


def test_standardization_knows_the_training_points_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "points.csv")
    splits = drawn(built(path))
    np.testing.assert_allclose(np.mean(splits.training, axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(np.std(splits.training, axis=0), 1, rtol=1e-5)
    held_out = np.concatenate([splits.validation, splits.test])
    assert np.abs(np.mean(held_out, axis=0)).max() > 0.01
    assert splits.standardization is not None
    raw = drawn(built(path, standardize=False))
    np.testing.assert_allclose(splits.standardization.mean, np.mean(np.asarray(raw.training, float), axis=0), rtol=1e-5)
    other = drawn(built(path), key=1)
    assert (np.asarray(other.nats_offset) != np.asarray(splits.nats_offset)).all()


def test_the_offset_is_the_jacobian(tmp_path: Path) -> None:
    """−log p(x) of a Gaussian in the file's units is −log p(y) of the standardized one plus the offset."""
    splits = drawn(built(written(tmp_path / "points.parquet")))
    undone = splits.standardization
    assert undone is not None
    y = np.asarray(splits.test, np.float64)
    ours = -stats.norm.logpdf(y).sum(axis=1) + float(splits.nats_offset)
    mean, deviation = (np.asarray(part, np.float64) for part in undone)
    direct = -stats.norm.logpdf(mean + deviation * y, mean, deviation).sum(axis=1)
    np.testing.assert_allclose(ours, direct, rtol=1e-5)
    assert drawn(built(tmp_path / "points.parquet", standardize=False)).nats_offset == 0


def test_columns_are_chosen_by_name_and_by_number(tmp_path: Path) -> None:
    mixed = TABLE.with_columns(kind=pl.lit("text"))
    by_name = drawn(built(written(tmp_path / "mixed.csv", mixed), columns=["d", "a"], standardize=False))
    by_number = drawn(built(written(tmp_path / "points.npy"), columns=[3, 0], standardize=False))
    np.testing.assert_allclose(by_name.training, by_number.training, rtol=1e-6)


def test_a_test_file_leaves_all_other_points_to_the_two_splits(tmp_path: Path) -> None:
    test = written(tmp_path / "test.csv", TABLE[:30])
    splits = drawn(built(written(tmp_path / "points.csv"), test_file=str(test), training_size=50))
    assert [len(part) for part in splits[:3]] == [50, 20, 30]
    assert splits.standardization is not None
    np.testing.assert_allclose(splits.standardization.restored(splits.test), VALUES[:30], rtol=1e-5)


def test_a_line_of_numbers_is_points_in_one_dimension(tmp_path: Path) -> None:
    line = built(saved(tmp_path / "line.npy", VALUES[:, 0]))
    assert line.spec.shape == (1,)
    assert "200 points in 1 dimension, " in str(line.note)
    assert built(saved(tmp_path / "plane.npy", VALUES[:, :2])).spec.shape == (2,)


def test_the_note_warns_of_numbers_that_repeat(tmp_path: Path) -> None:
    assert built(written(tmp_path / "points.csv")).note == (
        f"{tmp_path}/points.csv: 200 points in 4 dimensions, standardized by the training points"
    )
    counted = TABLE.with_columns(e=pl.Series(np.arange(200) % 3))
    assert "column 'e' takes few values" in str(built(written(tmp_path / "counted.csv", counted)).note)


def changed(row: int, column: str, value: object) -> pl.DataFrame:
    text = TABLE.cast(pl.String)
    return text.with_columns(
        pl.when(pl.int_range(len(text)) == row).then(pl.lit(value)).otherwise(column).alias(column)
    )


@pytest.mark.parametrize(
    ("table", "overrides", "message"),
    [
        (
            changed(4, "b", "x"),
            {},
            'row 5, column \'b\': \'x\' is not a number: name the columns of numbers (data.columns = ["a", "c", "d"])',
        ),
        (changed(4, "b", None), {}, "row 5, column 'b' is empty: every point needs every number"),
        (changed(0, "c", "nan"), {}, "row 1, column 'c' is not finite"),
        (changed(0, "c", "inf"), {}, "row 1, column 'c' is not finite"),
        (changed(0, "c", "1e31"), {}, "row 1, column 'c': 1e+31 is beyond 1e+30"),
        (TABLE.with_columns(d=pl.lit(2.0)), {}, "column 'd' has the same number in every row"),
        (TABLE, {"columns": ["a", "B"]}, "data.columns: unknown column 'B': did you mean 'b'? known are a, b, c, d"),
        (TABLE, {"columns": []}, "data.columns: must name at least one column"),
        (TABLE, {"columns": ["a", "a"]}, "data.columns: names 'a' twice"),
        (TABLE, {"validation_fraction": 0.95}, "data.validation_fraction = 0.95: leaves none of 200 points"),
        (TABLE, {"validation_fraction": 1.0}, "data.validation_fraction = 1.0: must be less than 1"),
        (TABLE, {"training_size": 161}, "data.training_size = 161: must be at most 160"),
        (pl.DataFrame({"1.5": [2.0, 3.0], "-2": [1.0, 4.0]}), {}, "its first line holds numbers: a table begins with"),
        (TABLE[:2], {}, "holds 2 points: at least 3 are needed"),
        (TABLE, {"standardise": True}, "unknown key 'data.standardise': did you mean 'standardize'?"),
    ],
)
def test_what_is_wrong_is_one_line(
    table: pl.DataFrame, overrides: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        built(written(tmp_path / "points.csv", table), **overrides)
    assert message in str(caught.value)


def test_a_constant_column_may_stay_without_standardization(tmp_path: Path) -> None:
    path = written(tmp_path / "points.csv", TABLE.with_columns(d=pl.lit(2.0)))
    assert built(path, standardize=False).spec.shape == (4,)
    assert built(path, columns=["a", "b"]).spec.shape == (2,)


def test_an_array_has_its_columns_by_number_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "points.npy")
    for column in ("a", 4, -1):
        with pytest.raises(InputError, match=r"is no column of .*: must be from 0 to 3"):
            built(path, columns=[column])


def test_a_file_that_has_changed_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "points.csv")
    entry = dataset_named(str(path))
    config = entry.configured("corrected", {})
    written(path, TABLE[::-1])
    with pytest.raises(InputError, match="has changed since its SHA-256 was recorded"):
        entry.build(config)
