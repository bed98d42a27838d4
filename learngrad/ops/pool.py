"""Pooling: the greatest element of each window, or the mean of all."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentRangeError, DtypeError, ShapeError
from learngrad.ops.index import put_back
from learngrad.ops.public import floating
from learngrad.ops.quick import passed
from learngrad.ops.reduce import mean
from learngrad.ops.resample import Blend, Taps
from learngrad.ops.shape import reshape
from learngrad.ops.windows import Geometry, batched, met, per_dim, sliding

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "avg_pool1d", "avg_pool2d", "max_pool1d", "max_pool2d",
]


def _grid(offsets: list[Any]) -> Any:
    """The sums of offsets, one vector for each dimension."""
    return functools.reduce(np.add.outer, offsets)


class Greatest(Function):
    """Base: the gradient goes to the one element that was the greatest of its window."""

    formula, sign = r"\max_{i \in W} x_i", "max pool"
    local = {"x": "1 at each window's maximum, 0 elsewhere"}

    def handed_back(self, g, at, before, dims):
        """The gradient at the elements that `at` counts in each plane, the last `dims` sizes."""
        plane, count = math.prod(before[len(before) - dims:]), math.prod(before[:-dims])
        first = devices.array_module(at).arange(count)[:, None] * plane
        flat = (at.reshape(count, at.size // max(count, 1)) + first).reshape(-1)
        return put_back(g.reshape((-1,)), flat, (math.prod(before),)).reshape(before)


class MaxPool(Greatest):
    """The greatest element of each window; the first one of equal ones counts."""

    saves = ("x",)  # the maxima are found again: what comes out may be changed in place (ReLU)

    def forward(self, x, g, indices):
        self.g = g
        best = self.maxima(x)
        return (best, self.numbers(x, best)) if indices else best

    def maxima(self, x):
        """The greatest element of each window."""
        g = self.g
        low = int(np.iinfo(x.dtype).min) if x.dtype.kind in "iu" else -np.inf
        best = devices.array_module(x).full(
            (*x.shape[:x.ndim - len(g.size)], *g.out), low, x.dtype)
        for at, of in met(g):
            seen = best[(..., *of)]
            np.maximum(seen, x[(..., *at)], out=seen)  # nan is the greatest of all
        return best

    def backward(self, g, *saved):
        x = saved[-1]
        best = self.maxima(getattr(x, "_data", x))
        if not devices.is_array(g):
            return self.handed_back(g, self.numbers(x._data, best), x.shape, len(self.g.size))
        grad = devices.array_module(g).zeros(x.shape, g.dtype)
        apart = all(s > d * (k - 1) for s, d, k in zip(
            self.g.stride, self.g.dilation, self.g.kernel))
        for at, of, hit in self.hits(x, best):
            into = grad[(..., *at)]
            if apart:  # no two windows share an element
                into[...] = passed(g[(..., *of)], hit)
            else:
                into += passed(g[(..., *of)], hit)
        return grad

    def hits(self, x, best):
        """For each place of the kernel: what it meets, in which windows, and where it is first."""
        free = devices.array_module(x).ones(best.shape, bool)
        # nan is not equal to itself; on a GPU, looking whether there is one would wait for it.
        nans = x.dtype.kind == "f" and not (
            isinstance(best, np.ndarray) and not np.isnan(best).any())
        for at, of in met(self.g):
            seen, left = x[(..., *at)], free[(..., *of)]
            hit = seen == best[(..., *of)]
            if nans:
                hit |= np.isnan(seen)
            hit &= left
            left ^= hit
            yield at, of, hit

    def numbers(self, x, best):
        """The number of each maximum in its plane: where its window begins, and its place there."""
        g, xp = self.g, devices.array_module(x)
        steps = [math.prod(g.size[d + 1:]) for d in range(len(g.size))]
        begins = _grid([(np.arange(o) * s - b) * step for o, s, b, step in zip(
            g.out, g.stride, g.before, steps)])
        within = _grid([np.arange(k) * d * step for k, d, step in zip(
            g.kernel, g.dilation, steps)]).reshape(-1).tolist()
        numbers = xp.zeros(best.shape, np.int64) + devices.constant(begins, x)
        for number, (_, of, hit) in zip(within, self.hits(x, best)):
            numbers[(..., *of)] += hit * number
        return numbers


class AdaptiveMaxPool(Greatest):
    """The greatest element of each of so many windows."""

    def forward(self, x, seen, indices):
        # seen [*out, places] says which elements of a plane each window sees.
        xp, out = devices.array_module(x), seen.shape[:-1]
        lead, seen = x.shape[:x.ndim - len(out)], devices.constant(
            seen.reshape(-1, seen.shape[-1]), x)
        planes = x.reshape(math.prod(lead), math.prod(x.shape[x.ndim - len(out):]))
        at = seen[xp.arange(len(seen)), planes[:, seen].argmax(-1)]
        values = xp.take_along_axis(planes, at, 1).reshape(*lead, *out)
        self.at, self.before, self.dims = at, x.shape, len(out)
        return (values, at.reshape(*lead, *out)) if indices else values

    def backward(self, g, *_):
        return self.handed_back(g, self.at, self.before, self.dims)


class AvgPool(Function):
    """The weighted sum of what each window sees."""

    formula, sign = r"\frac{1}{n} \sum_{i \in W} x_i", "average pool"
    local = {"x": "1 / n for each window that sees it"}

    def forward(self, x, g, weight):
        self.g, self.weight = g, weight
        xp = devices.array_module(x)
        out = xp.zeros((*x.shape[:x.ndim - len(g.size)], *g.out), x.dtype)
        for at, of in met(g):
            out[(..., *of)] += x[(..., *at)]
        return out * devices.constant(weight.astype(x.dtype), x)

    def backward(self, g):
        return AvgSpread.apply(g, self.g, self.weight)


class AvgSpread(Function):
    """Each window's element shared out over what the window sees: averages backwards."""

    formula, sign = r"\sum_{W \ni i} \frac{1}{n} x_W", "average spread"
    local = {"x": "the averages of g"}

    def forward(self, x, g, weight):
        self.g, self.weight = g, weight
        xp = devices.array_module(x)
        out = xp.zeros((*x.shape[:x.ndim - len(g.size)], *g.size), x.dtype)
        x = x * devices.constant(weight.astype(x.dtype), x)
        for at, of in met(g):
            out[(..., *at)] += x[(..., *of)]
        return out

    def backward(self, g):
        return AvgPool.apply(g, self.g, self.weight)


