"""`CITATION.cff`: how to cite the results, with a reference to the software that made or read them."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genconv.export.files import write_text

NAME = "CITATION.cff"
SOFTWARE = "genconv"
_TITLE = "genconv: how reliably a deep generative model converges, and how much of that is the seed"


@dataclass(frozen=True)
class Credits:
    """What the user says of the results; nothing is invented for what is left out."""

    title: str = "Convergence of generative models over random seeds"
    author: str = ""
    license: str = ""
    """An SPDX identifier such as `CC-BY-4.0`, or an address."""


def write_citation(folder: Path, credit: Credits) -> list[Path]:
    """The file. Values are JSON, which is YAML."""
    own: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these results, please cite them and the software under references.",
        "type": "dataset",
        "title": credit.title,
        "authors": [{"name": credit.author or "The authors of these results"}],
    }
    if credit.license and "/" not in credit.license:
        own["license"] = credit.license
    elif credit.license:
        own["license-url"] = credit.license
    software = {
        "type": "software",
        "title": _TITLE,
        "authors": [{"name": "The genconv authors"}],
        "version": version(SOFTWARE),
        "license": "MIT",
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in own.items()]
    text = "\n".join([*lines, "references:", f"  - {json.dumps(software, ensure_ascii=False)}", ""])
    return [write_text(folder / NAME, text)]
