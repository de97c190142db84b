"""`genconv list`, `params`, `--help` and `--version`."""

import csv
import json
import re

import pytest

from genconv.config.study import shipped_studies
from genconv.data.registry import dataset_entries
from genconv.models.registry import models
from genconv.protocols import PROTOCOLS
from tests.cli.commands import genconv

OPTIONS = {
    "list": ["models|datasets|studies|protocols", "models, datasets, studies or protocols"],
    "train": [
        "-m, --model",
        "-d, --dataset",
        "-e, --epochs",
        "-n, --number",
        "--seeds",
        "--protocol",
        "KEY=VALUE",
        "--dry-run",
        "--quiet",
    ],
    "run": ["STUDY", "-o, --output", "KEY=VALUE", "--quiet", "--dry-run"],
    "show": ["STUDY", "KEY=VALUE"],
    "metrics": ["PATH…", "--mode", "--format", "corrected|published", "table|markdown|csv|json"],
    "plot": ["PATH…", "-o, --output"],
    "report": ["PATH…", "-o, --output", "FILE.html"],
    "params": ["--format"],
    "sample": ["PATH…", "-n, --number", "-o, --output"],
}


@pytest.mark.parametrize(
    ("kind", "names"),
    [("models", models()), ("datasets", dataset_entries()), ("studies", shipped_studies()), ("protocols", PROTOCOLS)],
)
def test_list_shows_all(kind: str, names: dict[str, object]) -> None:
    one, everything = genconv("list", kind), genconv("list")
    for done in (one, everything):
        assert (done.code, done.err) == (0, "")
        shown = {line.split()[0] for line in done.out.splitlines() if line.strip()}
        assert {kind, *names} <= shown


@pytest.mark.parametrize("command", OPTIONS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_mentions_every_option(command: str, flag: str) -> None:
    done = genconv(command, flag)
    assert (done.code, done.err) == (0, "")
    for option in OPTIONS[command]:
        assert option in done.out, option


def test_help_names_every_command() -> None:
    done = genconv("--help")
    assert done.code == 0
    assert set(OPTIONS) <= set(done.out.split())


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_the_version(flag: str) -> None:
    done = genconv(flag)
    assert done.code == 0
    assert re.fullmatch(r"genconv \d+\.\d+\.\d+\S*\n", done.out)


def test_parameters_as_csv() -> None:
    lines = genconv("params", "--format", "csv").out.splitlines()
    assert lines[0] == "model,images,toy"
    counts = {row["model"]: (row["images"], row["toy"]) for row in csv.DictReader(lines)}
    assert set(counts) == set(models())
    assert {name: counts[name][1] for name in ("flow", "lvae", "vae")} == {
        "flow": "82824", "lvae": "79164", "vae": "68620",
    }  # fmt: skip
    assert all(text == "" or text.isdigit() for pair in counts.values() for text in pair)


@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_parameters_in_other_formats(form: str) -> None:
    done = genconv("params", "--format", form)
    assert (done.code, done.err) == (0, "")
    assert "82,824" in done.out or "82824" in done.out
    if form == "json":
        assert {row["model"]: row["toy"] for row in json.loads(done.out)}["vae"] == 68_620
