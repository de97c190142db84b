"""Every wrong command line is one line on standard error and exit code 2, and nothing is made or lost."""

from pathlib import Path

import pytest

from tests.cli.commands import genconv, genconv_process
from tests.experiment.synthetic_runs import store

TRAIN = ("train", "-m", "vae", "-d", "rings", "-e", "1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("trian",), "unknown command 'trian': did you mean 'train'? known are demo, list, show, train"),
        (("train",), "Missing option '-m' / '--model': genconv train -m MODEL -d DATASET"),
        (("train", "-m", "vae"), "Missing option '-d' / '--dataset'"),
        (("run",), "Missing argument 'STUDY'"),
        (("metrics",), "Missing argument 'PATH…'"),
        (("train", "-m", "veo", "-d", "rings"), "unknown model 'veo': did you mean 'vae'? known are conv-vae,"),
        (("train", "-m", "vae", "-d", "rigns"), "unknown dataset 'rigns': did you mean 'rings'? known are 2spirals"),
        ((*TRAIN, "--protocol", "publishd"), "unknown protocol 'publishd': did you mean 'published'? known are"),
        ((*TRAIN, "--sedes", "3"), "No such option: --sedes"),
        ((*TRAIN, "extra"), "extra"),
        ((*TRAIN, "-n", "0"), "number of seeds = 0: must be from 1 to 100000"),
        ((*TRAIN, "-n", "-1"), "number of seeds = -1: must be from 1 to 100000"),
        ((*TRAIN, "-n", "9" * 20), "must be from 1 to 100000"),
        ((*TRAIN, "-n", "x"), "'-n' / '--number': 'x' must be a valid integer"),
        ((*TRAIN, "-n", "2", "--seeds", "3"), "-n and --seeds: only one of the two can be given"),
        ((*TRAIN, "--seeds", "3..1"), "seeds = '3..1': the range 3..1 runs backwards"),
        ((*TRAIN, "--seeds", "a"), "seeds = 'a': 'a' is neither a seed (7) nor a range (7..9)"),
        ((*TRAIN, "--seeds", "-1"), "seeds = '-1'"),
        ((*TRAIN, "--seeds", "1,2,1"), "seeds: 1 is named twice"),
        ((*TRAIN, "--seeds", "4294967296"), "seeds: 4294967296 is not from 0 to 4294967295"),
        ((*TRAIN, "-e", "0"), "training.epochs = 0: must be greater than or equal to 1"),
        ((*TRAIN, "-e", "1.5"), "'-e' / '--epochs': '1.5' must be a valid integer"),
        ((*TRAIN, "training.learning_rate=x"), "training.learning_rate = 'x': must be a valid number"),
        ((*TRAIN, "training.learning_rate=inf"), "training.learning_rate = inf: must be a finite number"),
        ((*TRAIN, "a=1", "b=2"), "setting 'a': "),
        ((*TRAIN, "seed=0", "b=2"), "setting 'b': "),
        ((*TRAIN, "trainig.epochs=2"), "did you mean 'training.epochs'?"),
        ((*TRAIN, "training.epohcs=2"), "unknown key 'training.epohcs': did you mean 'epochs'?"),
        ((*TRAIN, "training.batch_size=" + "9" * 5000), "training.batch_size = "),
        ((*TRAIN, "streams.init=-1"), 'init = -1: must be "seed", an integer'),
        ((*TRAIN, "seed=-1"), "seed = -1: must be greater than or equal to 0"),
        (("list", "modles"), "'modles' is not one of 'models', 'datasets', 'studies', 'protocols'"),
        (("list", "modles"), "did you mean 'models'?"),
        (("params", "--format", "cvs"), "'cvs' is not one of 'table', 'markdown', 'csv', 'json'. did you mean 'csv'?"),
        (("run", "quickstrat"), "unknown study 'quickstrat': did you mean 'quickstart'? known are"),
        (("run", "nowhere.toml"), "study file 'nowhere.toml' does not exist"),
        (("run", "quickstart", "--model", "vea"), "unknown model of the study quickstart 'vea': did you mean 'vae'?"),
        (("run", "quickstart", "--model", ""), "--model '': names nothing; leave it out for all"),
        (("estimate", "quickstart", "--dataset", " ,"), "--dataset ' ,': names nothing; leave it out for all"),
        (("run", "/"), "study file '/' cannot be read: Is a directory"),
        (("metrics", "nowhere"), "'nowhere' does not exist"),
        (("sample", "x", "-n", "0"), "'-n' / '--number': '0' must be greater than or equal to 1"),
    ],
)  # fmt: skip
def test_it_is_named_with_what_is_allowed(
    words: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = genconv(*words)
    assert message in done.error
    assert done.code == 2
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("--mode", "corect"), ("--format", "tabel")])
def test_a_mode_or_format_that_is_not_known(words: tuple[str, str], tmp_path: Path) -> None:
    store(tmp_path, 1)
    done = genconv("metrics", tmp_path, *words)
    assert f"'{words[1]}' is not one of" in done.error
    assert "did you mean" in done.error
    assert done.code == 2


