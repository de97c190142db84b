"""DRAW (arXiv 1502.04623) and three variations of it."""

from genconv.models.draw.model import Draw, Draw2, Draw3, Draw4

__all__ = ["Draw", "Draw2", "Draw3", "Draw4"]
