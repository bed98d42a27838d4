"""What a layer notices about the program that uses it, said where a person will look."""

from __future__ import annotations

import sys
import warnings

from learngrad import source

__all__ = ["tell"]


def tell(text: str) -> None:
    """Warn, and point at the line of the user's program that is running now."""
    frame, level = sys._getframe(1), 2
    while source.inside[frame.f_code.co_filename] and frame.f_back is not None:
        frame, level = frame.f_back, level + 1
    warnings.warn(text, stacklevel=level)
