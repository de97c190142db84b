"""How the weights of each model start: pooled over its layers, against SciPy's distributions."""

from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.random as jr
import numpy as np
import pytest
from model_building import architecture, spec
from scipy import stats

from genconv.models.registry import model_named
from genconv.nn.linear import Linear
from genconv.nn.normalization import BatchNorm

WIDTHS: dict[str, dict[str, tuple[int, ...]]] = {
    "flow": {"couplings": 2, "hidden": (30, 20)},
    "lvae": {"hidden": (20, 20), "latent": (4, 4)},
    "vae": {"hidden": (20, 20)},
}


@cache
def built(name: str) -> Any:
    model = model_named(name, spec(2))
    config = architecture(model, "corrected", **WIDTHS[name])
    return eqx.filter_jit(lambda key: model.build(config, spec(2), key))(jr.key(0))


def parts(name: str, kind: type[Any]) -> list[Any]:
    leaves = jax.tree.leaves(built(name), is_leaf=lambda node: isinstance(node, kind))
    return [leaf for leaf in leaves if isinstance(leaf, kind)]


@pytest.mark.parametrize("name", ["lvae", "vae"])
def test_weights_of_both_autoencoders_are_xavier_normal_and_biases_zero(name: str) -> None:
    layers = parts(name, Linear)
    assert not any(np.any(layer.bias) for layer in layers)
    standardised = [np.ravel(layer.weight) / np.sqrt(2 / sum(layer.weight.shape)) for layer in layers]
    assert stats.kstest(np.concatenate(standardised), "norm").pvalue > 1e-3
    assert len({float(values[0]) for values in standardised}) == len(layers)


def test_weights_and_biases_of_the_flow_are_uniform_on_one_over_root_inputs() -> None:
    layers = parts("flow", Linear)
    for part in ("weight", "bias"):
        pooled = np.concatenate([np.ravel(getattr(layer, part)) * np.sqrt(layer.weight.shape[0]) for layer in layers])
        assert np.abs(pooled).max() <= 1 + 1e-6
        assert stats.kstest(pooled, stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_batch_norms_of_the_ladder_start_as_the_identity() -> None:
    norms = parts("lvae", BatchNorm)
    assert len(norms) == 2 + 2
    for norm in norms:
        assert np.all(np.asarray([norm.scale, norm.variance.value]) == 1)
        assert not np.any([norm.shift, norm.mean.value])
        assert (norm.momentum, norm.epsilon) == (0.1, 1e-5)
