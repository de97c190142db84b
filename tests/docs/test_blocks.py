"""What the documents show is true: code runs, study files are valid, commands are understood, links lead somewhere."""

import inspect
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import genconv
from genconv import api
from genconv.cli.app import UsageError, app, run
from genconv.config.study import Study
from genconv.config.toml import value_of
from genconv.config.training import TrainingConfig
from tests.docs.blocks import PAGES, ROOT, Block, blocks, pages_with
from tests.experiment.compiling import quick_compilation
from tests.experiment.synthetic_runs import cell, store

SMALL = (
    "training.epochs=2",
    "training.batch_size=64",
    "training.warmup_steps=0",
    "data.training_size=256",
    "data.validation_size=64",
    "data.test_size=64",
    "evaluation.importance_samples=2",
    "evaluation.samples=16",
    "evaluation.points=64",
)
"""Settings that every shipped dataset and every model takes."""
RUN_IN_FULL = ("models.md",)
"""Pages whose commands are run, at small sizes, and not only parsed."""
SHELL = ("sh", "console", "bash")


def name_of(page: Path) -> str:
    return page.name


@pytest.fixture(scope="module")
def small() -> Iterator[None]:
    """Every training is small, whatever a document says."""

    def smaller(function: Callable[..., Any]) -> Callable[..., Any]:
        names = list(inspect.signature(function).parameters)

        def call(*arguments: Any, **others: Any) -> Any:
            given = {**dict(zip(names, arguments, strict=False)), **others} | {"epochs": None}
            wanted = given.pop("settings", {})
            dotted = dict(word.split("=", 1) for word in SMALL)
            small = {key: value_of(text) for key, text in dotted.items()}
            wanted = dict(wanted) if isinstance(wanted, dict) else dict(word.split("=", 1) for word in wanted)
            given["settings"] = {key: value_of(text) if isinstance(text, str) else text for key, text in wanted.items()}
            given["settings"] |= small
            return function(**{key: value for key, value in given.items() if key in names})

        return call

    with quick_compilation(), pytest.MonkeyPatch.context() as patch:
        for name in ("train", "run"):
            small = smaller(getattr(api, name))
            for module in (genconv, api):  # genconv takes its names from api when they are first asked for
                patch.setattr(module, name, small)
        yield


@pytest.mark.parametrize("page", [page for page in pages_with("python") if page.parent.name == "docs"], ids=name_of)
def test_the_code_of_a_page_runs(page: Path, small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if page.name not in RUN_IN_FULL:
        for model in ("vae", "flow"):
            store(tmp_path / "runs", 2, cell(model=model, training=TrainingConfig(epochs=40, batch_size=128)))
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        if block.title is not None:
            Path(block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            code = "\n" * block.line + block.text
            exec(compile(code, str(page), "exec"), names)  # noqa: S102
        elif block.language in SHELL and page.name in RUN_IN_FULL:
            for words in block.commands:
                assert run(words[1:]) == 0, f"{block.where}: {words}"


def test_the_code_of_the_readme_runs(small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test_the_code_of_a_page_runs(ROOT / "README.md", small, tmp_path, monkeypatch)


@pytest.mark.parametrize("page", pages_with("toml"), ids=name_of)
def test_study_files_are_valid(page: Path) -> None:
    for block in blocks(page):
        if block.language == "toml":
            table = tomllib.loads(block.text)
            if "cells" in table:
                Study.from_toml(block.text, block.where)


@pytest.mark.parametrize("page", pages_with(*SHELL), ids=name_of)
def test_commands_are_understood(page: Path) -> None:
    for block in blocks(page):
        for words in block.commands if block.language in SHELL else ():
            understood(words, block)


def understood(words: list[str], block: Block) -> None:
    """Whether the first word exists, and takes the others."""
    program, arguments = words[0], words[1:]
    if program == "genconv":
        parsed(arguments, block)
    elif program == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert {target for target in arguments if "=" not in target} <= set(targets), block.where
    elif program == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for extra in re.findall(r"genconv\[([\w,]+)\]", " ".join(arguments)):
            assert set(extra.split(",")) <= set(project["optional-dependencies"]), block.where
    elif program == "python" and not arguments[0].startswith("-"):
        assert (ROOT / arguments[0]).exists(), block.where


def parsed(arguments: list[str], block: Block) -> None:
    """The parser of the command takes the arguments; nothing is run."""
    command: Any = typer.main.get_command(app)
    words = list(arguments)
    while hasattr(command, "commands"):
        name = words.pop(0)
        assert name in command.commands, f"{block.where}: genconv {name}"
        command = command.commands[name]
    try:
        command.make_context(command.name, words).close()
    except UsageError as error:
        pytest.fail(f"{block.where}: {' '.join(arguments)}: {error}")


def test_the_reference_lists_every_public_name() -> None:
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    listed = re.findall(r"(?m)^::: genconv\.(\w+)$", text)
    assert sorted(listed) == sorted({*genconv.__all__, "nn", "bijections"} - {"Field"})


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
