import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_cells import curves, imported, stored

from genconv.curves import Divergence
from genconv.errors import WorkError
from genconv.metrics.registry import metric_named
from genconv.metrics.summary import summarise
from genconv.report.format import column_decimals, mean_and_deviation, number
from genconv.report.page.build import build_page, write_page
from genconv.report.page.embed import script_json
from genconv.store.imported import ImportedCell
from genconv.store.results import Results, StoredCell

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Checks that tags balance; collects attributes, text, and what script elements hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: dict[str, str] = {}
        """What script elements hold, by id; the page's program has none."""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[self.named("script")[-1].get("id") or ""] = data
        elif not (self.open and self.open[-1] == "style"):
            self.text += data.replace("\N{NO-BREAK SPACE}", " ")

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def chart(self) -> dict[str, Any]:
        """What the first chart draws."""
        return json.loads(next(text for name, text in self.scripts.items() if name.startswith("figure-")))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("runs")
    cells = (stored(root, curves(died={1: 5}), density=True), stored(root, curves("vae")))
    return build_page(Results(cells, ("runs/x: <b>is damaged</b>",)), "A & B", "genconv report 'runs'")


def test_the_page_says_what_its_study_is_for() -> None:
    page = build_page(imported(curves()), "x", description="Is <this> safer?")
    assert "<h1>x</h1>\n<p>Is &lt;this&gt; safer?</p>" in page
    assert "<p></p>" not in build_page(imported(curves()), "x")


def test_the_page_is_well_formed_and_fetches_nothing(full: str):
    page = Page(full)
    for tag, attributes in page.tags:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            value = attributes.get(name) or ""
            assert value == "" or value.startswith(("#", "data:image/png", "data:image/gif")), (tag, value)
    (style,) = re.findall(r"<style>(.*?)</style>", full.split("</head>", 1)[0], re.DOTALL)
    assert "@import" not in style
    assert "url(" not in style
    assert not page.named("link")
    assert any("default-src 'none'" in (meta.get("content") or "") for meta in page.named("meta"))


def test_the_page_holds_every_cells_numbers(full: str):
    page = Page(full)
    assert "2 models × 4 runs on 8gaussians, protocol corrected; 1 of 8 runs diverged." in page.text
    metrics = [summarise(cell, "corrected").metrics for cell in (curves(died={1: 5}), curves("vae"))]
    for name in ("min", "max", "last", "first", "exceeds", "excess"):
        column = [one[name] for one in metrics]
        decimals = column_decimals(column, metric_named(name))
        assert all(mean_and_deviation(one, metric_named(name), decimals) in page.text for one in column)
    for text in (
        "training.batch_size",
        "versions.jax",
        "0.10.0",
        "1.5 to 4.5",
        "genconv report 'runs'",
        "non-finite loss",
    ):
        assert text in page.text


def test_headings_descend_in_order_and_ids_are_unique(full: str):
    page = Page(full)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {(link["href"] or "")[1:] for link in page.named("a")}
    assert links <= set(ids)


def test_pictures_have_words_and_tables_have_captions(full: str):
    page = Page(full)
    assert all(image["alt"] for image in page.named("img"))
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in page.named("svg"))
    assert len(page.named("caption")) == len(page.named("table"))
    assert all(cell["scope"] in {"col", "row"} for cell in page.named("th"))


def test_problems_are_shown_and_escaped(full: str):
    assert "&lt;b&gt;is damaged&lt;/b&gt;" in full
    assert "1 thing could not be read" in full


def test_no_name_can_break_out():
    odd = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    html = build_page(imported(curves(odd, dataset=f'"{odd}'), curves("vae", dataset=f'"{odd}')), odd, odd)
    page = Page(html)
    assert "alert(1)" in page.text
    assert not page.named("img")
    assert [name for name in page.scripts if not name.startswith(("csv-", "figure-", "more-", "plot-"))] == [
        "cells-data",
        "",
    ]
    assert page.chart()["cells"][0]["name"] == odd
    assert "<script>alert" not in html


def test_imported_curves_have_no_panels_of_runs():
    page = Page(build_page(imported(curves(reference=None)), "imported"))
    for heading in ("Densities", "Configuration", "Environment", "Command", "excess", "Gap to the entropy"):
        assert heading not in page.text
    assert "None of 4 runs diverged" in page.text


def test_thirty_seeds_of_500_epochs_stay_small_and_whole():
    html = build_page(imported(curves(seeds=30, epochs=500)), "large")
    assert len(html.encode()) < 6e6
    (cell,) = Page(html).chart()["cells"]
    assert [len(losses) for losses in (*cell["y"], cell["median"])] == [500] * 31


