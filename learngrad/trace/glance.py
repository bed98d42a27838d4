"""A value at a glance: the small picture in a box, of numbers that are too many to be written out.

The front end draws the same (`js/core/glance.ts`); both sides are tested against
``tests/trace/glance_cases.json``.

Tiles
    An array that is known whole, so of at most 64 elements, has a tile for each: a vector in rows
    of 16, an array of more dimensions in rows of its last. A tile is at most 7 px wide and high,
    all of them have room in 40 × 28 px, and those of an array of several dimensions are square
    unless that makes them smaller than 3.5 px. Shades are those of the panel's tiles in seven
    levels: of the size of the largest, three thirds above 0 (warm) and below (cold), each rounded
    to the nearest; 0 is left blank. ``NaN`` and infinities are short red strokes.
Histograms
    Of a larger array, 16 bins between its least and its largest element: `bins` of the preview, or,
    where a writer left them out, the elements of its tile. Bars of values below 0 are cold, above 0
    warm, and one that has 0 in it is neither. An array of one number has one bar, in the middle.
Strokes
    All is drawn with strokes of one width, one path a shade: horizontal ones for tiles, vertical
    ones for bars. Numbers are rounded to two decimals, half up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Glance", "glance"]

WIDE, HIGH, LARGEST, SQUARE = 40, 28, 7, 3.5
BINS = 16
GAP = 0.5
"""Between tiles, in pixels."""


class Glance(NamedTuple):
    """A picture of a value: size, width of its strokes, and its paths by shade.

    Shades are ``warm1`` to ``warm3``, ``cold1`` to ``cold3``, ``plain`` and ``bad``.
    """

    width: float
    height: float
    line: float
    paths: dict[str, str]


def glance(preview: Mapping[str, Any]) -> Glance | None:
    """The picture of a value; None where no number of it is known.

    Parameters
    ----------
    preview : dict
        A preview of a trace.

    Examples
    --------
    >>> glance({"shape": [1, 3], "values": [-1.0, 0.0, 2.0]}).paths
    {'cold2': 'M0.25 3.5h6.5', 'warm3': 'M14.25 3.5h6.5'}
    """
    values = preview.get("values")
    if values:
        return _tiles(preview["shape"], [_float(v) for v in values])
    return _histogram(preview) if preview.get("tile") else None


def _float(value: Any) -> Any:
    """A number that fits into a float: JSON's need not."""
    return value if isinstance(value, str) else float(max(min(value, 1e308), -1e308))


def _tiles(shape: Sequence[int], values: Sequence[Any]) -> Glance:
    columns = shape[-1] if len(shape) > 1 else min(len(values), 16)
    rows = math.ceil(len(values) / columns)
    wide, high = min(LARGEST, WIDE / columns), min(LARGEST, HIGH / rows)
    if len(shape) > 1:
        wide, high = min(wide, max(high, SQUARE)), min(high, max(wide, SQUARE))
    sizes = [abs(v) for v in values if not isinstance(v, str)]
    largest = max(sizes, default=0)
    paths: dict[str, str] = {}
    for at, value in enumerate(values):
        shade = _shade(value, largest)
        if shade:
            row, column = divmod(at, columns)
            paths[shade] = paths.get(shade, "") + (
                f"M{_n(column * wide + GAP / 2)} {_n((row + 0.5) * high)}h{_n(wide - GAP)}")
    return Glance(_round(columns * wide), _round(rows * high), _round(high - GAP), paths)


def _shade(value: Any, largest: float) -> str:
    if isinstance(value, str):
        return "bad"
    level = 0 if largest == 0 else math.floor(abs(value) / largest * 3 + 0.5)
    return f"{'cold' if value < 0 else 'warm'}{level}" if level else ""


def _histogram(preview: Mapping[str, Any]) -> Glance:
    ends = (preview.get("min"), preview.get("max"))
    known = all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in ends)
    low, high = (_float(end) for end in ends) if known else (0.0, 0.0)
    bins: Sequence[int] = preview.get("bins") or ()
    if not known:
        bins = ()
    elif low == high:
        bins = [0] * 7 + [1, 1] + [0] * 7
    elif not bins:
        bins = counted(preview["tile"]["values"], low, high)
    wide = WIDE / (len(bins) or BINS)
    paths: dict[str, str] = {}
    for at, shade in enumerate(_sides(low, high, len(bins))):
        if bins[at]:
            tall = max(1, bins[at] / max(bins) * HIGH)
            paths[shade] = paths.get(shade, "") + f"M{_n((at + 0.5) * wide)} {HIGH}v{_n(-tall)}"
    return Glance(WIDE, HIGH, _round(wide - GAP), paths)


def counted(values: Sequence[Any], low: float, high: float) -> list[int]:
    """How many of the numbers are in each of 16 bins between `low` and `high`."""
    bins = [0] * BINS
    part = 2 if math.isinf(high - low) else 1  # a range may be larger than the largest float
    for value in values:
        if not isinstance(value, str):
            share = (_float(value) / part - low / part) / (high / part - low / part)
            bins[math.floor(min(BINS - 1, max(0, share * BINS)))] += 1
    return bins


def _sides(low: float, high: float, count: int) -> Iterator[str]:
    """On which side of 0 each bin lies."""
    for at in range(count):
        begin = low + (high / count - low / count) * at
        end = low + (high / count - low / count) * (at + 1)
        yield "cold2" if end <= 0 else "warm2" if begin >= 0 else "plain"


def _round(value: float) -> float:
    return math.floor(value * 100 + 0.5) / 100


def _n(value: float) -> str:
    """As JavaScript writes it."""
    return f"{_round(value):g}"
