"""What makes formulas quick on large arrays: fewer passes over memory, and shorter ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices

__all__: list[str] = []  # no operations: what files of operations share

PIECE = 1 << 16  # elements; a few arrays of so many fit into a processor's cache
LINE = 64  # bytes of memory that a processor reads at once


def in_pieces(formula: Callable[..., Any], first: Any, *more: Any) -> Any:
    """``formula(first, *more)``, which goes by elements: of large arrays, a piece at a time.

    Each step of a formula reads and writes its arrays; pieces stay in the cache from step to step.
    """
    if type(first) is not np.ndarray or first.size < 2 * PIECE:
        return formula(first, *more)  # on a GPU its kernel, if it is `fused`
    out, flat = room(first, *first.shape), [a.reshape(-1) for a in (first, *more)]
    into = out.reshape(-1)
    for at in range(0, first.size, PIECE):
        into[at:at + PIECE] = formula(*(a[at:at + PIECE] for a in flat))
    return out


def room(a: Any, *shape: int) -> Any:
    """New memory that begins where a processor reads and writes fastest: at a multiple of 64 bytes.

    NumPy's begins anywhere, and writing the sum of two arrays there takes up to twice as long.
    """
    size = math.prod(shape)
    flat = devices.array_module(a).empty(size + LINE // a.itemsize, a.dtype)
    start = -flat.__array_interface__["data"][0] % LINE // a.itemsize if type(
        flat) is np.ndarray else 0
    return flat[start:start + size].reshape(shape)


WHOLE = {size: np.dtype(f"i{size}") for size in (2, 4, 8)}


def passed(g: Any, where: Any) -> Any:
    """The gradient `g` where a condition holds, and 0 elsewhere: there not even infinity counts.

    NumPy's ``where`` goes by elements, five to ten times as long if the condition cannot be
    foreseen. A product is quick, but infinity times 0 is nan; the same bits as whole numbers know
    neither.
    """
    if type(g) is not np.ndarray:  # a GPU's, which foresees nothing; a tensor, for its derivatives
        return np.where(where, g, 0)
    return (g.view(WHOLE[g.dtype.itemsize]) * where).view(g.dtype)


def stopped(g: Any) -> Any:
    """The gradient of what is flat: zeros, also for infinities; of a tensor still a step."""
    return np.zeros_like(g) if devices.is_array(g) else g * 0


def total(axes: tuple[int, ...], a: Any, *more: Any) -> Any:
    """The sum over `axes` of the product of arrays of one shape; those dimensions stay, as 1.

    Arrays without an array of products, and several times faster than by ``sum``: rows by BLAS or
    ``vecdot``, the rest by einsum. They would sum float16 in float16.
    """
    if isinstance(a, np.ndarray) and a.dtype.itemsize > 2 and axes:
        shape = tuple([1 if k in axes else s for k, s in enumerate(a.shape)])
        if axes == (a.ndim - 1,) and len(more) < 2 and a.size:
            sums = np.vecdot(a, *more) if more else (
                a.reshape(-1, a.shape[-1]) @ np.ones(a.shape[-1], a.dtype))
            return sums.reshape(shape)
        every = list(range(a.ndim))
        kept = [k for k in every if k not in axes]
        operands = [part for x in (a, *more) for part in (x, every)]
        return np.einsum(*operands, kept).reshape(shape)
    for x in more:
        a = a * x
    return a.sum(axes, keepdims=True) if axes else a


class _Kept(dict[tuple[int, Any], Any]):
    """Vectors that always hold the same, by length and dtype: a loop asks for them in each step."""

    def __init__(self, make: Callable[[int, Any], Any]) -> None:
        self.make = make

    def __missing__(self, key: tuple[int, Any]) -> Any:
        vector = self.make(*key)
        if vector.size <= 4096 and len(self) < 256:
            vector.flags.writeable = False  # it is everybody's
            self[key] = vector
        return vector


ones = _Kept(np.ones)
numbers = _Kept(lambda count, dtype: np.arange(count, dtype=dtype))


def down(rows: Any) -> Any:
    """The sum of all rows, or of a vector's numbers: by BLAS, of NumPy's arrays.

    That begins a microsecond sooner than ``sum``, and takes half the time of a large one.
    """
    if type(rows) is not np.ndarray or rows.dtype.itemsize < 4:
        return rows.sum(0, dtype=np.float32) if rows.dtype.kind == "V" else rows.sum(0)
    return ones[len(rows), rows.dtype].dot(rows)
