"""What the functions return, with what a notebook shows of it: short texts, and tables and pictures as HTML."""

import base64
import io
from collections.abc import Sequence
from dataclasses import fields
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from genconv.statistics.compare import Comparisons
from genconv.statistics.plan import Plan
from genconv.statistics.summary import CellEstimate

if TYPE_CHECKING:
    from genconv.report.figures.style import PaperFigure
    from genconv.report.tables.fitting import Column

_WIDTH = 100
"""Characters of a line in a notebook."""
_SHOWN = 200
"""Rows of an HTML table."""


class Estimates(list[CellEstimate]):
    """One row a cell, as `summarise` returns them."""

    def __repr__(self) -> str:
        from genconv.report.tables import metrics  # noqa: PLC0415

        return metrics.to_table(self, _WIDTH).plain

    def _repr_html_(self) -> str:
        from genconv.report.tables import metrics  # noqa: PLC0415

        return _html(metrics.columns_of(self), [f"{one.dataset} · {one.protocol}" for one in metrics.rows_of(self)])


class Plans(list[Plan]):
    """One plan a pair of cells, as `plan` returns them."""

    def __repr__(self) -> str:
        from genconv.report.tables import plans  # noqa: PLC0415

        return plans.to_table(self, _WIDTH).plain if self else "no plan"

    def _repr_html_(self) -> str:
        from genconv.report.tables import plans  # noqa: PLC0415

        return _html(plans.columns_of(self), [f"{one.dataset} · {one.metric}" for one in self])


class ShownComparisons(Comparisons):
    """Comparisons, their verdicts in sentences first."""

    @classmethod
    def of(cls, found: Comparisons) -> "ShownComparisons":  # type: ignore[override]
        """The same comparisons."""
        return cls(**{field.name: getattr(found, field.name) for field in fields(found)})

    def __repr__(self) -> str:
        return "\n".join([*self._sentences(), *self._more()])

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(one)}</li>" for one in self._sentences())
        return f"<ul>{items}</ul>{''.join(f'<p>{escape(line)}</p>' for line in self._more())}"

    def _sentences(self) -> list[str]:
        from genconv.report.sentences import verdict_sentence  # noqa: PLC0415

        several = len({one.comparison.dataset for one in self.results}) > 1
        return [
            f"{one.comparison.dataset}: {verdict_sentence(one)}" if several else verdict_sentence(one)
            for one in self.results[:_SHOWN]
        ]

    def _more(self) -> list[str]:
        more = len(self.results) - _SHOWN
        return [f"… and {more} more"] if more > 0 else []


class Figures(dict[str, "PaperFigure"]):
    """Matplotlib figures by name, each with its `caption`."""

    paths: tuple[Path, ...] = ()
    """The files that were written."""
    silent: tuple[str, ...] = ()
    """Why a kind that was named has no figure, a line each."""

    def __repr__(self) -> str:
        written = f"; {len(self.paths)} files in '{self.paths[0].parent}'" if self.paths else ""
        return f"Figures: {', '.join(self) or 'none'}{written}"

    def _repr_html_(self) -> str:
        return "".join(_picture(figure) for figure in self.values()) or "<p>no figure</p>"


def _picture(figure: "PaperFigure") -> str:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    image = f'<img src="data:image/png;base64,{data}" alt="{escape(figure.alt)}" style="background:#fff">'
    return f"<figure>{image}<figcaption>{escape(figure.caption)}</figcaption></figure>"


def _html(columns: "Sequence[Column]", groups: Sequence[str]) -> str:
    """Every column that says something, a heading where the group changes."""
    kept = [one for one in columns if one.label or not one.is_empty]
    head = "".join(f"<th>{escape(one.name)}</th>" for one in kept)
    rows = []
    for row, group in enumerate(groups[:_SHOWN]):
        if row == 0 or group != groups[row - 1]:
            rows.append(f'<tr><th colspan="{len(kept)}" style="text-align:left">{escape(group)}</th></tr>')
        rows.append(f"<tr>{''.join(f'<td>{escape(one.texts[row])}</td>' for one in kept)}</tr>")
    more = f"<p>… and {len(groups) - _SHOWN} more</p>" if len(groups) > _SHOWN else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{more}"