def _geometry(name: str, dims: int, input: Any, kernel_size: Any, stride: Any, padding: Any,
              dilation: Any, ceil_mode: bool) -> Geometry:
    """The windows of a pooling, after what is wrong has been said."""
    batched(input, dims, name)
    by_kernel = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    g = sliding(name, input, tuple(input.shape[-dims:]), kernel_size,
                kernel_size if by_kernel else stride, padding, dilation, ceil=ceil_mode)
    if any(2 * p > d * (k - 1) + 1 for p, k, d in zip(g.before, g.kernel, g.dilation)):
        raise ShapeError(f"{name}: padding={g.before} is more than half of kernel_size={g.kernel}, "
                         "so a window could see nothing but padding",
                         fix=f"padding={min(g.kernel) // 2}")
    return g


def _max_pool(dims: int, input: Any, kernel_size: Any, stride: Any, padding: Any,
              dilation: Any, ceil_mode: bool, return_indices: bool) -> Any:
    name = f"max_pool{dims}d"
    g = _geometry(name, dims, input, kernel_size, stride, padding, dilation, ceil_mode)
    if input.dtype.kind == "b":
        raise DtypeError(f"{name} is not defined for bool tensors",
                         fix="convert it first: x.float()")
    return MaxPool.apply(input, g, bool(return_indices))


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    """The greatest element of each window along one dimension.

    Parameters and result as for `max_pool2d`, with a length for height and width.

    PyTorch: `torch.max_pool1d` refuses an input of no channels.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([[1.0, 5.0, 2.0, 3.0]])
    >>> learngrad.nn.functional.max_pool1d(x, 2)
    tensor([[5., 3.]])
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    """The greatest element of each window; of equal ones the first gets the gradient.

    Parameters
    ----------
    input : Tensor, shape [n, channels, height, width] or [channels, height, width]
    kernel_size : int or tuple of two
    stride : int or tuple of two, optional
        How far the window moves at a time; by itself `kernel_size`.
    padding : int or tuple of two, default 0
        At most half of `kernel_size`; what is there is never the greatest.
    dilation : int or tuple of two, default 1
        How far apart the places of a window are.
    ceil_mode : bool, default False
        Whether a last window that does not fit whole counts.
    return_indices : bool, default False
        Also where each came from: its number in its plane, int64.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.arange(16.0).reshape(1, 1, 4, 4)
    >>> learngrad.nn.functional.max_pool2d(x, 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _avg_pool(dims: int, input: Any, kernel_size: Any, stride: Any, padding: Any,
              ceil_mode: bool, count_include_pad: bool, divisor: Any = None) -> Any:
    name = f"avg_pool{dims}d"
    g = _geometry(name, dims, input, kernel_size, stride, padding, 1, ceil_mode)
    floating(input, name)
    if divisor is not None and (not isinstance(divisor, int) or not divisor):
        raise ArgumentRangeError(f"divisor_override={divisor!r} cannot divide",
                                 fix="divisor_override=None")
    counts = []
    for s, k, t, p, o in zip(g.size, g.kernel, g.stride, g.before, g.out):
        first = np.arange(o) * t - p
        low, high = (-p, s + p) if count_include_pad else (0, s)
        counts.append(np.minimum(first + k, high) - np.maximum(first, low))
    count = functools.reduce(np.multiply.outer, counts) if divisor is None else np.array(divisor)
    return AvgPool.apply(input, g, 1 / count)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
               count_include_pad=True):
    """The mean of each window along one dimension.

    Parameters as for `avg_pool2d`, with a length for height and width.

    PyTorch: `torch.nn.functional.avg_pool1d` takes integers too.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.avg_pool1d(learngrad.tensor([[1.0, 5.0, 2.0, 4.0]]), 2)
    tensor([[3., 3.]])
    """
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
               count_include_pad=True, divisor_override=None):
    """The mean of each window.

    PyTorch: `torch.nn.functional.avg_pool2d` takes integers too.

    Parameters
    ----------
    input : Tensor, shape [n, channels, height, width] or [channels, height, width]
        Floating.
    kernel_size : int or tuple of two
    stride : int or tuple of two, optional
        How far the window moves at a time; by itself `kernel_size`.
    padding : int or tuple of two, default 0
        At most half of `kernel_size`.
    ceil_mode : bool, default False
        Whether a last window that does not fit whole counts.
    count_include_pad : bool, default True
        Whether the zeros of the padding count as elements.
    divisor_override : int, optional
        Divide by this, and not by the number of elements.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.arange(16.0).reshape(1, 1, 4, 4)
    >>> learngrad.nn.functional.avg_pool2d(x, 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    """
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
                     divisor_override)


