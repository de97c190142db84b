"""What is done to the words of the command line before they are parsed."""

import re
from collections.abc import Sequence

_SETTING = re.compile(r"\w+(\.\w+)*=", re.ASCII)


def spread_settings(arguments: Sequence[str]) -> list[str]:
    """`--set a=1 b=2` as `--set a=1 --set b=2`.

    Words that follow a setting and look like one (`name.name=`) are settings too; anything else, a path or a study's
    name, ends the row.
    """
    spread: list[str] = []
    row = False
    for index, word in enumerate(arguments):
        if word == "--":
            return [*spread, *arguments[index:]]
        value = bool(spread) and spread[-1] == "--set"
        if row and not value and _SETTING.match(word):
            spread.append("--set")
            value = True
        row = value or word.startswith("--set=")
        spread.append(word)
    return spread
