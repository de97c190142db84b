"""A metric as an object: found by name, in a file, with its shape checked."""

from pathlib import Path

import numpy as np
import pytest

from genconv.curves import CellCurves, Divergence
from genconv.errors import InputError
from genconv.measure import ELBO
from genconv.metrics import Metric, metric_named, metrics, summarise

FILE = """
from genconv.metrics import Metric

HALFWAY = Metric("halfway", lambda cell: cell.validation[:, cell.epochs // 2], digits=1)
NOTHING = 3
"""
LOSSES = np.array([[3.0, 2.0, 1.0], [6.0, 5.0, 4.0]])


def cell() -> CellCurves:
    return CellCurves("rings", "vae", "x", (0, 1), LOSSES, LOSSES, (None, Divergence(2, "blow-up")), measure=ELBO)


def test_every_shipped_metric_says_what_it_is() -> None:
    assert list(metrics())[:5] == ["min", "max", "last", "first", "exceeds"]
    for name, metric in metrics().items():
        assert metric.name == name
        assert metric.words
        assert metric.formula


def test_a_metric_in_a_file_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(FILE)
    found = metric_named(f"{path}:HALFWAY")
    values = found.of(cell())
    assert values is not None
    np.testing.assert_array_equal(values, [2, np.nan])
    assert (found.unit_of(cell()), found.measure(cell())) == ("nats", ELBO)
    assert summarise(cell(), "corrected", [found]).metrics["halfway"].n == 1
    with pytest.raises(InputError, match=r"must be a genconv\.Metric"):
        metric_named(f"{path}:NOTHING")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown metric 'lsat': did you mean 'last'"):
        metric_named("lsat")


def test_one_number_a_run() -> None:
    with pytest.raises(InputError, match=r"metric 'all' has shape \(2, 3\): must be \(2,\), one number a run"):
        Metric("all", lambda cell: cell.validation).of(cell())


def test_a_cell_that_lacks_what_a_metric_takes_has_none() -> None:
    assert metric_named("excess").of(cell()) is None
    assert metric_named("test_nll").requires(cell()) == "a final evaluation that says −log p, or bounds it"
