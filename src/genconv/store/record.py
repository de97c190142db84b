"""What is known of one finished run, as plain arrays and dictionaries."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.config.cell import Run
from genconv.curves import FARTHEST, Cause, Divergence, Reference
from genconv.errors import shown

Arrays = Mapping[str, NDArray[Any]]

CURVE_SCHEMA = pl.Schema(
    {
        "epoch": pl.Int32(),
        "split": pl.String(),
        "loss": pl.Float64(),
        "reconstruction": pl.Float64(),
        "kl": pl.Float64(),
        "gradient_norm": pl.Float64(),
        "learning_rate": pl.Float64(),
    }
)
"""Columns of `curves.parquet`; split is `training` or `validation`, losses in nats per example, null where there is
no such number.
"""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: divergence, final evaluation on held-out data, and what is known of the data."""

    parameters: int
    """Number of trainable parameters."""
    divergence: Divergence | None
    evaluation: Mapping[str, float]
    """Final evaluation by name, in nats per example."""
    reference: Reference | None
    """Exact entropy of the data, where there is one."""

    def as_json(self) -> dict[str, Any]:
        """Plain dictionaries, non-finite numbers as null."""
        finite = {name: value if np.isfinite(value) else None for name, value in self.evaluation.items()}
        return {**asdict(self), "evaluation": finite}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`; `KeyError`, `TypeError` or `ValueError` if it is something else."""
        divergence, reference = value["divergence"], value["reference"]
        evaluation = {str(name): _number(v, float("nan")) for name, v in dict(value["evaluation"]).items()}
        return cls(
            parameters=_count(value["parameters"]),
            divergence=None if divergence is None else _divergence(**divergence),
            evaluation=evaluation,
            reference=None if reference is None else Reference(**{k: _number(v) for k, v in dict(reference).items()}),
        )


def _divergence(epoch: object, cause: object, step: object = None) -> Divergence:
    for known in get_args(Cause):
        if cause == known:
            return Divergence(_count(epoch), known, None if step is None else _count(step))
    raise ValueError(f"cause = {shown(cause)}")


def _number(value: object, absent: float | None = None) -> float:
    if value is None and absent is not None:
        return absent
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > FARTHEST:
        raise ValueError(f"{shown(value)} is no number")
    return float(value)


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(f"{shown(value)} is no count")
    return value


@dataclass(frozen=True)
class RunRecord:
    """One finished run, complete: what the store writes and gives back."""

    run: Run
    curves: pl.DataFrame
    """Rows as in `CURVE_SCHEMA`."""
    outcome: Outcome
    environment: Mapping[str, Any]
    """Versions, device, precision, mapping, wall time: what the numbers were made with, not what defines them."""
    weights: Arrays
    """Final weights and buffers by path in the model."""
    samples: Arrays
    """`samples` of the trained model (points, or images of grey values 0 to 255).

    For exact likelihoods in the plane `log_density` on the grid `grid_x` × `grid_y`. For images, `uint8`, with P the
    epochs in `pictures.epochs`: `pictures.samples` and `pictures.reconstructions` (P, n, h, w) from the same noise
    each time, and `pictures.inputs` (n, h, w). For models that draw in T steps, `generation.canvases` and
    `reconstruction.canvases` (n, T, h, w) from 0 to 1, `reconstruction.inputs` (n, h, w), and under attention
    `….read` and `….write` (n, T, 3): column and row of the window's centre and its side, in pixels.
    """
