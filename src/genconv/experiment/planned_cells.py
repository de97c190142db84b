"""The cells of a study in words, before any work."""

from collections.abc import Sequence

from genconv.coordinates import Coordinates
from genconv.experiment.observer import PlannedCell
from genconv.experiment.work_cell import WorkCell
from genconv.store.grouping import telling_settings


def planned_cells(cells: Sequence[WorkCell], missing: Sequence[Sequence[Coordinates]]) -> list[PlannedCell]:
    """Each cell with its runs that are there and those that are missing; cells of the same names with what sets them
    apart.
    """
    planned = [one.planned(runs) for one, runs in zip(cells, missing, strict=True)]
    names = [(one.dataset, one.model, one.protocol) for one in planned]
    variants = telling_settings(names, [one.settings for one in cells])
    return [one._replace(variant=variant) for one, variant in zip(planned, variants, strict=True)]
