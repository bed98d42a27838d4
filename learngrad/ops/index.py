"""Picking elements, and putting gradients back where they were picked from."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import OutOfRangeError, ShapeError

__all__ = ["getitem", "index_add", "index_put"]


class GetItem(Function):
    """The elements that an index picks."""

    view = True
    formula, sign, local = r"x[\dots]", "[ ]", {"x": "g put back where the elements came from"}

    def forward(self, x, key):
        self.key, self.before = key, x.shape
        return x[key]

    def backward(self, g):
        return index_add(g, self.key, self.before)

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, IndexError):
            return OutOfRangeError(f"x[…]: {error}", tensors={"x": inputs[0]},
                                   fix=f"x has shape {list(inputs[0].shape)}; counting starts at 0")
        return super().explain(error, inputs)


class IndexAdd(Function):
    """Zeros of a shape, with elements added where an index says: the reverse of picking."""

    formula, sign, local = r"0[\dots] \mathrel{+}= x", "put back", {"x": "g[…]"}

    def forward(self, x, key, shape):
        self.key = key
        xp = devices.array_module(x)
        out = xp.zeros(shape, x.dtype)
        if _picks_once(key):
            out[key] = x
        else:  # an element may be picked twice, and then its gradients are summed
            xp.add.at(out, key, x)
        return out

    def backward(self, g):
        return g[self.key]


class IndexPut(Function):
    """A copy of `x` in which an index's elements are those of `value`."""

    broadcasts = True
    formula, sign = r"x[\dots] = v", "[ ]="
    local = {"x": "1, but 0 where it was overwritten", "value": "g[…]"}

    def forward(self, x, value, key):
        self.key = key
        out = x.copy()
        out[key] = value
        return out

    def backward(self, g, ):
        keep = None if self.edges[0] is None else index_put(g, 0, self.key)
        return keep, None if self.edges[1] is None else g[self.key]

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, IndexError):
            return GetItem.explain(error, inputs)
        if isinstance(error, ValueError):
            return ShapeError(f"x[…] = value: {error}", tensors=cls.named(inputs[:2]),
                              fix="give a value that broadcasts to the elements it replaces")
        return error


def _picks_once(key: Any) -> bool:
    """Whether no element can be picked twice: slices, integers, one mask."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(not devices.is_array(p) or p.dtype.kind == "b" for p in parts)


def unwrap_key(key: Any) -> Any:
    """An index as NumPy takes it: tensors become arrays, lists too."""
    if isinstance(key, tuple):
        return tuple(unwrap_key(k) for k in key)
    data = getattr(key, "_data", None)
    if data is not None:
        return data if data.ndim or data.dtype.kind == "b" else int(data)
    return np.asarray(key, dtype=np.intp if not key else None) if isinstance(key, list) else key


def getitem(input, key):
    """``input[key]``: integers, slices, None, Ellipsis, masks, tensors of indices, and mixtures.

    A slice is a view, as in NumPy and PyTorch; a mask or a list of indices makes a copy.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.arange(6).reshape(2, 3)
    >>> x[1, ::2]
    tensor([3, 5])
    """
    return GetItem.apply(input, unwrap_key(key))


def index_add(input, key, shape):
    """Zeros of `shape` to which the elements of `input` are added at ``key``."""
    return IndexAdd.apply(input, unwrap_key(key), tuple(shape))


def index_put(input, value, key):
    """A copy of `input` with ``[key]`` set to `value`."""
    return IndexPut.apply(input, value, unwrap_key(key))
