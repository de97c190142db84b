"""Record a Lightning training; of `lightning`, or of `pytorch_lightning` where a script uses that."""

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any, Literal

from genconv.integrations.metric_names import MetricNames, check_open
from genconv.store.recorder import Recorder

if TYPE_CHECKING or "pytorch_lightning" not in sys.modules or "lightning" in sys.modules:
    from lightning.pytorch.loggers.logger import Logger
    from lightning.pytorch.utilities import rank_zero_only
else:
    from pytorch_lightning.loggers.logger import Logger
    from pytorch_lightning.utilities import rank_zero_only


class GenconvLogger(Logger):
    """Logs the metrics of `self.log` in an open run, by epoch or by step. Only the process of rank 0 logs.

    By epoch: each metric has one value an epoch, which is its last one, and of a training loss that is logged after
    steps the mean of what was logged in the epoch. The values are written when the next epoch begins, and when the
    training ends. Of metrics that Lightning logs twice, `NAME_epoch` is taken as `NAME`, and `NAME_step` is left out.

    By step: every call of Lightning is written at once, at its optimizer step.

    Args:
        run: The run of `with genconv.record(...) as run`. Hyper-parameters are its `config`.
        validation: The name under which the validation loss is logged.
        training: The name under which the training loss is logged.
        by: What the run counts, `epoch` or `step`.

    Raises:
        InputError: When something is logged in a run that is not open.

    Example:
        >>> with genconv.record("runs", model="mine", dataset="photos", seed=seed) as run:
        ...     Trainer(max_epochs=50, logger=GenconvLogger(run)).fit(module, data)

    """

    def __init__(
        self,
        run: Recorder,
        *,
        validation: str = "val_loss",
        training: str = "train_loss",
        by: Literal["epoch", "step"] = "epoch",
    ) -> None:
        super().__init__()
        self.run = run
        self._names = MetricNames(validation, training)
        self._by = by
        self._epoch: int | None = None
        self._values: dict[str, float] = {}
        self._training: list[float] = []

    @property
    def name(self) -> str:
        """Lightning's word for the project."""
        return "genconv"

    @property
    def version(self) -> str:
        """Lightning's word for the run."""
        return self.run.path.name

    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Nothing: the configuration of a run is told before it begins."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Log Lightning's metrics of a step."""
        check_open(self.run)
        epoch = int(metrics["epoch"]) if "epoch" in metrics else (self._epoch or 0)
        given = {name: value for name, value in metrics.items() if name not in {"epoch", "step"}}
        if self._by == "step":
            if values := self._names.values(given):
                self.run.log(step=(step or 0) + 1, **values)
            return
        if self._epoch is not None and epoch != self._epoch:
            self._write()
        self._epoch = epoch
        self._keep(given)

    def _keep(self, metrics: dict[str, float]) -> None:
        whole = {name.removesuffix("_epoch"): value for name, value in metrics.items() if not name.endswith("_step")}
        values = self._names.values(whole)
        if "training" in values:
            loss = values.pop("training")
            self._training = [loss] if f"{self._names.training}_epoch" in metrics else [*self._training, loss]
        self._values |= values

    def _write(self) -> None:
        """Write what is known of the epoch."""
        if self._training:
            self._values["training"] = sum(self._training) / len(self._training)
        if self._values and self._epoch is not None:
            self.run.log(epoch=self._epoch, **self._values)
        self._values, self._training = {}, []

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Write the last epoch; the `with` block says how the run ended."""
        if self.run.is_open:
            self._write()
        self._names.warn_without_losses()
