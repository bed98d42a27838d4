"""Elements placed where tensors of indices say: the reverse of gathering them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ShapeError
from learngrad.ops.elementwise import cast, div, mul, where
from learngrad.ops.gather import AlongDim, at_least_1d, grid, indices_of, masked_fill, places
from learngrad.ops.index import AddAt, IndexPut, add_at, getitem, put_at, put_back
from learngrad.ops.join import cat
from learngrad.ops.logical import eq
from learngrad.ops.public import one_of, same_dtype
from learngrad.ops.rounding import floor_divide
from learngrad.ops.shape import expand, reshape
from learngrad.ops.spelling import spelled

__all__ = ["index_add", "index_copy", "index_fill", "index_put", "index_reduce", "scatter",
           "scatter_add", "scatter_reduce"]


class Scatter(AlongDim, IndexPut):
    """A copy of `x` with elements put where an index says: the reverse of gather."""

    sign = "scatter"


class ScatterAdd(AlongDim, AddAt):
    """A copy of `x` with elements added where an index says."""

    sign = "scatter +"


class ScatterMax(Function):
    """The greatest of what goes to one place; equal ones share the gradient evenly."""

    saves = ("x", "value", "out")
    formula, sign = r"\max_{i \to k} v_i", "scatter max"
    local = {"x": "1 where it is the maximum, or alone", "value": "1 where it is the maximum"}
    greater: Any = staticmethod(np.maximum)

    def forward(self, x, value, at, include_self):
        self.at, self.own = at, include_self
        best, hit = combined(value, at, self.greater)
        out = x.copy()
        out[hit] = self.greater(x[hit], best) if include_self else best
        return out

    def backward(self, g, x, value, out):
        won = np.equal(value, out[self.at])
        stays = put_back(devices.ones_like(self.at), self.at, x.shape) == 0
        if self.own:
            stays = np.logical_or(stays, np.equal(x, out))
        winners = put_back(won.astype(g.dtype), self.at, x.shape) + stays.astype(g.dtype)
        share = g / np.maximum(winners, 1)
        return np.where(stays, share, 0), np.where(won, share[self.at], 0)


class ScatterMin(ScatterMax):
    """The smallest of what goes to one place; equal ones share the gradient evenly."""

    formula, sign = r"\min_{i \to k} v_i", "scatter min"
    local = {"x": "1 where it is the minimum, or alone", "value": "1 where it is the minimum"}
    greater = staticmethod(np.minimum)


def combined(values: Any, at: Any, pair: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    """Of `values` that go to one place, what `pair` makes of them; and these places.

    In order of their places the values of one stand in a row. In each round a value takes in the
    one behind all that it has taken in already, so rounds are as few as the longest row has digits.
    """
    xp = devices.array_module(at)
    order = at.argsort()
    at, values = at[order], values[order]
    first = xp.concatenate([at[:1] == at[:1], at[1:] != at[:-1]]).nonzero()[0]
    step = 1
    while step < at.size and (together := at[:-step] == at[step:]).any():
        near, far = values[:-step], values[step:]
        values = cat([where(together, pair(near, far), near), values[-step:]])
        step *= 2
    return values[first], at[first]


@spelled()
def scatter(input, dim, index, src=None, value=None, *, reduce=None):
    """A copy of `input` with elements put where `index` says along `dim`: gather reversed.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        As many dimensions as `input`; no larger, but in `dim`; no larger than `src`.
    src : Tensor or number
        What is put there; a number may also be given as `value`. Where an index comes twice, the
        last one stays.
    reduce : {"add", "multiply"}, optional
        Add to what is there, or multiply it, instead.

    Examples
    --------
    >>> import learngrad
    >>> zeros = learngrad.zeros(2, 3)
    >>> learngrad.scatter(zeros, 1, learngrad.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    src = value if src is None else src
    one_of("reduce", reduce, (None, "add", "multiply"))
    if reduce == "multiply":
        return _collected("prod", input, dim, index, src, True, "scatter")
    return _scattered(Scatter if reduce is None else ScatterAdd, input, dim, index, src, "scatter")


@spelled()
def scatter_add(input, dim, index, src):
    """A copy of `input` with `src` added where `index` says along `dim`.

    Examples
    --------
    >>> import learngrad
    >>> votes = learngrad.tensor([0, 2, 2])
    >>> learngrad.scatter_add(learngrad.zeros(3), 0, votes, learngrad.ones(3))
    tensor([1., 0., 2.])
    """
    return _scattered(ScatterAdd, input, dim, index, src, "scatter_add")


def _scattered(function: type[Function], input: Any, dim: int, index: Any, src: Any,
               name: str) -> Any:
    x, src, key = _prepared(input, dim, index, src, name)
    out = function.apply(x, src, key)
    return out if input.ndim else reshape(out, ())


def _prepared(input: Any, dim: int, index: Any, src: Any, name: str) -> tuple[Any, Any, Any]:
    """What is written to, what is written (a number, or as large as the index), and where."""
    dim, x = devices.normalise_dim(dim, input.ndim), at_least_1d(input)
    if hasattr(src, "dtype"):
        same_dtype(name, input=input, src=src)
    elif isinstance(src, (int, float)):
        src = input.dtype.type(src).item()
    else:
        raise devices.not_a_number(src)
    index, src = at_least_1d(index), at_least_1d(src) if hasattr(src, "dtype") else src
    key = grid(x, dim, index, name, src)
    if hasattr(src, "dtype") and src.shape != index.shape:
        src = getitem(src, tuple(slice(s) for s in index.shape))
    return x, src, key


def _collected(reduce: str, input: Any, dim: int, index: Any, src: Any, include_self: bool,
               name: str) -> Any:
    """Products and extremes of what goes to one place."""
    x, src, key = _prepared(input, dim, index, src, name)
    xp = devices.array_module(index._data)
    try:
        at = xp.arange(x.numel()).reshape(x.shape)[key].reshape(-1)
    except IndexError as error:
        raise Scatter.explain(error, (input, src)) from error
    if not hasattr(src, "dtype"):
        src = type(index)._from_array(xp.full(at.shape, src, x.dtype), None)
    flat, src = reshape(x, (-1,)), reshape(src, (-1,))
    if reduce == "prod":
        product, hit = combined(src, at, mul)
        out = put_at(flat, mul(getitem(flat, hit), product) if include_self else product, hit)
    else:
        function = ScatterMax if reduce == "amax" else ScatterMin
        out = function.apply(flat, src, at, include_self)
    return reshape(out, input.shape)


@spelled()
def index_add(input, dim, index, source, *, alpha=1):
    """A copy of `input` with ``alpha * source`` added at the places along `dim` in `index`.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.zeros(3, 2)
    >>> learngrad.index_add(x, 0, learngrad.tensor([0, 0]), learngrad.ones(2, 2))
    tensor([[2., 2.],
            [0., 0.],
            [0., 0.]])
    """
    same_dtype("index_add", input=input, source=source)
    source = source if alpha == 1 else mul(source, alpha)
    return _put(add_at, input, dim, index, source, "index_add")


@spelled()
def index_copy(input, dim, index, source):
    """A copy of `input` with `source` at the places along `dim` in `index`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.index_copy(learngrad.zeros(3), 0, learngrad.tensor([2]), learngrad.ones(1))
    tensor([0., 0., 1.])
    """
    same_dtype("index_copy", input=input, source=source)
    return _put(put_at, input, dim, index, source, "index_copy")


@spelled()
def index_fill(input, dim, index, value):
    """A copy of `input` with one value at the places along `dim` in `index`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.index_fill(learngrad.zeros(3), 0, learngrad.tensor([0, 2]), 5.0)
    tensor([5., 0., 5.])
    """
    dim, x = devices.normalise_dim(dim, input.ndim), at_least_1d(input)
    at = places(x, dim, index, "index_fill")[dim]
    hit = devices.array_module(at._data).zeros(x.shape[dim], devices.bool_)
    try:
        hit[at._data] = True  # a mask: what is named twice is filled once
    except IndexError as error:
        raise IndexPut.explain(error, (input, value)) from error
    shape = [-1 if d == dim else 1 for d in range(x.ndim)]
    out = masked_fill(x, type(at)._from_array(hit.reshape(shape), None), value)
    return out if input.ndim else reshape(out, ())


def _put(place: Any, input: Any, dim: int, index: Any, source: Any, name: str) -> Any:
    dim = devices.normalise_dim(dim, input.ndim)
    key = places(input, dim, index, name)
    _fits(input, source, dim, math.prod(index.shape), name)
    out = place(at_least_1d(input), at_least_1d(source), key)
    return out if input.ndim else reshape(out, ())


def _fits(input: Any, source: Any, dim: int, size: int, name: str) -> tuple[int, ...]:
    """The shape of a source that holds `size` slices along `dim`; refused in another one."""
    want = (*input.shape[:dim], size, *input.shape[dim + 1:])
    if tuple(at_least_1d(source).shape) != want:
        raise ShapeError(f"{name}: the source has shape {list(source.shape)}, and {size} places "
                         f"along dimension {dim} take {list(want)}", fix="source.expand(...)")
    return want


@spelled()
def index_put(input, indices, values, accumulate=False):
    """A copy of `input` with ``[indices]`` set to `values`, or `values` added there.

    Parameters
    ----------
    input : Tensor
    indices : tuple of Tensor
        As in ``input[indices]``.
    values : Tensor
        Broadcasts to the elements that it replaces.
    accumulate : bool, default False
        Add instead; what is named twice is added twice.

    Examples
    --------
    >>> import learngrad
    >>> at = learngrad.tensor([0, 0])
    >>> learngrad.index_put(learngrad.zeros(2), (at,), learngrad.tensor(1.0), accumulate=True)
    tensor([2., 0.])
    """
    same_dtype("index_put", input=input, values=values)
    return (add_at if accumulate else put_at)(input, values, tuple(indices))


@spelled()
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """`src` gathered up where `index` says along `dim`: sums, means, products or extremes.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        As many dimensions as `input`; no larger, but in `dim`; no larger than `src`.
    src : Tensor
    reduce : {"sum", "mean", "prod", "amax", "amin"}
        Integers have a mean that is rounded down. Equal extremes share the gradient evenly.
    include_self : bool, default True
        Whether the elements of `input` that are hit count too.

    Notes
    -----
    PyTorch: ``torch.scatter_reduce`` with ``include_self=False`` still lets an element of `input`
    take its share of the gradient where it equals the extreme. It has no second derivative of
    products with two zeros; here they have one.

    Examples
    --------
    >>> import learngrad
    >>> x, at = learngrad.zeros(2), learngrad.tensor([0, 0, 1])
    >>> learngrad.scatter_reduce(x, 0, at, learngrad.tensor([1.0, 3.0, 5.0]), "mean",
    ...                          include_self=False)
    tensor([2., 5.])
    >>> learngrad.scatter_reduce(x, 0, at, learngrad.tensor([1.0, 3.0, 5.0]), "amax")
    tensor([3., 5.])
    """
    one_of("reduce", reduce, ("sum", "mean", "prod", "amax", "amin"))
    if reduce not in ("sum", "mean"):
        return _collected(reduce, input, dim, index, src, include_self, "scatter_reduce")
    base = input if include_self else scatter(input, dim, index, 0)
    total = scatter_add(base, dim, index, src)
    if reduce == "sum":
        return total
    xp = devices.array_module(getattr(index, "_data", index))
    ones = type(index)._from_array(xp.ones(src.shape, input.dtype), None)
    start = type(index)._from_array(xp.full(input.shape, int(include_self), input.dtype), None)
    counts = scatter_add(start, dim, index, ones)
    whole = not devices.is_floating(input.dtype)
    return (floor_divide if whole else div)(total, counts + cast(eq(counts, 0), counts.dtype))


@spelled()
def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """Slices of `source` gathered up at the places along `dim` in `index`, as scatter_reduce does.

    Examples
    --------
    >>> import learngrad
    >>> x, at = learngrad.ones(2, 2), learngrad.tensor([0, 0])
    >>> learngrad.index_reduce(x, 0, at, learngrad.tensor([[2.0, 3.0], [4.0, 5.0]]), "prod")
    tensor([[ 8., 15.],
            [ 1.,  1.]])
    """
    dim = devices.normalise_dim(dim, input.ndim)
    size = math.prod(indices_of(index, "index_reduce").shape)
    want = _fits(input, source, dim, size, "index_reduce")
    shape = [-1 if d == dim else 1 for d in range(len(want))]
    along = expand(reshape(index, shape), want)
    out = scatter_reduce(at_least_1d(input), dim, along, at_least_1d(source), reduce,
                         include_self=include_self)
    return out if input.ndim else reshape(out, ())
