"""`genconv export`: results out again."""

from pathlib import Path

from tests.cli.commands import genconv
from tests.experiment.synthetic_runs import cell, store


def test_what_is_chosen_is_written_and_named(tmp_path: Path) -> None:
    store(tmp_path / "runs", 2)
    store(tmp_path / "runs", 2, cell(model="flow"))
    done = genconv("export", tmp_path / "runs", "--to", "csv", "-o", tmp_path / "out", "--model", "flow")
    assert done.code == 0, done.err
    assert [Path(line).name for line in done.out.splitlines()] == ["curves.csv", "recorded.csv", "runs.csv"]
    assert (tmp_path / "out/curves.csv").read_text().splitlines()[1].startswith("rings,flow,0,0,4,")
    assert len((tmp_path / "out/curves.csv").read_text().splitlines()) == 1 + 2 * 7


def test_a_wrong_target_or_level_is_one_line(tmp_path: Path) -> None:
    store(tmp_path / "runs", 2)
    assert "'latx' is not one of" in genconv("export", tmp_path / "runs", "--to", "latx").error
    done = genconv("export", tmp_path / "runs", "--to", "latex", "--level", "2", "-o", tmp_path / "out")
    assert done.error == "level = 2: must be at least 0.5 and below 1"
    assert "Missing option '--to'" in genconv("export", tmp_path / "runs").error


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    store(tmp_path / "runs", 1)
    (tmp_path / "out").write_text("a file")
    done = genconv("export", tmp_path / "runs", "--to", "csv", "-o", tmp_path / "out")
    assert done.code == 1
    assert "cannot write to" in done.error
