"""One registry of names, entry points and files for models, datasets and metrics."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from genconv import registry as registries
from genconv.data.base import DataSpec
from genconv.data.registry import dataset_named
from genconv.errors import InputError
from genconv.metrics.registry import metric_named
from genconv.models.registry import model_named
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


def test_a_file_alone_is_told_with_what_it_defines(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "raise SystemExit('executed')\n"
        "class Sizes(genconv.Config): pass\n"
        "class A(genconv.ExactModel): pass\n"
        "class B(A): pass\n"
        "class Disc(Dataset[int]): pass\n"
        "HALFWAY = genconv.Metric('halfway', len)\n"
    )
    for named, words in (
        (lambda name: model_named(name, DataSpec("points", (2,), "continuous")), f"{path}:A or {path}:B"),
        (dataset_named, f"{path}:Disc"),
        (metric_named, f"{path}:HALFWAY"),
    ):
        for name in (f"{path}", f"{path}:"):
            with pytest.raises(InputError) as told:
                named(name)  # type: ignore[no-untyped-call]
            assert str(told.value).endswith(f" '{path}' is a file: write {words}")


@pytest.mark.parametrize("text", ["x = 1", "class (", "\0"])
def test_a_file_that_defines_nothing_is_told_too(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(InputError, match=r"thing '.*mine.py' is a file: write .*mine.py:Name"):
        things().named(f"{path}")


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"'none\.py' does not exist"):
        things().named("none.py")
