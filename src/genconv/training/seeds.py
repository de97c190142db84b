"""Laying a function of one seed over many: one after another, vectorised, and sharded over devices.

How seeds are mapped is a setting, not a meaning. Sequential mapping gives the same bits in any company.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree

from genconv.config.execution import ExecutionConfig

T = TypeVar("T")
_AXIS = "seeds"


@dataclass(frozen=True)
class SeedMapping:
    """A way to run `function(one seed's arguments, shared arguments)` for all seeds in one program."""

    each: Literal["map", "vmap"]
    """On one device: sequential or vectorised."""
    mesh: Mesh

    @classmethod
    def chosen(cls, config: ExecutionConfig, seeds: int) -> "SeedMapping":
        """The mapping that the settings ask for: by default all devices, sequential on a CPU, vectorised elsewhere."""
        devices = jax.devices()
        count = min(seeds, len(devices), config.devices or len(devices))
        automatic: Literal["map", "vmap"] = "map" if devices[0].platform == "cpu" else "vmap"
        each = automatic if config.mapping == "auto" else config.mapping
        return cls(each, Mesh(np.array(devices[:count]), (_AXIS,)))

    @property
    def description(self) -> str:
        """For the environment record."""
        return f"{self.each} on {self.mesh.size} {self.mesh.devices.flat[0].platform} device(s)"

    @property
    def on_cpu(self) -> bool:
        """Whether the processor is the device."""
        return bool(self.mesh.devices.flat[0].platform == "cpu")

    def compiled(
        self, function: Callable[[Any, Any], T], *, quickly: bool = False
    ) -> Callable[[PyTree[Any], PyTree[Any]], T]:
        """A jitted function of (arguments stacked over seeds, shared arguments).

        `quickly`: on a CPU, compile without optimisation, for what runs once (a third of the compile time).

        Products of `float32` factors are `float32` on every device; on a GPU, XLA would round them to TF32.
        """

        def on_device(mapped: PyTree[Any], shared: PyTree[Any]) -> T:
            with nullcontext() if self.on_cpu else jax.default_matmul_precision("highest"):
                if self.each == "map":
                    return cast("T", jax.lax.map(lambda one: function(one, shared), mapped))
                return jax.vmap(function, in_axes=(0, None))(mapped, shared)

        spec = PartitionSpec(_AXIS)
        sharded = jax.shard_map(
            on_device, mesh=self.mesh, in_specs=(spec, PartitionSpec()), out_specs=spec, check_vma=False
        )
        return jax.jit(sharded, compiler_options=self._compiler_options(quickly))

    def _compiler_options(self, quickly: bool) -> dict[str, bool | int]:
        """On a GPU, products by its library alone: else XLA writes dozens of kernels for each and times them, which
        took 98 s instead of 21 for the VAE on images (an H200, beside 13 other compilers).
        """
        if self.mesh.devices.flat[0].platform == "gpu":
            return {"xla_gpu_enable_triton_gemm": False}
        return {"xla_backend_optimization_level": 0} if quickly and self.on_cpu else {}

    def shared(self, tree: T) -> T:
        """Shared arguments, copied to every device once."""
        copied: T = jax.device_put(tree, NamedSharding(self.mesh, PartitionSpec()))
        return copied

    def placed(self, shapes: T) -> T:
        """Shapes of arrays that are stacked over seeds, each seed on its device."""
        sharding = NamedSharding(self.mesh, PartitionSpec(_AXIS))
        return jax.tree.map(lambda one: jax.ShapeDtypeStruct(one.shape, one.dtype, sharding=sharding), shapes)  # type: ignore[no-any-return]

    def padded(self, seeds: Sequence[T]) -> list[T]:
        """`seeds` with the last one repeated until every device has as many."""
        missing = -len(seeds) % self.mesh.size
        return [*seeds, *[seeds[-1]] * missing]


def first(tree: T, count: int) -> T:
    """The first `count` entries of every leaf."""
    taken: T = jax.tree.map(lambda leaf: leaf[:count], tree)
    return taken


def to_numpy(tree: T) -> T:
    """Every leaf as a NumPy array on the host."""
    return jax.tree.map(lambda leaf: np.asarray(leaf) if isinstance(leaf, jax.Array) else leaf, tree)  # type: ignore[no-any-return]
