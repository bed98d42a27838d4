"""What to make of a layer's numbers, in plain words; and of a whole step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from learngrad.trace.text import number

if TYPE_CHECKING:
    from learngrad.descent.flow import Flow

__all__ = ["GUIDE", "describe", "percent", "verdict"]

GUIDE = 1e-3
"""A good ratio of updates to weights; Karpathy, CS231n notes, "Neural Networks Part 3" (2015)."""
FADED = 100.0
"""Times that a gradient may be smaller, or larger, than at the output."""
FAST, SLOW = 3e-2, 1e-5
"""Ratios of updates to weights that are told."""
DEAD, FLAT = (0.1, 0.5), (0.3, 0.6)
"""Shares of dead units, and of saturated values, that are told; and that are bad."""


def verdict(of: Mapping[str, float], unmoved: bool = False) -> tuple[int, str]:
    """How bad a row is, from 0 to 2, and why.

    Parameters
    ----------
    of : mapping of str to float
        Its numbers by the names in `COLUMNS`; NaN for what is not there.
    unmoved : bool
        Whether it has parameters that the optimiser does not have.

    Examples
    --------
    >>> from learngrad.descent.flow_moment import COLUMNS
    >>> nothing = dict.fromkeys(COLUMNS, math.nan)
    >>> verdict({**nothing, "gradients: count": 320, "against": 1 / 400})
    (2, 'vanishing: gradient 400× smaller than at the output')
    """
    found = [*_broken(of), *_faded(of), *_stuck(of)]
    if unmoved and of["weight gradients: count"] == of["weight gradients: count"]:
        found.append((1, "has gradients, but the optimiser does not have its parameters"))
    elif not found:
        found += _moved(of)
    if not found:
        return 0, "healthy"
    worst = max(level for level, _ in found)
    # The worst first; more than two reasons nobody reads.
    told = [why for _, why in sorted(found, key=lambda one: -one[0])[:2]]
    return worst, "; ".join(told)


def _broken(of: Mapping[str, float]) -> list[tuple[int, str]]:
    for kind in ("weights", "activations", "gradients", "weight gradients"):
        bad, count = of[f"{kind}: bad"], of[f"{kind}: count"]
        if bad > 0:
            return [(2, f"{number(round(bad))} of {number(round(count))} {kind} are NaN or ∞")]
    return []


def _faded(of: Mapping[str, float]) -> list[tuple[int, str]]:
    counts = [of["gradients: count"], of["weight gradients: count"]]
    if all(math.isnan(count) for count in counts):
        if math.isnan(of["activations: count"]):
            return [(1, "not used: it was not called, and no gradient reached it")]
        return [(1, "no gradient reached it")] if of["weights: count"] > 0 else []
    if 0 in (of["activations: count"], of["weights: count"]):
        return [(1, "empty: a tensor of 0 elements")]
    against = of["against"]
    if against == 0 or of["weight gradients: zeros"] == 1:
        return [(2, "every gradient is 0: it learns nothing")]
    if against < 1 / FADED:
        return [(2, f"vanishing: gradient {_times(1 / against)} smaller than at the output")]
    if against > FADED:
        return [(2, f"exploding: gradient {_times(against)} larger than at the output")]
    return []


def _stuck(of: Mapping[str, float]) -> list[tuple[int, str]]:
    found = []
    dead, units, flat = of["dead"], of["units"], of["saturated"]
    if units and dead / units >= DEAD[0]:
        found.append((2 if dead / units >= DEAD[1] else 1, f"{dead:.0f} of {units:.0f} units dead"))
    if flat >= FLAT[0]:
        found.append((2 if flat >= FLAT[1] else 1, f"{percent(flat)} of outputs saturated"))
    return found


def _moved(of: Mapping[str, float]) -> list[tuple[int, str]]:
    ratio = of["ratio"]
    if ratio > FAST:
        return [(1, f"a step changes its weights by {percent(ratio)}: too fast?")]
    if 0 < ratio < SLOW:
        return [(1, f"a step changes its weights by {percent(ratio)}: hardly learns")]
    return []


def percent(share: float) -> str:
    """A share as a person reads it: ``37 %``, ``0.1 %``.

    Examples
    --------
    >>> percent(0.374), percent(0.00123), percent(0)
    ('37 %', '0.12 %', '0 %')
    """
    return f"{number(_short(100 * share))} %"


def _times(factor: float) -> str:
    return f"{int(_short(factor)):,}×" if factor < 1e6 else f"{number(_short(factor))}×"


def _short(value: float) -> float:
    """Two digits are enough."""
    return float(f"{value:.2g}")


def describe(flow: Flow) -> str:
    """The newest moment in words: how it goes on the whole, and a line for each row that is not
    healthy.
    """
    moment = flow.last
    if moment is None:
        return "No step was seen yet."
    ill = [row for row in moment.order if moment.said[row][0]]
    layers = f"{len(moment.order)} {'layer' if len(moment.order) == 1 else 'layers'}"
    begun = f"Step {moment.step:,}: {layers}, "
    if not ill:
        return begun + "all healthy."
    lines = [f"{flow.rows[row].label}: {moment.said[row][1]}.".replace("?.", "?") for row in ill]
    return "\n".join([f"{begun}{len(ill)} to look at.", *lines])
