"""The page in a real browser: what it says, what it does, what it fetches. Skipped where there is none."""

import csv
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from synthetic_cells import curves, imported

from genconv.report.page.build import build_page, write_page
from genconv.report.page.colours import on_dark

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install genconv[dev]")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((path for path in map(shutil.which, NAMES) if path), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"no browser: none of {', '.join(NAMES)} is installed")

ODD = "<script>alert(1)</script>"
TICKS = """[...document.querySelector('.panels').children].map((panel) =>
  [...panel.querySelectorAll('text')].map((text) => text.textContent).slice(1).join())"""
"""What stands along the axes of each panel of the first chart, without its title."""
COLOURS = """() => ['.lead', '.quiet', 'a[href^="#dataset"]', '.diverged', '.asked', 'figcaption'].map((name) =>
  [document.querySelector(name), document.body].map((one, place) =>
    getComputedStyle(one)[place ? 'backgroundColor' : 'color'].match(/[0-9.]+/g).slice(0, 3).map(Number)))"""
PATHS = "[...document.querySelector('.panels svg').querySelectorAll('path')].map((path) => path.outerHTML)"


@dataclass
class Opened:
    """A page in a tab, with what it complained of and what it asked for."""

    tab: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cells = (
        curves(died={1: 5}),
        curves("vae"),
        curves(ODD, seeds=1),
        curves("flow", dataset="moons", died=dict.fromkeys(range(4), 2)),
    )
    html = build_page(imported(*cells), "A title", "genconv report runs")
    return write_page(tmp_path_factory.mktemp("page") / "page.html", html)


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["desk", "phone"])
def opened(request: pytest.FixtureRequest, browser: Any, file: Path) -> Iterator[Opened]:
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True, accept_downloads=True
    )
    made = Opened(context.new_page())
    made.tab.on("console", lambda message: made.complaints.append(message.text))
    made.tab.on("pageerror", lambda error: made.complaints.append(str(error)))
    made.tab.on("request", lambda asked: made.requests.append(asked.url))
    made.tab.goto(file.as_uri())
    made.tab.evaluate("document.querySelectorAll('details.view').forEach((one) => { one.open = true; })")
    yield made
    assert made.complaints == []
    assert [url for url in made.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()


def _first(opened: Opened, selector: str) -> Any:
    return opened.tab.locator(selector).first


def test_it_opens_without_a_complaint_and_never_scrolls_sideways(opened: Opened):
    wide, window = opened.tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window
    assert opened.tab.title() == "A title"
    assert opened.tab.locator(".panels svg").count() == 2
    assert opened.tab.evaluate("typeof alert") == "function"
    assert opened.tab.get_by_text(ODD).first.is_visible()


def test_pointing_at_a_line_shows_its_seed_and_value(opened: Opened):
    svg = _first(opened, ".panels svg")
    svg.scroll_into_view_if_needed()
    box = svg.bounding_box()
    opened.tab.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.7 * box["height"])
    tip = _first(opened, ".tip")
    assert tip.is_visible()
    words = tip.inner_text()
    seed = int(words.split("seed ")[1].split("\n")[0])
    epoch = int(words.split("epoch ")[1].split(":")[0])
    shown = float(words.split(": ")[1].split(" nats")[0])
    cell = next(
        one for one in (curves(died={1: 5}), curves("vae"), curves(ODD, seeds=1)) if words.startswith(one.model)
    )
    assert shown == pytest.approx(cell.validation[cell.seeds.index(seed), epoch], rel=1e-5)


def test_a_tap_shows_a_seed_until_the_next(browser: Any, file: Path):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, offline=True)
    tab = context.new_page()
    tab.goto(file.as_uri())
    svg = tab.locator(".panels svg").first
    svg.scroll_into_view_if_needed()
    svg.tap(position={"x": 200, "y": 150})
    assert tab.locator(".tip").first.is_visible()
    assert "seed" in tab.locator(".tip").first.inner_text()
    context.close()


def test_arrow_keys_read_seeds_aloud(opened: Opened):
    svg = _first(opened, ".panels svg")
    svg.focus()
    opened.tab.keyboard.press("ArrowRight")
    first = _first(opened, ".said").inner_text()
    opened.tab.keyboard.press("ArrowUp")
    second = _first(opened, ".said").inner_text()
    opened.tab.keyboard.press("ArrowLeft")
    assert "seed" in first
    assert "nats" in first
    assert len({first, second, _first(opened, ".said").inner_text()}) == 3


