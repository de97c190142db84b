"""One registry of names, entry points and files for models, datasets and metrics."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from genconv import registry as registries
from genconv.errors import InputError
from genconv.registry import Registry, checked_subclass


def checked(name: str, value: object) -> int:
    if not isinstance(value, int):
        raise InputError(f"thing '{name}' is {value!r}")
    return value


def things() -> Registry[int]:
    return Registry("thing", lambda: [("one", 1), ("two", 2)], checked)


def test_shipped_names_come_first_and_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    def entries(group: str) -> list[EntryPoint]:
        assert group == "genconv.things"
        return [EntryPoint("max", "sys:maxsize", group), EntryPoint("one", "sys:maxsize", group)]

    monkeypatch.setattr(registries, "entry_points", entries)
    found = things()
    assert list(found.known) == ["one", "max", "two"] or list(found.known) == ["one", "two", "max"]
    assert found.named("one") == 1
    assert found.named("max") > 2


def test_an_unknown_name_has_a_near_one() -> None:
    with pytest.raises(InputError, match="unknown thing 'tow': did you mean 'two'"):
        things().named("tow")


def test_a_file_is_executed_when_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("FIVE = 5\nTEXT = 'five'\n")
    assert things().named(f"{path}:FIVE") == 5
    with pytest.raises(InputError, match=r"thing '.*mine.py:TEXT' is 'five'"):
        things().named(f"{path}:TEXT")


def test_a_class_of_the_user_is_complete() -> None:
    class Base:
        pass

    class Mine(Base):
        spec = 1

    assert checked_subclass("thing", "mine", Mine, Base, ("spec",)) is Mine
    with pytest.raises(InputError, match="thing 'mine' lacks summary"):
        checked_subclass("thing", "mine", Mine, Base, ("spec", "summary"))
    with pytest.raises(InputError, match=r"must be a subclass of genconv\.Base"):
        checked_subclass("thing", "mine", int, Base)
