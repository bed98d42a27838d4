"""How series are told apart: a colour, and a dash for who sees no colour."""

from __future__ import annotations

import re
from collections.abc import Iterable

from learngrad.descent.curves import Series
from learngrad.trace.text import elide

__all__ = ["COLOURS", "DASHES", "is_of_part", "printed", "styles"]

# (light, dark), as in the front end's style sheet.
COLOURS = [("#0b62a8", "#5db0f5"), ("#b35900", "#ffae52"), ("#04795a", "#4bcb9f"),
           ("#84539f", "#c39ae0"), ("#9c1f4f", "#f283ae"), ("#59636f", "#98a5b3")]
DASHES: list[tuple[int, ...]] = [(), (8, 4), (2, 3), (10, 3, 2, 3), (14, 3, 2, 3, 2, 3)]
_PART = re.compile(r"^(val|valid|validation|train|training|test)[ _./-]+", re.IGNORECASE)


def styles(series: Iterable[Series]) -> list[tuple[int, int]]:
    """The number of its colour and of its dash for each series.

    A run has a colour; where it has no name, each metric, in which training and validation are one.
    Each series has a dash of its own while there are enough of them; beyond that a metric has one,
    the same in every run. Of up to five series a colour, and of thirty runs of one metric, no two
    look the same.

    Examples
    --------
    >>> styles([Series("loss"), Series("val_loss"), Series("loss", "slow")])
    [(0, 0), (0, 1), (1, 2)]
    >>> styles([Series(name, run) for run in "abc" for name in ("loss", "val_loss")])
    [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    """
    listed = list(series)
    names = list(dict.fromkeys(one.name for one in listed))
    by_metric = len(names) > 1 and len(listed) > len(DASHES)
    families: dict[tuple[str, str], int] = {}
    looks = []
    for at, one in enumerate(listed):
        family = one.run, "" if one.run else _PART.sub("", one.name)
        place = families.setdefault(family, len(families))
        if one.run and by_metric:  # until the colours come round again
            at = names.index(one.name) + len(names) * (place // len(COLOURS))
        looks.append((place % len(COLOURS), at % len(DASHES)))
    return looks


def is_of_part(name: str) -> bool:
    """Whether a metric's name says of which part of the data it is: ``val_loss``, ``test loss``."""
    return _PART.match(name) is not None


def printed(name: str, most: int = 60) -> str:
    r"""A user's text for Matplotlib, which reads formulas between dollars and hides ``_names``.

    >>> printed("$5 a loss", 20), printed("_loss")
    ('\\$5 a loss', ' _loss')
    """
    text = elide(name, most).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text
