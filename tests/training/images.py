"""A small dataset of images in memory, and cells on it."""

from typing import Any

import numpy as np

from genconv.config.study import Study
from genconv.data.base import DatasetEntry
from genconv.data.images.config import ImageConfig
from genconv.data.images.dataset import ImageDataset, Images
from genconv.experiment import resolve as resolving
from genconv.experiment.resolve import ResolvedCell, resolve

SHAPE = (4, 6)
POOL = (255 * np.random.default_rng(0).random((120, *SHAPE)) ** 2).astype(np.uint8)
TEST = (255 * np.random.default_rng(1).random((30, *SHAPE)) ** 2).astype(np.uint8)

SMALL: dict[str, dict[str, Any]] = {
    "vae": {"hidden": [8], "latent": 3, "kl_warmup_epochs": 0},
    "flow": {"scales": 2, "couplings": 1, "hidden": 4, "depth": 1, "growth": 2},
    "draw": {"steps": 3, "hidden": 6, "latent": 2, "kl_warmup_epochs": 0},
    "conv-vae": {"channels": [3, 4], "hidden": [8], "latent": 2, "kl_warmup_epochs": 0},
    "pixelcnn": {"layers": 2, "channels": 4, "hidden": 4},
    "made": {"hidden": [8, 8]},
    "lvae": {"hidden": [8, 8], "latent": [3, 2], "kl_warmup_epochs": 0},
}


class Tiny(ImageDataset):
    """120 images to train and validate, 30 to test."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__(config, SHAPE, 255.0, len(POOL))

    def read(self) -> Images:
        return Images(POOL, TEST)


TINY = DatasetEntry.of(
    name="tiny",
    summary="",
    defaults=lambda protocol: ImageConfig(binarization="dynamic", validation_size=40),
    build=Tiny,
)


def image_cell(monkeypatch: Any, model: str, protocol: str = "corrected", /, **sections: Any) -> ResolvedCell:
    """A cell of the model on the tiny dataset, three epochs of ten steps unless said otherwise."""
    monkeypatch.setattr(resolving, "dataset_named", lambda name: TINY)
    defaults: dict[str, dict[str, Any]] = {
        "model": SMALL.get(model, {}),
        "training": {
            "epochs": 3,
            "batch_size": 8,
            "validation_batch_size": 20,
        },
        "data": {},
        "evaluation": {"importance_samples": 3, "samples": 5, "snapshots": 4, "chunk": 16},
    }
    merged = {name: {**values, **sections.get(name, {})} for name, values in defaults.items()}
    grid = {"models": model, "datasets": "tiny", "protocols": protocol, **merged}
    (cell,) = resolve(Study.checked({"name": "test", "seeds": 1, "cells": (grid,)}))
    return cell
