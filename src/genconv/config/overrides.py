"""Settings that override a study: `section.key=value` words of a command line, or a dictionary in Python."""

from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from genconv.config.base import Config
from genconv.config.evaluation import EvaluationConfig
from genconv.config.execution import ExecutionConfig
from genconv.config.streams import StreamsConfig
from genconv.config.toml import value_of
from genconv.config.training import TrainingConfig
from genconv.errors import InputError

Settings = Mapping[str, Any] | Iterable[str]
"""`{"training.epochs": 3}`, `{"training": {"epochs": 3}}`, or `["training.epochs=3"]`."""

Fields = Mapping[str, Collection[str]]
"""Names of settings by section."""

SECTIONS = ("model", "data", "training", "evaluation", "streams")
"""Tables of overrides; their keys are checked against what the model and the dataset of each cell allow."""
ALL_SECTIONS = (*SECTIONS, "design", "execution")
ROOTS = ("seed", "seeds", "design")
"""Settings that have no section."""

_SHORT = {"lr": "learning_rate", "bs": "batch_size", "wd": "weight_decay"}
"""What many people call a setting."""


def no_fields() -> Fields:
    """Fields of models and datasets where none are known."""
    return {}


def entries(settings: Settings, own: Callable[[], Fields] = no_fields) -> list[tuple[str, str, Any]]:
    """Section, key and value of each setting; the section is empty for `seed`, `seeds` and a design's layout.

    Args:
        settings: What overrides a study.
        own: Gives the fields of the study's models and datasets. It is asked only for a key without its section.

    Raises:
        InputError: For a word without `=`, and for a key that is in no section or in several.

    """
    words = [settings] if isinstance(settings, str) else settings
    pairs = words.items() if isinstance(words, Mapping) else map(_pair, words)
    return [_placed(key, value, own) for name, given in pairs for key, value in _flattened(name, given)]


def section_of(key: str, fields: Fields) -> str:
    """The one section that has this key, with the key's full name: `training.learning_rate` of `lr`.

    `InputError` that offers the right spelling for a key that is in none or in several.
    """
    name = _SHORT.get(key, key)
    found = [section for section, names in fields.items() if name in names]
    if len(found) == 1:
        return f"{found[0]}.{name}"
    if found:
        raise InputError(f"setting '{key}': write {' or '.join(f'{section}.{name}' for section in found)}")
    known = {each: f"{section}.{each}" for section, names in fields.items() for each in names}
    near = get_close_matches(name, [*known, *ROOTS], n=1, cutoff=0.6)
    hint = f"did you mean '{known.get(near[0], near[0])}'? " if near else ""
    raise InputError(f"setting '{key}': {hint}it must be {_allowed()}")


def known_fields() -> dict[str, Collection[str]]:
    """The fields of the sections that do not depend on a model or a dataset."""
    types: dict[str, type[Config]] = {
        "training": TrainingConfig,
        "evaluation": EvaluationConfig,
        "streams": StreamsConfig,
        "execution": ExecutionConfig,
    }
    return {section: tuple(config.model_fields) for section, config in types.items()}


def _pair(word: str) -> tuple[str, Any]:
    key, equals, text = word.partition("=")
    if not equals:
        raise InputError(f"'{word}': settings are written as key=value, such as training.batch_size=512")
    return key.strip(), value_of(text.strip())


def _flattened(name: str, value: Any) -> list[tuple[str, Any]]:
    if name in ALL_SECTIONS and isinstance(value, Mapping):
        return [(f"{name}.{key}", one) for key, one in value.items()]
    return [(name, value)]


def _placed(name: str, value: Any, own: Callable[[], Fields]) -> tuple[str, str, Any]:
    section, dot, key = name.partition(".")
    if not dot and section in ROOTS:
        return "", section, value
    if not dot and section.isidentifier() and section not in ALL_SECTIONS:
        section, _, key = section_of(section, {**own(), **known_fields()}).partition(".")
    if section not in ALL_SECTIONS or not key:
        near = get_close_matches(section, (*ALL_SECTIONS, *ROOTS), n=1, cutoff=0.5)
        hint = f"did you mean '{name.replace(section, near[0], 1)}'? " if near and near[0] != section else ""
        raise InputError(f"setting '{name}': {hint}it must be {_allowed()}")
    return section, key, value


def _allowed() -> str:
    return f"{', '.join(ROOTS)} or one of {', '.join(f'{section}.…' for section in ALL_SECTIONS)}"