def test_six_digits_and_no_number_survive_the_way_into_the_page():
    cell = curves(seeds=1, epochs=3, died={0: 2})
    losses = np.array([[1.23456789, 1e18, np.nan]])
    html = build_page(imported(replace(cell, validation=losses)), "x")
    assert Page(html).chart()["cells"][0]["y"] == [[1.23457, 1e18, None]]


@pytest.mark.parametrize(("losses", "log"), [([[1.0, 2.0]], True), ([[-1.0, 2.0]], False)])
def test_the_log_axis_is_for_positive_losses(losses: list[list[float]], log: bool):
    cell = replace(curves(seeds=1, epochs=2, reference=None), validation=np.array(losses))
    page = Page(build_page(imported(cell), "x"))
    assert page.chart()["positive"] == log
    assert any("disabled" in button for button in page.named("button")) != log


def test_the_chart_knows_the_epochs_of_its_places():
    cell = replace(curves(epochs=3, died={1: 2}), epochs_at=np.array([0.0, 10.0, 20.0]))
    late = replace(cell, divergences=(None, Divergence(20, "non-finite loss"), None, None))
    chart = Page(build_page(imported(late), "x")).chart()
    assert chart["at"] == [0, 10, 20]
    assert [(end["seed"], end["place"]) for end in chart["cells"][0]["ends"]] == [(1, 1)]


def test_cells_of_other_places_are_drawn_at_their_own():
    each, fifth = curves("vae", epochs=10), replace(curves("flow", epochs=2), epochs_at=np.array([4.0, 9.0]))
    chart = Page(build_page(imported(each, fifth), "x")).chart()
    cells = {cell["name"]: cell for cell in chart["cells"]}
    assert (chart["at"], chart["epochs"], chart["counted"]) == (None, 10, "epoch")
    assert [cell["sparse"] for name, cell in sorted(cells.items())] == [True, False]
    places = [place for place, loss in enumerate(cells["flow"]["y"][0]) if loss is not None]
    assert places == [4, 9]


def test_steps_are_called_steps():
    cell = replace(curves(epochs=3), steps_at=np.array([100.0, 200.0, 300.0]))
    chart = Page(build_page(imported(cell), "x")).chart()
    assert (chart["at"], chart["counted"]) == ([100, 200, 300], "step")


def test_the_chart_counts_steps_beside_epochs():
    cell = replace(curves(epochs=3), epochs_at=np.array([0.0, 1.0, 2.0]), steps_at=np.array([100.0, 200.0, 300.0]))
    chart = Page(build_page(imported(cell), "x")).chart()
    assert (chart["counted"], chart["stepped"], chart["cells"][0]["steps"]) == ("epoch", True, [100, 200, 300])
    assert not Page(build_page(imported(curves()), "x")).chart()["stepped"]


def test_the_record_of_an_import_is_on_the_page():
    losses = np.ones((2, 3))
    record = {
        "sources": [{"name": "runs.csv", "sha256": "0"}],
        "columns": {"validation": "val_loss"},
        "settings": {"depth": "2"},
        "differing": {"lr": ["0.1", "0.2"]},
        "left_out": [{"label": "version_2", "reason": "by --exclude"}],
        "notes": ["no seeds given"],
    }
    cell = ImportedCell("d", "m", (0, 1), None, losses, record)
    text = Page(build_page(Results((StoredCell(cell.curves(), imported=cell),)), "x")).text
    for words in (
        "runs.csv",
        "depth = 2",
        "the runs differ in lr",
        "0.1, 0.2",
        "left out: version_2",
        "no seeds given",
    ):
        assert words in text


def test_a_page_is_the_same_on_a_second_call():
    assert build_page(imported(curves()), "x") == build_page(imported(curves()), "x")


def test_the_page_is_written_whole(tmp_path: Path):
    path = write_page(tmp_path / "new" / "page.html", "<p>é</p>")
    assert path.read_text(encoding="utf-8") == "<p>é</p>"
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(WorkError, match="page cannot be written"):
        write_page(path / "below" / "page.html", "")


def test_json_cannot_end_its_script_element():
    assert "<" not in script_json({"a": "</script><!--&"})
    assert json.loads(script_json({"a": "</script><!--&"})) == {"a": "</script><!--&"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.9, "2.90"), (-1.0, "−1.00"), (4.56e18, "4.6 × 10¹⁸"), (-1e-9, "0.00"), (np.nan, "–"), (np.inf, "∞")],
)
def test_numbers_are_set_as_in_print(value: float, text: str):
    assert number(value) == text
