"""Every kind of input, made and damaged: a result or one clear line. `validation/fuzz.py` is the long form."""

import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genconv.config.seeds import parse_seeds
from genconv.errors import InputError, error_line, shown
from tests.fuzz.contract import check
from tests.fuzz.kinds import KINDS, steps_of

FEW = settings(max_examples=12, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=300)


@pytest.mark.parametrize("name", KINDS)
def test_a_result_or_one_clear_line(name: str) -> None:
    codes = set()

    @FEW
    @given(random=st.randoms(use_true_random=False))
    def examples(random: Random) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for step in steps_of(KINDS[name], random, Path(folder)):
                codes.add(check(step, Path(folder), KINDS[name].codes).code)

    examples()
    assert codes <= set(KINDS[name].codes)


@pytest.mark.parametrize("name", KINDS)
def test_a_case_is_a_function_of_its_number(name: str, tmp_path: Path) -> None:
    written = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        list(steps_of(KINDS[name], Random(f"{name} 7"), folder))  # noqa: S311
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".db", ".json"})
        written.append([(path.relative_to(folder), path.read_bytes()) for path in files])
    assert written[0] == written[1]


@MANY
@given(st.text())
def test_an_error_is_one_printable_line(text: str) -> None:
    line = error_line(text)
    assert line.isprintable()
    assert len(line) <= 2001


@MANY
@given(st.recursive(st.integers() | st.floats() | st.text() | st.none(), st.lists) | st.integers(10**60, 10**6000))
def test_what_is_shown_of_a_value_is_short(value: object) -> None:
    assert len(shown(value)) <= 60


@MANY
@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 50)), min_size=1, max_size=5))
def test_seeds_are_read_as_they_are_written_or_refused(ranges: list[tuple[int, int]]) -> None:
    text = ",".join(f"{low}..{low + more}" if more else str(low) for low, more in ranges)
    wanted = [seed for low, more in ranges for seed in range(low, low + more + 1)]
    if len(set(wanted)) == len(wanted) and max(wanted) < 2**32:
        assert list(parse_seeds(text)) == wanted
    else:
        with pytest.raises(InputError):
            parse_seeds(text)


@MANY
@given(st.text())
def test_any_text_is_seeds_or_an_error(text: str) -> None:
    seeds: tuple[int, ...] = (0,)
    with suppress(InputError):
        seeds = parse_seeds(text)
    assert 0 < len(set(seeds)) == len(seeds)
