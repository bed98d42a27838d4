"""Tensors and checkpoints in files that are data alone: nothing in them is ever run."""

from learngrad.saving.checkpoint import load, save
from learngrad.saving.errors import SavingError

__all__ = ["SavingError", "load", "save"]
