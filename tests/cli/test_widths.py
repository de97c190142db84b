"""Every table for people fits 80, 100 and 200 columns by choosing columns: no word is cut, nothing is told twice."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import genconv
from genconv.config.training import TrainingConfig
from genconv.curves import Divergence
from genconv.experiment.cost import Estimate
from genconv.report.tables.fitting import Column, fitted
from genconv.store.runs import save_run
from tests.cli.commands import genconv as command
from tests.experiment.synthetic_runs import cell, record, store

WIDTHS = (80, 100, 200)
HINT = "Not shown here (--wide): "


def trained(root: Path) -> None:
    """Several datasets, protocols and settings, one cell with diverged runs."""
    for dataset in ("rings", "checkerboard"):
        for model in ("vae", "lvae", "flow"):
            store(root, 5, cell(dataset=dataset, model=model))
    store(root, 4, cell(protocol="published"))
    store(root, 3, cell(training=TrainingConfig(epochs=7, batch_size=64)))
    save_run(root, record(9, cell(dataset="rings", model="flow"), Divergence(3, "blow-up")))


def large(root: Path) -> None:
    """Losses of every size, from curves of another tool."""
    for place, scale in enumerate((1e-9, 1.0, 12345.678, 1e18)):
        curves = [[scale * (3 + seed / 7), scale * (2 + seed / 9)] for seed in range(6)]
        (root / f"m{place}_rings_6.json").write_text(json.dumps({"train": curves, "val": curves}))


def long_names(root: Path) -> None:
    """Names of models beyond any table's room."""
    for model in ("a-model-whose-name-says-every-setting-of-it", "models/of/mine/in/a/deep/folder.py:Normalizing" * 2):
        store(root, 3, cell(model=model))


def recorded(root: Path) -> None:
    """Runs of a script, one of which failed."""
    for seed in range(3):
        with genconv.record(root, model="mine", dataset="photographs", seed=seed) as run:
            run.log(epoch=1, validation=2.0 + seed)
            run.log(epoch=2, validation=1.0 + seed)
    with genconv.record(root, model="mine", dataset="photographs", seed=3) as run:
        run.log(epoch=1, validation=2.0)
        run.end("failed", "the server closed the connection although nobody had asked for it " * 3)


STORES: dict[str, Callable[[Path], None]] = {
    "trained": trained,
    "large": large,
    "long names": long_names,
    "recorded": recorded,
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "metrics": ("metrics",),
    "compare": ("compare",),
    "plan": ("plan", "--metric", "last", "--effect", "1"),
    "status": ("status",),
}
WITHOUT_RUNS = {"list": ("list",), "params": ("params",)}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    roots = {name: tmp_path_factory.mktemp("store") for name in STORES}
    for name, root in roots.items():
        STORES[name](root)
    return roots


