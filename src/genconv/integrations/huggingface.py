"""Record a training of Hugging Face's `Trainer`."""

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from genconv.integrations.metric_names import MetricNames, check_open
from genconv.store.recorder import Recorder

_LEFT_OUT = (
    "epoch",
    "total_flos",
    "train_loss",  # the mean over the whole training, told at its end
    *(
        f"{part}_{name}"
        for part in ("train", "eval")
        for name in ("runtime", "samples_per_second", "steps_per_second", "model_preparation_time")
    ),
)


class GenconvCallback(TrainerCallback):
    """Logs what the `Trainer` reports in an open run, at the fraction of epochs that is done.

    Only the main process logs. How often is decided by `logging_strategy` and `eval_strategy`.

    Args:
        run: The run of `with genconv.record(...) as run`.
        validation: The Trainer's name of the validation loss.
        training: The Trainer's name of the training loss.

    Raises:
        InputError: When the training begins, for a run that is not open.

    Example:
        >>> with genconv.record("runs", model="mine", dataset="text", seed=seed) as run:
        ...     callbacks = [GenconvCallback(run)]
        ...     Trainer(model, arguments, train_dataset=train, eval_dataset=held_out, callbacks=callbacks).train()

    """

    def __init__(self, run: Recorder, *, validation: str = "eval_loss", training: str = "loss") -> None:
        self.run = run
        self._names = MetricNames(validation, training, _LEFT_OUT)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Check that the run is open."""
        if state.is_world_process_zero:
            check_open(self.run)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Log the metrics at the epochs that are done."""
        if not state.is_world_process_zero or state.epoch is None:
            return
        if values := self._names.values(logs or {}):
            self.run.log(epoch=state.epoch, **values)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Say it if no loss was among the metrics."""
        if state.is_world_process_zero:
            self._names.warn_without_losses()
