"""A local derivative with its numbers put in, for single numbers: ``1 − 0.76² = 0.42``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from learngrad.trace import text
from learngrad.trace.text import EXACT, MINUS

__all__ = ["filled", "number"]

OFF = 1e-3
"""Who puts the shown numbers into a difference gets the shown result, but for this share of it."""
_LETTERS = re.compile(r"((?<![A-Za-z_])[A-Za-z]+(?![A-Za-z_]))")


number = lru_cache(maxsize=4096, typed=True)(text.number)
"""`text.number`, remembered; 1 is not True here."""


@lru_cache(maxsize=1024)
def _pieces(local: str) -> tuple[str, tuple[tuple[str, str], ...], bool]:
    """A formula taken apart: what it begins with, letters with what follows, whether one is g."""
    first, *rest = _LETTERS.split(local)
    return first, tuple(zip(rest[::2], rest[1::2])), "g" in rest[::2]


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
    >>> filled("1 − out²", {"out": 0.99999976, "g": 1.0}, 4.8e-07)
    '1 − 0.99999976² = 4.8e−7'
    >>> filled("1 − out²", {"out": -0.9993293, "g": 1.0}, 0.001340951)
    '1 − (−0.999329)² = 0.001341'
    """
    shown, rest, whole = _pieces(local)
    arrives = known["g"]
    ratio = None
    if not whole and arrives and isinstance(arrives, (int, float)) \
            and isinstance(passed, (int, float)):
        ratio = passed / arrives
    digits = _digits(local, known, rest, ratio) if ratio else 4
    for letter, after in rest:
        value = known.get(letter)
        if value is not None:
            value = value if isinstance(value, str) else number(value, digits)
            letter = f"({value})" if value.startswith(MINUS) and letter != local else value
        shown += letter + after
    if ratio is None:
        return shown
    result = number(float(f"{ratio:.6g}"))
    return shown if shown in (result, f"({result})") else f"{shown} = {result}"


def _digits(local: str, known: Mapping[str, Any], rest: tuple[tuple[str, str], ...],
            ratio: float) -> int:
    """How many digits show what comes out: more, where near numbers are subtracted."""
    if f" {MINUS} " not in local:
        return 4
    used = (known.get(letter) for letter, _ in rest)
    sizes = [abs(value) for value in used if isinstance(value, (int, float))]
    lost = max([1.0, *sizes]) / abs(ratio)
    return min(max(4, math.ceil(math.log10(lost / OFF))), EXACT) if math.isfinite(lost) else EXACT
