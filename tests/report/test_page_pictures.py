"""The page's pictures of image models: beside the curves, with words, nothing where nothing is kept."""

import re
from pathlib import Path

import pytest
from synthetic_cells import curves, imported, stored
from synthetic_images import ATTENTION, Arrays, pictures, steps
from test_page import Page

from genconv.errors import InputError
from genconv.report.choice import Choice
from genconv.report.page.build import build_page
from genconv.store.results import Results, StoredCell


def _cell(root: Path, arrays: Arrays, model: str = "vae", dataset: str = "mnist") -> StoredCell:
    return stored(root, curves(model, dataset=dataset, reference=None, seeds=2), arrays=arrays)


def test_samples_stand_by_the_curves_and_each_cell_folds_out(tmp_path: Path):
    cells = (_cell(tmp_path, pictures()), _cell(tmp_path, pictures() | steps(windows=ATTENTION), "draw"))
    html = build_page(Results(cells), "x")
    page = Page(html)
    images = page.named("img")
    kinds = [re.match("data:image/(png|gif);", image["src"] or "") for image in images]
    assert [kind[1] for kind in kinds if kind] == ["png", "png", "png", "png", "gif"]
    words = [image["alt"] or "" for image in images]
    assert words[0] == "Grids of images that vae, draw drew after training on mnist."
    assert words[1].startswith("Samples and reconstructions of mnist · vae · corrected, seed")
    assert words[2].startswith("Samples and reconstructions of mnist · draw · corrected, seed")
    assert words[3].startswith("Canvases of mnist · draw · corrected, seed")
    assert words[4].startswith("Animation of mnist · draw · corrected, seed")
    assert {"Samples", "Pictures by cell"} <= set(re.findall("<h3>(.*?)</h3>", html))
    assert page.text.count("median of 2") >= 4
    assert len(html.encode()) < 5.5e6


def test_no_images_no_pictures(tmp_path: Path):
    cell = stored(tmp_path, curves(seeds=1), density=True)
    html = build_page(Results((cell, *imported(curves(dataset="mnist")).cells)), "x")
    assert "Pictures by cell" not in html
    assert ">Samples<" not in html


def test_no_name_can_break_out_of_the_pictures(tmp_path: Path):
    odd = '"></summary><script>alert(1)</script>'
    page = Page(build_page(Results((_cell(tmp_path, pictures() | steps(), odd, odd),)), "x"))
    known = ("csv-", "figure-", "more-", "plot-")
    assert [name for name in page.scripts if not name.startswith(known)] == ["cells-data", ""]
    assert len(page.named("img")) == 4
    assert not any("onerror" in image or "script" in image for image in page.named("img"))


def test_seeds_and_epochs_are_chosen(tmp_path: Path):
    collection = Results((_cell(tmp_path, pictures()),))
    page = Page(build_page(collection, "x", choice=Choice(seeds=(0, 1), epochs=(1,))))
    first, second = (image["alt"] or "" for image in page.named("img")[1:])
    assert "seed 0, a row an epoch: 1." in first
    assert "seed 1" in second
    with pytest.raises(InputError, match="seed 7"):
        build_page(collection, "x", choice=Choice(seeds=(7,)))
