"""The study as its code ran it: one training for all models, but for the flow of images, and its quirks as settings."""

from collections.abc import Mapping

from genconv.protocols import sizes
from genconv.protocols.sizes import Modality, Section, Table

_TRAINING: Section = {
    "epochs": 500,
    "learning_rate": 1e-3,
    "schedule": "linear",
    "decay_start": 150.0,
    "decay_end": 1000.0,
    "on_divergence": "skip",
    "epoch_mean": "batches",
}
TRAINING: Mapping[Modality, Section] = {
    "points": {**_TRAINING, "batch_size": 4096},
    "images": {**_TRAINING, "batch_size": 128},
}
EVALUATION = sizes.EVALUATION

_WARMUP: Section = {"kl_warmup_epochs": 100}
_VAE: Section = {"head": "sigmoid", "variance": "softplus", "kl": "sample", **_WARMUP}
_LADDER: Section = {**_VAE, "passes_down": "prior"}
_DRAW: Section = {"head": "sigmoid", "one_z": True, **_WARMUP}

MODELS: Table = {
    ("vae", "points"): {"model": _VAE},
    ("vae", "images"): {"model": {**sizes.VAE_IMAGES, **_VAE}},
    ("lvae", "points"): {"model": _LADDER},
    ("lvae", "images"): {"model": {**sizes.LADDER_IMAGES, **_LADDER}},
    # no guard against NaN
    ("flow", "points"): {"training": {"on_divergence": "continue"}},
    # log-scales without bound, under which nine of the study's ten seeds diverged
    ("flow", "images"): {
        "model": {"scale_bound": None},
        "training": {"epochs": 40, "learning_rate": 1e-4},
        "evaluation": {"chunk": 250},
    },
    **{(name, "images"): {"model": {**switches, **_DRAW}} for name, switches in sizes.DRAW.items()},
}
