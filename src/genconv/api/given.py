"""What people hand to the functions: results, and names of metrics, each checked where it comes in."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

from genconv.errors import InputError, shown
from genconv.store.results import Results, StoredCell

F = TypeVar("F", bound=Callable[..., Any])


def on_results(function: F) -> F:
    """The function, with an `InputError` of one line where its `results` are something else."""

    @wraps(function)
    def checked(*args: Any, **options: Any) -> Any:
        if args or "results" in options:
            check_results(args[0] if args else options["results"])
        return function(*args, **options)

    return cast("F", checked)


def check_results(given: object, name: str = "results") -> None:
    """`InputError` unless these are results, with a word on how one gets them from what was given."""
    if not isinstance(given, Results):
        kind = type(given).__name__
        raise InputError(f"{name} of type {kind}: must be what genconv.load or genconv.train returned{_hint(given)}")


def _hint(given: object) -> str:
    if isinstance(given, list | tuple) and given and all(isinstance(one, Results) for one in given):
        return "; write results + more for several"
    if isinstance(given, StoredCell):
        return "; one cell alone is results.where(model=…)"
    return "; genconv.load reads a folder" if not isinstance(given, list | tuple) else ""


def metric_names(given: str | Sequence[str]) -> list[str]:
    """Names of metrics: one, several with commas between them, or a sequence of such."""
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise InputError(f"metric = {shown(given)}: must be the name of a metric, or a list of names")
    return [part.strip() for text in texts for part in text.split(",")]


def check_one_metric(given: object) -> None:
    """`InputError` unless this is the name of a single metric, or None."""
    if given is not None and not isinstance(given, str):
        raise InputError(f"metric = {shown(given)}: must be the name of one metric")
