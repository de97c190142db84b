"""Figures, animations and captions as files: the same bytes every time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genconv.report.figures.animation import Animation
from genconv.report.figures.style import RESOLUTION, PaperFigure, styled
from genconv.report.format import escape_markdown
from genconv.store.files import unwritten

METADATA: Mapping[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""By file type; nothing that changes from one time or machine to the next."""

_CAPTION = {"png": "Description", "svg": "Description", "pdf": "Subject"}
"""Where each file type keeps a caption."""


def save_all(figures: Mapping[str, PaperFigure], animations: Mapping[str, Animation], folder: Path) -> list[Path]:
    """Write figures, animations and `captions.md`; returns their paths. `WorkError` if one cannot be written."""
    paths = [*save_figures(figures, folder), *save_animations(animations, folder)]
    return [*paths, save_captions(figures, folder)] if figures else paths


@styled
def save_figures(figures: Mapping[str, PaperFigure], folder: Path) -> list[Path]:
    """Write each figure as PNG, SVG and PDF, its caption inside."""
    paths = {folder / f"{name}.{kind}": (figure, kind) for name, figure in figures.items() for kind in METADATA}
    with _folder(folder, "figures"):
        for path, (figure, kind) in paths.items():
            metadata = {**METADATA[kind], _CAPTION[kind]: figure.caption}
            figure.savefig(path, format=kind, dpi=RESOLUTION, metadata=metadata)
    return list(paths)


def save_captions(figures: Mapping[str, PaperFigure], folder: Path) -> Path:
    """Write `captions.md`, what goes below each figure; those of older figures that still lie there stay."""
    path = folder / "captions.md"
    captions = {name: f"\n\n{escape_markdown(figure.caption)}\n\n" for name, figure in figures.items()}
    with _folder(folder, "captions"):
        captions |= {name: text for name, text in _captions(path).items() if name not in captions}
        path.write_text("".join(f"## {name}{text}" for name, text in captions.items()), encoding="utf-8")
    return path


def _captions(path: Path) -> dict[str, str]:
    """What the file says of each figure beside it; nothing of figures that are gone."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    sections = (section.partition("\n") for section in f"\n{text}".split("\n## ")[1:])
    named = {name: f"\n{body.rstrip()}\n\n" for name, _, body in sections}
    return {name: body for name, body in named.items() if (path.parent / f"{name}.png").exists()}


def save_animations(animations: Mapping[str, Animation], folder: Path) -> list[Path]:
    """Write each as GIF."""
    paths = [folder / f"{name}.gif" for name in animations]
    with _folder(folder, "animations"):
        for path, animation in zip(paths, animations.values(), strict=True):
            path.write_bytes(animation.data)
    return paths


@contextmanager
def _folder(folder: Path, what: str) -> Iterator[None]:
    """Make the folder; `WorkError` if that or what is done inside fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise unwritten(f"{what} cannot be written to '{folder}'", folder, error) from None
