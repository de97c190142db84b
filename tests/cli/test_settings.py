"""Settings without their section, `show`, `--dry-run`, completion, and the options that every command has."""

import os
import tomllib
from pathlib import Path

import pytest

import genconv
from genconv.cli._panels import PANELS
from genconv.cli.app import settings_last
from genconv.config.study import Study, load_study, shipped_studies
from genconv.experiment.resolve import resolve
from tests.cli.commands import genconv as command
from tests.cli.commands import genconv_process
from tests.cli.conftest import STUDY
from tests.experiment.compiling import TINY_VAE

TRAIN = ("train", "-m", "vae", "-d", "rings", "--dry-run")


def epochs(*words: str) -> str:
    return command(*TRAIN, *words).out.splitlines()[2].split()[-1]


def test_a_bare_genconv_shows_its_help() -> None:
    assert command() == command("--help")
    assert command().code == 0


def test_help_names_every_command_in_a_line_that_is_not_cut() -> None:
    lines = command("--help").out.splitlines()
    for heading, commands in PANELS.items():
        start = lines.index(f"{heading}:")
        shown = dict(line.split(maxsplit=1) for line in lines[start + 1 : start + 1 + len(commands)])
        assert shown == dict(commands)
    assert max(map(len, lines)) <= 80
    assert "Other:" not in lines


def test_a_script_of_completion_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    done = command("--show-completion", "bash")
    assert (done.code, done.err) == (0, "")
    assert "_GENCONV_COMPLETE" in done.out


def test_a_setting_is_understood_without_its_section() -> None:
    assert epochs("epochs=3") == epochs("training.epochs=3") == "3"
    short = tomllib.loads(command("show", "quickstart", "lr=0.5", "samples=9").out)["cells"]
    assert {cell["training"]["learning_rate"] for cell in short} == {0.5}
    assert {cell["evaluation"]["samples"] for cell in short} == {9}
    assert command("train", "-m", "flow", "-d", "rings", "couplings=2", "--dry-run").code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("epoch=3",), "setting 'epoch': did you mean 'training.epochs'? it must be seed, seeds, design"),
        (("--lr", "1e-3"), "no option '--lr': write training.learning_rate=VALUE"),
        (("--batch-size", "9"), "no option '--batch-size': write training.batch_size=VALUE"),
        (("--couplings", "9"), "settings are written couplings=VALUE"),
        (("nonsense",), "'nonsense': settings are written as key=value"),
        (("=3",), "setting '': it must be"),
    ],
)
def test_the_right_spelling_is_offered(words: tuple[str, ...], message: str) -> None:
    done = command("run", "quickstart", *words)
    assert done.code == 2
    assert message in done.error


def test_a_name_in_two_sections_is_told_with_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "twice.py").write_text(
        "import genconv\n"
        "class Settings(genconv.Config):\n    epochs: int = 3\n"
        "class Twice(genconv.ExactModel):\n"
        "    config_type = Settings\n    summary = 'has a setting that the training has'\n"
        "    @classmethod\n    def build(cls, config, data, key): return cls()\n"
        "    def log_prob(self, x): return 0 * x.sum(-1)\n"
        "    def sample(self, key, count): raise NotImplementedError\n"
    )
    done = command("train", "-m", "twice.py:Twice", "-d", "rings", "--dry-run", "epochs=1")
    assert done.error == "setting 'epochs': write model.epochs or training.epochs"


@pytest.mark.parametrize("settings", [{"training.epochs": 3}, {"training": {"epochs": 3}}, {"epochs": 3}, ["epochs=3"]])
def test_python_takes_dictionaries(settings: object) -> None:
    text = genconv.resolved_toml("quickstart", settings)
    assert {cell["training"]["epochs"] for cell in tomllib.loads(text)["cells"]} == {3}


@pytest.mark.parametrize("name", sorted(shipped_studies()))
def test_a_study_that_is_shown_has_the_same_runs(name: str) -> None:
    same_runs(load_study(name), command("show", name).out)


def test_a_study_with_streams_and_grids_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text(STUDY)
    done = command("show", tmp_path / "grid.toml", "execution.mapping=vmap", "training.optimizer_arguments={b1=0.8}")
    assert done.out.startswith("# 4 cells, 8 runs\n")
    overridden = load_study(str(tmp_path / "grid.toml")).with_overrides(
        {"execution.mapping": "vmap", "training": {"optimizer_arguments": {"b1": 0.8}}}
    )
    same_runs(overridden, done.out)


def same_runs(study: Study, text: str) -> None:
    again = Study.from_toml(text, "shown")
    assert [(one.cell, one.runs) for one in resolve(again)] == [(one.cell, one.runs) for one in resolve(study)]
    assert again.execution == study.execution
    runs = sum(len(one.runs) for one in resolve(study))
    assert f", {runs:,} runs" in text.splitlines()[0]


def test_a_dry_run_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("-n", "3", *TINY_VAE)
    for done in (
        command(*TRAIN, *words),
        command("run", "quickstart", "--dry-run"),
        command("launch", "-n", "2", "--model", "a", "--dataset", "b", "--dry-run", "--", "python", "{seed}"),
    ):
        assert done.code == 0, done.err
        assert "nothing was written" in done.out
    assert list(tmp_path.iterdir()) == []
    assert "python 1" in done.out


def test_a_dry_run_counts_what_is_there(ran) -> None:  # type: ignore[no-untyped-def]
    before = sorted(ran.folder.rglob("*"))
    done = command("run", ran.file, "-o", ran.folder, "--dry-run", "training.epochs=9")
    assert "8 runs to train, 0 finished" in done.out
    assert sorted(ran.folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("genconv run qu", {"quickstart"}),
        ("genconv show corrected-m", {"corrected-mnist"}),
        ("genconv train -m lv", {"lvae"}),
        ("genconv train -d ri", {"rings"}),
        ("genconv metrics --model vae,fl", {"vae,flow", "vae,flow-matching"}),
        ("genconv run quickstart training.ep", {"training.epochs=", "training.epoch_mean="}),
    ],
)
def test_a_shell_completes_names(words: str, names: set[str]) -> None:
    asked = {"_GENCONV_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = genconv_process(**asked)
    assert set(done.out.split()) == names
    assert "_GENCONV_COMPLETE" not in os.environ


def test_quiet_reading_tells_no_notes(tmp_path: Path) -> None:
    path = tmp_path / "vae_rings_2.json"
    path.write_text('{"train": [[-3, -2], [-4, -3]], "val": [[-3, -2], [-4, -3]]}')
    assert "negated" in command("metrics", path).err
    assert command("metrics", path, "-q").err == ""


def test_set_says_the_same_wherever_it_stands() -> None:
    words = [
        "run",
        "--set",
        "training.epochs=2",
        "data.seed=1",
        "quickstart",
        "-n",
        "3",
        "--set=seeds=4",
        "--",
        "a",
    ]
    assert settings_last(words) == [
        "run", "quickstart", "-n", "3", "training.epochs=2", "data.seed=1", "seeds=4", "--", "a",
    ]  # fmt: skip
    plain = command("show", "quickstart", "training.epochs=2").out
    assert command("show", "--set", "training.epochs=2", "quickstart").out == plain
    assert command("show", "quickstart").out != plain
