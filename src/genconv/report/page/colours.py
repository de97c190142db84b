"""Colours of models on a dark page: the hues of paper, lighter."""

from markupsafe import Markup

from genconv.report.figures.colours import PALETTE, shades

_LIFT = 0.25
"""Share of white in all colours on a dark ground: three to one against it and more, shades as far apart as on paper."""


def on_dark() -> dict[str, str]:
    """Each colour that a model can have, and the one in its place on a dark ground."""
    return {light: dark for hue in PALETTE for light, dark in zip(shades(hue), shades(hue, _LIFT), strict=True)}


def dark_rules() -> Markup:
    """CSS rules that put them there: in what the page draws, and in figures, which have styles of their own.

    What is drawn keeps the colour of paper, which a saved drawing has.
    """
    rules = [
        f'[{name}="{light}" i]{{{name}:{dark}}}[style*="{name}: {light}" i]{{{name}:{dark}!important}}'
        for light, dark in on_dark().items()
        for name in ("stroke", "fill")
    ]
    return Markup("\n".join(rules))  # noqa: S704 (colours of the palette)
