"""A model that is trained by the importance-weighted bound: more draws bring its bounds down."""

import pytest

from genconv.measure import importance_weighted
from tests.training.cells import trained
from tests.training.images import image_cell


def test_the_loss_falls_from_the_elbo_to_five_draws_to_five_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    objective = {"objective": "iwae", "importance_samples": 5, "gradient": "doubly_reparameterized"}
    cell = image_cell(monkeypatch, "conv-vae", model=objective, evaluation={"importance_samples": 500})
    means = {name: float(values[0]) for name, values in trained(cell, [0]).evaluation.means.items()}
    elbo = means["reconstruction"] + means["kl"]
    assert elbo > means["loss"] > means["importance_weighted"]
    config = cell.model.config_type.checked(cell.cell.architecture, "model")
    assert cell.model.measure(config) == importance_weighted(5)
