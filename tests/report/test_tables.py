"""Tables of cells: what they show, how exactly, and what odd names may do to them."""

import csv
import io
import json
import math
import re
from dataclasses import replace
from typing import Literal

import pytest
from rich.console import Console

from genconv.measure import EXACT
from genconv.metrics import Mode, Spread, Summary
from genconv.metrics import metrics as known
from genconv.metrics.registry import metric_named
from genconv.report.format import decimals_for, mean_and_deviation
from genconv.report.tables.metrics import to_csv, to_json, to_markdown, to_table
from genconv.statistics.summary import CellEstimate, Estimate

NAN, INF = math.nan, math.inf
NONE = "\N{EN DASH}"
NASTY = "[red]a|b`c*\\\x1b[31m\n\u202e"
FIRST_COLUMNS = (
    "dataset,model,protocol,seeds,diverged,min_mean,min_sd,max_mean,max_sd,last_mean,last_sd,"
    "first_mean,first_sd,exceeds_mean,exceeds_sd,variant"
)


def cell(dataset: str = "rings", model: str = "flow", mode: Mode = "corrected", **metrics: Summary) -> CellEstimate:
    study = {
        "min": Summary(2.9, 0.04, 9),
        "max": Summary(4.64727e18, 1.4e19, 9),
        "last": Summary(2.95, 0.1 + 0.2, 9),
        "first": Summary(3.06, NAN, 1),
        "exceeds": Summary(9.94, 12.06, 10),
    }
    specs = dict(known())
    spread = Spread(0.04, 2.9, 2.95, 3.0, 7, 3)
    no_intervals: dict[str, Estimate] = {}
    return CellEstimate(
        dataset, model, mode, "", mode, 10, 1, EXACT, study | metrics, {}, specs, spread, 0.95, None, no_intervals
    )


def shown(cells: list[CellEstimate], width: int = 120, *, colour: bool = False) -> str:
    system: Literal["standard"] | None = "standard" if colour else None
    console = Console(force_terminal=colour, color_system=system, _environ={})
    with console.capture() as capture:
        console.print(to_table(cells, width), soft_wrap=True, highlight=False)
    return capture.get()


def parsed(cells: list[CellEstimate]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(cells))))


def test_csv_columns() -> None:
    assert to_csv([]).startswith(FIRST_COLUMNS)
    assert to_csv([cell(area=Summary(1.0, 2.0, 3))]).startswith(FIRST_COLUMNS)
    assert "area_mean,area_sd,area_n,last_q1" in to_csv([cell(area=Summary(1.0, 2.0, 3))])


def test_csv_keeps_every_digit_and_leaves_nan_empty() -> None:
    row = parsed([cell(), cell(model="vae", excess=Summary(0.5, INF, 9))])[0]
    assert (row["seeds"], row["diverged"], row["mode"]) == ("10", "1", "corrected")
    assert row["last_sd"] == repr(0.1 + 0.2)
    assert row["max_mean"] == "4.64727e+18"
    assert (row["first_mean"], row["first_sd"], row["first_n"]) == ("3.06", "", "1")
    assert (row["excess_mean"], row["excess_n"]) == ("", "0")
    assert (row["last_q1"], row["last_best_seed"], row["last_worst_seed"]) == ("2.9", "7", "3")
    assert parsed([cell(excess=Summary(0.5, INF, 9))])[0]["excess_sd"] == "inf"


def test_no_best_seed_is_an_empty_field() -> None:
    dead = replace(cell(), spread=Spread(NAN, NAN, NAN, NAN, None, None))
    assert parsed([dead])[0]["last_best_seed"] == ""
    assert json.loads(to_json([dead]))[0]["last_best_seed"] is None


def test_json_is_strict_and_says_what_the_csv_says() -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    cells = [cell(), cell("moons", NASTY, excess=Summary(0.5, INF, 9))]
    records = json.loads(to_json(cells), parse_constant=refuse)
    assert records[0]["first_sd"] is None
    assert records[1]["excess_sd"] is None
    assert records[1]["model"] == NASTY
    assert [list(record) for record in records] == [list(row) for row in parsed(cells)]
    assert json.loads(to_json([])) == []


@pytest.mark.parametrize("text", [shown([cell()], 160), to_markdown([cell()])], ids=["rich", "markdown"])
def test_what_is_shown(text: str) -> None:
    for expected in (
        *("rings", "flow", "corrected", "1 of 10"),
        *("2.90 ± 0.04 (9)", "4.6e18 ± 1.4e19 (9)", "2.95 ± 0.30 (9)", "3.06 (1)", "9.9 ± 12.1"),
        *("sample standard deviation (ddof 1)", "did not diverge", "nats"),
    ):
        assert expected in text
    assert "(10)" not in text
    assert "excess" not in text
    assert "variant" not in text


