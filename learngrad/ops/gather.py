"""Elements picked by tensors of indices and by masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function, together
from learngrad.errors import DtypeError, PlaceError, ShapeError
from learngrad.ops.elementwise import cast
from learngrad.ops.index import GetItem, along, getitem
from learngrad.ops.logical import eq
from learngrad.ops.public import broadcast_shape
from learngrad.ops.quick import passed
from learngrad.ops.shape import expand, ravel, reshape, unsqueeze
from learngrad.ops.spelling import spelled

__all__ = ["gather", "index_select", "masked_fill", "masked_select", "one_hot", "take",
           "take_along_dim"]


class AlongDim:
    """Mixed into what takes a tensor of places along a dimension: how it explains a wrong one."""

    __slots__ = ()

    @classmethod
    def explain(cls: Any, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, IndexError):
            return PlaceError(f"{cls.sign}: {error}", tensors={"input": inputs[0]},
                              fix="places are counted from 0, up to the dimension's size")
        return super().explain(error, inputs)  # type: ignore[misc]


class Gather(AlongDim, GetItem):
    """Along one dimension the elements that an index names; every other place stays its own."""

    formula, sign = r"x_{\text{index}}", "gather"


class MaskedFill(Function):
    """One value where a mask is true."""

    broadcasts = promotes = True
    saves = ("mask",)
    formula, sign = r"v \text{ where } m \text{ else } x", "masked fill"
    local = {"x": "0 where mask is true, else 1", "value": "1 where mask is true"}

    def forward(self, x, mask, value):
        value = value if devices.is_array(value) else devices.fitting(value, x.dtype)
        return devices.in_rows(np.where(mask, value, x))

    def backward(self, g, mask):
        keep = passed(g, np.logical_not(mask))
        return keep, None, None if self.edges[2] is None else passed(g, mask)


def indices_of(index: Any, name: str, negative: bool = False) -> Any:
    """A tensor of integers, mostly not `negative`; a GPU is not asked."""
    if not hasattr(index, "dtype") or index.dtype.kind not in "iu":
        raise DtypeError(f"{name}: an index is a tensor of integers, not "
                         f"{getattr(index, 'dtype', index)!s:.60}",
                         fix="learngrad.tensor([0, 2]), or index.long()")
    array = getattr(index, "_data", index)
    if not negative and isinstance(array, np.ndarray) and array.size and array.min() < 0:
        raise PlaceError(f"{name}: index {array.min()} is negative, and places are counted from 0",
                         fix="x[…] counts from the end too")
    return index


def grid(input: Any, dim: int, index: Any, name: str, src: Any = None,
         negative: bool = False) -> tuple[Any, ...]:
    """The index that picks ``index`` along `dim` and its own place along the other dimensions."""
    indices_of(index, name, negative)
    together(name, input=input, index=index, src=src)
    for what, other in (("input", input), ("src", src)):
        shape = getattr(other, "shape", index.shape)
        larger = any(i > s for d, (i, s) in enumerate(zip(index.shape, shape))
                     if d != dim or what == "src")
        if (larger or len(shape) != index.ndim) and 0 not in index.shape:
            raise ShapeError(
                f"{name}: index {list(index.shape)} and {what} {list(shape)} must have as many "
                f"dimensions, and the index be no larger{f' but in {dim}' * (what != 'src')}",
                tensors={what: other, "index": index}, fix="index.expand, or a part: x[:n]")
    return along(getattr(index, "_data", index), dim)


def places(input: Any, dim: int, index: Any, name: str) -> tuple[Any, ...]:
    """The index that picks whole slices along `dim`, at each place that the vector names."""
    if indices_of(index, name).ndim > 1:
        raise ShapeError(f"{name}: the index is a vector, not of shape {list(index.shape)}",
                         fix="index.flatten(), or learngrad.gather")
    together(name, input=input, index=index)
    return (*(slice(None),) * dim, index if index.ndim else reshape(index, (1,)))


def at_least_1d(x: Any) -> Any:
    """A single number as a vector of one element."""
    return x if x.ndim else reshape(x, (1,))


@spelled()
def gather(input, dim, index, *, sparse_grad=False):
    """``out[i][j] = input[index[i][j]][j]`` for dim 0, and so on: elements named along `dim`.

    PyTorch: `torch.gather` wants an `out` of the dtype of `input`; here it may be any that holds
    it.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        As many dimensions as `input`, and no larger but in `dim`. The result has its shape.
    sparse_grad : bool
        Taken for PyTorch's sake; the gradient is an ordinary tensor.

    Raises
    ------
    OutOfRangeError
        If an index is negative or too large.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> learngrad.gather(x, 1, learngrad.tensor([[1], [0]]))
    tensor([[2.],
            [3.]])
    """
    return _gathered(input, dim, index, "gather", False)


def _gathered(input: Any, dim: int, index: Any, name: str, negative: bool) -> Any:
    dim, x, at = devices.normalise_dim(dim, input.ndim), at_least_1d(input), at_least_1d(index)
    key = grid(x, dim, at, name, None, negative)
    if 0 in at.shape:  # then no more is asked of its shape
        x, key = ravel(x), (at._data.astype(np.intp),)
    out = Gather.apply(x, key)
    return out if index.ndim else reshape(out, ())


@spelled()
def take_along_dim(input, indices, dim=None):
    """Elements named along `dim`, where the other dimensions broadcast; NumPy's take_along_axis.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([[3.0, 1.0, 2.0]])
    >>> learngrad.take_along_dim(x, x.argmax(1, keepdim=True), 1)
    tensor([[3.]])
    """
    if dim is None:
        return _gathered(ravel(input), 0, ravel(indices), "take_along_dim", True)
    dim = devices.normalise_dim(dim, input.ndim)
    if input.ndim != indices.ndim:
        raise ShapeError("take_along_dim: input and indices have as many dimensions",
                         fix="indices.unsqueeze(0)")
    both = [[s if d != dim else 1 for d, s in enumerate(x.shape)] for x in (input, indices)]
    shape = broadcast_shape("take_along_dim", {"input": input, "indices": indices}, both)
    wide = [*shape[:dim], input.shape[dim], *shape[dim + 1:]]
    long = [*shape[:dim], indices.shape[dim], *shape[dim + 1:]]
    wide_input, long_indices = expand(input, wide), expand(indices, long)
    return _gathered(wide_input, dim, long_indices, "take_along_dim", True)


@spelled()
def index_select(input, dim, index):
    """The slices of `input` that the vector `index` names along `dim`; a copy.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.index_select(learngrad.tensor([[1, 2], [3, 4]]), 1, learngrad.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    dim = devices.normalise_dim(dim, input.ndim)
    out = getitem(at_least_1d(input), places(input, dim, index, "index_select"))
    return out if input.ndim else reshape(out, ())


@spelled()
def take(input, index):
    """Elements of the flattened tensor, in the shape of `index`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.take(learngrad.tensor([[1, 2], [3, 4]]), learngrad.tensor([0, 3]))
    tensor([1, 4])
    """
    return getitem(ravel(input), indices_of(index, "take", negative=True))


@spelled()
def masked_select(input, mask):
    """The elements where `mask` is true, one after another; the two broadcast.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([1.0, -2.0, 3.0])
    >>> learngrad.masked_select(x, x > 0)
    tensor([1., 3.])
    """
    shape = _masked_shape(mask, input, "masked_select") or (1,)
    return getitem(expand(at_least_1d(input), shape), expand(at_least_1d(mask), shape))


def masked_fill(input, mask, value):
    """`input` with `value` where `mask` is true; the two broadcast.

    Parameters
    ----------
    input : Tensor
    mask : Tensor of bool
    value : number or Tensor of no dimensions

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([1.0, -2.0, 3.0])
    >>> learngrad.masked_fill(x, x < 0, 0)
    tensor([1., 0., 3.])
    """
    _masked_shape(mask, input, "masked_fill")
    if getattr(value, "ndim", 0):
        raise ShapeError(f"masked_fill puts one value in, not {list(value.shape)}",
                         fix="learngrad.where(mask, value, x)")
    if not isinstance(value, (int, float)) and not hasattr(value, "dtype"):
        raise devices.not_a_number(value)
    value = cast(value, input.dtype) if hasattr(value, "dtype") else value
    return MaskedFill.apply(input, mask, value)


def _masked_shape(mask: Any, input: Any, name: str) -> tuple[int, ...]:
    if getattr(mask, "dtype", None) != devices.bool_:
        raise DtypeError(f"{name}: a mask is a tensor of bools, not "
                         f"{getattr(mask, 'dtype', mask)!s:.60}", fix="mask.bool(), or x > 0")
    return broadcast_shape(name, {"input": input, "mask": mask}, (input.shape, mask.shape))


def one_hot(tensor, num_classes=-1):
    """Integers as rows of zeros with a single one; int64, with a new last dimension.

    Parameters
    ----------
    tensor : Tensor of int
        Class numbers from 0.
    num_classes : int, default -1
        The size of the new dimension; -1 for the largest number plus one.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.one_hot(learngrad.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    array = indices_of(tensor, "one_hot")._data
    if num_classes == -1:
        if not array.size:
            raise ShapeError("one_hot of no numbers cannot tell how many classes there are",
                             fix="one_hot(x, num_classes=10)")
        num_classes = int(array.max()) + 1
    elif isinstance(array, np.ndarray) and array.size and array.max() >= num_classes:
        raise PlaceError(f"one_hot: class {array.max()} does not exist among {num_classes}",
                         fix=f"num_classes={array.max() + 1}")
    classes = devices.array_module(array).arange(num_classes)
    return cast(eq(unsqueeze(tensor, -1), classes), devices.int64)
