"""A store of format 1 opens, counts as finished, and gives the numbers that its own version gave."""

import json
from pathlib import Path

import numpy as np
import pytest

from genconv.coordinates import Coordinates
from genconv.curves import Divergence
from genconv.experiment.execute import run_study
from genconv.experiment.sampling import draw_samples
from genconv.measure import ELBO, EXACT, importance_weighted
from genconv.store.load import load
from genconv.store.results import Results
from genconv.store.runs import StoredRun
from tests.cli.commands import genconv
from tests.golden.stores import HERE, TrainsNothing, assert_as_before, copy_of, expected_metrics, metrics_of, studies

STORE = HERE / "format-1"


@pytest.fixture(scope="module")
def results() -> Results:
    return load([STORE])


def test_the_table_of_metrics_is_equal_to_the_last_digit() -> None:
    table, expected = metrics_of(STORE), expected_metrics("format-1")
    assert len(table) == len(expected)
    for row, was in zip(table, expected, strict=True):
        assert_as_before(row, was)


def test_its_studies_train_nothing(tmp_path: Path) -> None:
    folder = copy_of("format-1", tmp_path)
    before = sorted(path.name for path in folder.iterdir())
    found = [path for study in studies("format-1") for path in run_study(study, folder, TrainsNothing())]
    assert {path.name for path in found} == {name for name in before if name.split("-")[0] != "8gaussians"}
    assert sorted(path.name for path in folder.iterdir() if path.name != ".studies") == before


def test_every_folder_is_as_it_was_written() -> None:
    done = genconv("verify", STORE)
    assert (done.code, done.err) == (0, "")
    assert "0 are not" in done.out


def test_losses_say_what_their_model_could_say_of_the_likelihood(results: Results) -> None:
    for cell in results.where(protocol=["corrected", "published"]):
        config = cell.config
        assert config is not None
        bound = importance_weighted(config.evaluation.importance_samples)
        exact = cell.curves.model == "flow"
        assert cell.curves.measure == (EXACT if exact else ELBO)
        assert cell.curves.measures == ({"loss": EXACT} if exact else {"loss": ELBO, "importance_weighted": bound})
    (imported,) = results.where(protocol="imported")
    assert imported.curves.measure == ELBO


def test_pinned_streams_are_coordinates_and_runs_keep_the_names_of_their_seeds(results: Results) -> None:
    (pinned,) = results.where(dataset="rings")
    assert pinned.curves.coordinates == (Coordinates(0, 3, 0, 0), Coordinates(0, 3, 1, 1))
    assert pinned.curves.seeds == (0, 1)


def test_divergence_and_recorded_quantities_are_kept(results: Results) -> None:
    (diverged,) = results.where(model="lvae")
    assert diverged.curves.divergences[0] == Divergence(epoch=0, cause="non-finite loss", step=1)
    (cell,) = results.where(dataset="rings")
    kl = cell.quantity("validation.kl")
    assert kl.values.shape == (2, 3)
    assert kl.measure is None
    loss, reconstruction = (cell.quantity(f"validation.{name}").values for name in ("loss", "reconstruction"))
    np.testing.assert_allclose(reconstruction + kl.values, loss, rtol=1e-6)


def test_the_warm_up_and_the_optimizer_are_in_todays_words(results: Results) -> None:
    (vae,), (published,) = results.where(dataset="circles"), results.where(model="lvae")
    assert vae.settings["architecture.kl_warmup_epochs"] == 5
    assert published.settings["architecture.kl_warmup_epochs"] == 100
    assert vae.config is not None
    assert vae.config.training.optimizer_arguments == {"b1": 0.8, "eps": 1e-7}


def test_samples_come_from_the_stored_weights() -> None:
    (folder,) = STORE.glob("rings-vae-corrected-s1-*")
    expected = np.load(HERE / "format-1-samples.npy")
    np.testing.assert_allclose(draw_samples(StoredRun.open(folder), 3), expected, rtol=1e-5)


def test_a_page_is_made_of_it(tmp_path: Path) -> None:
    done = genconv("report", STORE, "-o", tmp_path / "page.html")
    assert (done.code, done.err) == (0, "")


def test_a_changed_configuration_is_told(tmp_path: Path) -> None:
    (folder,) = copy_of("format-1", tmp_path).glob("circles-*")
    config = json.loads((folder / "config.json").read_text())
    config["cell"]["training"]["beta1"] = 0.7
    (folder / "config.json").write_text(json.dumps(config))
    assert genconv("metrics", folder).code == 2