def _bounds(size: int, out: int) -> Any:
    """Of `out` windows that cover `size` elements: indices [out, places], and which count."""
    first, end = np.arange(out) * size // out, -(-np.arange(1, out + 1) * size // out)
    index = first[:, None] + np.arange(int((end - first).max(initial=1)))
    return np.minimum(index, end[:, None] - 1), index < end[:, None]


def _adaptive(name: str, dims: int, input: Any, output_size: Any) -> tuple[int, ...]:
    """The size of the result; None in it is the input's."""
    batched(input, dims, name)
    several = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,)
    if len(several) == 1:
        several *= dims
    if len(several) == dims:
        several = tuple(s if o is None else o for o, s in zip(several, input.shape[-dims:]))
    out = per_dim(several, dims, "output_size", 0)
    if not all(input.shape[-dims:]):
        raise ShapeError(f"{name}: the input is empty", fix="check the sizes before")
    return out


def means(input: Any, out: tuple[int, ...]) -> Any:
    """The means of windows that cover the last dimensions evenly."""
    lead, size = tuple(input.shape[:input.ndim - len(out)]), tuple(input.shape[-len(out):])
    floating(input, "a mean")
    if all(o and not s % o for s, o in zip(size, out)):  # the windows lie side by side
        split = reshape(input, (*lead, *(n for s, o in zip(size, out) for n in (o, s // o))))
        return mean(split, tuple(range(len(lead) + 1, split.ndim, 2)))
    taps = []
    for k, (s, o) in enumerate(zip(size, out)):
        index, counts = _bounds(s, o)
        taps.append(Taps(len(lead) + k, s, index.T, (counts / counts.sum(1, keepdims=True)).T))
    return Blend.apply(input, tuple(taps), False)


def _adaptive_max(name: str, dims: int, input: Any, output_size: Any, indices: bool) -> Any:
    out, size = _adaptive(name, dims, input, output_size), tuple(input.shape[-dims:])
    at = [_bounds(s, o)[0] for s, o in zip(size, out)]
    seen: Any = at[0]
    for k in range(1, dims):  # [o1, k1] and [o2, k2] make [o1, o2, k1 · k2]
        seen = seen[:, None, :, None] * size[k] + at[k][None, :, None, :]
    seen = seen.reshape(*out, math.prod(i.shape[1] for i in at))
    return AdaptiveMaxPool.apply(input, seen, bool(indices))


def adaptive_avg_pool1d(input, output_size):
    """The means of `output_size` windows that cover the length evenly.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.adaptive_avg_pool1d(learngrad.tensor([[1.0, 5.0, 2.0, 4.0]]), 1)
    tensor([[3.]])
    """
    return means(input, _adaptive("adaptive_avg_pool1d", 1, input, output_size))


def adaptive_avg_pool2d(input, output_size):
    """The means of windows that cover height and width evenly, `output_size` of them.

    PyTorch: `torch.nn.functional.adaptive_avg_pool2d` raises ValueError for a shape.

    Parameters
    ----------
    input : Tensor, shape [n, channels, height, width] or [channels, height, width]
    output_size : int or tuple of two
        None in it keeps the input's.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.adaptive_avg_pool2d(learngrad.ones(1, 2, 7, 5), (1, None)).shape
    learngrad.Size([1, 2, 1, 5])
    """
    return means(input, _adaptive("adaptive_avg_pool2d", 2, input, output_size))


def adaptive_max_pool1d(input, output_size, return_indices=False):
    """The greatest elements of `output_size` windows that cover the length evenly.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.adaptive_max_pool1d(learngrad.tensor([[1.0, 5.0, 2.0, 4.0]]), 2)
    tensor([[5., 4.]])
    """
    return _adaptive_max("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """The greatest elements of windows that cover height and width evenly.

    PyTorch: `torch.nn.functional.adaptive_max_pool2d` raises ValueError for a shape.

    Parameters
    ----------
    input : Tensor, shape [n, channels, height, width] or [channels, height, width]
    output_size : int or tuple of two
        None in it keeps the input's.
    return_indices : bool, default False
        Also where each came from: its number in its plane, int64.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.arange(16.0).reshape(1, 1, 4, 4)
    >>> learngrad.nn.functional.adaptive_max_pool2d(x, 1)
    tensor([[[[15.]]]])
    """
    return _adaptive_max("adaptive_max_pool2d", 2, input, output_size, return_indices)
