"""The real MNIST and Omniglot: sizes, content, splits of both protocols."""

import jax
import jax.random as jr
import numpy as np
import pytest

from genconv.data.images import mnist, omniglot
from genconv.data.images.mnist import read_idx
from genconv.data.images.omniglot import read_strokes
from genconv.data.images.sources import Source
from genconv.data.registry import dataset_named
from genconv.protocols import Protocol
from tests.cli.commands import genconv
from tests.data.images.real import real

pytestmark = pytest.mark.data


@pytest.mark.parametrize(
    ("source", "shape", "first", "total"),
    [
        (mnist.TRAINING_IMAGES, (60_000, 28, 28), 27_525, 1_567_298_545),
        (mnist.TEST_IMAGES, (10_000, 28, 28), 18_454, 264_923_200),
        (mnist.TRAINING_LABELS, (60_000,), 5, 267_236),
        (mnist.TEST_LABELS, (10_000,), 7, 44_434),
    ],
    ids=lambda value: value.path if isinstance(value, Source) else "",
)
def test_mnist(source: Source, shape: tuple[int, ...], first: int, total: int) -> None:
    path = real(source)
    source.check(path)
    array = read_idx(path)
    assert array.shape == shape
    assert (array[0].sum(), array.sum(dtype=int)) == (first, total)


@pytest.mark.parametrize(
    ("source", "count", "first"), [(omniglot.BACKGROUND, 19_280, 905), (omniglot.EVALUATION, 13_180, 1_731)]
)
def test_omniglot(source: Source, count: int, first: int) -> None:
    strokes = read_strokes(real(source), source.path.split("/")[1].removesuffix(".zip"))
    assert strokes.shape == (count, 105, 105)
    assert strokes[0].sum() == first
    assert 0.07 < strokes.mean() < 0.09  # strokes are 1: the rarer value


@pytest.mark.parametrize("protocol", ["published", "corrected"])
@pytest.mark.parametrize(
    ("name", "sources", "sizes"),
    [
        ("mnist", (mnist.TRAINING_IMAGES, mnist.TEST_IMAGES), (50_000, 10_000, 10_000)),
        ("omniglot", omniglot.SOURCES, (15_424, 3_856, 13_180)),
    ],
)
def test_splits(name: str, sources: tuple[Source, ...], sizes: tuple[int, ...], protocol: Protocol) -> None:
    for source in sources:
        real(source)
    entry = dataset_named(name)
    dataset = entry.build(entry.configured(protocol, {}))
    assert dataset.training_size == sizes[0]
    splits = jax.jit(dataset.draw)(jr.key(0), dataset.load())
    assert [part.shape for part in splits[:3]] == [(size, 28, 28) for size in sizes]
    assert {str(part.dtype) for part in splits[:3]} == {"uint8"}
    seen = np.asarray(dataset.prepare(splits.training[:256], jr.key(1)))
    values = set(np.unique(seen).tolist())
    assert values == ({k / 64 for k in range(65)} & values if (name, protocol) == ("omniglot", "published") else {0, 1})
    assert 0.05 < seen.mean() < 0.2


@pytest.mark.parametrize(("name", "count"), [("mnist", 4), ("omniglot", 2)])
def test_the_commands_find_and_verify_it(name: str, count: int) -> None:
    for source in mnist.SOURCES if name == "mnist" else omniglot.SOURCES:
        real(source)
    paths, verified, fetched = (
        genconv("data", "path", name),
        genconv("data", "verify", name),
        genconv("data", "fetch", name),
    )
    assert (paths.code, verified.code, fetched.code) == (0, 0, 0)
    assert len(paths.out.splitlines()) == count
    assert paths.out == fetched.out
    assert verified.out.count("as expected") == count
