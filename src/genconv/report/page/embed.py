"""Figures and data inside an HTML page: nothing is fetched, and no name can break out of where it stands."""

import base64
import io
import json
import re

from markupsafe import Markup
from PIL import Image

from genconv.report.figures.colours import INK, PAPER, QUIET, RULE
from genconv.report.figures.style import PaperFigure, styled

_THEMED = {INK: "var(--ink)", QUIET: "var(--quiet)", PAPER: "var(--paper)", RULE: "var(--rule)"}
"""Colours of a figure that follow the page's light or dark scheme."""


@styled
def inline_svg(figure: PaperFigure, prefix: str) -> Markup:
    """Turn a figure into an `<svg>` element in the page's colours.

    `prefix`, a plain identifier, keeps its ids apart from those of other figures.
    """
    file = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    _laid_out(figure)
    figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    for colour, variable in _THEMED.items():
        svg = svg.replace(colour, variable)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(
        r'<svg [^>]*?width="[^"]*"',
        lambda match: re.sub(r' (width|height)="[^"]*"', "", match[0]),
        svg,
        count=1,
    )
    svg = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", svg, count=1)
    label = Markup.escape(figure.alt)
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))  # noqa: S704 (matplotlib escapes text)


@styled
def png_source(figure: PaperFigure, resolution: int = 160) -> str:
    """Turn a figure into a `data:` address of a PNG image with 128 colours."""
    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=resolution, metadata={"Software": None})
    Image.open(drawn).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(packed, format="png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(packed.getvalue()).decode()}"


def _laid_out(figure: PaperFigure) -> None:
    """Lay out once; saving would draw everything to nowhere for it first."""
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")


def gif_source(data: bytes) -> str:
    """Turn a GIF file into a `data:` address."""
    return f"data:image/gif;base64,{base64.b64encode(data).decode()}"


def script_json(value: object) -> Markup:
    """JSON for the inside of a `<script>` element; `<`, `>`, `&` are escaped, so that no text can end it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (escaped above)
