"""Elements placed where tensors of indices say: the reverse of gathering them."""

from __future__ import annotations

import math
from typing import Any

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentError, DtypeError, ShapeError
from learngrad.ops.elementwise import cast, div, mul
from learngrad.ops.gather import AlongDim, at_least_1d, grid, masked_fill, places
from learngrad.ops.index import AddAt, IndexPut, add_at, getitem, put_at
from learngrad.ops.logical import eq
from learngrad.ops.shape import reshape
from learngrad.ops.spelling import spelled

__all__ = ["index_add", "index_copy", "index_fill", "index_put", "scatter", "scatter_add",
           "scatter_reduce"]


class Scatter(AlongDim, IndexPut):
    """A copy of `x` with elements put where an index says: the reverse of gather."""

    sign = "scatter"


class ScatterAdd(AlongDim, AddAt):
    """A copy of `x` with elements added where an index says."""

    sign = "scatter +"


def _same(input: Any, src: Any, name: str) -> None:
    if src.dtype != input.dtype:
        raise DtypeError(f"{name}: {src.dtype} numbers are put among {input.dtype} ones",
                         tensors={"input": input, "src": src}, fix="convert one of them: src.to(x)")


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
    reduce : {"add"}, optional
        Add to what is there instead.

    Examples
    --------
    >>> import learngrad
    >>> zeros = learngrad.zeros(2, 3)
    >>> learngrad.scatter(zeros, 1, learngrad.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    src = value if src is None else src
    if reduce not in (None, "add"):
        raise ArgumentError(f'scatter can add to what is there (reduce="add"), but not {reduce!r}',
                            fix='reduce="add", or x * learngrad.scatter(ones, dim, index, src)')
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
    dim, x = devices.normalise_dim(dim, input.ndim), at_least_1d(input)
    if hasattr(src, "dtype"):
        _same(input, src, name)
    elif isinstance(src, (int, float)):
        src = input.dtype.type(src).item()
    else:
        raise devices.not_a_number(src)
    index, src = at_least_1d(index), at_least_1d(src) if hasattr(src, "dtype") else src
    key = grid(x, dim, index, name, src)
    if hasattr(src, "dtype") and src.shape != index.shape:
        src = getitem(src, tuple(slice(s) for s in index.shape))
    out = function.apply(x, src, key)
    return out if input.ndim else reshape(out, ())


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
    _same(input, source, "index_add")
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
    _same(input, source, "index_copy")
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
    size = math.prod(index.shape)
    want = (*input.shape[:dim], size, *input.shape[dim + 1:])
    if tuple(at_least_1d(source).shape) != want:
        raise ShapeError(
            f"{name}: the source has shape {list(source.shape)}, and {size} places along "
            f"dimension {dim} take {list(want)}", tensors={"input": input, "source": source},
            fix="source.expand(...)")
    out = place(at_least_1d(input), at_least_1d(source), key)
    return out if input.ndim else reshape(out, ())


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
    _same(input, values, "index_put")
    return (add_at if accumulate else put_at)(input, values, tuple(indices))


@spelled()
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """`src` gathered up where `index` says along `dim`: sums, means, products or extremes.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
    src : Tensor
    reduce : {"sum", "mean"}
    include_self : bool, default True
        Whether the elements of `input` that are hit count too.

    Examples
    --------
    >>> import learngrad
    >>> x, at = learngrad.zeros(2), learngrad.tensor([0, 0, 1])
    >>> learngrad.scatter_reduce(x, 0, at, learngrad.tensor([1.0, 3.0, 5.0]), "mean",
    ...                          include_self=False)
    tensor([2., 5.])
    """
    if reduce not in ("sum", "mean"):
        raise ArgumentError(f'scatter_reduce offers "sum" and "mean", not {reduce!r:.60}',
                            fix='reduce="sum"')
    base = input if include_self else scatter(input, dim, index, 0)
    total = scatter_add(base, dim, index, src)
    if reduce == "sum":
        return total
    xp = devices.array_module(getattr(index, "_data", index))
    ones = type(index)._from_array(xp.ones(src.shape, input.dtype), None)
    start = type(index)._from_array(xp.full(input.shape, int(include_self), input.dtype), None)
    counts = scatter_add(start, dim, index, ones)
    return div(total, counts + cast(eq(counts, 0), counts.dtype))
