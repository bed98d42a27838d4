"""How large the numbers of many arrays are, in one go: histograms of magnitude with shared bins.

A bin is a power of two: bin k counts magnitudes from 2^(LOWEST+k) up to twice as much. So all
layers share the bins, whatever happens to them, and on the CPU a float32 says its bin itself: in
the eight bits of its exponent. What is smaller or larger than all bins stands in the first or last.
On a GPU nothing here waits for a value: the table comes over when somebody looks.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from learngrad import devices

__all__ = ["BINS", "BOUND", "HIGHEST", "LOWEST", "MOST", "beyond", "live_units", "measure",
           "sample"]

LOWEST, HIGHEST = -40, 16
"""The bins go from 2**-40, about 1e-12, to 2**16."""
BINS = HIGHEST - LOWEST
MOST = 1024
"""Elements of an array that are looked at: evenly spaced."""
BOUND = 0.97
"""Outputs of tanh beyond it are called saturated; Karpathy, makemore part 3 (2022)."""
ZERO, BAD, SQUARES = 0, 1, 2
"""Columns of a table before its bins: exact zeros, NaN and infinities, sum of finite squares."""
_BIAS, _CODES, _BIT = 127, 256, 23  # of a float32's exponent


def sample(array: Any, most: int = MOST) -> Any:
    """A copy of at most `most` evenly spaced elements, as float32, shape (n,).

    The spacing shares no factor with the rows' length, so that no column is left out.
    """
    flat = array.ravel()
    step = -(-flat.size // most)
    if step > 1:
        row = array.shape[-1]
        while math.gcd(step, row) > 1:
            step += 1
        flat = flat[::step]
    if flat.dtype == np.float32:
        return flat.copy()
    # Large numbers of a float64 become infinite: they are marked, as if they were.
    with np.errstate(over="ignore"):
        return flat.astype(np.float32)


def live_units(out: Any, channels: bool) -> Any:
    """Which units gave something other than 0 for some example: booleans, shape (units,).

    Parameters
    ----------
    out : array
        With the units in the last dimension, or, if `channels`, in dimension 1.
    """
    where = 1 if channels and out.ndim > 2 else out.ndim - 1
    others = tuple(d for d in range(out.ndim) if d != where)
    return (out != 0).any(axis=others) if others else out != 0


def beyond(values: Any, bend: str) -> Any:
    """How many of a sample's values lie where a bend is flat: an array of no dimensions."""
    if bend == "sigmoid":  # σ(2z) = (1 + tanh z) / 2: the same place, in its terms
        values = 2 * values - 1
    return (abs(values) > BOUND).sum()


def measure(samples: Sequence[Any]) -> Any:
    """A table of one row a sample: zeros, not finite, sum of squares, and the counts of the bins.

    Parameters
    ----------
    samples : sequence of arrays of float32, shape (n,)
        On one device.

    Returns
    -------
    array of float64, shape (len(samples), 3 + BINS)
        On the same device.

    Examples
    --------
    >>> table = measure([np.array([0.0, 0.5, -0.75, np.nan], np.float32)])
    >>> table[0, :3].tolist()
    [1.0, 1.0, 0.8125]
    >>> int(table[0, 3 + -1 - LOWEST])  # from 1/2 up to 1
    2
    """
    sizes = tuple(one.size for one in samples)
    xp = devices.array_module(samples[0])
    x = xp.concatenate(samples)
    if xp is np:
        return _on_host(x, _rows(sizes, devices.CPU), len(sizes))
    return _on_device(x, _rows(sizes, devices.device_of(x)), len(sizes))


@functools.lru_cache(maxsize=16)
def _rows(sizes: tuple[int, ...], place: devices.Device) -> Any:
    """For each element its sample's number: the same from step to step, so a GPU has it already."""
    return devices.to_device(np.repeat(np.arange(len(sizes)), sizes), place)


def _on_host(x: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    table = np.zeros((count, 3 + BINS))
    codes = (x.view(np.int32) >> _BIT) & (_CODES - 1)
    counts = np.bincount(codes + rows * _CODES, minlength=count * _CODES).reshape(count, _CODES)
    first, end = _BIAS + LOWEST, _BIAS + HIGHEST
    table[:, ZERO], table[:, BAD] = counts[:, 0], counts[:, -1]
    bins = table[:, 3:]
    bins[:] = counts[:, first:end]
    bins[:, 0] += counts[:, 1:first].sum(1)
    bins[:, -1] += counts[:, end:-1].sum(1)
    if table[:, BAD].any():
        x = np.where(np.isfinite(x), x, np.float32(0))
    squares = np.multiply(x, x, dtype=np.float64)  # the square of 1e-20 is 0 in float32
    table[:, SQUARES] = np.bincount(rows, squares, count)
    return table


def _on_device(x: Any, rows: Any, count: int) -> Any:
    """As `_on_host`, with what a GPU does without telling the host anything."""
    xp = devices.array_module(x)
    width = 3 + BINS
    start = rows * width
    size = abs(x)
    finite, zero = xp.isfinite(x), size < np.finfo(np.float32).tiny
    size = xp.where(finite, size, 1)
    power = xp.floor(xp.log2(xp.where(zero, 1, size))).clip(LOWEST, HIGHEST - 1)
    column = xp.where(zero, ZERO, xp.where(finite, power.astype(np.int64) + 3 - LOWEST, BAD))
    table = xp.zeros(count * width, np.float64)
    xp.add.at(table, start + column, xp.ones(x.shape, np.float64))
    value = xp.where(finite, x, 0).astype(np.float64)
    xp.add.at(table, start + SQUARES, value * value)
    return table.reshape(count, width)
