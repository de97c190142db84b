"""The coordinates of the runs of a cell, from the store or from the columns of an imported table."""

from collections.abc import Sequence

from genconv.coordinates import Coordinates
from genconv.store.results import StoredCell


def coordinates_of(cell: StoredCell) -> tuple[Coordinates, ...] | None:
    """One a run; None where none are known.

    Of an imported table its columns of streams, 0 where it has none of a name: what does not vary tells no runs apart.
    """
    if cell.curves.coordinates is not None or cell.imported is None:
        return cell.curves.coordinates
    columns = {
        name: integers
        for name, texts in cell.imported.differing_settings.items()
        if name in Coordinates._fields and (integers := _integers(texts)) is not None
    }
    if not columns:
        return None
    origin = Coordinates(0, 0, 0, 0)
    rows = zip(*columns.values(), strict=True)
    return tuple(origin._replace(**dict(zip(columns, row, strict=True))) for row in rows)


def _integers(texts: Sequence[str]) -> list[int] | None:
    try:
        numbers = [float(text) for text in texts]
        return [int(number) for number in numbers] if all(number == int(number) for number in numbers) else None
    except (ValueError, OverflowError):
        return None
