"""Tables that fit a width by choosing columns: no word is cut, and the columns that are left out are named."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from genconv.errors import printable
from genconv.report.format import NO_NUMBER
from genconv.report.unbroken import NO_BREAK, unbroken

GAP = "  "
FLOWING = 24
"""Room that a column of sentences has at least."""
SHORT, ROOM = 32, 100
"""Labels of more cells get a line of their own, unless so many cells are left beside them or all columns fit."""
_GLUE = "\N{NO-BREAK SPACE}"
_GLUED = re.compile(r"\[[^\]\s]{1,12}, [^\]\s]{1,12}\]")


@dataclass(frozen=True)
class Column:
    """One column: its name and a text a row."""

    name: str
    texts: Sequence[str]
    rank: int = 0
    """Columns of a smaller rank are chosen first; of two alike, the one that stands first."""
    label: bool = False
    """Whether it tells rows apart, so that it is always there; it is aligned to the left."""
    flows: bool = False
    """Whether its texts are sentences that may go on in the next line."""
    red: Collection[int] = ()
    """Rows whose text is red."""

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return not any(text.strip(f" {NO_NUMBER}") for text in self.texts)

    @property
    def width(self) -> int:
        """Cells of the terminal that it takes; its name may go on in the next line."""
        words = [word for text in self.texts for word in text.split()] if self.flows else []
        full = max(map(cell_len, (*self.texts, *self.name.split())), default=0)
        return full if not self.flows else min(full, max(FLOWING, *map(cell_len, words), 0))


@dataclass(frozen=True)
class Fitted:
    """A table as text, and the names of the columns that it has no room for."""

    text: Text
    omitted: tuple[str, ...]


def fitted(columns: Sequence[Column], width: int | None, groups: Sequence[str] = (), *, header: bool = True) -> Fitted:
    """The columns that fit, in their order; all of them if `width` is None.

    Args:
        columns: The labels are always there. Columns that say nothing are left out of every table.
        width: Of the terminal. Long labels get a line of their own.
        groups: A heading for each row; it is printed where it changes.
        header: Whether the columns have a header.

    """
    labels = [_plain(one) for one in columns if one.label]
    others = [_plain(one) for one in columns if not one.label and not one.is_empty]
    ranked = sorted(others, key=lambda one: one.rank)
    chosen = _chosen(labels, ranked, width)
    beside = _total(labels)
    stacked = width is not None and len(chosen) < len(ranked) and beside > SHORT and width - beside < ROOM
    if stacked:
        chosen = _chosen([], ranked, width and width - len(GAP)) or ranked[:1]
    shown = [one for one in others if any(one is kept for kept in chosen)]
    omitted = tuple(one.name for one in others if not any(one is kept for kept in chosen))
    left = [Column("", [""] * len(labels[0].texts), label=True)] if stacked else labels
    lines = _Drawing([*left, *shown], width).lines(groups, labels if stacked else (), header=header)
    return Fitted(joined(lines), omitted)


def further(omitted: Sequence[str], width: int | None, how: str = "--wide") -> Text:
    """Which columns there are besides, and how to see them."""
    return prose(f"Not shown here ({how}): {', '.join(omitted)}.", width, style="dim")


def prose(text: str, width: int | None, indent: int = 0, style: str = "") -> Text:
    """Sentences in lines that break at blanks alone, none of them inside an interval."""
    room = None if width is None else max(width - indent, 1)
    return Text("\n".join(" " * indent + line for line in _wrapped(printable(text), room)), style=style)


def joined(parts: Sequence[Text]) -> Text:
    """Parts below each other."""
    return Text("\n").join(parts)


def _plain(column: Column) -> Column:
    texts = [printable(text) for text in column.texts]
    return Column(printable(column.name), texts, column.rank, column.label, column.flows, column.red)


def _total(columns: Sequence[Column]) -> int:
    return sum(one.width for one in columns) + len(GAP) * max(len(columns) - 1, 0)


def _chosen(labels: Sequence[Column], ranked: Sequence[Column], width: int | None) -> list[Column]:
    """The first of the others, as many as fit: a wider table has all columns of a narrower one."""
    chosen: list[Column] = []
    for one in ranked:
        if width is not None and _total([*labels, *chosen, one]) > width:
            break
        chosen.append(one)
    return chosen


class _Drawing:
    """Columns that are drawn, and the width of each."""

    def __init__(self, columns: Sequence[Column], width: int | None) -> None:
        self._columns, self._room = columns, width
        self._widths = [one.width for one in columns]
        unbroken = [max(width, cell_len(one.name)) for one, width in zip(columns, self._widths, strict=True)]
        if width is None or sum(unbroken) + len(GAP) * (len(columns) - 1) <= width:
            self._widths = unbroken
        if columns[-1].flows:
            full = max(map(cell_len, columns[-1].texts), default=0)
            others = sum(self._widths[:-1]) + len(GAP) * (len(columns) - 1)
            free = full if width is None else width - others
            self._widths[-1] = max(self._widths[-1], min(full, free))

    def lines(self, groups: Sequence[str], above: Sequence[Column], *, header: bool) -> list[Text]:
        """Header, then the rows; labels that are `above` a row have a line of their own."""
        lines = [*self._header(), Text("─" * (sum(self._widths) + len(GAP) * (len(self._widths) - 1)))] * header
        for row in range(len(self._columns[0].texts)):
            if groups and (row == 0 or groups[row] != groups[row - 1]):
                lines += [Text()] * (row > 0) + [prose(groups[row], self._room, style="bold")]
            if above:
                lines.append(prose(GAP.join(one.texts[row] for one in above), self._room))
            lines += self._row(row)
        return lines

    def _header(self) -> list[Text]:
        """The names, aligned at the bottom."""
        names = [_wrapped(one.name, width) for one, width in zip(self._columns, self._widths, strict=True)]
        height = max(map(len, names))
        padded = [[""] * (height - len(name)) + name for name in names]
        return [self._line([name[line] for name in padded], ["bold"] * len(padded)) for line in range(height)]

    def _row(self, row: int) -> list[Text]:
        texts = [
            _wrapped(one.texts[row], width) if one.flows else [one.texts[row]]
            for one, width in zip(self._columns, self._widths, strict=True)
        ]
        styles = ["red" if row in one.red else "" for one in self._columns]
        height = max(map(len, texts))
        padded = [text + [""] * (height - len(text)) for text in texts]
        return [self._line([text[line] for text in padded], styles) for line in range(height)]

    def _line(self, texts: Sequence[str], styles: Sequence[str]) -> Text:
        line = Text()
        for place, (one, width, text) in enumerate(zip(self._columns, self._widths, texts, strict=True)):
            line.append(GAP if place else "")
            blanks = " " * max(width - cell_len(text), 0)
            left = one.label or one.flows
            line.append("" if left else blanks).append(text, styles[place]).append(blanks if left else "")
        line.rstrip()
        return line


def _wrapped(text: str, width: int | None) -> list[str]:
    """Lines of at most `width` cells where words allow it; an interval is one word, and `n = 10`, and `95 %`."""
    if width is None:
        return [text]
    glued = _GLUED.sub(lambda found: found[0].replace(" ", _GLUE), unbroken(text).replace(NO_BREAK, _GLUE))
    lines = [""]
    for word in glued.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line.replace(_GLUE, " ") for line in lines]
