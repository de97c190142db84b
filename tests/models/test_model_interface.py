"""What training, evaluation and report rely on, for every model, kind of data and protocol."""

from typing import Any, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import data

from genconv.config.base import Config
from genconv.config.protocols import Modality, Protocol
from genconv.errors import InputError
from genconv.models.base import ExactModel, GenerativeModel
from genconv.models.registry import model_named, models
from genconv.nn.buffer import split_trainable

ROWS = 5
SEEDS = 2
SHAPES: dict[Modality, tuple[int, ...]] = {"points": (2,), "images": (4, 8)}
SMALL: dict[tuple[str, Modality], dict[str, Any]] = {
    ("flow", "points"): {"couplings": 2, "hidden": (3,)},
    ("flow", "images"): {"scales": 2, "couplings": 2, "hidden": 4, "depth": 1, "growth": 2},
    **{("lvae", kind): {"hidden": (3, 3), "latent": (2, 2)} for kind in get_args(Modality)},
    **{("vae", kind): {"hidden": (3, 3), "latent": 3} for kind in get_args(Modality)},
}
"""Fewer and narrower layers, for quick compilation; a model that is not here is built as it comes."""
CASES = [
    (name, kind, protocol) for name, kinds in models().items() for kind in kinds for protocol in get_args(Protocol)
]


@eqx.filter_jit
def build(model: type[GenerativeModel], config: Config, shape: tuple[int, ...], keys: jax.Array) -> GenerativeModel:
    return eqx.filter_vmap(lambda key: model.build(config, shape, key))(keys)


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest) -> tuple[str, Modality, Protocol]:
    name, kind, protocol = request.param
    return name, kind, protocol


@pytest.fixture(scope="module")
def seeds(case: tuple[str, Modality, Protocol]) -> Any:
    """One model for each of two keys along a leading axis, as training builds them."""
    name, kind, protocol = case
    model = model_named(name, kind)
    config = model.recipe(protocol, kind).architecture.updated(SMALL.get((name, kind), {}))
    return build(model, config, SHAPES[kind], jr.split(jr.key(0), SEEDS))


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


def test_terms_are_one_number_per_example_and_the_model_keeps_its_structure(model: Any, x: jax.Array) -> None:
    @eqx.filter_jit
    def both(model: GenerativeModel, x: jax.Array, key: jax.Array) -> list[Any]:
        return [model.terms(x, key, training=training) for training in (False, True)]

    (evaluated, same), (trained, moved) = both(model, x, jr.key(1))
    for terms in (evaluated, trained):
        assert terms.reconstruction.shape == terms.kl.shape == terms.loss.shape == (ROWS,)
        np.testing.assert_allclose(terms.loss, terms.reconstruction + terms.kl)
        assert np.all(np.isfinite(terms.loss))
    assert eqx.tree_equal(same, model)
    assert jax.tree.structure(moved) == jax.tree.structure(model)
    assert eqx.tree_equal(split_trainable(moved)[0], split_trainable(model)[0])


def test_log_weights_are_one_finite_number_per_example(model: Any, x: jax.Array) -> None:
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
    def both(model: GenerativeModel, x: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        return model.expected_sample(key, ROWS), model.reconstruct(x, key)

    if x.ndim == 3:
        for shown in both(model, x, jr.key(2)):
            assert shown.shape == x.shape
            assert np.all((np.asarray(shown) >= 0) & (np.asarray(shown) <= 1))


def test_the_kl_of_the_layers_is_the_kl_of_the_terms(model: Any, x: jax.Array) -> None:
    layers, terms = eqx.filter_jit(lambda m, x, k: (m.layers(x, k), m.terms(x, k, training=False)[0]))(
        model, x, jr.key(3)
    )
    if layers and getattr(model.config, "kl", "closed") == "closed":
        total = sum(layer.posterior.divergence(layer.prior) for layer in layers)
        np.testing.assert_allclose(total, terms.kl, rtol=1e-4, atol=1e-5)
    for layer in layers:
        by_unit = layer.posterior.divergence_by_unit(layer.prior)
        assert by_unit.shape == layer.posterior.mean.shape
        assert np.all(np.asarray(by_unit) >= -1e-6)


def test_seeing_the_first_batch_keeps_structure_and_shapes(model: Any, x: jax.Array) -> None:
    ready = eqx.filter_jit(lambda model, x: model.data_init(x))(model, x)
    assert jax.tree.structure(ready) == jax.tree.structure(model)
    assert [leaf.shape for leaf in jax.tree.leaves(ready)] == [leaf.shape for leaf in jax.tree.leaves(model)]
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(ready))


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, kinds in models().items() for kind in kinds])
def test_every_model_says_who_it_is(name: str, kind: Modality) -> None:
    model = model_named(name, kind)
    assert model.name == name
    assert model.summary
    assert issubclass(model.config_type, Config)
    assert kind in model.kinds <= {"points", "images"}
    assert model.exact is issubclass(model, ExactModel)
    for protocol in get_args(Protocol):
        assert isinstance(model.recipe(protocol, kind).architecture, model.config_type)


def test_the_published_models_are_known() -> None:
    assert {name for name, kinds in models().items() if "points" in kinds} >= {"flow", "lvae", "vae"}
    assert {name for name, kinds in models().items() if "images" in kinds} >= {"lvae", "vae"}


def test_an_unknown_model_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown model 'flwo': did you mean 'flow'"):
        model_named("flwo", "points")
