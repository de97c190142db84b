"""Posterior collapse: latent variables that say nothing of the data at the end of a training."""

from collections.abc import Iterable

from genconv.store.results import StoredCell

COLLAPSED = 0.01
"""KL(q(z|x) ‖ p(z)) in nats an example, below which a run makes nothing of its latent variables; to tell two halves of
the data apart takes ln 2. A unit counts as active from as much on (arXiv 1602.02282)."""
KL = "validation.kl"


def collapsed(cell: StoredCell) -> int:
    """How many runs end with a KL on the validation set below `COLLAPSED`; 0 where none is on record."""
    if KL not in cell.quantities:
        return 0
    return int((cell.quantity(KL).values[:, -1] < COLLAPSED).sum())


def collapse_sentences(cells: Iterable[StoredCell]) -> list[str]:
    """One sentence a cell with such runs."""
    return [
        f"Posterior collapse in {count} of {len(cell.curves.seeds)} runs of {cell.curves.label}: the KL of the latent "
        f"variables ends below {COLLAPSED} nats, so these models make nothing of them."
        for cell in cells
        if (count := collapsed(cell))
    ]
