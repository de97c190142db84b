"""The two ways in which a command fails, each told to the user in one line."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_LONGEST_LINE = 2000
_LONGEST_INTEGER = 190
"""Bits: what has 57 digits."""


class GenconvError(Exception):
    """Base of every error that a user is meant to read; `exit_code` is what the shell sees."""

    exit_code = 1


class InputError(GenconvError):
    """What the user gave is wrong: the message names the key, the value and what is allowed."""

    exit_code = 2


class WorkError(GenconvError):
    """The input was fine, the work failed (a disk is full, a folder cannot be written)."""

    exit_code = 1


class Stopped(BaseException):
    """A signal asked the process to end, as a scheduler does before it takes the machine away.

    Like `KeyboardInterrupt`, no `Exception`, so that nothing catches it by mistake.
    """

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal


def printable(text: str) -> str:
    """The text with control characters, and whatever else a terminal would act on, spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def error_line(message: str) -> str:
    """A message on one printable line of bounded length."""
    line = printable(" ".join(message.split()))
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


def shown(value: object) -> str:
    """What a user gave, as Python writes it, in at most 60 characters."""
    if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER:
        return f"an integer of {value.bit_length()} bits"
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of too many digits in it, or tables in tables in tables
        text = f"a {type(value).__name__} that is too large to show"
    return text if len(text) <= 60 else text[:57] + "..."


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """An error for a `name` that is none of `known`, with the nearest one suggested."""
    names = sorted(known)
    near = get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return InputError(f"unknown {kind} '{name}': {hint}known are {', '.join(names)}")


def quoted(names: Sequence[str], most: int = 8) -> str:
    """`'a', 'b' and 3 more`: the first `most` names, each `clipped`."""
    shown = ", ".join(f"'{clipped(name)}'" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def clipped(name: str, most: int = 60) -> str:
    """A name of at most `most` characters and `…`: a longer one ends where a part of it ends, at a comma or a blank."""
    if len(name) <= most:
        return name
    end = max(name.rfind(mark, most // 2, most) for mark in (",", " ", "/"))
    return f"{name[: end if end > 0 else most].rstrip()}…"
