"""Colours of models on a dark page."""

import re
from importlib import resources

from genconv.report.figures.colours import PALETTE, contrast, shades
from genconv.report.page.colours import dark_rules, on_dark


def test_every_colour_stands_out_from_a_dark_page() -> None:
    style = resources.files("genconv.report.page").joinpath("templates/page.css").read_text(encoding="utf-8")
    ground = re.findall(r"--paper: (#\w{6})", style)[1]
    assert set(on_dark()) == {colour for hue in PALETTE for colour in shades(hue)}
    assert min(contrast(colour, ground) for colour in on_dark().values()) >= 3
    assert len(set(on_dark().values())) == len(on_dark())
    assert all(f'[stroke="{colour}" i]{{stroke:{dark}}}' in dark_rules() for colour, dark in on_dark().items())


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == 21.0
    assert contrast("#0072B2", "#0072B2") == 1.0


def test_shades_of_a_pale_hue_are_no_paler() -> None:
    for hue in PALETTE:
        assert min(contrast(colour, "#ffffff") for colour in shades(hue)) >= min(2.0, contrast(hue, "#ffffff"))
