"""Lists of seeds as people write them."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genconv.config.seeds import checked_seeds, first_seeds, parse_seeds
from genconv.errors import InputError


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("7", (7,)),
        ("0,3,7..9", (0, 3, 7, 8, 9)),
        (" 9 , 2,5 ", (9, 2, 5)),
        ("4..4", (4,)),
        ("1 .. 3", (1, 2, 3)),
        ("4294967295", (2**32 - 1,)),
    ],
)
def test_what_a_text_means(text: str, seeds: tuple[int, ...]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    "text",
    [
        *("", ",", "1,", "a", "-1", "1.5", "1..", "..1", "3..1", "1...3", "1,1", "0..3,2", "1;2", "1 2", "0x1", "1e3"),
        *("4294967296", "0..4294967295", "9" * 5000),
    ],
)
def test_anything_else_is_bad_input_on_one_line(text: str) -> None:
    with pytest.raises(InputError, match="seeds") as caught:
        parse_seeds(text)
    assert "\n" not in str(caught.value)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, unique=True))
def test_any_list_is_read_back(seeds: list[int]) -> None:
    assert parse_seeds(",".join(map(str, seeds))) == tuple(seeds)


@given(st.text())
def test_no_text_is_anything_but_seeds_or_bad_input(text: str) -> None:
    try:
        seeds = parse_seeds(text)
    except InputError:
        return
    assert len(set(seeds)) == len(seeds) > 0


@pytest.mark.parametrize("count", [0, -1, 100_001, 10**30])
def test_a_number_of_seeds_has_bounds(count: int) -> None:
    with pytest.raises(InputError, match=f"number of seeds = {count}: must be from 1 to 100000"):
        first_seeds(count)


@pytest.mark.parametrize("seeds", [(), (-1,), (2**32,), (1, 1), tuple(range(100_001))])
def test_checked_seeds_refuses(seeds: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="seeds"):
        checked_seeds(seeds)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 50)), min_size=1, max_size=5))
def test_seeds_are_read_as_they_are_written_or_refused(ranges: list[tuple[int, int]]) -> None:
    text = ",".join(f"{low}..{low + more}" if more else str(low) for low, more in ranges)
    wanted = [seed for low, more in ranges for seed in range(low, low + more + 1)]
    if len(set(wanted)) == len(wanted) and max(wanted) < 2**32:
        assert list(parse_seeds(text)) == wanted
    else:
        with pytest.raises(InputError):
            parse_seeds(text)


@settings(max_examples=300)
@given(st.text())
def test_any_text_is_seeds_or_an_error(text: str) -> None:
    seeds: tuple[int, ...] = (0,)
    with suppress(InputError):
        seeds = parse_seeds(text)
    assert 0 < len(set(seeds)) == len(seeds)
