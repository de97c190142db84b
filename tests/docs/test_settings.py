"""The tables of settings name every field of the shipped models and of the toy densities, with its default."""

import re
from typing import Any

import pytest

from genconv.config.base import Config
from genconv.data.toy.dataset import toy_entries
from genconv.models.registry import models
from tests.docs.blocks import ROOT

TEXT = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (`[a-z-]+`(?: on \w+)?) \| `(\w+)` \| `(.*?)` \| .+ \|$", TEXT, re.MULTILINE)
NAMES = {"Flow": "`flow` on points", "ImageFlow": "`flow` on images"}


def in_toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) or value is None:
        return f'"{value or "none"}"'
    return str(list(value)) if isinstance(value, tuple) else str(value)


def defaults(config: type[Config]) -> dict[str, str]:
    fields = config.model_fields.items()
    return {name: in_toml(info.get_default(call_default_factory=True)) for name, info in fields}


@pytest.mark.parametrize("model", [model for several in models().values() for model in several])
def test_every_setting_of_a_model_is_listed(model: Any) -> None:
    name = NAMES.get(model.__name__, f"`{model.name.rstrip('234')}`")
    assert {key: value for of, key, value in ROWS if of == name} == defaults(model.config_type)


def test_every_setting_of_a_toy_density_is_listed() -> None:
    _, found, section = TEXT.partition("## Settings of the toy densities")
    assert found
    listed = dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \| .+ \|$", section.partition("\n## ")[0], re.MULTILINE))
    for entry in toy_entries():
        assert listed == {key: str(value) for key, value in entry.configured("corrected", {})}
