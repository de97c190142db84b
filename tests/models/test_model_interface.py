"""What training, evaluation and report rely on, for every model, kind of data and protocol."""

from pathlib import Path
from typing import Any, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import architecture, data, generic, loss_of, spec

from genconv.config.base import Config
from genconv.config.user_code import load
from genconv.data.base import DataSpec
from genconv.errors import InputError
from genconv.measure import ELBO, EXACT, Measure
from genconv.models.base import ExactModel, LatentVariableModel, Model, TrainingTime, kl_warmup
from genconv.models.registry import model_named, models
from genconv.nn.buffer import split_trainable
from genconv.protocols import Modality, Protocol, published

ROWS = 5
SEEDS = 2
SHAPES: dict[Modality, tuple[int, ...]] = {"points": (2,), "images": (4, 8)}
SMALL: dict[tuple[str, Modality], dict[str, Any]] = {
    ("flow", "points"): {"couplings": 2, "hidden": (3,)},
    ("flow", "images"): {"scales": 2, "couplings": 2, "hidden": 4, "depth": 1, "growth": 2},
    ("spline-flow", "points"): {"couplings": 2, "hidden": (3,), "bins": 3},
    ("maf", "points"): {"blocks": 2, "hidden": (3,)},
    **{("made", kind): {"hidden": (3, 4), "components": 2} for kind in get_args(Modality)},
    ("conv-vae", "images"): {"channels": (3,), "hidden": (3,), "latent": 3},
    ("flow-matching", "points"): {"hidden": (3,), "ode_steps": 2},
    ("diffusion", "points"): {"hidden": (3,), "draws": 2, "steps": 2},
    ("pixelcnn", "images"): {"layers": 2, "channels": 2, "hidden": 3},
    **{("lvae", kind): {"hidden": (3, 3), "latent": (2, 2)} for kind in get_args(Modality)},
    **{("vae", kind): {"hidden": (3, 3), "latent": 3} for kind in get_args(Modality)},
}
"""Fewer and narrower layers, for quick compilation; a model that is not here is built as it comes."""
SPECS = {modality: spec(*shape) for modality, shape in SHAPES.items()}
CASES_OF_DATA = [
    (name, modality)
    for name, candidates in models().items()
    for modality, data in SPECS.items()
    if any(model.accepts(data) is None for model in candidates)
]
CASES = [
    (*case, protocol)
    for case in CASES_OF_DATA
    for protocol in get_args(Protocol)
    if protocol == "corrected" or case in published.MODELS
]


@eqx.filter_jit
def build(model: type[Model], config: Config, data: DataSpec, keys: jax.Array) -> Model:
    return eqx.filter_vmap(lambda key: model.build(config, data, key))(keys)


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest) -> tuple[str, Modality, Protocol]:
    name, kind, protocol = request.param
    return name, kind, protocol


@pytest.fixture(scope="module")
def seeds(case: tuple[str, Modality, Protocol]) -> Any:
    """One model for each of two keys along a leading axis, as training builds them."""
    name, kind, protocol = case
    model = model_named(name, SPECS[kind])
    config = architecture(model, protocol, kind, **SMALL.get((name, kind), {}))
    return build(model, config, SPECS[kind], jr.split(jr.key(0), SEEDS))


@pytest.fixture(scope="module")
def x(case: tuple[str, Modality, Protocol]) -> jax.Array:
    """Points, or black and white images."""
    shape = SHAPES[case[1]]
    return data(ROWS) if shape == (2,) else jr.bernoulli(jr.key(0), 0.3, (ROWS, *shape)).astype(jnp.float32)


@pytest.fixture(scope="module")
def model(seeds: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[0], seeds)


