"""What is compared unless told otherwise: one metric a dataset for likelihoods, another one for losses."""

from collections.abc import Mapping, Sequence

from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.registry import metric_named
from genconv.statistics.sample import Sample, cell_labels, samples
from genconv.store.results import StoredCell

OTHERWISE = "last"
"""What is compared by default among losses, and in a dataset of which a likelihood cell has no best estimate. One
metric a cell, so that the family stays small.
"""

ByMetric = Mapping[str, Mapping[str, Sequence[Sample]]]
"""Samples by metric and dataset."""


def best_samples(cells: Sequence[StoredCell]) -> ByMetric:
    """For each dataset the samples of `test_nll` if every likelihood cell with a surviving run has it, else of `last`.

    Cells whose loss says nothing of the likelihood stand beside them with their `last`, and decide nothing.
    """
    found: dict[str, dict[str, list[Sample]]] = {}
    for dataset, group in _by_dataset(cells).items():
        losses = [cell for cell in group if _is_loss(cell)]
        likelihoods = [cell for cell in group if not _is_loss(cell)]
        alive = any(not cell.curves.diverged.all() for cell in likelihoods)
        name = BEST_ESTIMATE if alive and not _lacking(likelihoods) else OTHERWISE
        several = [(likelihoods, name), (losses, OTHERWISE)]
        of_dataset = [one for part, metric in several if part for one in samples(part, metric, among=cells)[dataset]]
        found.setdefault(name, {})[dataset] = sorted(of_dataset, key=lambda sample: sample.label)
    return found


def without_estimate(cells: Sequence[StoredCell]) -> dict[str, tuple[str, ...]]:
    """By dataset the labels of the cells for want of whose held-out estimate `last` is compared; none elsewhere."""
    labels = {id(one): label for one, label in zip(cells, cell_labels([c.curves for c in cells]), strict=True)}
    lacking = {
        dataset: tuple(sorted(labels[id(cell)] for cell in _lacking(group)))
        for dataset, group in _by_dataset(cells).items()
    }
    return {dataset: several for dataset, several in lacking.items() if several}


def _by_dataset(cells: Sequence[StoredCell]) -> dict[str, list[StoredCell]]:
    datasets = sorted({cell.curves.dataset for cell in cells})
    return {dataset: [cell for cell in cells if cell.curves.dataset == dataset] for dataset in datasets}


def _lacking(cells: Sequence[StoredCell]) -> list[StoredCell]:
    """Likelihood cells with a surviving run that have no best estimate."""
    best = metric_named(BEST_ESTIMATE)
    return [c for c in cells if not _is_loss(c) and not c.curves.diverged.all() and best.requires(c.curves)]


def _is_loss(cell: StoredCell) -> bool:
    """Whether nothing of the cell says anything of the likelihood."""
    return cell.curves.measure.kind == "loss" and bool(metric_named(BEST_ESTIMATE).requires(cell.curves))
