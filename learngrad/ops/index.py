"""Picking elements, and putting gradients back where they were picked from."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import (
    ArgumentError,
    ArgumentTypeError,
    DtypeError,
    OutOfRangeError,
    ShapeError,
)
from learngrad.ops.shape import movedim, reshape
from learngrad.ops.spelling import spelled

__all__ = ["add_at", "getitem", "narrow", "put_at", "put_back", "select", "unfold"]


class GetItem(Function):
    """The elements that an index picks."""

    view = True
    formula, sign, local = r"x[\dots]", "[ ]", {"x": "g put back where the elements came from"}

    def forward(self, x, key):
        # A copy: the user may change an index tensor before the backward pass.
        self.key, self.before = key if self.edges[0] is None else _copied(key), x.shape
        out = x[key]
        if isinstance(out, np.generic):  # NumPy's scalar is a copy; with the dots it is a view
            out = x[(*key, ...)] if isinstance(key, tuple) else x[key, ...]
        base = out.base  # a view's is x, or x's own; a copy has NumPy laid out as x
        if out.flags.c_contiguous or base is x or (base is not None and base is x.base):
            return out
        return devices.in_rows(out)

    def backward(self, g):
        return put_back(g, self.key, self.before)

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        key = inputs[-1]
        for part in key if isinstance(key, tuple) else (key,):
            if isinstance(part, (str, bytes, dict)):
                return ArgumentTypeError(f"x[{part!r:.60}]: a tensor has places, and no names",
                                         tensors={"x": inputs[0]}, fix="x[0], x[:, 0], x[x > 0]")
        if isinstance(error, IndexError):
            return _out_of_range(error, inputs[0], key if isinstance(key, tuple) else (key,))
        return super().explain(error, inputs)


class PutBack(Function):
    """Zeros of a shape, with elements added where an index says: the reverse of picking."""

    formula, sign, local = r"0[\dots] \mathrel{+}= x", "put back", {"x": "g[…]"}

    def forward(self, x, key, shape):
        self.key = key
        out = devices.array_module(x).zeros(shape, x.dtype)
        if not _picks_once(key):  # an element may be picked twice: its gradients are summed
            return _added(out, key, x)
        out[key] = x
        return out

    def backward(self, g):
        return g[self.key]


class IndexPut(Function):
    """A copy of `x` in which an index's elements are those of `value`."""

    broadcasts = True
    formula, sign = r"x[\dots] = v", "[ ]="
    local = {"x": "1, but 0 where it was overwritten", "value": "g[…]"}

    def forward(self, x, value, key):
        self.key = _copied(key)
        out = x.copy()
        out[key] = value
        return out

    def backward(self, g):
        keep = None if self.edges[0] is None else put_at(g, 0, self.key)
        return keep, None if self.edges[1] is None else g[self.key]

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, IndexError):
            return GetItem.explain(error, inputs)
        if isinstance(error, OverflowError) or "NaN" in str(error):
            return DtypeError(f"x[…] = value: {error}", tensors={"x": inputs[0]},
                              fix="x.long(), or x.float()")
        if isinstance(error, (TypeError, ValueError)):
            x, value, key = (getattr(part, "_data", part) for part in inputs)
            return ShapeError(
                f"x[…] = value: the place has shape {list(x[key].shape)}, and the value "
                f"{list(getattr(value, 'shape', ()))}", tensors=cls.named(inputs[:2]),
                fix="give a value that broadcasts to the elements it replaces")
        return error


class AddAt(IndexPut):
    """A copy of `x` to which `value` is added where an index says."""

    formula, sign = r"x[\dots] \mathrel{+}= v", "[ ]+="
    local = {"x": "1", "value": "g[…]"}

    def forward(self, x, value, key):
        self.key = _copied(key)
        return _added(x.copy(), key, value)

    def backward(self, g):
        return g, None if self.edges[1] is None else g[self.key]


def along(indices: Any, dim: int) -> tuple[Any, ...]:
    """The index that picks ``indices`` along `dim` and everything along the other dimensions."""
    if not indices.ndim:
        return ()
    key = list(devices.array_module(indices).ogrid[tuple(slice(s) for s in indices.shape)])
    key[dim] = indices
    return tuple(key)


