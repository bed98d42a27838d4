"""A local derivative with its numbers put in, for single numbers: ``1 − 0.76² = 0.42``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from learngrad.trace import text

__all__ = ["filled", "number"]

_LETTERS = re.compile(r"((?<![A-Za-z_])[A-Za-z]+(?![A-Za-z_]))")


number = lru_cache(maxsize=4096, typed=True)(text.number)
"""`text.number`, remembered; 1 is not True here."""


@lru_cache(maxsize=1024)
def _pieces(local: str) -> tuple[str, ...]:
    """A formula taken apart: every second piece is a letter."""
    return tuple(_LETTERS.split(local))


def filled(local: str, known: Mapping[str, Any], passed: Any) -> str:
    """A formula with what is known put in, and what comes out of it.

    Parameters
    ----------
    local : str
        The local derivative in letters, or the whole contribution, where it contains ``g``.
    known : dict
        Numbers by their letters, ``g`` among them: what arrives.
    passed : float, str or None
        What is passed on, where it is one number: what comes out is its ratio to what arrives.

    Examples
    --------
    >>> filled("2 · x", {"x": 3.0, "g": 2.0}, 12.0)
    '2 · 3 = 6'
    """
    pieces = [*_pieces(local)]
    letters = pieces[1::2]
    pieces[1::2] = [_shown(letter, known, alone=letter == local) for letter in letters]
    shown, arrives = "".join(pieces), known["g"]
    if "g" in letters or not arrives or not isinstance(arrives, (int, float)) \
            or not isinstance(passed, (int, float)):
        return shown
    result = number(float(f"{passed / arrives:.6g}"))
    return shown if shown in (result, f"({result})") else f"{shown} = {result}"


def _shown(letter: str, known: Mapping[str, Any], *, alone: bool) -> str:
    """A letter as its number; a negative one in brackets, unless it stands alone."""
    value = known.get(letter)
    if value is None:
        return letter
    shown = value if isinstance(value, str) else number(value)
    return f"({shown})" if shown.startswith(text.MINUS) and not alone else shown
