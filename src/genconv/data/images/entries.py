"""MNIST and Omniglot for the registry."""

from genconv.data.base import DatasetEntry
from genconv.data.images import mnist, omniglot
from genconv.data.images.config import ImageConfig, OmniglotConfig
from genconv.data.images.dataset import ImageDataset, Images
from genconv.data.images.files import present
from genconv.errors import InputError
from genconv.protocols import Protocol

_LEVELS = 255


class Mnist(ImageDataset):
    """Handwritten digits."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__(config, (mnist.SIDE, mnist.SIDE), 255.0, mnist.POOL)

    def read(self) -> Images:
        """The 60,000 images that are split, and the 10,000 held out."""
        pool, test = (mnist.read_images(one, present(one)) for one in (mnist.TRAINING_IMAGES, mnist.TEST_IMAGES))
        return Images(pool, test)


class Omniglot(ImageDataset):
    """Handwritten characters of fifty alphabets, thirty of them for training."""

    def __init__(self, config: OmniglotConfig) -> None:
        side, levels = omniglot.IMAGE_SIDE, omniglot.LEVELS[config.resize]
        if config.values != "binary" and levels != _LEVELS:
            raise InputError(
                f"data.values = '{config.values}': Omniglot has 256 levels only with data.resize = 'antialiased'"
            )
        super().__init__(config, (side, side), float(levels), omniglot.POOL)
        self._resize = config.resize

    def read(self) -> Images:
        """The background set, which is split, and the evaluation set."""
        pool, test = (omniglot.read_images(one, present(one), self._resize) for one in omniglot.SOURCES)
        return Images(pool, test)


def image_entries() -> list[DatasetEntry]:
    """The datasets of images; listing them reads nothing."""
    return [
        DatasetEntry.of(
            name="mnist",
            summary="28×28 handwritten digits: 60,000 to train and validate, 10,000 to test",
            defaults=_mnist_defaults,
            build=Mnist,
        ),
        DatasetEntry.of(
            name="omniglot",
            summary="28×28 handwritten characters: 19,280 to train and validate, 13,180 to test",
            defaults=_omniglot_defaults,
            build=Omniglot,
        ),
    ]


def _mnist_defaults(protocol: Protocol) -> ImageConfig:
    del protocol
    return ImageConfig(binarization="dynamic", validation_size=10_000)


def _omniglot_defaults(protocol: Protocol) -> OmniglotConfig:
    # The originals are black and white, so that the published Bernoulli draw before the resizing changes nothing.
    if protocol == "published":
        return OmniglotConfig(binarization="none", validation_size=3_856, resize="bilinear")
    return OmniglotConfig(binarization="dynamic", validation_size=3_856, resize="antialiased")
