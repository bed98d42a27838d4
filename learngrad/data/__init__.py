"""Data: the small real data sets that ship with learngrad."""

from learngrad.data.handwriting import digits

__all__ = ["digits"]
