"""What a trace keeps of an array: all of it when it is small, else a tile and a summary.

Kept at the event, since an optimiser may overwrite the array a moment later; summed up and turned
into JSON when somebody looks. On a GPU what is kept stays there, and the transfer waits until then.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices

__all__ = ["MIDDLE", "WHOLE", "Preview", "capture", "preview"]

WHOLE = 64  # elements that are kept all
MIDDLE = 4_096  # elements of which a copy costs a fiftieth of a tile and a summary
TILE = 8  # rows and columns of the sample of a larger array
CLASSES = 16  # columns that are kept all: a softmax over ten classes needs each of them
BINS = 16  # of the histogram of a larger array
COUNTED = 1024  # elements that are counted for it, at most


class Preview:
    """A captured array."""

    __slots__ = ("_json", "parts", "shape")

    def __init__(self, shape: tuple[int, ...], parts: tuple[Any, ...]) -> None:
        self.shape = shape
        self.parts = parts
        self._json: dict[str, Any] | None = None

    def json(self) -> dict[str, Any]:
        """The preview as the schema has it; worked out once."""
        if self._json is None:
            self._json = self._summed_up() if len(self.parts) > 1 else {
                "shape": [*self.shape], "values": numbers(self.parts[0])}
        return self._json

    def _summed_up(self) -> dict[str, Any]:
        """The JSON of a larger array; of the array itself only the tile is needed after that."""
        tile, summary, sample = self.parts
        rows, columns = tile.shape
        low, high, mean, bad = numbers(summary)
        finite = bad < np.prod(self.shape)
        found = {"shape": [*self.shape],
                 "tile": {"rows": rows, "columns": columns, "values": numbers(tile)},
                 "min": low if finite else None, "max": high if finite else None,
                 "mean": mean if finite else None, "nonfinite": int(bad)}
        if finite and low < high:
            found["bins"] = _counted(sample, low, high)
        self.parts = (tile,)
        return found

    def item(self) -> Any | None:
        """The one number, or None where there are several."""
        if self.parts[0].size != 1:
            return None
        return (self._json or self.json())["values"][0]


def preview(kept: Any) -> Preview:
    """The preview of what was kept at the event: a copy of the array, or its preview already."""
    if type(kept) is Preview:
        return kept
    return Preview(kept.shape, (kept,)) if kept.size <= WHOLE else capture(kept)


@np.errstate(all="ignore")  # of infinities there are sums and ranges, too
def capture(array: Any) -> Preview:
    """Keep what a picture needs of `array`, without waiting for a GPU."""
    shape = tuple(array.shape)
    if array.size <= WHOLE:
        return Preview(shape, (array.copy(),))
    rows = array.reshape(-1, shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
    tile = rows[_rows(shape)][:, _columns(rows.shape[1])].copy()
    xp = devices.array_module(array)
    if not devices.is_floating(array.dtype):
        summary = [array.min(), array.max(), array.mean(), xp.zeros(())]
    else:
        low, high, total = array.min(), array.max(), array.sum(dtype=np.float64)
        # One pass finds what is not finite: then, and only then, is it worth three more.
        known = isinstance(array, np.ndarray) and bool(np.isfinite(low) & np.isfinite(high))
        if known:
            summary = [low, high, total / array.size, 0]
        else:
            finite = xp.isfinite(array)
            count = finite.sum()
            summary = [xp.where(finite, array, xp.inf).min(),
                       xp.where(finite, array, -xp.inf).max(),
                       xp.where(finite, array, 0).sum(dtype=np.float64) / xp.maximum(count, 1),
                       array.size - count]
    summary = xp.stack([xp.asarray(s).astype(np.float64) for s in summary])
    return Preview(shape, (tile, summary, _sample(array)))


def _sample(array: Any) -> Any:
    """At most `COUNTED` elements, evenly spaced, and not all of the same columns."""
    step = -(-array.size // COUNTED)
    while step > 1 and math.gcd(step, array.shape[-1]) > 1:
        step += 1
    return array.reshape(-1)[::step].copy()


@np.errstate(all="ignore")
def _counted(sample: Any, low: float, high: float) -> list[int]:
    """How many elements are in each of `BINS` equal parts from `low` to `high`."""
    known = devices.to_device(sample, devices.CPU).astype(np.float64)
    known = known[np.isfinite(known)]
    part = 2 if math.isinf(high - low) else 1  # a range may be larger than the largest float
    shares = (known / part - low / part) / (high / part - low / part)
    places = np.minimum((shares * BINS).astype(np.intp), BINS - 1)
    counts: list[int] = np.bincount(places, minlength=BINS).tolist()
    return counts


def _spread(size: int) -> slice:
    """At most `TILE` evenly spaced indices, as a slice, which picks without copying.

    Each from the middle of its part: the first row and column are often a blank margin.
    """
    step = max(-(-size // TILE), 1)
    return slice(min(step // 2, size - 1), None, step)


def _rows(shape: tuple[int, ...]) -> slice:
    """Some of the rows; of a stack of matrices those of the first ones, as they are seen.

    Rows of different images are no picture, and no window of a convolution is whole in them.
    """
    if len(shape) < 3:
        return _spread(shape[0] if len(shape) == 2 else 1)
    height = shape[-2]
    if height <= TILE:
        return slice(TILE // max(height, 1) * height)
    some = _spread(height)
    return slice(some.start, height, some.step)


def _columns(size: int) -> slice:
    """All of a few columns, some of many."""
    return slice(None) if size <= CLASSES else _spread(size)


def numbers(array: Any) -> list[Any]:
    """The elements, row by row, as JSON has them: NaN and infinities are strings."""
    array = devices.to_device(array, devices.CPU).ravel()
    if not devices.is_floating(array.dtype):
        return array.tolist()
    # str() gives the shortest text that is this number in this dtype: 0.1, not 0.10000000149.
    values = array.tolist() if array.itemsize == 8 else [float(str(x)) for x in array]
    return values if all(map(math.isfinite, values)) else [
        v if math.isfinite(v) else "NaN" if v != v else "Infinity" if v > 0 else "-Infinity"
        for v in values]
