"""What a page carries, in few bytes: its data with each preview once, and data and code deflated.

A browser inflates both by itself (`DecompressionStream`: Chromium 80, Firefox 113, Safari 16.4).
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from functools import lru_cache
from typing import Any

from learngrad.errors import TraceError

__all__ = ["OPEN", "deflated", "packed", "rounded"]

DIGITS = 6
"""Significant digits of the numbers in a page: two more than a view shows, at half the bytes."""

# A gradient is at home in several places of a trace (what a step gave, what there was after it,
# what arrived at the next): the page's data has each once, and this puts them back.
OPEN = """\
(async () => {
  const place = (name) => document.getElementById(`learngrad-${name}`);
  const inflated = (name) => {
    const bytes = Uint8Array.from(atob(place(name).textContent), (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).text();
  };
  const { previews, page } = JSON.parse(await inflated("data"));
  const back = (key, value) => (Number.isInteger(value?.$) ? previews[value.$] : value);
  place("data").textContent = JSON.stringify(page, back);
  const code = document.createElement("script");
  code.textContent = await inflated("code");
  document.body.append(code);
})().catch((problem) => {
  const said = document.createElement("p");
  said.textContent = `The live view does not open here (${problem}). Picture and words are whole.`;
  document.querySelector("main").prepend(said);
});"""


@lru_cache(maxsize=8)
def deflated(text: str) -> str:
    """Text as the page has it: zlib's deflate, in base64."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def packed(data: Any) -> str:
    """The data as JSON, each preview once.

    Raises
    ------
    TraceError
        If it holds more than plain JSON data.
    """
    previews: dict[str, int] = {}
    try:
        page = _packed(data, previews)
        return f'{{"previews":[{",".join(previews)}],"page":{_compact(page)}}}'
    except (TypeError, RecursionError) as error:
        raise TraceError(f"the trace holds more than plain JSON data: {error}",
                         fix="leave out members that are no numbers, texts, lists or dicts"
                         ) from error


def _compact(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), allow_nan=False)


def _packed(data: Any, previews: dict[str, int]) -> Any:
    """The data with short numbers, and ``{"$": n}`` in the place of the n-th preview."""
    if data.__class__ is float:
        return rounded(data)
    if isinstance(data, list):
        return [_packed(item, previews) for item in data]
    if not isinstance(data, dict):
        return data
    found = {key: _packed(value, previews) for key, value in data.items() if key != "$"}
    if "shape" in found and ("values" in found or "tile" in found):
        return {"$": previews.setdefault(_compact(found), len(previews))}
    return found


def rounded(value: float) -> float | int | str:
    """A number as short as it can be; NaN and infinities are strings, as in a trace."""
    if not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