def printed(words: tuple[str | Path, ...], width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    done = command(*words)
    assert done.code in (0, 1, 2)
    return done.out


@pytest.mark.parametrize(
    ("name", "of"), [(name, of) for name in COMMANDS for of in STORES if (name, of) != ("status", "large")]
)
def test_a_table_has_whole_words_at_every_width(
    name: str, of: str, stores: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*COMMANDS[name], stores[of])
    check_whole(words, printed((*words, "--wide"), 80, monkeypatch), monkeypatch)


@pytest.mark.parametrize("name", WITHOUT_RUNS)
def test_a_list_has_whole_words_at_every_width(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_whole(WITHOUT_RUNS[name], printed(WITHOUT_RUNS[name], 10_000, monkeypatch), monkeypatch)


def test_an_estimate_has_whole_words_at_every_width(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [cell(model=model, dataset=dataset) for model in ("vae", "flow") for dataset in ("rings", "checkerboard")]
    costs = [Estimate(one, 10, 123_456, 3.2e12, 10, 2_345_000_000, 4.0, 5000.0, 1.0) for one in cells]
    monkeypatch.setattr(genconv.api, "estimate", lambda *_, **__: iter(costs))
    words = ("estimate", "quickstart")
    assert HINT in printed(words, 40, monkeypatch)
    check_whole(words, printed((*words, "--wide"), 80, monkeypatch), monkeypatch)


def test_a_study_is_written_alike_at_every_width(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {printed(("show", "quickstart"), width, monkeypatch) for width in WIDTHS}
    assert len(texts) == 1
    lines = [line for line in texts.pop().splitlines() if line and not line.startswith(("#", "["))]
    assert len(lines) > 20


def check_whole(words: tuple[str | Path, ...], all_of_it: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = set(all_of_it.split())
    for width in WIDTHS:
        text = printed(words, width, monkeypatch)
        hints = {*text.partition(HINT)[2].split(), *HINT.split()}
        assert "…" not in re.sub(r"\d … \d", "", text)
        found = {word for word in text.split() if not set(word) <= {"─"}}
        unknown = found - whole - hints
        assert not unknown, (width, unknown)
        for line in text.splitlines():
            assert len(line) <= width or len(line.split()) == 1, line


@pytest.mark.parametrize("name", ["metrics", "compare", "plan"])
def test_a_wider_terminal_shows_more_columns(
    name: str, stores: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*COMMANDS[name], stores["trained"])
    texts = [printed(words, width, monkeypatch) for width in WIDTHS]
    omitted = [re.findall(r"[\w/*−() ]+", " ".join(text.partition(HINT)[2].split(".")[0].split())) for text in texts]
    assert len(omitted[0]) >= len(omitted[1]) >= len(omitted[2])
    assert len(omitted[0]) > len(omitted[2])
    assert HINT not in printed((*words, "--wide"), 80, monkeypatch)


@pytest.mark.parametrize("name", ["metrics", "plan"])
def test_rows_are_told_once(name: str, stores: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed((*COMMANDS[name], stores["trained"]), 80, monkeypatch).splitlines()
    rows = [line for line in lines if re.match(r"(vae|lvae|flow) .*\d$", line)]
    names = [tuple(re.split(r"  +", row)[: 1 if name == "metrics" else 2]) for row in rows]
    headings = [line for line in lines if re.match(r"(rings|checkerboard) · ", line)]
    assert len(headings) == len(set(headings)), headings
    assert len(names) <= len(set(names)) * len(headings)


@pytest.mark.parametrize("name", ["metrics", "compare", "plan"])
def test_formats_for_programs_do_not_depend_on_the_terminal(
    name: str, stores: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for form in ("csv", "json", "markdown"):
        words = (*COMMANDS[name], stores["trained"], "--format", form)
        assert len({printed(words, width, monkeypatch) for width in WIDTHS}) == 1


def test_markdown_has_every_column_of_metrics(stores: dict[str, Path]) -> None:
    header = command("metrics", stores["trained"], "--format", "markdown").out.splitlines()[0]
    for name in ("last", "last 95 %", "last median", "area 95 %", "rate 95 %"):
        assert f"| {name} |" in header


def test_labels_without_room_have_a_line_of_their_own() -> None:
    columns = [Column("name", ["x" * 70], label=True), Column("runs", ["12"]), Column("loss", ["1.25 ± 0.25"])]
    table = fitted(columns, 80)
    assert [line.split() for line in table.text.plain.splitlines()[2:]] == [["x" * 70], ["12", "1.25", "±", "0.25"]]
    assert fitted(columns, 120).text.plain.splitlines()[-1].split() == ["x" * 70, "12", "1.25", "±", "0.25"]


def test_a_column_that_says_nothing_is_left_out() -> None:
    columns = [Column("name", ["a"], label=True), Column("empty", ["–"]), Column("runs", ["12"])]
    table = fitted(columns, 80)
    assert "empty" not in table.text.plain
    assert table.omitted == ()
    assert replace(columns[1], texts=["1"]).is_empty is False