def test_every_leaf_is_an_array_and_all_seeds_differ(seeds: Any) -> None:
    leaves = jax.tree.leaves(seeds)
    assert all(isinstance(leaf, jax.Array) and leaf.shape[0] == SEEDS for leaf in leaves)
    trainable = jax.tree.leaves(split_trainable(seeds)[0])
    assert all(leaf.dtype == jnp.float32 and bool(jnp.all(jnp.isfinite(leaf))) for leaf in trainable)
    assert any(bool(jnp.any(leaf[0] != leaf[1])) for leaf in trainable)


def test_losses_are_one_number_per_example_and_the_model_keeps_its_structure(model: Any, x: jax.Array) -> None:
    @eqx.filter_jit
    def both(model: Model, x: jax.Array, key: jax.Array) -> list[Any]:
        return [loss_of(model, x, key, training) for training in (False, True)]

    (evaluated, same), (trained, moved) = both(model, x, jr.key(1))
    for loss in (evaluated, trained):
        for values in (loss.objective, loss.loss, *loss.terms.values()):
            assert values.shape == (ROWS,)
            assert np.all(np.isfinite(values))
    assert eqx.tree_equal(same, model)
    assert jax.tree.structure(moved) == jax.tree.structure(model)
    assert eqx.tree_equal(split_trainable(moved)[0], split_trainable(model)[0])


def test_log_weights_are_one_finite_number_per_example(model: Any, x: jax.Array) -> None:
    if isinstance(model, LatentVariableModel):
        weights = eqx.filter_jit(lambda model, x, key: model.log_weights(x, key))(model, x, jr.key(1))
        assert weights.shape == (ROWS,)
        assert np.all(np.isfinite(weights))


def test_samples_are_as_many_as_asked_and_follow_their_key(model: Any, x: jax.Array) -> None:
    sample = eqx.filter_jit(lambda model, key: model.sample(key, 7))
    first, again, other = (np.asarray(sample(model, jr.key(seed))) for seed in (0, 0, 1))
    assert first.shape == (7, *x.shape[1:])
    assert np.all(np.isfinite(first))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)
    assert len(np.unique(first, axis=0)) == 7
    if x.ndim == 3:
        assert set(np.unique(first)) <= {0, 1}


def test_what_is_shown_of_images_lies_between_black_and_white(model: Any, x: jax.Array) -> None:
    @eqx.filter_jit
    def both(model: Model, x: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        return model.expected_sample(key, ROWS), model.reconstruct(x, key)

    if x.ndim == 3:
        for shown in both(model, x, jr.key(2)):
            assert shown.shape == x.shape
            assert np.all((np.asarray(shown) >= 0) & (np.asarray(shown) <= 1))


def test_the_kl_of_the_layers_is_the_kl_of_the_terms(model: Any, x: jax.Array) -> None:
    layers, terms = eqx.filter_jit(lambda m, x, k: (m.stochastic_layers(x, k), m.loss(x, k, None)[0].terms))(
        model, x, jr.key(3)
    )
    if layers and getattr(model.config, "kl", "closed") == "closed":
        total = sum(layer.posterior.kl(layer.prior) for layer in layers)
        np.testing.assert_allclose(total, terms["kl"], rtol=1e-4, atol=1e-5)
    for layer in layers:
        by_unit = layer.posterior.kl_by_unit(layer.prior)
        assert by_unit.shape == layer.posterior.mean.shape
        assert np.all(np.asarray(by_unit) >= -1e-6)


def test_seeing_the_first_batch_keeps_structure_and_shapes(model: Any, x: jax.Array) -> None:
    ready = eqx.filter_jit(lambda model, x: model.data_init(x, jr.key(4)))(model, x)
    assert jax.tree.structure(ready) == jax.tree.structure(model)
    assert [leaf.shape for leaf in jax.tree.leaves(ready)] == [leaf.shape for leaf in jax.tree.leaves(model)]
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(ready))


