"""Every shipped study loads and resolves, and the published one has the published numbers."""

import pytest

from genconv.config.study import load_study, shipped_studies
from genconv.experiment.resolve import ResolvedCell, resolve

STUDIES = sorted(shipped_studies())


@pytest.fixture(scope="module")
def published() -> list[ResolvedCell]:
    return resolve(load_study("published-toy"))


def test_the_studies_that_the_documents_name_are_there() -> None:
    assert {"quickstart", "published-toy", "published-toy-small"} <= set(STUDIES)


@pytest.mark.parametrize("name", STUDIES)
def test_a_shipped_study_loads_and_resolves(name: str) -> None:
    study = load_study(name)
    assert study.name == name
    assert study.description.endswith(".")
    assert len(study.seeds) == len(set(study.seeds))
    assert bool(study.seeds) == (study.design is None)
    assert resolve(study)


@pytest.mark.parametrize("name", STUDIES)
def test_no_schedule_of_a_shipped_study_outlasts_its_training(name: str) -> None:
    for one in resolve(load_study(name)):
        training = one.cell.training
        steps = training.epochs * -(-one.dataset.training_size // training.batch_size)
        assert training.warmup_steps <= steps / 2
        assert one.cell.architecture.get("kl_warmup_epochs", 0) < training.epochs


def test_the_published_study_is_three_models_on_two_densities_with_ten_seeds(published: list[ResolvedCell]) -> None:
    assert load_study("published-toy").seeds == tuple(range(10))
    assert {(one.cell.dataset, one.cell.model) for one in published} == {
        (dataset, model) for dataset in ("8gaussians", "checkerboard") for model in ("vae", "lvae", "flow")
    }
    assert {one.cell.protocol for one in published} == {"published"}


def test_the_published_study_has_the_published_training(published: list[ResolvedCell]) -> None:
    for one in published:
        training = one.cell.training
        assert (training.epochs, training.batch_size, training.validation_batch_size) == (500, 4096, None)
        assert (training.optimizer, training.learning_rate) == ("adam", 1e-3)
        assert training.optimizer_arguments == {}
        assert (training.schedule, training.schedule_unit) == ("linear", "epoch")
        assert (training.decay_start, training.decay_end) == (150, 1000)
        assert one.cell.architecture.get("kl_warmup_epochs", 100) == 100
        assert training.gradient_clip is None
        assert training.warmup_steps == 0
        assert training.epoch_mean == "batches"


def test_only_the_published_flow_has_no_guard_against_nan(published: list[ResolvedCell]) -> None:
    guards = {one.cell.model: one.cell.training.on_divergence for one in published}
    assert guards == {"flow": "continue", "vae": "skip", "lvae": "skip"}


def test_the_published_data_is_drawn_once(published: list[ResolvedCell]) -> None:
    for one in published:
        assert one.cell.data["training_size"] == one.cell.data["validation_size"] == 2_048_000
        assert {run.data for run in one.runs} == {0}


def test_the_published_models_have_the_published_quirks(published: list[ResolvedCell]) -> None:
    models = {one.cell.model: one.cell.architecture for one in published}
    quirks = {"head": "sigmoid", "variance": "softplus", "kl": "sample", "kl_warmup_epochs": 100, "likelihood": "auto"}
    defaults = {"objective": "elbo", "importance_samples": 1, "beta": 1.0, "free_bits": 0.0}
    assert models["flow"] == {"couplings": 4, "hidden": [200, 100]}
    assert models["vae"] == {"hidden": [128] * 3, "latent": 4, **quirks, **defaults, "gradient": "reparameterized"}
    assert models["lvae"] == {"hidden": [128] * 3, "latent": [4] * 3, "passes_down": "prior", **quirks, **defaults}


def test_the_corrected_protocol_has_none_of_them() -> None:
    for one in resolve(load_study("quickstart")):
        training = one.cell.training
        assert (training.on_divergence, training.epoch_mean, training.schedule) == ("freeze", "examples", "cosine")
        assert training.decay_end is None
        assert training.gradient_clip == 1.0
        assert one.cell.architecture.get("head", "linear") == "linear"
        assert one.cell.architecture.get("variance", "free") == "free"
        assert one.cell.architecture.get("kl", "closed") == "closed"
        assert one.cell.architecture.get("passes_down", "posterior") == "posterior"
