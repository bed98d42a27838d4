"""How numbers, shapes, values and names are written in every picture of a trace.

The front end follows the same rules (`js/core`); both sides are tested against
``tests/trace/number_cases.json`` and ``tests/trace/box_cases.json``.

Numbers
    Zero of either sign is ``0``. Whole numbers below 100,000 are written out. Anything else is
    rounded to four significant digits, half away from zero, and loses its trailing zeros; digits
    before the point are never rounded away (12345.6 is ``12346``). Exponents from -4 to 4 are
    plain decimals, others look like ``1.5e8``. In a formula where near numbers are subtracted,
    eight digits take the place of four. The minus sign is U+2212. NaN is ``NaN``,
    infinities are ``∞`` and ``−∞``, booleans are ``True`` and ``False`` as in Python.
Shapes
    One dimension is ``5 values``, more are ``32×10``, none is ``scalar``.
Values
    Up to four numbers are written out, nested in brackets as Python would; more, or more text
    than 28 cells, become the shape and what the numbers span: ``32×10 · −1.2 to 3.4``, ``· all 0``
    when they are all alike, ``· 3 NaN or ∞`` when some are not finite, ``· empty`` when there
    are none, ``· 12 True`` for booleans that are known whole.
Names
    Control, bidirectional, invisible and lone surrogate characters become U+FFFD, line breaks and
    tabs become spaces. More than 20 characters (code points) are cut in the middle: the first 10,
    ``…``, the last 9. Operations are cut at 16 characters, messages at 28, both at the end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

MINUS = "−"
EXACT = 8  # digits that tell float32 numbers apart, near 1
WHOLE_LIMIT = 4
VALUE_CELLS = 28
NONFINITE = {"NaN": "NaN", "Infinity": "∞", "-Infinity": MINUS + "∞"}

# What could reorder, hide or break the text around it. Joiners (U+200C, U+200D) stay: scripts
# and emoji are written with them.
_BREAKS = re.compile("[\t\n\v\f\r\u0085\u2028\u2029]")
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
                     "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """The text on one line, with nothing in it that could reorder, hide or break what is around."""
    return _UNSAFE.sub("�", _BREAKS.sub(" ", text))


def cells(text: str) -> int:
    """Columns that the text takes in a monospaced font: wide characters 2, combining marks 0."""
    return sum(_cells(ord(c)) for c in text)


_WIDE = ((0x1100, 0x115F), (0x2E80, 0xA4CF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
         (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1FAFF),
         (0x20000, 0x3FFFD))
_NOTHING = ((0x0300, 0x036F), (0x200C, 0x200D), (0xFE00, 0xFE0F))


def _cells(point: int) -> int:
    if point < 0x0300:
        return 1
    if any(low <= point <= high for low, high in _NOTHING):
        return 0
    return 2 if any(low <= point <= high for low, high in _WIDE) else 1


def elide(text: str, limit: int) -> str:
    """The cleaned text, at most `limit` characters: cut at the end, with an ellipsis."""
    text = clean(text)
    return text if len(text) <= limit else text[:limit - 1] + "…"


def elide_middle(text: str, limit: int = 20) -> str:
    """The cleaned name, at most `limit` characters: the end of a dotted path says most."""
    text, end = clean(text), (limit - 1) // 2
    return text if len(text) <= limit else text[:limit - 1 - end] + "…" + text[-end:]


def number(value: float | str, digits: int = 4) -> str:
    """A number as pictures show it.

    Parameters
    ----------
    value : int, float, bool, or one of "NaN", "Infinity", "-Infinity"
        A number as a trace holds it.
    digits : int, default 4
        Significant digits. `EXACT` of them are shown in a formula in which near numbers are
        subtracted: 1 − 0.99999976² is not 1 − 1².

    Examples
    --------
    >>> [number(v) for v in (6.0, -0.0, 0.1 + 0.2, -1 / 3, 1.5e8, "NaN", True)]
    ['6', '0', '0.3', '−0.3333', '1.5e8', 'NaN', 'True']
    """
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return NONFINITE.get(value) or elide(value, 16)
    if not math.isfinite(value):
        return "NaN" if value != value else "∞" if value > 0 else MINUS + "∞"
    if value == 0:
        return "0"
    sign, exact = MINUS if value < 0 else "", abs(Decimal(value))
    if exact < 100_000 and exact == exact.to_integral_value():
        return sign + str(int(exact))
    rounded = _round(exact, digits - 1 - exact.adjusted())
    power = rounded.adjusted()
    if -4 <= power < 5:
        return sign + _strip(f"{_round(exact, max(0, digits - 1 - power)):f}")
    mantissa = _strip(f"{rounded.scaleb(-power):.{digits - 1}f}")
    return f"{sign}{mantissa}e{MINUS if power < 0 else ''}{abs(power)}"


def _round(exact: Decimal, places: int) -> Decimal:
    # JavaScript's toFixed and toExponential round ties up: both sides must say the same.
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _strip(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def shape_text(shape: Sequence[int]) -> str:
    """A shape in words a beginner reads: ``scalar``, ``5 values``, ``32×10``."""
    if not shape:
        return "scalar"
    if len(shape) == 1:
        return "1 value" if shape[0] == 1 else f"{shape[0]} values"
    return "×".join(map(str, shape))


def span_text(preview: Mapping[str, Any]) -> str:
    """What the numbers of a preview span: ``−1.2 to 3.4``, ``all 0``, ``3 NaN or ∞``, ``empty``."""
    if math.prod(preview["shape"]) == 0:
        return "empty"
    values = preview.get("values")
    if values is not None:
        if all(isinstance(v, bool) for v in values):
            true = sum(values)
            return f"all {values[0]}" if true in (0, len(values)) else f"{true} True"
        finite = [v for v in values if not isinstance(v, str)]
        bad = len(values) - len(finite)
        low, high = (min(finite), max(finite)) if finite else (None, None)
    else:
        bad = preview.get("nonfinite") or 0
        low, high = preview.get("min"), preview.get("max")
    if bad:
        return f"{bad} NaN or ∞"
    if low is None or high is None:
        return ""
    first, last = number(low), number(high)
    return f"all {first}" if low == high else f"{first} to {last}"


def value_text(preview: Mapping[str, Any]) -> str:
    """The numbers themselves where they are few, else shape and span.

    Examples
    --------
    >>> value_text({"shape": [2], "values": [1.0, -2.5]})
    '[1, −2.5]'
    >>> value_text({"shape": [2, 3], "values": [0, 1, 2, 3, 4, 5]})
    '2×3 · 0 to 5'
    """
    written = written_out(preview)
    if written:
        return written
    span = span_text(preview)
    return f"{shape_text(preview['shape'])} · {span}" if span else shape_text(preview["shape"])


def written_out(preview: Mapping[str, Any], limit: int = WHOLE_LIMIT,
                width: int = VALUE_CELLS) -> str:
    """All the numbers, nested in brackets; empty when there are too many or none."""
    values, shape = preview.get("values"), preview["shape"]
    if not values or len(values) > limit:
        return ""
    items = [number(v) for v in values]
    for size in reversed(shape):
        starts = range(0, len(items) + 1, size)
        items = ["[" + ", ".join(items[a:b]) + "]" for a, b in pairwise(starts)]
    return items[0] if len(items[0]) <= width else ""

