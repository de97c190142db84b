"""What the study's text says, its quirks mended, with a training that suits each model."""

from collections.abc import Mapping

from genconv.protocols import sizes
from genconv.protocols.sizes import Modality, Section, Table

_TRAINING: Section = {
    "epochs": 40,
    "schedule": "cosine",
    "schedule_unit": "step",
    "warmup_steps": 500,
    "on_divergence": "freeze",
    "epoch_mean": "examples",
}
TRAINING: Mapping[Modality, Section] = {
    "points": {
        **_TRAINING,
        "batch_size": 512,
        "validation_batch_size": 4096,
        "learning_rate": 2e-3,
        "gradient_clip": 1.0,
    },
    "images": {
        **_TRAINING,
        "batch_size": 128,
        "validation_batch_size": 1000,
        "learning_rate": 1e-3,
        "gradient_clip": 10.0,
    },
}
EVALUATION = sizes.EVALUATION

MODELS: Table = {
    ("vae", "points"): {"model": {"kl_warmup_epochs": 5}, "training": {"epochs": 20}},
    # The KL weight rises over half of the epochs: over ten of sixty, most units of z never come to use.
    ("vae", "images"): {"model": {**sizes.VAE_IMAGES, "kl_warmup_epochs": 30}, "training": {"epochs": 60}},
    ("lvae", "points"): {"model": {"kl_warmup_epochs": 5}, "training": {"epochs": 20}},
    ("lvae", "images"): {"model": {**sizes.LADDER_IMAGES, "kl_warmup_epochs": 10}, "training": {"epochs": 60}},
    ("conv-vae", "images"): {"model": {"kl_warmup_epochs": 10}, "training": {"epochs": 40}},
    ("pixelcnn", "images"): {"training": {"epochs": 30, "validation_batch_size": 250}, "evaluation": {"chunk": 250}},
    # At the base's learning rate some seeds get stuck.
    ("flow", "points"): {"training": {"learning_rate": 1e-3}},
    # Its splines then come within .02 nats of the entropy of the hardest toy densities (docs/models.md).
    ("maf", "points"): {"training": {"epochs": 5, "batch_size": 128, "learning_rate": 5e-3, "warmup_steps": 100}},
    ("flow-matching", "points"): {"training": {"ema_decay": 0.999}},
    ("diffusion", "points"): {"training": {"ema_decay": 0.999}},
    ("made", "points"): {"model": {"hidden": (128, 128)}, "training": {"learning_rate": 1e-3}},
    # A pixel sees all before it whatever the width; a wide layer is what its likelihood gains by.
    ("made", "images"): {"model": {"hidden": (2048,), "direct": True}, "training": {"validation_batch_size": 1000}},
    ("flow", "images"): {
        "training": {"learning_rate": 5e-4, "warmup_steps": 100, "validation_batch_size": 250},
        "evaluation": {"chunk": 250},
    },
    **{
        (name, "images"): {"model": {**switches, "kl_warmup_epochs": 10}, "training": {"epochs": 60}}
        for name, switches in sizes.DRAW.items()
    },
}