@pytest.mark.parametrize(("name", "modality"), CASES_OF_DATA)
def test_every_model_says_who_it_is_and_what_its_loss_means(name: str, modality: Modality) -> None:
    model = model_named(name, SPECS[modality])
    assert model.name == name
    assert model.summary
    config = architecture(model, "corrected", modality)
    measure = model.measure(config)
    if issubclass(model, LatentVariableModel | ExactModel):
        assert measure == (ELBO if issubclass(model, LatentVariableModel) else EXACT)
    elif measure.says_nll:
        assert measure.kind == "bound"
    else:
        assert measure == Measure(name=f"{name} loss")
        assert model.held_out_measure(config).says_nll


def test_the_published_models_are_known() -> None:
    assert {name for name, modality in CASES_OF_DATA if modality == "points"} >= {"flow", "lvae", "vae"}
    assert {name for name, modality in CASES_OF_DATA if modality == "images"} >= {"draw", "flow", "lvae", "vae"}


def test_an_unknown_model_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown model 'flwo': did you mean 'flow'"):
        model_named("flwo", SPECS["points"])


def test_data_that_a_model_does_not_take_are_told_in_one_line() -> None:
    with pytest.raises(InputError, match=r"^model 'draw' takes binary images of one channel, not continuous points in"):
        model_named("draw", SPECS["points"])


@pytest.mark.parametrize(("epoch", "expected"), [(0, 0.01), (49, 0.5), (99, 1), (400, 1)])
def test_the_kl_weight_of_the_published_protocol(epoch: int, expected: float) -> None:
    weight = kl_warmup(
        TrainingTime(jnp.array(epoch), jnp.array(0)), published.MODELS["vae", "points"]["model"]["kl_warmup_epochs"]
    )
    assert float(weight) == pytest.approx(expected)


def test_the_kl_weight_is_one_in_evaluation_and_without_warm_up() -> None:
    assert float(kl_warmup(None, 100)) == float(kl_warmup(TrainingTime(jnp.array(0), jnp.array(0)), 0)) == 1


@pytest.mark.parametrize("name", ["vae", "lvae"])
def test_the_objective_weighs_the_kl_and_the_loss_does_not(name: str) -> None:
    kind = model_named(name, SPECS["points"])
    model = generic(kind, architecture(kind, "corrected", **SMALL[name, "points"], kl_warmup_epochs=4))
    loss, _ = eqx.filter_jit(lambda m: m.loss(data(ROWS), jr.key(0), TrainingTime(jnp.array(1), jnp.array(9))))(model)
    np.testing.assert_allclose(loss.loss, loss.terms["reconstruction"] + loss.terms["kl"], rtol=1e-5)
    np.testing.assert_allclose(loss.objective, loss.terms["reconstruction"] + 0.5 * loss.terms["kl"], rtol=1e-5)


class Weights(LatentVariableModel):
    """A latent-variable model that says no more than it must: z ~ N(0, 1), x = z + N(0, 1), q the prior."""

    scale: jax.Array
    build = sample = classmethod(lambda *_: None)

    def log_weights(self, x: jax.Array, key: jax.Array) -> jax.Array:
        z = jr.normal(key, x.shape)
        return jnp.sum(-0.5 * ((x - z) / self.scale) ** 2 - jnp.log(self.scale), axis=-1)


def test_log_weights_are_enough_for_a_loss() -> None:
    model, x, key = Weights(jnp.array(1.5)), data(ROWS), jr.key(0)
    loss, after = model.loss(x, key, None)
    np.testing.assert_array_equal(loss.loss, -model.log_weights(x, key))
    np.testing.assert_array_equal(loss.objective, loss.loss)
    assert after is model
    assert Weights.measure(None) == ELBO


@pytest.mark.parametrize(
    ("text", "name"), [("name = 'fm'", "fm loss"), ("summary = 'no name of its own'", "mine.py:FM loss")]
)
def test_a_plain_model_has_a_loss_of_its_own_name(tmp_path: Path, text: str, name: str) -> None:
    source = f"from genconv import Model\nclass FM(Model):\n    {text}\n"
    (tmp_path / "mine.py").write_text(source)
    assert load(f"{tmp_path}/mine.py:FM").measure(None) == Measure(name=name)
