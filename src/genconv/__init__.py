"""How reliably a deep generative model converges, and how much of that is the seed.

The names below are the whole public API; they are imported when first used, so that `import genconv` is instant.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genconv.api import compare, load, plan, plot, run_study, sample, summarise, train, write_report

__all__ = ["compare", "load", "plan", "plot", "run_study", "sample", "summarise", "train", "write_report"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'genconv' has no attribute '{name}'")
    from genconv import api  # noqa: PLC0415  JAX is imported late

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
