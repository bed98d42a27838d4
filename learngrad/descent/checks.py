"""What arguments of the descent's functions have to be; each names the argument and shows a fix."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad.errors import ArgumentError, ArgumentTypeError, a_kind_of

__all__ = ["pixels", "spans", "takes", "text", "whole"]

LEAST, MOST = 100, 20_000
"""Pixels of a picture's side."""


def whole(name: str, value: Any, least: int = 1, fix: str = "") -> int:
    """A whole number from `least` up."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ArgumentError(f"{name} is a whole number from {least} up, not {value!r:.60}",
                            fix=fix or f"{name}={max(10, least)}")
    return int(value)


def pixels(name: str, value: Any) -> int:
    """The length of a picture's side."""
    if whole(name, value, LEAST, f"{name}=640") > MOST:
        raise ArgumentError(f"{name} is {value:,} pixels, and at most {MOST:,} are drawn",
                            fix=f"{name}=640")
    return int(value)


def text(name: str, value: Any, fix: str) -> str:
    """A text, and not what was meant for another argument."""
    if not isinstance(value, str):
        raise ArgumentTypeError(f"{name} is a text, not {a_kind_of(value)}", fix=fix)
    return value


def takes(function: Callable[..., Any], count: int) -> bool:
    """Whether it, or a module's `forward`, can be called with so many things in a row.

    A class says better itself what its call is for.

    >>> takes(lambda x, y: x, 2), takes(lambda x, y: x, 1)
    (True, False)
    """
    if isinstance(function, type):
        return True
    try:
        inspect.signature(getattr(function, "forward", function)).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # it has no signature that Python knows
        return True
    return True


def spans(span: Any, count: int) -> list[tuple[float, float] | None]:
    """A (low, high) for each direction, from what a person writes."""
    def pair(one: Any) -> tuple[float, float]:
        if isinstance(one, bool):
            raise ValueError
        low, high = (-one, one) if isinstance(one, (int, float)) else one
        if not (np.isfinite([low, high]).all() and low < high):
            raise ValueError
        return float(low), float(high)

    if span is None:
        return [None] * count
    try:
        if isinstance(span, list):
            if len(span) != count:
                raise ValueError
            return [pair(one) for one in span]
        return [pair(span)] * count
    except (TypeError, ValueError):
        raise ArgumentError(f"span is {span!r:.60}, and an axis needs a low and a higher end",
                            fix="span=2.0, span=(-1, 3), or a list of one for each direction: "
                                "span=[(-1, 3), (0, 1)]") from None