def test_the_axis_turns_logarithmic_and_back(opened: Opened):
    lines = opened.tab.evaluate(PATHS)
    log = _first(opened, "[data-axis=log]")
    log.click()
    assert log.get_attribute("aria-pressed") == "true"
    bent = opened.tab.evaluate(PATHS)
    assert bent != lines
    _first(opened, "[data-axis=linear]").click()
    again = opened.tab.evaluate(PATHS)
    assert again == lines


def test_the_loss_axis_follows_the_models_that_are_shown(opened: Opened):
    view = "Charts.all[0].view.y"
    whole, cells = opened.tab.evaluate(view), opened.tab.evaluate("Charts.all[0].data.cells.length")
    for cell in range(cells - 1):
        _first(opened, f"[data-cell='{cell}']").click()
    assert opened.tab.evaluate(view) != whole
    for cell in range(cells - 1):
        _first(opened, f"[data-cell='{cell}']").click()
    assert opened.tab.evaluate(view) == whole


def test_losses_are_drawn_above_the_entropy_along_logarithmic_epochs(opened: Opened):
    _first(opened, "[data-axis=excess]").click()
    _first(opened, "select[data-choice=along]").select_option("places log")
    words = opened.tab.evaluate("document.querySelector('.panels svg').textContent")
    assert "NLL − entropy, nats (log)" in words
    assert "epoch (log)" in words
    low, high = opened.tab.evaluate("Charts.all[0].view.y")
    assert 10**low < 3.0 - 2.832 + 0.1 < 10**high


def test_first_epochs_that_are_not_in_view_are_marked(opened: Opened):
    assert opened.tab.locator(".panels svg").first.locator(".beyond").count() > 0
    assert "▲ epoch 0" in opened.tab.evaluate("document.querySelector('.panels svg').textContent")
    _first(opened, "[data-zoom=all]").click()
    assert opened.tab.locator(".panels svg").first.locator(".beyond").count() == 0
    opened.tab.evaluate(
        "Object.assign(Charts.all[0].view, { y: Charts.all[0].view.y.map((at, end) => end ? at : at + 0.5) })"
    )
    opened.tab.evaluate("Charts.all[0].draw()")
    assert "▼ epoch" in opened.tab.evaluate("document.querySelector('.panels svg').textContent")
    assert opened.tab.locator(".panels svg").first.locator(".beyond").count() > 0


def test_curves_are_smoothed_and_their_values_kept(opened: Opened):
    lines = opened.tab.evaluate(PATHS)
    raw = opened.tab.evaluate("Charts.all[0].data.cells[0].y")
    _first(opened, "select[data-choice=smooth]").select_option("0.9")
    assert opened.tab.evaluate(PATHS) != lines
    smooth = opened.tab.evaluate("Charts.all[0].curves(0).y[0].slice(0, 2)")
    assert smooth == pytest.approx([raw[0][0], (0.9 * raw[0][0] + raw[0][1]) / 1.9])
    assert opened.tab.evaluate("Charts.all[0].data.cells[0].y") == raw


def test_a_run_is_pinned_by_a_click_and_by_the_keyboard(opened: Opened):
    svg = _first(opened, ".panels svg")
    svg.focus()
    opened.tab.keyboard.press("ArrowRight")
    opened.tab.keyboard.press("Enter")
    chip = opened.tab.locator(".pins button")
    assert chip.count() == 1
    assert "ends at" in chip.inner_text()
    assert (chip.get_attribute("aria-label") or "").startswith("Unpin")
    chip.click()
    assert chip.count() == 0


def test_the_answer_and_its_chart_stand_on_the_first_screen(opened: Opened):
    for selector in (".answer .lead", ".panels svg"):
        box = _first(opened, selector).bounding_box()
        assert box["y"] + 150 < 800


def test_panels_come_apart_and_share_their_zoom(opened: Opened):
    chart = _first(opened, ".chart")
    chart.locator("[data-layout=apart]").click()
    assert chart.locator(".panels svg").count() == 3
    view = "Charts.all[0].view.x"
    whole = opened.tab.evaluate(view)
    svg = chart.locator(".panels svg").nth(1)
    svg.scroll_into_view_if_needed()
    box = svg.bounding_box()
    opened.tab.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    opened.tab.mouse.down()
    opened.tab.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
    opened.tab.mouse.up()
    near = opened.tab.evaluate(view)
    assert whole[0] < near[0] < near[1] < whole[1]
    assert len({text.split("epoch")[0] for text in opened.tab.evaluate(TICKS)}) == 1
    chart.locator("[data-zoom=reset]").click()
    assert opened.tab.evaluate(view) == whole


