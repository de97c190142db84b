"""How the two protocols build, train and evaluate each shipped model: tables of plain numbers, apart from the models.

`published` is the study as its code ran it, quirks included; `corrected` does what its text says (docs/protocols.md
lists every difference).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from genconv.errors import InputError, unknown_name
from genconv.protocols import corrected, published
from genconv.protocols.sizes import Modality

__all__ = ["PROTOCOLS", "Modality", "Protocol", "Recipe", "protocol_named", "recipe"]

Protocol = Literal["published", "corrected"]

PROTOCOLS: dict[Protocol, str] = {
    "corrected": "what the study's text says, its quirks mended; divergence counted, never dropped",
    "published": "the study as its code ran it, quirks included, so that its tables can be re-derived",
}


@dataclass(frozen=True)
class Recipe:
    """What a protocol prescribes for a model on one modality: values in place of the configurations' own defaults."""

    model: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    evaluation: Mapping[str, Any] = field(default_factory=dict)


def protocol_named(name: str) -> Protocol:
    """The protocol of that name; `InputError` with the nearest one otherwise."""
    for known in get_args(Protocol):
        if name == known:
            return known  # type: ignore[no-any-return]
    raise unknown_name("protocol", name, PROTOCOLS)


def recipe(protocol: Protocol, model: str, modality: Modality) -> Recipe:
    """The recipe of a shipped model, or `corrected`'s base for any other.

    `InputError` if `published` is asked for a model that the study did not have on such data.
    """
    table = {"published": published, "corrected": corrected}[protocol]
    own = table.MODELS.get((model, modality))
    if own is None and protocol == "published":
        raise InputError(f"model '{model}' has no published protocol on {modality}: use the protocol 'corrected'")
    own = own or {}
    return Recipe(
        model=own.get("model", {}),
        training={**table.TRAINING[modality], **own.get("training", {})},
        evaluation={**table.EVALUATION[modality], **own.get("evaluation", {})},
    )
