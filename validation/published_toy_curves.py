"""Our published-protocol runs against the study's own curves, epoch by epoch.

    genconv train -m vae -d 8gaussians --protocol published -e 12 -n 2 -o runs/published
    python validation/published_toy_curves.py runs/published STUDY_CURVES_FOLDER [--from-epoch 1] [--tolerance 0.5]

STUDY_CURVES_FOLDER holds the study's `MODEL_DATASET_10.json` files. For each cell under the published protocol it
prints our mean and the study's mean ± sd of each epoch, and exits with 1 if a value from `--from-epoch` on lies
outside the tolerance (nats).
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import genconv


def main() -> int:
    """Compare every cell that both sides have."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("curves", type=Path)
    parser.add_argument("--from-epoch", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=0.5)
    arguments = parser.parse_args()
    outside = 0
    for ours in genconv.load(arguments.runs).curves:
        theirs = arguments.curves / f"{ours.model}_{ours.dataset}_10.json"
        if ours.protocol != "published" or not theirs.exists():
            continue
        published = genconv.load(theirs).curves[0].validation[:, : ours.epochs]
        print(f"{ours.label}: {len(ours.seeds)} seeds of ours, {len(published)} of the study")
        for epoch in range(ours.epochs):
            mean, sd = np.nanmean(published[:, epoch]), np.nanstd(published[:, epoch])
            distance = np.max(np.abs(ours.validation[:, epoch] - mean))
            inside = distance <= arguments.tolerance or epoch < arguments.from_epoch
            outside += not inside
            values = ", ".join(f"{value:.3f}" for value in ours.validation[:, epoch])
            print(f"  epoch {epoch:3}: {values}   study {mean:.3f} ± {sd:.3f}   {'' if inside else 'OUTSIDE'}")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