def test_a_model_can_be_hidden(opened: Opened):
    chart = _first(opened, ".chart")
    count = chart.locator(".panels path").count()
    chart.locator("[data-cell='1']").click()
    assert chart.locator(".panels path").count() < count
    assert chart.locator("[data-cell='1']").get_attribute("aria-pressed") == "false"


def _saved(opened: Opened, button: Any, folder: Path) -> Path:
    with opened.tab.expect_download() as waiting:
        button.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_tables_and_curves_are_saved_as_csv(opened: Opened, tmp_path: Path):
    table = _saved(opened, _first(opened, "[data-csv=overview]"), tmp_path)
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    means = {row["model"]: float(row["mean"]) for row in rows if row["metric"] == "last" and row["mean"]}
    assert means["vae"] == pytest.approx(curves("vae").validation[:, -1].mean(), rel=1e-12)
    assert ODD in means
    lines = _saved(opened, _first(opened, "[data-curves]"), tmp_path).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "dataset,cell,seed,epoch,validation_loss"
    assert len(lines) == 1 + 12 * (4 + 4 + 1)


def test_tables_are_sorted_by_any_column(opened: Opened):
    column = "[...document.querySelectorAll('table')[0].tBodies[0].rows].map((row) => row.cells[0].textContent.trim())"
    before = opened.tab.evaluate(column)
    head = opened.tab.locator("table").first.locator("th .sort").first
    head.click()
    assert opened.tab.evaluate(column) == sorted(before, key=str.lower)
    head.click()
    assert opened.tab.evaluate(column) == sorted(before, key=str.lower, reverse=True)
    assert opened.tab.locator("th[aria-sort=descending]").count() == 1
    head.click()
    assert opened.tab.evaluate(column) == before


def test_figures_are_saved_as_svg(opened: Opened, tmp_path: Path):
    for button in opened.tab.locator("[data-svg]").all():
        path = _saved(opened, button, tmp_path)
        root = ET.parse(path).getroot()  # noqa: S314  the page's own
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert float(root.attrib["width"]) > 100
        assert "var(" not in path.read_text(encoding="utf-8")
        opened.tab.wait_for_timeout(120)  # Chromium lets ten downloads pass in a second


def test_a_link_to_a_cell_unfolds_it(opened: Opened):
    opened.tab.locator("[id^=overview], table").first.locator("a").first.click()
    name = opened.tab.evaluate("decodeURIComponent(location.hash.slice(1))")
    assert name.startswith("cell-")
    opened.tab.wait_for_function("name => document.getElementById(name).open", arg=name)


def test_everything_can_be_reached_by_keyboard(opened: Opened):
    bare = opened.tab.evaluate(
        "[...document.querySelectorAll('button, a, summary')].filter(e => e.offsetParent && !(e.textContent.trim() || "
        "e.getAttribute('aria-label'))).length"
    )
    assert bare == 0
    opened.tab.keyboard.press("Tab")
    assert opened.tab.evaluate("document.activeElement.className") == "skip"
    assert opened.tab.locator("main, header, nav[aria-label], footer").count() == 4