def _added(out: Any, key: Any, value: Any) -> Any:
    """`out` with `value` added at ``[key]``; what is named twice is added twice."""
    xp, dtype = devices.array_module(out), out.dtype
    if xp is not np and dtype.kind in "iub" and dtype.itemsize != 4:
        # CuPy adds to few kinds of integers; these two hold what the others would.
        wide = xp.uint64 if dtype.itemsize == 8 else xp.int32
        out = out.astype(wide)
        value = value.astype(wide) if devices.is_array(value) else value
    xp.add.at(out, key, value)
    return out if out.dtype == dtype else out.astype(dtype)


def _out_of_range(error: IndexError, x: Any, key: tuple[Any, ...]) -> Exception:
    """What NumPy says of an index, with the way out."""
    what, fix = str(error), f"x has shape {list(x.shape)}; counting starts at 0"
    for part in filter(devices.is_array, key):
        if devices.is_floating(part.dtype):
            what, fix = f"an index is {part.dtype}, and places are integers", "x[index.long()]"
        elif part.dtype.kind == "b" and part.shape != x.shape[:part.ndim]:
            what = f"a mask of shape {list(part.shape)} does not fit {list(x.shape)}"
            fix = "a mask has the shape of what it picks from: x[x > 0]"
    return OutOfRangeError(f"x[…]: {what}", fix=fix)


