"""What training, evaluation and report rely on, for every model that takes points and under both protocols."""

from typing import Any, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import data

from genconv.config.base import Config
from genconv.config.protocols import Protocol
from genconv.errors import InputError
from genconv.models.base import ExactModel, GenerativeModel
from genconv.models.registry import model_named, models
from genconv.nn.buffer import split_trainable

ROWS = 5
SEEDS = 2
SMALL: dict[str, dict[str, Any]] = {
    "flow": {"couplings": 2, "hidden": (3,)},
    "lvae": {"hidden": (3, 3), "latent": (2, 2)},
    "vae": {"hidden": (3, 3)},
}
"""Fewer and narrower layers, for quick compilation; a model that is not here is built as it comes."""
CASES = [
    (name, protocol) for name, kind in models().items() if "points" in kind.kinds for protocol in get_args(Protocol)
]


@eqx.filter_jit
def build(kind: type[GenerativeModel], config: Config, keys: jax.Array) -> GenerativeModel:
    return eqx.filter_vmap(lambda key: kind.build(config, (2,), key))(keys)


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def seeds(request: pytest.FixtureRequest) -> Any:
    """One model for each of two keys along a leading axis, as training builds them."""
    name, protocol = request.param
    kind = model_named(name)
    config = kind.recipe(protocol, "points").architecture.updated(SMALL.get(name, {}))
    return build(kind, config, jr.split(jr.key(0), SEEDS))


@pytest.fixture(scope="module")
def model(seeds: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[0], seeds)


def test_every_leaf_is_an_array_and_all_seeds_differ(seeds: Any) -> None:
    leaves = jax.tree.leaves(seeds)
    assert all(isinstance(leaf, jax.Array) and leaf.shape[0] == SEEDS for leaf in leaves)
    trainable = jax.tree.leaves(split_trainable(seeds)[0])
    assert all(leaf.dtype == jnp.float32 and bool(jnp.all(jnp.isfinite(leaf))) for leaf in trainable)
    assert any(bool(jnp.any(leaf[0] != leaf[1])) for leaf in trainable)


def test_terms_are_one_number_per_example_and_the_model_keeps_its_structure(model: Any) -> None:
    @eqx.filter_jit
    def both(model: GenerativeModel, x: jax.Array, key: jax.Array) -> list[Any]:
        return [model.terms(x, key, training=training) for training in (False, True)]

    (evaluated, same), (trained, moved) = both(model, data(ROWS), jr.key(1))
    for terms in (evaluated, trained):
        assert terms.reconstruction.shape == terms.kl.shape == terms.loss.shape == (ROWS,)
        np.testing.assert_allclose(terms.loss, terms.reconstruction + terms.kl)
        assert np.all(np.isfinite(terms.loss))
    assert eqx.tree_equal(same, model)
    assert jax.tree.structure(moved) == jax.tree.structure(model)
    assert eqx.tree_equal(split_trainable(moved)[0], split_trainable(model)[0])


def test_log_weights_are_one_finite_number_per_example(model: Any) -> None:
    weights = eqx.filter_jit(lambda model, x, key: model.log_weights(x, key))(model, data(ROWS), jr.key(1))
    assert weights.shape == (ROWS,)
    assert np.all(np.isfinite(weights))


def test_samples_are_as_many_as_asked_and_follow_their_key(model: Any) -> None:
    sample = eqx.filter_jit(lambda model, key: model.sample(key, 7))
    first, again, other = (np.asarray(sample(model, jr.key(seed))) for seed in (0, 0, 1))
    assert first.shape == (7, 2)
    assert np.all(np.isfinite(first))
    np.testing.assert_array_equal(first, again)
    assert np.all(first != other)
    assert len(np.unique(first, axis=0)) == 7


def test_seeing_the_first_batch_keeps_structure_and_shapes(model: Any) -> None:
    ready = eqx.filter_jit(lambda model, x: model.data_init(x))(model, data(ROWS))
    assert jax.tree.structure(ready) == jax.tree.structure(model)
    assert [leaf.shape for leaf in jax.tree.leaves(ready)] == [leaf.shape for leaf in jax.tree.leaves(model)]
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(ready))


@pytest.mark.parametrize("name", models())
def test_every_model_says_who_it_is(name: str) -> None:
    kind = model_named(name)
    assert kind.name == name
    assert kind.summary
    assert issubclass(kind.config_type, Config)
    assert kind.kinds <= {"points", "images"}
    assert kind.exact is issubclass(kind, ExactModel)
    for protocol in get_args(Protocol):
        for data_kind in kind.kinds:
            assert isinstance(kind.recipe(protocol, data_kind).architecture, kind.config_type)


def test_the_published_models_are_known() -> None:
    assert {"flow", "lvae", "vae"} <= set(models())


def test_an_unknown_model_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown model 'flwo': did you mean 'flow'"):
        model_named("flwo")
