"""The way down as data: curves of a loss and what else a loop measures. Knows no widget."""

from learngrad.descent.curves import Curves
from learngrad.descent.progress import Progress
from learngrad.descent.run import Run

__all__ = ["Curves", "Progress", "Run"]
