"""Which of a framework's metrics are the losses of a recorded run."""

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from genconv.errors import InputError, quoted
from genconv.store.recorder import Recorder

_TAKEN = ("validation", "training", "epoch", "step")


@dataclass
class MetricNames:
    """The framework's names of the two losses; every other metric keeps its own name."""

    validation: str
    training: str
    left_out: Collection[str] = ()
    """Metrics that say nothing of the training."""
    seen: dict[str, None] = field(default_factory=dict)
    """All names so far, in their order."""

    def values(self, metrics: Mapping[str, Any]) -> dict[str, float]:
        """What `Recorder.log` takes; whatever is no number is left out.

        Raises:
            InputError: For a metric that has a name of the recorder's.

        """
        found: dict[str, float] = {}
        for name, value in metrics.items():
            number = _number(value)
            if name in self.left_out or number is None:
                continue
            self.seen[name] = None
            found[self._renamed(name)] = number
        return found

    def _renamed(self, name: str) -> str:
        if name == self.validation:
            return "validation"
        if name == self.training:
            return "training"
        if name in _TAKEN:
            raise InputError(f"metric '{name}': a recorder has a meaning of its own for this name; log it as another")
        return name

    def warn_without_losses(self) -> None:
        """Say it if neither loss was among the metrics."""
        if self.validation not in self.seen and self.training not in self.seen:
            among = quoted(list(self.seen)) or "none"
            text = (
                f"genconv: no loss was recorded: neither '{self.validation}' nor '{self.training}' is among the "
                f"metrics ({among}); name yours with validation= and training="
            )
            warnings.warn(text, stacklevel=3)


def check_open(run: Recorder) -> None:
    """`InputError` for a run that has not begun, or has ended."""
    if not run.is_open:
        raise InputError("the run is not open: put the training into `with genconv.record(...) as run:`")


def _number(value: Any) -> float | None:
    try:
        item = value.item() if hasattr(value, "item") else value
        return None if isinstance(item, str | bytes) else float(item)
    except (TypeError, ValueError, RuntimeError):
        return None
