"""What a notebook shows: short texts, tables, pictures, and a bar while it trains."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from matplotlib.figure import Figure

import genconv
from genconv.store.results import Results
from tests.experiment.compiling import TINY_VAE, quick_compilation
from tests.experiment.synthetic_runs import cell, store

MODEL = """
import genconv, jax.numpy as jnp

class Standard(genconv.ExactModel):
    config_type = genconv.Config
    summary = "a standard normal law with one parameter that does nothing"
    shift: object

    @classmethod
    def build(cls, config, data, key):
        return cls(jnp.zeros(2))

    def log_prob(self, x):
        return -0.5 * ((x - self.shift) ** 2).sum(-1) - 1.8379

    def sample(self, key, count):
        return jnp.zeros((count, 2))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    root = tmp_path_factory.mktemp("runs")
    for model in ("vae", "flow"):
        store(root, 6, cell(model=model))
    return genconv.load(root)


def test_everything_has_a_short_text(results: Results) -> None:
    compared = genconv.compare(results)
    first = compared.results[0]
    for one in (
        *(results, results[0], genconv.summarise(results), genconv.summarise(results)[0]),
        *(compared, first, first.verdict, first.comparison),
        *(genconv.plan(results, "last", effect=1.0), genconv.plot(results, kinds=["curves"])),
    ):
        assert 0 < len(repr(one)) < 2000, type(one)


def test_tables_are_html(results: Results) -> None:
    estimates = genconv.summarise(results)._repr_html_()
    assert estimates.count("<table>") == 1
    assert "last 95 %" in estimates
    assert "vae" in estimates
    assert "<td>" in genconv.plan(results, "last", effect=1.0)._repr_html_()
    assert genconv.compare(results)._repr_html_().startswith("<ul><li>flow")


def test_names_are_text_in_html(tmp_path: Path) -> None:
    store(tmp_path, 3, cell(model="<script>"))
    found = genconv.load(tmp_path)
    assert "<script>" not in found._repr_html_() + genconv.summarise(found)._repr_html_()


def test_figures_are_matplotlib_figures_that_show_themselves(results: Results, tmp_path: Path) -> None:
    figures = genconv.plot(results, kinds=["curves"])
    assert all(isinstance(figure, Figure) and figure.caption for figure in figures.values())
    assert figures.paths == ()
    assert 'src="data:image/png;base64,' in figures._repr_html_()


class Told(genconv.Observer):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def study_planned(self, cells: Any) -> None:
        self.heard.append([len(one.missing) for one in cells])

    def epoch_finished(self, progress: genconv.Progress) -> None:
        self.heard.append((progress.epoch, progress.words))


def test_a_class_in_a_file_is_trained_under_a_number_of_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "standard.py").write_text(MODEL)
    from standard import Standard  # type: ignore[import-not-found]  # noqa: PLC0415

    told = Told()
    small = {name: value for name, value in (word.split("=") for word in TINY_VAE) if not name.startswith("model.")}
    settings = {name: int(value) for name, value in small.items()}
    with quick_compilation():
        found = genconv.train(Standard, "rings", settings, seeds=2, epochs=2, observer=told)
    assert found[0].curves.model == "standard.py:Standard"
    assert found[0].curves.seeds == (0, 1)
    assert told.heard[0] == [2]
    assert [epoch for epoch, _ in told.heard[1:]] == [1, 2]
    assert told.heard[1][1].startswith("2 alive, loss ")


def test_a_class_in_no_file_is_refused_with_what_to_do() -> None:
    local = type("Local", (genconv.ExactModel,), {"__module__": "__main__"})
    with pytest.raises(genconv.InputError, match=r"%%writefile mine\.py"):
        genconv.train(local, "rings", seeds=1)


def test_a_notebook_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    from genconv.api.notebook import observer_here  # noqa: PLC0415
    from tests.cli.test_progress import EPOCHS, RUNS, VAE, epoch, planned  # noqa: PLC0415

    shown: list[str] = []
    handle = SimpleNamespace(update=shown.append)

    def display(html: str, display_id: bool) -> SimpleNamespace:
        assert display_id
        shown.append(html)
        return handle

    notebook: Any = ModuleType("IPython")
    notebook.get_ipython = lambda: SimpleNamespace(kernel=object())
    inside: Any = ModuleType("IPython.display")
    inside.HTML, inside.display = str, display
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    monkeypatch.setitem(sys.modules, "IPython.display", inside)
    bar = observer_here()
    bar.study_planned([planned(VAE)])
    bar.cell_started(VAE, RUNS)
    bar.epoch_finished(epoch(VAE, EPOCHS))
    bar.cell_finished(VAE, RUNS, 1.0)
    assert '<progress value="0.0000"' in shown[0]
    assert '<progress value="1.0000"' in shown[-1]
    assert "4 runs stored" in shown[-1]
    sampling = observer_here()
    for drawn in (0, 500, 1000):
        sampling.samples_drawn("rings-vae-1", drawn, 1000)
    assert '<progress value="1.0000"' in shown[-1]
    assert "rings-vae-1: 1,000 of 1,000 samples" in shown[-1]
