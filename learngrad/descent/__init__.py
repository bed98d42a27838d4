"""The way down as data: curves of a loss and what else a loop measures. Knows no widget."""

from learngrad.descent.curves import Curves

__all__ = ["Curves"]
