"""What can be chosen about a table of points."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from genconv.config.base import LARGEST_INTEGER, Config, OrNone, tuple_from_list

Fraction = Annotated[float, Field(gt=0, lt=1)]


class PointsConfig(Config):
    """Which numbers of a file are points, how they are split, and whether they are standardized."""

    columns: Annotated[OrNone[tuple[str | int, ...]], BeforeValidator(tuple_from_list)] = None
    """Columns to take, in this order: names in a table, numbers from 0 in an array; "none": all."""
    standardize: bool = True
    """Whether models see (x − mean)/deviation, with statistics of the training points alone. Likelihoods are of the
    file's own x all the same.
    """
    validation_fraction: Fraction = 0.1
    """Share of the points that the curves are on, split off at random by the data stream."""
    test_fraction: Fraction = 0.1
    """Share of the points for the final evaluation, split off at random; all of `test_file` if there is one."""
    training_size: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Training points, for small studies; "none": all that are left."""
    test_file: OrNone[str] = None
    """File with points for the final evaluation; "none": they are split off."""
    array: OrNone[str] = None
    """Name of the array in an `.npz`; "none": the only one."""
    test_array: OrNone[str] = None
    """Name of the array in `test_file`, if that is an `.npz`; "none": as `array`."""
    sha256: str
    """Of the file, so that the configuration says what the data were."""
    test_sha256: OrNone[str] = None
    """Of `test_file`; filled in."""
