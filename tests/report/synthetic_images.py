"""Arrays as image models leave them, small, with every image told apart from every other and from its mirror."""

from collections.abc import Mapping

import numpy as np

HEIGHT, WIDTH = 8, 6

Arrays = dict[str, np.ndarray]


def drawings(*shape: int, height: int = HEIGHT, width: int = WIDTH, tag: int = 0) -> np.ndarray:
    """Light strokes on black, shape (*shape, height, width): an F of a grey and with a mark that count the images."""
    count = int(np.prod(shape))
    images = np.zeros((count, height, width), np.uint8)
    numbers = np.arange(count) + tag
    images[:, 1, 1:4] = 250 - (numbers % 60)[:, None]
    images[:, 1:6, 1] = 190 + (numbers % 50)[:, None]
    images[:, 3, 2] = 120
    images[np.arange(count), 7, numbers % width] = 255
    return images.reshape(*shape, height, width)


def pictures(epochs: tuple[int, ...] = (0, 1, 3), count: int = 5) -> Arrays:
    """Of any model of images."""
    return {
        "samples": drawings(12, tag=7),
        "snapshots.epochs": np.array(epochs, np.int32),
        "snapshots.samples": drawings(len(epochs), count, tag=11),
        "snapshots.reconstructions": drawings(len(epochs), count, tag=23),
        "snapshots.inputs": drawings(count, tag=3),
    }


def steps(count: int = 3, length: int = 4, windows: Mapping[str, tuple[float, float, float]] | None = None) -> Arrays:
    """Of a model that draws in steps; `windows` under attention: one for every image and step."""
    arrays: Arrays = {"reconstruction.inputs": (drawings(count, tag=3) / 255).astype(np.float32)}
    for tag, kind in enumerate(("generation", "reconstruction")):
        arrays[f"{kind}.canvases"] = (drawings(count, length, tag=5 * tag) / 255).astype(np.float32)
    for name, window in (windows or {}).items():
        arrays[name] = np.broadcast_to(np.array(window, np.float32), (count, length, 3)).copy()
    return arrays


ATTENTION = {
    "generation.write": (2.5, 3.5, 4.0),
    "reconstruction.read": (2.5, 3.5, 99.0),
    "reconstruction.write": (4.0, 1.0, 2.0),
}
