"""Colours and dashes: of ink and paper, of models and their variants."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb

INK, QUIET, RULE, PAPER = "#1b1b1b", "#5f5f5f", "#d9d9d9", "#ffffff"
"""Text and marks, secondary text and reference lines, hairlines, background."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C8C8C")
"""Okabe and Ito's colours, told apart under every common colour vision deficiency; yellow and black left out:
one is too pale on paper, the other vanishes on a dark page."""

_GREY = len(PALETTE) - 1
_LIKE = {0: 5, 5: 0}
"""Places of the two blues: another model's thin lines and dots are hard to tell from those in the first one's."""

_OWN = {name: place for place, name in enumerate(("flow", "lvae", "vae", "draw", "draw2", "draw3", "draw4"))}
"""The place in `PALETTE` of each of genconv's own models."""

Dash = tuple[float, tuple[float, ...]]

DASHES: tuple[Dash, ...] = ((0.0, ()), (0.0, (5.0, 1.2)), (0.0, (2.0, 0.8)), (0.0, (6.0, 1.0, 1.5, 1.0)))
"""One model's line shows through the gaps of another's that lies on it; a grey printer keeps them apart."""

SHADES = (0.0, 0.32, -0.34, 0.16, -0.17)
"""Shares of white (of black below 0) in the colours of a model's variants; neighbours lie far apart."""

_SHADES_OF_PALE = (0.0, -0.44, -0.22, -0.33, -0.11)
"""The same of hues that paper makes pale as they are."""

DENSITY = LinearSegmentedColormap.from_list("density", ["#ffffff", "#a9cfe6", "#3f8fc4", "#14507f", "#04182b"])
"""One hue from paper to ink: order survives a grey printer."""


@dataclass(frozen=True)
class Look:
    """How one model is drawn, in every figure alike."""

    colour: str
    dash: Dash


def looks(names: Iterable[str]) -> dict[str, Look]:
    """Give each name a colour and a dash that follow from the name, so that it looks alike beside any others.

    The model's name, which stands before ` (variant)`, chooses the hue: genconv's own models have one each. Of two
    other models that ask for the same one, the later in alphabetical order gets the next that is free, a second blue
    after all others; grey, which legends have too, comes last; 28 models before a look comes again. Variants of a model
    share its hue and differ in shade and dash; the first has the plain hue.
    """
    variants: dict[str, list[str]] = defaultdict(list)
    for name in sorted(set(names)):
        variants[_model(name)].append(name)
    used = [0] * len(PALETTE)
    found: dict[str, Look] = {}
    for model in sorted(variants, key=lambda name: (name not in _OWN, name)):
        hues = len(PALETTE) - (model not in _OWN)
        first = _OWN[model] if model in _OWN else crc32(model.encode("utf-8", "replace")) % hues
        turns = [*((first + step) % hues for step in range(hues)), *range(hues, len(PALETTE))]
        chosen = min(turns, key=lambda hue: (used[hue], *_unwanted(hue, model, used)))
        for place, name in enumerate(variants[model]):
            colours = shades(PALETTE[chosen])
            found[name] = Look(colours[place % len(colours)], DASHES[(chosen + used[chosen] + place) % len(DASHES)])
        used[chosen] += 1
    return found


def _unwanted(hue: int, model: str, used: Sequence[int]) -> tuple[bool, int]:
    """Whether a hue is grey, and how often the other blue is there if it is blue; nothing of this for own models."""
    if model in _OWN:
        return False, 0
    return hue == _GREY, used[_LIKE[hue]] if hue in _LIKE else 0


def _model(name: str) -> str:
    """`vae` of `vae (latent=2)` and of `vae · published`."""
    return re.split(r" [(·]", name, maxsplit=1)[0]


def shades(hue: str, lift: float = 0.0) -> list[str]:
    """The colours of a model's variants, of which the first is plain; `lift` from 0 to 1 makes all of them lighter."""
    pale = _luminance(hue) > _PALE
    return [_shaded(hue, shade + lift * (1 - shade)) for shade in (_SHADES_OF_PALE if pale else SHADES)]


def contrast(one: str, other: str) -> float:
    """(L₁ + 0.05) / (L₂ + 0.05), of relative luminances L₁ ≥ L₂: 1 for the same colour, 21 for black on white.

    WCAG 2.2, which asks for 3 for lines and marks and for 4.5 for text.
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


_PALE = 0.35
"""The relative luminance from which a hue has less than 2.6 to 1 on paper."""


def _luminance(colour: str) -> float:
    shares = np.array(to_rgb(colour))
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _shaded(colour: str, shade: float) -> str:
    """The colour mixed with that share of white; of black if the share is below 0."""
    share, end = abs(shade), np.array(to_rgb(PAPER if shade > 0 else "#000000"))
    mixed = share * end + (1 - share) * np.array(to_rgb(colour))
    return to_hex(mixed.tolist()).upper()
