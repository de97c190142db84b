"""A Keras training through the real library."""

import os

import numpy as np
import pytest

import genconv
from genconv.errors import InputError

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras", reason="Keras is optional")

pytestmark = pytest.mark.filterwarnings("ignore")


def line():
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    return model


def fit(run, epochs=3, **options):
    from genconv.integrations.keras import GenconvCallback  # noqa: PLC0415

    x = np.array([[1.0], [2.0], [3.0], [4.0]])
    callback = GenconvCallback(run, **options)
    line().fit(x, 0 * x, validation_data=(x[:1], 0 * x[:1]), epochs=epochs, verbose=0, callbacks=[callback])


def test_each_epoch_has_the_losses_and_the_other_metrics(tmp_path):
    for seed in (0, 1):
        with genconv.record(tmp_path, model="line", dataset="points", seed=seed) as run:
            fit(run)
    (curves,) = genconv.load(tmp_path).curves
    assert curves.validation.tolist() == [[1] * 3] * 2
    assert curves.training is not None
    assert curves.training.tolist() == [[7.5] * 3] * 2
    assert "val_mae" in (run.path / "log.jsonl").read_text()


def test_another_metric_may_be_the_loss(tmp_path):
    with genconv.record(tmp_path, model="line", dataset="points", seed=0) as run:
        fit(run, training="mae")
    (curves,) = genconv.load(tmp_path).curves
    assert curves.training is not None
    assert curves.training.tolist() == [[2.5] * 3]


def test_a_run_that_is_not_open_is_refused(tmp_path):
    with pytest.raises(InputError, match="not open"):
        fit(genconv.record(tmp_path, model="line", dataset="points", seed=0))
