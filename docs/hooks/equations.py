"""Equations become MathML when the site is built, so that a page shows them without a script and without a network."""

import html
import re
from typing import Any

from latex2mathml.converter import convert

_FUNCTION = re.compile(r"(<mi>(?:log|ln)</mi>)(?=<mi>|<mn>|<mfrac>)")
_EQUATION = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)


def on_page_content(html_of_page: str, **_: Any) -> str:
    r"""Replace what `pymdownx.arithmatex` marked, `\(…\)` in a line and `\[…\]` as a block, in the HTML of a page."""
    return _EQUATION.sub(_mathml, html_of_page)


def _mathml(found: re.Match[str]) -> str:
    tag, opened, latex = found.groups()
    display = "block" if opened == "[" else "inline"
    mathml = _FUNCTION.sub(r'\1<mspace width="0.17em"/>', convert(html.unescape(latex).strip(), display=display))
    return f'<{tag} class="equation">{mathml}</{tag}>'
