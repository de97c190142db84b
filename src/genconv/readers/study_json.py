"""The published study's JSON as runs."""

from pathlib import Path

import numpy as np

from genconv.file_limits import checked_file
from genconv.readers.run import ExternalRun, Reading, Series
from genconv.store.study_json import read_curve_file


def read_study(path: Path) -> Reading:
    """The runs of a `MODEL_DATASET_SEEDS.json`, read as by every other command."""
    curves = read_curve_file(checked_file(path))
    keys = np.arange(curves.epochs, dtype=np.float64)
    runs = tuple(
        ExternalRun(
            label=f"seed {seed}",
            training=Series(keys, training),
            validation=Series(keys, validation),
            model=curves.model,
            dataset=curves.dataset,
            seed=seed,
            origin=path,
        )
        for seed, (training, validation) in enumerate(zip(curves.training, curves.validation, strict=True))
    )
    return Reading(runs, (path,), {"training": "train", "validation": "val"}, measure=curves.measure)