def _picks_once(key: Any) -> bool:
    """Whether no element can be picked twice: slices, integers, one mask."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(not devices.is_array(p) or p.dtype.kind == "b" for p in parts)


def _copied(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(_copied, key))
    return key.copy() if devices.is_array(key) else key


def unwrap_key(key: Any, like: Any) -> Any:
    """An index as the array `like` takes it: tensors and lists become arrays of its device."""
    if isinstance(key, tuple):
        return tuple(unwrap_key(k, like) for k in key)
    if hasattr(key, "_data"):
        key = key._data
    if devices.is_array(key) and key.dtype == devices.uint8 and key.ndim:
        warnings.warn("bytes are a mask here, as in PyTorch: write x[mask.bool()]; as indices "
                      "write x[i.long()]", stacklevel=4)
        key = key.astype(bool)
    if isinstance(key, list):
        try:
            key = np.asarray(key, dtype=np.intp if not key else None)
        except ValueError as error:
            raise ArgumentError(f"the lists of an index are not of one length ({error})",
                                fix="give each row the same number of indices") from error
    if devices.is_array(key):
        if not key.ndim and key.dtype.kind in "iu":
            return int(key)
        if isinstance(key, np.ndarray) and not isinstance(like, np.ndarray):
            return devices.to_device(key, devices.device_of(like))
    return key


def in_two(key: Any, ndim: int) -> tuple[Any, Any]:
    """An index, or two that are applied one after the other, where NumPy and PyTorch differ.

    In ``x[0, :, [1, 2]]`` NumPy takes the integer for an index array, and moves the dimension that
    the arrays make to the front; PyTorch picks integers first. The second index is mostly None.
    """
    if not isinstance(key, tuple) or not any(devices.is_array(k) and k.ndim for k in key):
        return key, None
    key = _spelled_out(key, ndim)
    picks = [i for i, k in enumerate(key) if devices.is_array(k) or _is_integer(k)]
    if picks[-1] - picks[0] == len(picks) - 1 or not any(map(_is_integer, key)):
        return key, None
    first: list[Any] = []
    second: list[Any] = []
    for k in key:
        if devices.is_array(k):
            first += [slice(None)] * (k.ndim if k.dtype.kind == "b" else 1)
            second.append(k)
        else:
            first.append(k)
            if not _is_integer(k):
                second.append(slice(None))
    return tuple(first), tuple(second)


def _spelled_out(key: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    """The slices that ``...`` stands for; where that is none, NumPy thinks it parts arrays."""
    taken = sum(0 if k is None or k is Ellipsis else
                k.ndim if devices.is_array(k) and k.dtype.kind == "b" else 1 for k in key)
    return tuple(part for k in key for part in (
        [slice(None)] * (ndim - taken) if k is Ellipsis else [k]))


def _is_integer(k: Any) -> bool:
    return isinstance(k, (int, np.integer)) and not isinstance(k, bool)


def assign(array: Any, key: Any, value: Any) -> None:
    """``array[key] = value``, outside the graph; `key` and `value` are no tensors any more."""
    first, second = in_two(key, array.ndim)
    if second is None:
        array[first] = value
    else:
        array[first][second] = value


def without_ones(value: Any) -> Any:
    """A value to be put somewhere, less its first dimensions of size 1: they are no more numbers.

    NumPy takes no array [1] where there is one place, and no [1, 2] where a mask is.
    """
    shape = value.shape
    start = next((i for i, size in enumerate(shape) if size != 1), len(shape))
    return reshape(value, shape[start:]) if start else value


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
    if type(key) is int:  # as loops over rows have it
        return GetItem.apply(input, key)
    first, second = in_two(unwrap_key(key, getattr(input, "_data", input)), input.ndim)
    out = GetItem.apply(input, first)
    return out if second is None else GetItem.apply(out, second)


def put_back(input, key, shape):
    """Zeros of `shape` to which the elements of `input` are added at ``key``: picking reversed."""
    return PutBack.apply(input, unwrap_key(key, getattr(input, "_data", input)), tuple(shape))


def put_at(input, value, key):
    """A copy of `input` with ``[key]`` set to `value`."""
    return _placed(IndexPut, input, value, key)


def add_at(input, value, key):
    """A copy of `input` with `value` added at ``[key]``; what is named twice is added twice."""
    return _placed(AddAt, input, value, key)


def _placed(operation: type[Function], input: Any, value: Any, key: Any) -> Any:
    """`value` brought to ``[key]`` of `input`: of a key in two, to a part that is then put back."""
    first, second = in_two(unwrap_key(key, getattr(input, "_data", input)), input.ndim)
    if second is None:
        return operation.apply(input, value, first)
    part = operation.apply(GetItem.apply(input, first), value, second)
    return IndexPut.apply(input, part, first)


@spelled()
def select(input, dim, index):
    """The part of `input` at one place along `dim`, which it loses; a view.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.select(learngrad.arange(6).reshape(2, 3), 1, 0)
    tensor([0, 3])
    """
    if not input.ndim:
        raise OutOfRangeError("select picks along a dimension, and a single number has none",
                              fix="x.reshape(1)")
    return getitem(input, (*(slice(None),) * devices.normalise_dim(dim, input.ndim), int(index)))


@spelled()
def narrow(input, dim, start, length):
    """`length` places along `dim`, from `start` on; a view.

    Raises
    ------
    ShapeError
        If the dimension does not reach so far.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.narrow(learngrad.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    dim = devices.normalise_dim(dim, input.ndim)
    place = not hasattr(start, "dtype") or (not start.ndim and start.dtype.kind in "iu")
    if not input.ndim or not place:
        raise ShapeError("narrow takes a part of a dimension, from one place on",
                         fix="x.narrow(0, 0, len(x))")
    start, size = int(start), input.shape[dim]
    if not -size <= start <= size:
        raise OutOfRangeError(f"narrow from {start}: the dimension has size {size}",
                              fix="x.narrow(0, 0, len(x))")
    start = start + size if start < 0 else start
    if length < 0 or start + length > size:
        raise ShapeError(f"narrow from {start}, {length} long, does not lie in a dimension of size "
                         f"{size}", fix="x.narrow(0, 0, len(x))")
    return getitem(input, (*(slice(None),) * dim, slice(start, start + length)))


def unfold(input, dimension, size, step):
    """All windows of `size` places along `dimension`, one every `step`, as a last dimension.

    PyTorch: `torch.Tensor.unfold` gives a view; this is a copy.

    Raises
    ------
    ShapeError
        If no window fits.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.arange(5).unfold(0, 3, 1)
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])
    """
    if not input.ndim:
        return getitem(unfold(reshape(input, (1,)), dimension, size, step), 0)
    dim = devices.normalise_dim(dimension, input.ndim)
    if not 0 <= size <= input.shape[dim] or step < 1:
        raise ShapeError(f"unfold: windows of {size}, one every {step}, do not fit into the "
                         f"{input.shape[dim]} places of dimension {dim}",
                         fix="x.unfold(0, size, step) with a size that fits and a step from 1 up")
    starts = np.arange(0, input.shape[dim] - size + 1, step)
    key = (*(slice(None),) * dim, starts[:, None] + np.arange(size))
    return movedim(getitem(input, key), dim + 1, -1)
