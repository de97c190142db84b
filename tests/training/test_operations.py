"""Counted against numbers worked out by hand."""

from pathlib import Path

import jax
import jax.numpy as jnp
import jax.random as jr
import pytest

import genconv
from genconv.data.base import DataSpec
from genconv.experiment.cost import count_flops
from genconv.models.vae import VAE, VAEConfig
from genconv.nn.matmul import matmul

A, B = jnp.ones((3, 4)), jnp.ones((4, 5))
SQUARE = jnp.ones((4, 4))


def looped(a: jax.Array, b: jax.Array) -> jax.Array:
    return jax.lax.scan(lambda carry, _: (carry @ b, None), a, None, length=7)[0]


def branched(a: jax.Array, b: jax.Array) -> jax.Array:
    return jax.lax.cond(a[0, 0] > 0, lambda: a @ b @ b, lambda: a @ b)


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (lambda a, b: a @ b, (A, B), 2 * 3 * 4 * 5),
        (jax.jit(lambda a, b: jnp.tanh(a) @ b + 1), (A, B), 2 * 3 * 4 * 5),
        (jax.vmap(lambda row: row @ B), (A,), 2 * 3 * 4 * 5),
        (jax.grad(lambda a, b: jnp.sum((a @ b) ** 2), argnums=(0, 1)), (A, B), 3 * 2 * 3 * 4 * 5),
        (looped, (A, SQUARE), 7 * 2 * 3 * 4 * 4),
        (branched, (A, SQUARE), 2 * 2 * 3 * 4 * 4),
        (jnp.tanh, (A,), 0),
        (lambda a, b: (a @ b, a.T @ a)[0], (A, B), 2 * 3 * 4 * 5),
        (jax.grad(lambda b: jnp.sum(matmul(SQUARE, b, "bfloat16") ** 2)), (B,), 2 * 2 * 4 * 4 * 5),
    ],
)
def test_products(function: object, arguments: tuple[jax.Array, ...], expected: int) -> None:
    assert count_flops(function, *arguments) == expected  # type: ignore[arg-type]


def test_convolutions() -> None:
    def convolve(x: jax.Array, kernel: jax.Array) -> jax.Array:
        return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    expected = 2 * (2 * 8 * 8 * 16) * (3 * 3 * 3)
    assert count_flops(convolve, jnp.ones((2, 8, 8, 3)), jnp.ones((3, 3, 3, 16))) == expected


def test_a_model_counts_its_weights_twice_for_each_example() -> None:
    model = VAE.build(VAEConfig(hidden=(7,), latent=3), DataSpec("points", (2,), "continuous"), jr.key(0))
    weights = 2 * 7 + 7 * 3 * 2 + 3 * 7 + 7 * 4
    assert count_flops(lambda x: model.loss(x, jr.key(0), None)[0], jnp.ones((10, 2))) == 2 * 10 * weights


def test_the_equation_of_a_flow_counts_in_the_final_evaluation(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    text = "name='s'\ndescription='.'\nseeds='0'\n[[cells]]\nmodels=['flow-matching']\ndatasets=['moons']\n"
    sizes = ("data.training_size=64", "data.validation_size=64", "data.test_size=4096", "training.batch_size=32")
    settings = (*sizes, "training.warmup_steps=1", "training.epochs=2", "model.ode_steps=64")
    file.write_text(text)
    (found,) = genconv.estimate(file, settings=settings)
    # 6 passes with two derivatives a step, beside the one of the loss
    assert found.evaluation_seconds > 0.01
