"""A learning rate of 10: a run is counted as diverged, and none ends the program."""

from typing import Any

import numpy as np
import pytest

from genconv.models.registry import models
from tests.training.cells import SMALL, small_cell, trainer_of
from tests.training.images import SMALL as IMAGES
from tests.training.images import image_cell

RATE: dict[str, Any] = {
    "epochs": 4,
    "batch_size": 32,
    "learning_rate": 10.0,
    "warmup_steps": 0,
    "schedule": "constant",
    "gradient_clip": None,
}
CASES = [("points", name) for name in SMALL] + [("images", name) for name in IMAGES if name not in SMALL]
CASES += [("images", "flow")]  # another class than that of points

BOUNDED = ("pixelcnn",)
"""Gates between −1 and 1 keep its loss a number: such a run ends at a large one."""


@pytest.mark.parametrize(("modality", "name"), CASES, ids=lambda value: value)
def test_a_run_under_a_learning_rate_of_ten_diverges(modality: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = small_cell(name, training=RATE) if modality == "points" else image_cell(monkeypatch, name, training=RATE)
    trainer = trainer_of(cell, [0])
    states = trainer.start()
    for epoch in range(RATE["epochs"]):
        states, record = trainer.epoch(states, epoch)
        if states.health.diverged.all():
            break
    if name in BOUNDED:
        assert np.isfinite(record.validation["loss"]).all()
        return
    assert states.health.diverged.all()
    assert np.isnan(record.validation["loss"]).all() or (np.asarray(record.validation["loss"]) > 0).all()


def test_no_shipped_model_is_left_out() -> None:
    assert {name.rstrip("234") for name in models()} == {name for _, name in CASES}
