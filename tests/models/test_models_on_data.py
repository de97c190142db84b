"""Every shipped model on every sort of data: it takes a step and draws samples, or says in one line what it takes."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from genconv.data.base import DataSpec
from genconv.errors import InputError
from genconv.models.base import TrainingTime
from genconv.models.registry import model_named, models

DATA = {
    "one dimension": DataSpec("points", (1,), "continuous"),
    "five dimensions": DataSpec("points", (5,), "continuous"),
    "binary": DataSpec("images", (4, 8), "binary"),
    "levels": DataSpec("images", (4, 8), "discrete"),
    "grey": DataSpec("images", (4, 8), "continuous"),
    "binary RGB": DataSpec("images", (4, 8, 3), "binary"),
    "RGB": DataSpec("images", (4, 8, 3), "discrete"),
    "continuous RGB": DataSpec("images", (4, 8, 3), "continuous"),
    "two channels": DataSpec("images", (4, 8, 2), "continuous"),
}
REFUSED = {
    **{
        (model, name): "binary images of one channel"
        for model in ("draw", "pixelcnn")
        for name in DATA
        if name != "binary"
    },
    **{("conv-vae", name): "images" for name, data in DATA.items() if data.modality == "points"},
    ("flow", "one dimension"): "points of at least two dimensions",
    ("flow", "two channels"): "images with one or three channels",
    **{
        (model, name): "points"
        for model in ("flow-matching", "diffusion", "spline-flow", "maf")
        for name, data in DATA.items()
        if data.modality == "images"
    },
    **{
        ("made", name): "points or binary images"
        for name, data in DATA.items()
        if data.modality == "images" and data.values != "binary"
    },
}
SMALL: dict[tuple[str, str], dict[str, Any]] = {
    ("flow", "points"): {"couplings": 1, "hidden": (4,)},
    ("flow", "images"): {"scales": 2, "couplings": 1, "hidden": 4, "depth": 1, "growth": 2},
    ("spline-flow", "points"): {"couplings": 2, "hidden": (4,), "bins": 3},
    ("maf", "points"): {"blocks": 2, "hidden": (4,)},
    **{("made", modality): {"hidden": (4,), "components": 2} for modality in ("points", "images")},
    ("conv-vae", "images"): {"channels": (3, 4), "hidden": (4,), "latent": 2},
    ("flow-matching", "points"): {"hidden": (4,), "ode_steps": 2},
    ("diffusion", "points"): {"hidden": (4,), "draws": 2, "steps": 2},
    ("pixelcnn", "images"): {"layers": 2, "channels": 3, "hidden": 4},
    **{("vae", modality): {"hidden": (4,), "latent": 2} for modality in ("points", "images")},
    **{("lvae", modality): {"hidden": (4, 4), "latent": (2, 2)} for modality in ("points", "images")},
    ("draw", "images"): {"steps": 2, "hidden": 4, "latent": 2},
}

CASES = [
    (name, of)
    for name in sorted({name for name, _ in SMALL})
    for of in DATA
    if name != "conv-vae" or of not in ("levels", "grey", "binary RGB", "continuous RGB")
]
"""Of `conv-vae` those that differ by more than the likelihood, which is that of `vae`."""


def examples(data: DataSpec, count: int = 6) -> jax.Array:
    draws = np.random.default_rng(0).random((count, *data.shape))
    if data.values == "binary":
        draws = np.rint(draws)
    if data.values == "discrete":
        draws = np.rint(255 * draws) / 255
    return jnp.asarray(draws, jnp.float32)


@pytest.mark.parametrize(("name", "of"), CASES)
def test_a_model_takes_a_step_or_refuses_in_one_line(name: str, of: str) -> None:
    data = DATA[of]
    if (told := REFUSED.get((name, of))) is not None:
        with pytest.raises(InputError, match=f"model '{name}' takes .*{told}.*, not {data.words}"):
            model_named(name, data)
        return
    model_type = model_named(name, data)
    config = model_type.config_type.checked(SMALL[name, data.modality])

    @eqx.filter_jit
    def step(key: jax.Array, x: jax.Array) -> tuple[Any, ...]:
        model = model_type.build(config, data, key).data_init(x, key)
        time = TrainingTime(jnp.array(0), jnp.array(0))

        def objective(model: Any) -> jax.Array:
            return jnp.mean(model.loss(x, key, time)[0].objective)

        value, gradient = eqx.filter_value_and_grad(objective)(model)
        samples, expected = model.sample(key, 3), model.expected_sample(key, 3)
        return value, gradient, samples, expected, model.reconstruct(x, key)

    value, gradient, samples, expected, reconstructed = step(jr.key(0), examples(data))
    assert np.isfinite(value)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(eqx.filter(gradient, eqx.is_inexact_array)))
    assert samples.shape == expected.shape == (3, *data.shape)
    assert reconstructed.shape == (6, *data.shape)
    levels = {"binary": 1, "discrete": 255}.get(data.values)
    if levels:
        np.testing.assert_allclose(levels * samples, np.rint(levels * samples), atol=1e-3)
        assert 0 <= float(samples.min()) <= float(samples.max()) <= 1


def test_every_shipped_model_is_here() -> None:
    assert {name.rstrip("234") for name in models()} == {name for name, _ in SMALL}
