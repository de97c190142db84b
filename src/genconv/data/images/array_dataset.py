"""A NumPy file of the user as a dataset, named by its path."""

from functools import partial
from pathlib import Path

from genconv.config.protocols import Protocol
from genconv.data.base import DatasetEntry
from genconv.data.images.array_file import SUFFIXES, file_sha256, read_array, read_header
from genconv.data.images.config import ArrayConfig
from genconv.data.images.dataset import ImageDataset, Images
from genconv.errors import InputError

_TENTH = 10


class ArrayImages(ImageDataset):
    """The images in a `.npy` or `.npz` file, split in three."""

    def __init__(self, path: Path, config: ArrayConfig) -> None:
        header = read_header(path)
        count, *shape = header.shape
        super().__init__(config, (shape[0], shape[1]), header.scale, count, config.test_size)
        self._path, self._sha256 = path, config.sha256

    def read(self) -> Images:
        """All images, checked."""
        return Images(read_array(self._path, self._sha256), None)


def is_array_file(name: str) -> bool:
    """Whether a dataset's name is the path of a NumPy file."""
    return name.endswith(SUFFIXES)


def array_entry(name: str) -> DatasetEntry:
    """The file at the path `name`, whose header is read; `InputError` if it holds no images."""
    path = Path(name)
    header = read_header(path)
    count, height, width = header.shape
    if count < 3:
        raise InputError(f"{path}: holds {count} images: at least 3 are needed, one for each split")
    return DatasetEntry(
        name=name,
        summary=f"{count:,} images of {height}×{width} from a file",
        kind="images",
        shape=(height, width),
        defaults=partial(_defaults, path, count),
        build=partial(ArrayImages, path),
    )


def _defaults(path: Path, count: int, protocol: Protocol) -> ArrayConfig:
    del protocol
    part = max(1, count // _TENTH)
    return ArrayConfig(binarization="dynamic", validation_size=part, test_size=part, sha256=file_sha256(path))
