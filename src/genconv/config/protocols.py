"""How the two protocols train, apart from what a model changes: the defaults that every recipe starts from.

`published` is the study as its code ran it, quirks included; `corrected` does what its text says
(docs/protocols.md lists
every difference).
"""

from dataclasses import dataclass
from typing import Literal, get_args

from genconv.config.base import Config
from genconv.config.training import EvaluationConfig, TrainingConfig
from genconv.errors import unknown_name

Protocol = Literal["published", "corrected"]
Modality = Literal["points", "images"]

PROTOCOLS: dict[Protocol, str] = {
    "corrected": "what the study's text says, its quirks mended; divergence counted, never dropped",
    "published": "the study as its code ran it, quirks included, so that its tables can be re-derived",
}


@dataclass(frozen=True)
class Recipe:
    """What a protocol prescribes for one model on one modality of data: the defaults that overrides are applied to."""

    architecture: Config
    training: TrainingConfig
    evaluation: EvaluationConfig


def protocol_named(name: str) -> Protocol:
    """The protocol of that name; `InputError` with the nearest one otherwise."""
    for known in get_args(Protocol):
        if name == known:
            return known  # type: ignore[no-any-return]
    raise unknown_name("protocol", name, PROTOCOLS)


def base_training(protocol: Protocol, modality: Modality) -> TrainingConfig:
    """Training defaults shared by all models on one modality of data."""
    if protocol == "published":
        return TrainingConfig(
            epochs=500,
            batch_size=4096 if modality == "points" else 128,
            learning_rate=1e-3,
            schedule="linear",
            decay_start=150,
            decay_end=1000,
            kl_warmup_epochs=100,
            on_divergence="skip",
            epoch_mean="batches",
        )
    return TrainingConfig(
        epochs=40,
        batch_size=512 if modality == "points" else 128,
        validation_batch_size=4096 if modality == "points" else 1000,
        learning_rate=2e-3 if modality == "points" else 1e-3,
        schedule="cosine",
        schedule_unit="step",
        warmup_steps=500,
        gradient_clip=1.0 if modality == "points" else 10.0,
        on_divergence="freeze",
        epoch_mean="examples",
    )


def base_evaluation(modality: Modality) -> EvaluationConfig:
    """Evaluation defaults on one modality of data, whatever the protocol and the model."""
    if modality == "points":
        return EvaluationConfig()
    return EvaluationConfig(importance_samples=500, chunk=500, samples=100)