@pytest.mark.parametrize("command", ["metrics", "plot", "report", "sample"])
def test_a_folder_without_results(command: str, tmp_path: Path) -> None:
    done = genconv(command, tmp_path)
    assert done.error == f"'{tmp_path}' holds no runs and no loss-curve files"
    assert done.code == 2


def test_a_folder_of_logs_is_sent_to_the_import(tmp_path: Path) -> None:
    for seed in range(2):
        (tmp_path / f"logs/{seed}").mkdir(parents=True)
        (tmp_path / f"logs/{seed}/training.csv").write_text("epoch,loss\n0,1\n")
    done = genconv("metrics", tmp_path / "logs")
    assert "holds no runs of genconv, but 2 files that may be logs ('training.csv')" in done.error
    assert f"`genconv import {tmp_path / 'logs'}`" in done.error
    assert done.code == 2


def test_a_folder_in_which_a_training_was_interrupted(tmp_path: Path) -> None:
    (tmp_path / ".training/0a1b/2c3d/000002").mkdir(parents=True)
    done = genconv("metrics", tmp_path)
    assert f"`genconv status {tmp_path}`" in done.error
    assert done.code == 2


@pytest.mark.parametrize("content", ['{"train": [[1', "", "[]", "\xff\xfe", '{"train": [[1]], "train": [[1]]}'])
def test_a_broken_curve_file_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "vae_rings_1.json"
    path.write_text(content, encoding="latin-1")
    done = genconv("metrics", path)
    assert str(path) in done.error
    assert done.code == 2


def test_curve_files_hold_no_weights_to_sample_from(tmp_path: Path) -> None:
    path = tmp_path / "vae_rings_1.json"
    path.write_text('{"train": [[1, 2]], "val": [[1, 2]]}')
    done = genconv("sample", path, "-o", tmp_path / "samples")
    assert "no run folders among the paths" in done.error
    assert done.code == 2


@pytest.mark.parametrize("place", ["file/runs", "file", "/proc/genconv"])
def test_an_output_folder_that_cannot_be_written(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for words in (TRAIN, ("run", "quickstart")):
        done = genconv(*words, "-o", tmp_path / place)
        assert f"output folder '{tmp_path / place}' cannot be written: " in done.error
        assert done.code == 2


@pytest.mark.parametrize("command", ["plot", "report", "sample"])
def test_results_that_cannot_be_written_are_failed_work(command: str, tmp_path: Path) -> None:
    store(tmp_path / "runs", 1)
    (tmp_path / "file").touch()
    done = genconv(command, tmp_path / "runs", "-o", tmp_path / "file" / "x.html")
    assert str(tmp_path / "file") in done.error
    assert done.code == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("trian",), "unknown command"),
        (("train", "-m", "flwo", "-d", "rings"), "unknown model 'flwo': did you mean 'flow'?"),
        (("metrics", b"\xff\n".decode(errors="surrogateescape")), "does not exist"),
    ],
)
def test_the_process_says_the_same(words: tuple[str, ...], message: str) -> None:
    done = genconv_process(*words)
    assert message in done.error
    assert done.code == 2
