"""How an epoch is cut into batches: their order, their keys, and the mean of what is recorded of them."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Int, Key, Shaped

from genconv.config.training import TrainingConfig
from genconv.data.base import Splits
from genconv.randomness import Purpose, Streams

Carry = TypeVar("Carry")
Record = dict[str, Float[Array, ""]]
"""What is recorded of a batch or an epoch, by name: `loss` and a model's own terms and diagnostics, and of training
`gradient_norm` (before clipping) and `learning_rate`; NaN where a run is frozen.
"""


class Batch(NamedTuple):
    """Which batch of an epoch, and its key."""

    number: Int[Array, "..."]
    key: Key[Array, "..."]


def step_size(config: TrainingConfig) -> int:
    """Examples of one optimizer step."""
    return config.batch_size * config.accumulate_steps


def steps_per_epoch(config: TrainingConfig, examples: int) -> int:
    """Optimizer steps in which an epoch sees so many examples."""
    return -(-examples // step_size(config))


def epoch_order(streams: Streams, epoch: Int[Array, ""], splits: Splits) -> Int[Array, " n"]:
    """The order of the training examples in `epoch`: a fresh permutation."""
    return shuffled(jr.fold_in(streams.order, epoch), splits.training.shape[0])


def shuffled(key: Key[Array, ""], count: int) -> Int[Array, " count"]:
    """A uniform permutation of 0, …, count − 1, by sorting random numbers.

    A number is 64 bits: random ones, then the place. Two random parts are equal with a chance below count³/2⁶⁵, and
    then stand in the order of their places. On a CPU one such array is sorted in a fifth of the time that the two
    rounds of pairs of `jax.random.permutation` take.
    """
    bits = max(1, (count - 1).bit_length())
    halves = jr.bits(key, (2, count), jnp.uint32)
    with jax.enable_x64(True):
        high, low = jax.lax.convert_element_type(halves, jnp.uint64)
        random = ((high << jnp.uint64(32)) | low) & ~jnp.uint64((1 << bits) - 1)
        ordered = jax.lax.sort(random | jax.lax.iota(jnp.uint64, count), is_stable=False)
        places = ordered & jnp.uint64((1 << bits) - 1)
        return jax.lax.convert_element_type(places, jnp.int32)


def batch_keys(streams: Streams, purpose: Purpose, epoch: Int[Array, ""], count: int) -> Key[Array, " batches"]:
    """A key for each of the first `count` batches of an epoch, the same whatever `count` is."""
    return numbered_keys(jr.fold_in(jr.fold_in(streams.noise, purpose), epoch), count)


def numbered_keys(root: Key[Array, ""], count: int) -> Key[Array, " count"]:
    """`fold_in(root, number)` for number = 0, …, count − 1."""
    return jax.vmap(lambda number: jr.fold_in(root, number))(jnp.arange(count))


def over_batches(
    function: Callable[[Carry, Shaped[Array, "batch ..."], Batch], tuple[Carry, Record]],
    carry: Carry,
    rows: Shaped[Array, "n ..."],
    keys: Key[Array, " batches"],
    size: int,
    mean: str,
) -> tuple[Carry, Record]:
    """Scan `function` over consecutive batches of `rows`, a smaller last one included, and average its records.

    `mean` is `examples` (each batch weighs by its size) or `batches` (all batches weigh the same).
    """
    size = min(size, rows.shape[0])
    full, left = divmod(rows.shape[0], size)
    numbered = Batch(jnp.arange(keys.shape[0]), keys)
    whole = (rows[: full * size].reshape(full, size, *rows.shape[1:]), jax.tree.map(lambda leaf: leaf[:full], numbered))

    def body(carry: Carry, item: tuple[Array, Batch]) -> tuple[Carry, Record]:
        return function(carry, *item)

    carry, records = jax.lax.scan(body, carry, whole)
    total: Record = jax.tree.map(jnp.sum, records)
    if left == 0:
        return carry, jax.tree.map(lambda t: t / full, total)
    carry, last = function(carry, rows[full * size :], jax.tree.map(lambda leaf: leaf[full], numbered))
    share = left / size if mean == "examples" else 1.0
    return carry, jax.tree.map(lambda t, x: (t + share * x) / (full + share), total, last)
