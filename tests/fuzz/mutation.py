"""Hostile values, and ways to damage what is valid; every choice comes from the generator that is passed."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

NAMES = (
    *("", " ", ".", "..", "../../outside/x", "/etc/passwd", "~", "con", "a" * 5000, "\0", "a\0b", "\x1b[31mred\x1b[0m"),
    *(
        "\x1b]0;title\x07",
        "\r\n",
        "a\nb",
        "\u202egnp",
        "\ud800",
        "\ufeff",
        "[/red]",
        "[bold]x",
        "[link=x]",
        "$\\frac{",
        "$x$",
    ),
    *(
        "<script>alert(1)</script>",
        "</script><b>",
        '"><img src=x onerror=alert(1)>',
        "'; DROP TABLE runs; --",
        "{{7*7}}",
    ),
    *(
        "%s%n",
        "{0.__class__}",
        "vae",
        "rings",
        "mnist",
        "é",
        "数",
        "\U0001f600",
        "=1+1",
        "|",
        "`x`",
        "a,b",
        "a;b",
        "\\",
    ),
)
NUMBERS: tuple[Any, ...] = (
    *(
        0,
        -1,
        1,
        2,
        3,
        7,
        10**30,
        -(10**30),
        2**31,
        2**32,
        2**53,
        2**63,
        2**64,
        10**400,
        1.5,
        -0.0,
        5e-324,
        1e308,
        -1e308,
    ),
    *(float("nan"), float("inf"), float("-inf"), True, False, None),
)
WORDS = (
    *(
        "1e400",
        "-1e400",
        "1" + "0" * 30,
        "9" * 5000,
        "0x" + "f" * 5000,
        "NaN",
        "nan",
        "inf",
        "-inf",
        "Infinity",
        "1_000",
    ),
    *(
        "--",
        "-",
        "+",
        "=",
        "==",
        "[",
        "]",
        "{",
        "}",
        "[[",
        "]]",
        "'''",
        '"""',
        "#",
        ",",
        ".",
        "..",
        "0..9",
        "9..0",
        "\\u0000",
    ),
    *(
        "1970-01-01",
        "07:32:00",
        "true",
        "none",
        "null",
        "None",
        "NA",
        "0b1",
        "0o7",
        "1e-400",
        "٣",
        "½",
        "1,5",
        "1;2",
        "\t",
    ),
)
_BYTES = (
    b"\0",
    b"\xff",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x1b[31m",
    b"\r",
    b"\n",
    b'"',
    b"[" * 2000,
    b"{" * 500,
    b"9" * 400,
)


def name(random: Random) -> str:
    """A name, mostly a hostile one."""
    return random.choice(NAMES)


def text(random: Random) -> str:
    """Words that mean something somewhere, put together."""
    pool: Sequence[str] = (*WORDS, *NAMES)
    return random.choice(("", " ", ",", "..", "=")).join(random.choice(pool) for _ in range(random.randint(1, 4)))


def value(random: Random, depth: int = 0) -> Any:
    """Anything JSON or TOML can say."""
    kind = random.randrange(8 if depth < 3 else 6)
    if kind < 3:
        return random.choice(NUMBERS)
    if kind < 6:
        return random.choice((*NAMES, *WORDS))
    if kind == 6:
        return [value(random, depth + 1) for _ in range(random.randint(0, 3))]
    return {name(random): value(random, depth + 1) for _ in range(random.randint(0, 3))}


def deep(depth: int) -> str:
    """Brackets within brackets, as JSON and TOML have them."""
    return "[" * depth + "]" * depth


def changed(random: Random, document: Any) -> Any:
    """A copy of a JSON document in which one thing is replaced, left out, added or put where another was."""
    if isinstance(document, dict) and document and random.random() < 0.85:
        key = random.choice(list(document))
        roll = random.random()
        if roll < 0.1:
            return {k: v for k, v in document.items() if k != key}
        if roll < 0.2:
            return {**document, name(random): value(random)}
        return {**document, key: changed(random, document[key])}
    if isinstance(document, list) and document and random.random() < 0.8:
        place = random.randrange(len(document))
        return [*document[:place], changed(random, document[place]), *document[place + random.randint(0, 1) :]]
    return value(random)


def json_text(random: Random, document: Any) -> str:
    """A document as JSON, now and then nested without end, with numbers out of range or a member twice."""
    written = json.dumps(document)
    roll = random.random()
    if roll < 0.03:
        return written.replace("0", deep(random.choice((60, 900, 100_000))), 1)
    if roll < 0.06:
        return written.replace("1", random.choice(("1e400", "-1e400", "9" * 5000, "1" + "0" * 30)), 1)
    if roll < 0.09 and written.startswith("{") and len(written) > 2:
        return f"{written[:-1]}, {written[1:]}"
    return written


def mutated(random: Random, data: bytes) -> bytes:
    """Valid bytes, damaged a few times: flipped, cut off, left out, put in, repeated, swapped."""
    for _ in range(random.choice((1, 1, 1, 2, 4, 12))):
        data = _mutated_once(random, data)
    return data


def _mutated_once(random: Random, data: bytes) -> bytes:  # noqa: PLR0911  one a way
    first, second = sorted((random.randint(0, len(data)), random.randint(0, len(data))))
    second = min(second, first + random.choice((1, 2, 4, 8, 64, 4096)))
    how = random.randrange(8)
    if how == 0 and data:
        place = random.randrange(len(data))
        return data[:place] + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1 :]
    if how == 1:
        return data[:first]
    if how == 2:
        return data[:first] + data[second:]
    if how == 3:
        return data[:first] + random.choice(_BYTES) + data[first:]
    if how == 4:
        return data[:second] + data[first:second] * random.choice((1, 2, 50)) + data[second:]
    if how == 5:
        number = random.choice((0, 1, 255, 2**31 - 1, 2**31, 2**32 - 1, 2**63)).to_bytes(
            8, random.choice(("big", "little"))
        )
        return data[:first] + number[: random.choice((1, 2, 4, 8))] + data[first + 4 :]
    if how == 6:
        return data[second:] + data[:second]
    lines = data.split(b"\n")
    random.shuffle(lines)
    return b"\n".join(lines)


def encoded(random: Random, written: str) -> bytes:
    """Text in the encoding it should have, or in another."""
    coding = "utf-8" if random.random() < 0.9 else random.choice(("utf-16", "utf-8-sig", "latin-1", "utf-32"))
    return written.encode(coding, "surrogatepass" if coding.startswith("utf") else "replace")
