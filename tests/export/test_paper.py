"""LaTeX tables, sentences for a checklist, citation and RO-Crate."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.experiment.synthetic_runs import cell, record, store
from tests.readers.foreign_files import mlflow_run
from tests.statistics import small_cells

from genconv.config.run import Run
from genconv.coordinates import Coordinates
from genconv.curves import Divergence
from genconv.errors import InputError
from genconv.export.checklist import checklist
from genconv.export.citation import Credits
from genconv.export.crate import write_crate
from genconv.export.latex import escaped, with_spread, write_latex
from genconv.export.targets import ExportOptions, write
from genconv.measure import ELBO, LOSS, Measure
from genconv.readers.into_store import import_into
from genconv.readers.options import ImportOptions
from genconv.statistics.intervals import mean_interval
from genconv.store.files import sha256
from genconv.store.load import load
from genconv.store.results import Results
from genconv.store.runs import save_run


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    root = tmp_path_factory.mktemp("paper")
    store(root, 4)
    store(root, 1, cell(model="my_flow"))
    save_run(root, record(9, divergence=Divergence(2, "blow-up", 9)))
    return load([root])


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (2.91342, 0.02319, r"$2.913 \pm 0.023$"),
        (86.334, 1.25, r"$86.3 \pm 1.2$"),
        (-0.04, 0.5, r"$-0.04 \pm 0.50$"),
        (1234.5, 678.0, r"$1234 \pm 678$"),
        (461234.0, 12345.0, r"$(4.61 \pm 0.12) \times 10^{5}$"),
        (2.5, float("nan"), "$2.50$"),
        (float("nan"), 1.0, "--"),
        (float("inf"), float("nan"), r"$\infty$"),
        (3.0, 0.0, r"$3.00 \pm 0$"),
    ],
)
def test_the_spread_decides_the_digits(mean: float, half: float, text: str) -> None:
    assert with_spread(mean, half) == text


def test_a_table_holds_the_mean_and_the_half_width_of_its_interval(results: Results, tmp_path: Path) -> None:
    (path,) = write_latex(results, tmp_path, ["last"])
    text = path.read_text()
    (vae,) = results.where(model="vae")
    last = vae.curves.validation[~vae.curves.diverged, -1]
    interval = mean_interval(np.sort(last), 0.95)
    assert interval is not None
    mean, half, runs = re.search(r"vae & 5 & 1 & \$([\d.]+) \\pm ([\d.]+)\$ \((\d)\)", text).groups()  # type: ignore[union-attr]
    assert float(mean) == pytest.approx(last.mean(), abs=0.005)
    assert float(half) == pytest.approx((interval.high - interval.low) / 2, abs=0.005)
    assert runs == "4"
    assert r"my\_flow & 1 & 0 & $" in text
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", "95 \\% confidence interval (Student t)"):
        assert rule in text


def test_the_caption_names_losses_only_where_something_is_known_of_them(tmp_path: Path) -> None:
    def caption(measure: Measure) -> str:
        (path,) = write_latex(Results((small_cells.cell("net", [1.0, 2.0], measure=measure),)), tmp_path, ["last"])
        return path.read_text().partition("\\caption{")[2]

    assert "Losses" not in caption(LOSS)
    assert "(Student t). Diverged runs are counted" in caption(LOSS)
    assert "Losses: NLL bound (ELBO), nats. Diverged" in caption(ELBO)


def test_every_special_character_is_escaped() -> None:
    assert escaped(r"a_b & 50 % {x} \ #1 ~ ^ $") == (
        r"a\_b \& 50 \% \{x\} \textbackslash{} \#1 \textasciitilde{} \textasciicircum{} \$"
    )


def test_the_checklist_names_the_factors_of_variability(results: Results) -> None:
    text = checklist(results, 0.9)
    assert "90 % confidence intervals of the mean by Student's t" in text
    assert (
        "**rings · vae · corrected.** Over 5 runs, which differ in the initial weights, the order of the training "
        "examples and the random numbers of latent variables, binarization and dequantization. They vary together, so "
        "their shares are not told apart. The same for all runs: the sample of the data. Diverged, counted and left "
        "out of means: 1 of 5 (rings · vae · corrected)."
    ) in text
    assert "**rings · my_flow · corrected.** There is 1 run, and no error bar. No run diverged." in text


def test_runs_of_a_factorial_are_not_called_independent(tmp_path: Path) -> None:
    for init in (0, 1):
        for noise in (0, 1):
            one = record()
            run = Run(one.run.cell, Coordinates(0, init, 5, noise))
            save_run(tmp_path, type(one)(**{**vars(one), "run": run}))
    text = checklist(load([tmp_path]))
    assert "differ in the initial weights and the random numbers" in text
    assert "They are crossed: runs that share one of them are not independent" in text
    assert "The same for all runs: the sample of the data and the order of the training examples." in text


def test_of_runs_from_elsewhere_no_factor_is_invented(tmp_path: Path) -> None:
    for number, rate in enumerate(("0.1", "0.2")):
        mlflow_run(
            tmp_path / "mlruns", f"r{number}", {"val_loss": [3.0, 2.0 + number]}, {"seed": str(number), "lr": rate}
        )
    import_into(tmp_path / "runs", [tmp_path / "mlruns"], ImportOptions("m", "d"))
    text = checklist(load([tmp_path / "runs"]))
    assert "what a seed varied there is not on record. Besides, they differ in lr (0.1, 0.2)." in text


def test_the_citation_points_to_the_software(results: Results, tmp_path: Path) -> None:
    credit = Credits('A "title": yes', "A. Author", "CC-BY-4.0")
    (path,) = write(results, "citation", tmp_path, ExportOptions(credit=credit))
    lines = dict(line.split(": ", 1) for line in path.read_text().splitlines() if not line.startswith(("refer", " ")))
    assert json.loads(lines["title"]) == credit.title
    assert json.loads(lines["authors"]) == [{"name": "A. Author"}]
    assert json.loads(lines["license"]) == "CC-BY-4.0"
    assert json.loads(path.read_text().splitlines()[-1].removeprefix("  - "))["title"].startswith("genconv")


def crate(results: Results, folder: Path, **credit: str) -> dict[str, dict[str, Any]]:
    write_crate(results, folder, Credits(**credit), command="genconv export runs --to crate")
    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    return {one["@id"]: one for one in graph}


def test_the_crate_describes_every_file_in_it(results: Results, tmp_path: Path) -> None:
    found = crate(results, tmp_path, author="A. Author", license="CC-BY-4.0")
    files = {path.name for path in tmp_path.iterdir()} - {"ro-crate-metadata.json"}
    assert {part["@id"] for part in found["./"]["hasPart"]} == files
    for name in files:
        assert found[name]["sha256"] == sha256(tmp_path / name)
    assert found["./"]["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0.html"}
    assert found["#export"]["description"] == "genconv export runs --to crate"


def test_no_license_is_invented(results: Results, tmp_path: Path) -> None:
    assert crate(results, tmp_path)["#license"]["name"] == "No license given"


def test_the_validator_of_ro_crate_has_no_complaint(results: Results, tmp_path: Path) -> None:
    services = pytest.importorskip("rocrate_validator.services", reason="roc-validator is not installed")
    models = pytest.importorskip("rocrate_validator.models")
    requests = pytest.importorskip("requests")
    try:
        requests.get("https://w3id.org/ro/crate/1.1/context", timeout=5).raise_for_status()
    except requests.RequestException:
        pytest.skip("the context of RO-Crate cannot be fetched")
    crate(results, tmp_path)
    for profile in ("ro-crate-1.1", "process-run-crate-0.5"):
        settings = services.ValidationSettings(
            rocrate_uri=str(tmp_path), profile_identifier=profile, requirement_severity=models.Severity.REQUIRED
        )
        assert not services.validate(settings).has_issues()


def test_an_unknown_target_is_told(results: Results, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown target 'latx': did you mean 'latex'"):
        write(results, "latx", tmp_path)  # type: ignore[arg-type]
