"""What a model loses: against its own best epoch, and against the best that any model can do."""

import numpy as np

from genconv.curves import FloatArray
from genconv.metrics.study import last, minimum


def last_minus_min(curves: FloatArray) -> FloatArray:
    """`last` - `min` ≥ 0, what training past the best epoch cost, in nats: shape (N, E) → (N,)."""
    with np.errstate(invalid="ignore"):
        return last(curves) - minimum(curves)


def excess(losses: FloatArray, entropy: float) -> FloatArray:
    """L - H = KL(p ‖ model), the loss above the entropy H of the data, in nats: shape (N,) → (N,).

    For a latent-variable model, whose loss L is a bound, it is an upper bound of that divergence. On finitely many
    points it may fall below 0 by sampling noise.
    """
    return losses - entropy