def test_excess_where_any_cell_has_it() -> None:
    cells = [cell(), cell(model="vae", excess=Summary(0.0123, 0.001, 9))]
    for text in (shown(cells), to_markdown(cells)):
        assert "excess" in text
        assert "0.012 ± 0.001" in text
    assert to_markdown(cells).splitlines()[2].endswith(f"| {NONE} |")


def test_digits_follow_the_size_of_the_spread() -> None:
    text = to_markdown([cell(min=Summary(3.97123, 0.0031, 10), exceeds=Summary(9.9, 0.04, 10))])
    assert "3.9712 ± 0.0031" in text
    assert "9.9 ± 0.0" in text
    spreads = (NAN, 0.0, INF, 3.0, 0.01, 0.0099, 1e-7, 1e-12)
    assert [decimals_for(spread, 2) for spread in spreads] == [2, 2, 2, 2, 2, 4, 8, 8]


def test_numbers_that_are_none_or_odd() -> None:
    odd = {"min": Summary(NAN, NAN, 0), "max": Summary(INF, NAN, 9), "last": Summary(-0.001, 1e5, 9)}
    row = to_markdown([replace(cell(), metrics=odd)]).splitlines()[2].split(" | ")
    assert row[4:8] == [NONE, "∞ (9)", "0.00 ± 1.0e5 (9)", NONE]


def test_the_caption_names_the_mode() -> None:
    published = to_markdown([cell(mode="published")])
    assert "population standard deviation (ddof 0), diverged runs included" in published
    both = to_markdown([cell(), cell(mode="published")])
    assert "Corrected: mean" in both
    assert "published: mean" in both
    assert "| mode |" in both


def test_variants_are_told_apart() -> None:
    text = to_markdown([cell(), replace(cell(), variant="training.epochs=40")])
    assert "| dataset | model | protocol | variant |" in text
    assert "training.epochs=40" in text


@pytest.mark.parametrize("width", [80, 100, 120])
def test_fits_the_terminal(width: int) -> None:
    wide = Summary(341.9, 140.7, 9)
    more = {"epochs_to_final": wide, "area": wide, "last_minus_min": wide, "excess": wide}
    cells = [
        cell("checkerboard", "draw4", "corrected", **more),
        cell("8gaussians", "draw2", "corrected", **more),
    ]
    lines = shown(cells, width).splitlines()
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for whole in ("checkerboard", "8gaussians", "corrected", "1 of 10", "± 0.04", "341.9 ± 140.7"):
        assert whole in text


def test_divergence_is_red() -> None:
    red = re.compile(r"\x1b\[31m *1 of 10")
    assert red.search(shown([cell()], colour=True))
    assert "\x1b[31m" not in shown([replace(cell(), diverged=0)], colour=True)


def test_rows_stand_together_by_dataset_in_the_order_given() -> None:
    pairs = [("rings", "vae"), ("cos", "flow"), ("rings", "flow"), ("cos", "draw")]
    rows = parsed([cell(dataset, model) for dataset, model in pairs])
    assert [(row["dataset"], row["model"]) for row in rows] == [pairs[0], pairs[2], pairs[1], pairs[3]]


def test_names_are_text_in_the_terminal() -> None:
    text = shown([cell(model=NASTY)], colour=True, width=160)
    assert r"[red]a|b`c*\\x1b[31m\n\u202e" in text
    assert "\x1b[31m\n" not in text


def test_long_names_are_folded_not_cut() -> None:
    name = "a" * 60
    assert shown([cell(name)], 100).count("a") >= 60


def test_names_are_text_in_markdown() -> None:
    lines = to_markdown([cell(model=NASTY)]).splitlines()
    assert lines[2].startswith(r"| rings | \[red\]a\|b\`c\*\\\\x1b\[31m\\n\\u202e | corrected |")


def test_names_are_text_in_csv() -> None:
    rows = parsed([cell(model='a,"b"' + NASTY)])
    assert rows[0]["model"] == r'a,"b"[red]a|b`c*\\x1b[31m\n\u202e'
    assert to_csv([cell(model=NASTY)]).count("\n") == 2


def test_no_cells_is_an_empty_table() -> None:
    assert shown([]) == "no cell\n"
    assert len(to_markdown([]).splitlines()) == 4


def test_a_deviation_of_rounding_alone_adds_no_decimals() -> None:
    assert mean_and_deviation(Summary(2.1, 4.7e-16, 10), metric_named("last")) == "2.100 ± 0.000"
    assert mean_and_deviation(Summary(2.1, 4.7e-6, 10), metric_named("last")).startswith("2.10000")
