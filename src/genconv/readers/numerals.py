"""Numbers as people of several countries write them: decimal commas, and marks between groups of three digits.

In a file whose columns are parted by `;` or tabs, a comma is the decimal mark, and a point beside it parts groups
(`1.234,5`). In one parted by commas, a quoted comma parts groups (`"1,234.5"`), but is the decimal mark where the
groups are not of three digits (`"6,0155"`). One column follows one rule, and is left alone where none fits all of it.
"""

import polars as pl

_COMMA_DECIMAL = r"^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?(?:[eE][+-]?\d+)?$"
_COMMA_GROUPS = r"^[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?$"
_POINT_GROUPS = r"^[+-]?[1-9]\d{0,2}(?:\.\d{3})+$"
_WORDS = r"(?i)^(?:|na|n/a|null|none|-|[+-]?nan|[+-]?inf(?:inity)?)$"


def plain_numerals(frame: pl.DataFrame, separator: str) -> tuple[pl.DataFrame, list[str]]:
    """The frame of texts with such numbers as `6.0155`, and a note on what was done.

    Texts such as names stay as they are.
    """
    texts = {column.name: column.str.strip_chars() for column in frame.get_columns()}
    rules = {
        name: rule
        for name, text in texts.items()
        if text.str.contains(",", literal=True).any() and (rule := _rule(text, separator))
    }
    if DECIMAL in rules.values():
        rules |= {name: POINTS for name, text in texts.items() if name not in rules and _in_groups(text)}
    notes = [
        f"{rule} in {', '.join(repr(name[:40]) for name in names[:4])}"
        for rule in (DECIMAL, COMMAS, POINTS)
        if (names := [name for name, said in rules.items() if said == rule])
    ]
    plain = {name: _plain(text, rules[name]) for name, text in texts.items() if name in rules}
    return frame.with_columns(**plain) if plain else frame, notes


DECIMAL, COMMAS, POINTS = "decimal comma", "comma between thousands", "point between thousands"


def _in_groups(text: pl.Series) -> bool:
    """Whether all numbers are written as `1.000`, which in a file of decimal commas is a thousand."""
    found = _numbers(text)
    return bool(len(found)) and bool(found.str.contains(_POINT_GROUPS).all())


def _numbers(text: pl.Series) -> pl.Series:
    known = text.drop_nulls()
    return known.filter(~known.str.contains(_WORDS))


def _rule(text: pl.Series, separator: str) -> str | None:
    numbers = _numbers(text)
    if separator == "," and numbers.str.contains(_COMMA_GROUPS).all():
        return COMMAS
    return DECIMAL if numbers.str.contains(_COMMA_DECIMAL).all() else None


def _plain(text: pl.Series, rule: str) -> pl.Series:
    if rule == DECIMAL:
        return text.str.replace_all(".", "", literal=True).str.replace_all(",", ".", literal=True)
    return text.str.replace_all("." if rule == POINTS else ",", "", literal=True)
