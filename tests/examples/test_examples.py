"""Every example runs, and uses the public interface alone."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import stats

import genconv
from genconv.config.toml import value_of
from genconv.config.user_code import load
from tests.cli.commands import genconv as command
from tests.experiment.compiling import quick_compilation, variables

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = (
    "data.training_size=512",
    "data.validation_size=128",
    "data.test_size=128",
    "training.batch_size=128",
    "training.warmup_steps=0",
    "evaluation.importance_samples=2",
    "evaluation.samples=16",
    "evaluation.points=64",
)
NOTEBOOK = EXAMPLES / "notebook.ipynb"
CLOVER, MAF, MATCHING = (
    f"{EXAMPLES}/{name}" for name in ("own_dataset.py:Clover", "own_model.py:MAF", "flow_matching.py:FlowMatching")
)


def cells_of_notebook() -> list[str]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def texts() -> Iterator[tuple[str, str]]:
    yield NOTEBOOK.name, "\n".join(cells_of_notebook())
    for path in sorted(EXAMPLES.glob("*.py")):
        yield path.name, path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "text"), list(texts()))
def test_an_example_uses_public_names_alone(name: str, text: str) -> None:
    nodes = list(ast.walk(ast.parse(text)))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert {module for module in imported if module.startswith("genconv")} == {"genconv"}, name
    assert not [node for node in nodes if isinstance(node, ast.ImportFrom) and "genconv" in (node.module or "")]
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "genconv"
    }
    assert used
    assert used <= set(genconv.__all__), name


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    for model in (MAF, MATCHING):
        with quick_compilation():
            words = [*SMALL, "data.leaves=3"]
            done = command("train", "-m", model, "-d", CLOVER, "-e", "2", "-n", "2", "-o", folder, *words)
        assert done.code == 0, done.err
    return folder


def test_own_models_train_on_an_own_dataset(trained: Path) -> None:
    results = genconv.load(trained)
    assert len(results) == 2
    exact = next(cell for cell in results if cell.curves.model == MAF)
    regression = next(cell for cell in results if cell.curves.model == MATCHING)
    assert (exact.curves.measure.kind, regression.curves.measure.kind) == ("exact", "loss")
    assert exact.curves.validation.shape == (2, 2)
    for cell in results:
        assert genconv.sample(
            cell.runs[0], 5, code=[EXAMPLES / name for name in ("own_model.py", "flow_matching.py", "own_dataset.py")]
        ).shape == (5, 2)


def test_an_own_metric_is_a_column(trained: Path) -> None:
    done = command("metrics", trained, "--metric", f"{EXAMPLES}/own_metric.py:SETTLED", "--format", "csv")
    assert done.code == 0, done.err
    assert "settled_mean" in done.out.splitlines()[0]
    row = genconv.summarise(genconv.load(trained), metric=[f"{EXAMPLES}/own_metric.py:SETTLED"])[0]
    assert 0 <= row.metrics["settled"].mean <= 1


def test_the_flow_on_a_page_is_a_density_and_draws_from_it() -> None:
    model_type = load(MAF)
    data = genconv.DataSpec("points", (2,), "continuous")
    model = model_type.build(model_type.config_type(blocks=3, hidden=8), data, jr.key(0))
    model = jax.tree.map(lambda leaf: leaf + 0.5 * jr.normal(jr.key(1), leaf.shape), model)
    side = jnp.linspace(-30, 30, 1201)
    grid = jnp.stack(jnp.meshgrid(side, side), axis=-1).reshape(-1, 2)
    mass = jnp.sum(jnp.exp(eqx.filter_jit(model.log_prob)(grid))) * (side[1] - side[0]) ** 2
    np.testing.assert_allclose(mass, 1, rtol=2e-2)
    draws = model.sample(jr.key(2), 4000)
    inside = float(jnp.sum(jnp.where(grid[:, 0] < 0, jnp.exp(model.log_prob(grid)), 0.0)) * (side[1] - side[0]) ** 2)
    count = int(jnp.sum(draws[:, 0] < 0))
    assert stats.binomtest(count, 4000, min(inside / float(mass), 1.0)).pvalue > 1e-4


def test_the_study_runs(tmp_path: Path) -> None:
    small = (*(word for word in SMALL if "importance" not in word), "training.epochs=1", "seeds=2")
    with quick_compilation():
        done = command("run", EXAMPLES / "hyperparameter.toml", "-o", tmp_path, *small, "model.couplings=1")
    assert done.code == 0, done.err
    variants = {cell.curves.variant for cell in genconv.load(tmp_path)}
    assert variants == {f"learning_rate={rate}" for rate in ("0.0003", "0.001", "0.003")}


def test_the_notebook_runs_in_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat, nbclient = (pytest.importorskip(name, reason="the extra dev has it") for name in ("nbformat", "nbclient"))
    book = nbformat.read(NOTEBOOK, as_version=4)
    settings = {name: value_of(text) for name, text in (word.split("=", 1) for word in SMALL)}
    book.cells[1].source += f"\nSMALL = {settings}"
    for cell in book.cells:
        cell.source = cell.source.replace("seeds=5, epochs=5", "seeds=2, epochs=2")
    for name, value in variables().items():
        monkeypatch.setenv(name, value)
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    pages = "".join(output["data"].get("text/html", "") for output in shown if "data" in output)
    assert "<progress" in pages, "a bar while it trains"
    assert 'src="data:image/png;base64,' in pages, "the figure"
    assert pages.count("<table") >= 3
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_the_pytorch_vae_records_itself_and_is_launched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="PyTorch is optional")
    monkeypatch.chdir(tmp_path)
    script = str(EXAMPLES / "pytorch_vae.py")
    subprocess.run([sys.executable, script], check=True)  # noqa: S603
    launch = ["launch", "-n", 3, "--model", "vae", "--dataset", "ring", "-o", "launched", "--", sys.executable, script]
    command(*launch)
    alone, launched = (genconv.load(folder).curves[0] for folder in ("runs", "launched"))
    np.testing.assert_array_equal(alone.validation, launched.validation)
    assert alone.validation[:, -1].max() < alone.validation[:, 0].min(), "it learns"
