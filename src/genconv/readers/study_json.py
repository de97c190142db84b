"""The published study's JSON as runs."""

from pathlib import Path

import numpy as np

from genconv.curves import BLOW_UP
from genconv.file_limits import checked_file
from genconv.readers.options import ImportOptions
from genconv.readers.run import ExternalRun, Reading, Series
from genconv.store.study_json import open_curve_file


def read_study(path: Path, options: ImportOptions) -> Reading:
    """The runs of a `MODEL_DATASET_SEEDS.json`, read as by every other command."""
    found = open_curve_file(checked_file(path), negate=options.negate)
    curves = found.curves
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
    columns = {"training": "train", "validation": "val"}
    notes = ("negated, as all numbers are below zero: taken for ELBOs (--no-negate keeps the sign)",) * found.guessed
    return Reading(
        runs, (path,), columns, notes, curves.measure, negated=found.negated, nan="diverged", blow_up=BLOW_UP
    )
