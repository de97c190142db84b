"""Record a Keras training; any backend of Keras 3."""

from typing import Any

import keras

from genconv.integrations.metric_names import MetricNames, check_open
from genconv.store.recorder import Recorder


class GenconvCallback(keras.callbacks.Callback):
    """Logs what Keras reports after each epoch in an open run.

    Args:
        run: The run of `with genconv.record(...) as run`.
        validation: Keras's name of the validation loss.
        training: Keras's name of the training loss.

    Raises:
        InputError: When the training begins, for a run that is not open; for an epoch that was logged before.

    Example:
        >>> with genconv.record("runs", model="mine", dataset="photos", seed=seed) as run:
        ...     model.fit(x, validation_data=held_out, epochs=50, callbacks=[GenconvCallback(run)])

    """

    def __init__(self, run: Recorder, *, validation: str = "val_loss", training: str = "loss") -> None:
        super().__init__()
        self.run = run
        self._names = MetricNames(validation, training)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check that the run is open."""
        check_open(self.run)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log the epoch's metrics."""
        if values := self._names.values(logs or {}):
            self.run.log(epoch=epoch, **values)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Say it if no loss was among the metrics."""
        self._names.warn_without_losses()
