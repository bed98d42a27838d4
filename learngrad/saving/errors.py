"""What can go wrong with a file."""

from __future__ import annotations

from learngrad.errors import LearngradError

__all__ = ["Damaged", "FolderError", "NoFolderError", "SavingError"]


class SavingError(LearngradError, RuntimeError):
    """A file that is not what it should be, or a place where none can be written."""


class NoFolderError(SavingError, FileNotFoundError):
    """A file that is to lie in a folder that is not there."""


class FolderError(SavingError, IsADirectoryError):
    """A folder where a file is to be written."""


class Damaged(Exception):
    """What is wrong inside of a file; who knows its name tells it."""