def test_text_stands_out_from_the_page(opened: Opened):
    found = opened.tab.evaluate(COLOURS)
    for colours in found:
        light, dark = sorted((_luminance(colour) for colour in colours), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_lines_have_the_colours_of_a_dark_page(opened: Opened):
    drawn = (
        "[...document.querySelectorAll('.swatch path')].map("
        "(one) => [one.getAttribute('stroke'), getComputedStyle(one).stroke])"
    )
    dark = opened.tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    found = opened.tab.evaluate(drawn)
    assert found
    for colour, shown in found:
        wanted = on_dark().get(colour, colour) if dark and colour.startswith("#") else colour
        if wanted.startswith("#"):
            assert shown == f"rgb({', '.join(str(int(wanted[at : at + 2], 16)) for at in (1, 3, 5))})"


def _luminance(colour: list[float]) -> float:
    shares = np.array(colour) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_it_prints(opened: Opened):
    pdf = opened.tab.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert 1 < pdf.count(b"/Type /Page\n") < 20


def test_every_recorded_quantity_is_drawn_and_saved(opened: Opened, tmp_path: Path):
    chart = _first(opened, ".chart")
    lines = opened.tab.evaluate(PATHS)
    choice = chart.locator("select[data-choice=quantity]")
    assert choice.locator("option").all_inner_texts() == ["validation NLL, nats", "training NLL, nats"]
    choice.select_option("training.loss")
    assert "training NLL, nats" in opened.tab.evaluate("document.querySelector('.panels svg').textContent")
    saved = _saved(opened, _first(opened, "[data-curves]"), tmp_path).read_text(encoding="utf-8").splitlines()
    assert saved[0] == "dataset,cell,seed,epoch,training_loss"
    choice.select_option("validation.loss")
    assert opened.tab.evaluate(PATHS) == lines


def test_an_axis_that_is_not_on_record_says_so(opened: Opened):
    along = _first(opened, "select[data-choice=along]")
    words = along.locator("option").all_inner_texts()
    assert words[:2] == ["by epoch", "by epoch, log"]
    assert words[2:] == [f"by {over}: not on record" for over in ("step", "step, log", "wall time", "wall time, log")]
    assert along.locator("option[disabled]").count() == 4


def _run(tab: Any, place: int = 0) -> str:
    return tab.evaluate(f"Charts.all[0].idOf({{ cell: 0, seed: {place} }})")


def test_a_run_is_followed_through_all_charts_and_its_table(opened: Opened):
    run = _run(opened.tab)
    cell = run.split("/")[0]
    opened.tab.evaluate("id => { document.getElementById(id).open = true; }", cell)
    opened.tab.locator(f"[data-run='{run}']").click()
    assert opened.tab.locator(f"[data-run='{run}']").get_attribute("aria-pressed") == "true"
    assert opened.tab.locator("tr.pinned").count() == 1
    assert opened.tab.locator(".pins button").count() == 1
    marked = opened.tab.evaluate(
        "Charts.plots.filter((plot) => plot.overlay.querySelector('circle')).map((plot) => plot.kind)"
    )
    assert {"gap", "survival", "metrics"} <= set(marked)
    assert opened.tab.evaluate("Charts.all[0].drawn[0].overlay.querySelectorAll('path').length") == 2
    opened.tab.locator(".pins button").click()
    assert opened.tab.evaluate("Charts.plots.some((plot) => plot.overlay.querySelector('circle'))") is False


@pytest.mark.parametrize("kind", ["forest", "gap", "survival", "metrics"])
def test_charts_of_statistics_tell_what_is_under_the_pointer_and_by_keyboard(opened: Opened, kind: str):
    plot = opened.tab.locator(f".plot[data-plot={kind}]").first
    svg = plot.locator(".stage svg")
    svg.scroll_into_view_if_needed()
    box = svg.bounding_box()
    x, y = opened.tab.evaluate(
        "kind => { const plot = Charts.plots.find((one) => one.kind === kind), [at] = plot.targets;"
        " return [at.x / plot.width, at.y / plot.height]; }",
        kind,
    )
    opened.tab.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    assert plot.locator(".tip").is_visible()
    assert plot.locator(".tip").inner_text().strip()
    svg.focus()
    for _ in range(40):
        opened.tab.keyboard.press("ArrowRight")
        if "seed" in plot.locator(".said").inner_text():
            break
    assert plot.locator(".said").inner_text().strip()
    assert (svg.get_attribute("aria-label") or "").endswith(".")
    opened.tab.keyboard.press("Enter")
    assert opened.tab.locator(".pins button").count() == (0 if kind == "forest" else 1)


def test_charts_and_tables_follow_the_filter_and_the_grouping(opened: Opened):
    rows = "[...document.querySelectorAll('table')[0].tBodies[0].rows].filter((row) => row.offsetParent).length"
    before = opened.tab.evaluate(rows)
    opened.tab.locator(".filter summary").click()
    opened.tab.get_by_role("checkbox", name="vae").uncheck()
    assert opened.tab.evaluate(rows) == before - 1
    assert opened.tab.evaluate("Charts.all[0].shown.map((cell) => cell.id)") == [
        one for one in opened.tab.evaluate("Charts.all[0].data.cells.map((cell) => cell.id)") if "vae" not in one
    ]
    forest = "Charts.plots.find((plot) => plot.kind === 'forest').parts.map((part) => part.name).join()"
    assert "vae" not in opened.tab.evaluate(forest)
    assert "of 4 cells are shown" in opened.tab.locator(".filtered").inner_text()
    opened.tab.get_by_label("Group by").select_option("dataset")
    heads = opened.tab.locator("table").first.locator("tr.group th").all_inner_texts()
    assert heads == ["dataset: 8gaussians", "dataset: moons"]
    opened.tab.get_by_role("button", name="Show all").click()
    opened.tab.get_by_role("checkbox", name="moons").uncheck()
    assert not opened.tab.locator("#dataset-moons").is_visible()


def test_the_bar_of_contents_follows(opened: Opened):
    current = "document.querySelector('nav a[aria-current]').textContent"
    assert opened.tab.evaluate(current) == "Answers"
    opened.tab.evaluate("document.getElementById('metrics').scrollIntoView()")
    opened.tab.wait_for_function(f"() => {current} === 'All metrics'")
    box = opened.tab.locator("nav").bounding_box()
    assert box["y"] == 0


def test_the_bar_of_contents_fades_only_where_it_goes_on(opened: Opened):
    goes_on = "(bar) => bar.scrollWidth - bar.clientWidth - bar.scrollLeft > 1"
    bar = opened.tab.locator("nav ul")
    opened.tab.wait_for_function(
        f"() => document.querySelector('nav ul').matches('.after') === ({goes_on})(document.querySelector('nav ul'))"
    )
    if opened.tab.viewport_size["width"] == 1280:
        assert not bar.evaluate(goes_on)
    bar.evaluate("(bar) => bar.scrollTo({ left: 1e4 })")
    opened.tab.wait_for_function("() => !document.querySelector('nav ul').matches('.after')")


def test_no_line_ends_between_a_symbol_and_its_number(opened: Opened):
    text = opened.tab.evaluate("document.body.textContent")
    assert "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}" in text
    prose = opened.tab.evaluate(
        "[...document.querySelectorAll('p, li, dd, figcaption, caption')].map((one) => one.textContent)"
    )
    assert [words for words in prose if re.search(r"\w = \d|\d (?:%|nats)|\[[\d.]+, ", words)] == []


def test_the_names_of_reference_lines_lie_on_no_dots_and_inside_the_drawing(opened: Opened):
    crossed = """() => [...document.querySelectorAll('.plot svg')].flatMap((svg) => {
      const dots = [...svg.querySelectorAll('circle')].map((dot) => dot.getBoundingClientRect());
      const box = svg.getBoundingClientRect(), words = [...svg.querySelectorAll('text:not([transform])')];
      return words.filter((word) => {
        const own = word.getBoundingClientRect();
        const across = (dot) => dot.left < own.right && dot.right > own.left;
        const on = (dot) => across(dot) && dot.top < own.bottom - 4 && dot.bottom > own.top + 4;
        const hidden = /^Gaussian/.test(word.textContent) && dots.some(on);
        return own.right > box.right + 1 || own.left < box.left - 1 || hidden;
      }).map((word) => word.textContent);
    })"""
    assert "Gaussian" in opened.tab.locator("[data-plot=gap] svg").first.text_content()
    assert opened.tab.evaluate(crossed) == []


def test_a_wide_table_says_that_it_goes_on(opened: Opened):
    table = opened.tab.locator("#metrics ~ .table .scroll")
    wide = table.evaluate("box => box.scrollWidth > box.clientWidth + 4")
    assert table.evaluate("box => box.classList.contains('more')") == wide
    if wide:
        table.evaluate("box => { box.scrollLeft = 100; }")
        opened.tab.wait_for_function("() => !document.querySelector('#metrics ~ .table .scroll').matches('.more')")


def test_a_later_page_keeps_what_a_reader_has_chosen(opened: Opened, file: Path):
    run = _run(opened.tab)
    opened.tab.evaluate("id => Runs.pin(id)", run)
    _first(opened, "select[data-choice=quantity]").select_option("training.loss")
    _first(opened, "[data-axis=log]").click()
    opened.tab.evaluate("id => { document.getElementById(id).open = true; }", run.split("/")[0])
    opened.tab.evaluate("text => Page.refresh(text)", file.read_text(encoding="utf-8").replace("A title", "Later"))
    assert opened.tab.title() == "Later"
    assert opened.tab.evaluate("[Charts.all[0].quantity, Charts.all[0].scale]") == ["training.loss", "log"]
    assert _first(opened, "[data-axis=log]").get_attribute("aria-pressed") == "true"
    assert opened.tab.locator(".pins button").count() == 1
    assert opened.tab.evaluate("id => document.getElementById(id).open", run.split("/")[0])
    assert opened.tab.locator(".panels svg").count() == 2
