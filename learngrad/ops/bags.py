"""Bags of rows: the sum, mean or greatest of the rows that a table holds for each bag."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd import function
from learngrad.errors import ArgumentError, ShapeError
from learngrad.ops.embedding import embedding, how_often
from learngrad.ops.public import one_of
from learngrad.ops.scatter import index_add, scatter_reduce
from learngrad.ops.shape import expand, reshape
from learngrad.ops.spelling import spelled

__all__ = ["embedding_bag"]


def _bounds(indices: Any, offsets: Any, include_last_offset: bool) -> tuple[Any, int]:
    """For each index the number of its bag, and how many bags there are."""
    xp = devices.array_module(indices)
    if indices.ndim == 2:
        if offsets is not None:
            raise ArgumentError("embedding_bag: the rows of a table of indices are the bags, so "
                                "there are no offsets", fix="offsets=None")
        return xp.arange(len(indices)).repeat(indices.shape[1]), len(indices)
    if indices.ndim != 1 or offsets is None or offsets.ndim != 1 or offsets.dtype.kind not in "iu":
        raise ArgumentError("embedding_bag takes indices [bags, length], or [n] with integer "
                            "offsets [bags], where each bag begins",
                            fix="offsets=learngrad.tensor([0])")
    begins = offsets._data[:-1] if include_last_offset else offsets._data
    if isinstance(begins, np.ndarray) and begins.size and (  # on a GPU, looking would wait for it
            begins[0] or begins[-1] > len(indices) or (begins[1:] < begins[:-1]).any()):
        raise ArgumentError("embedding_bag: offsets begin with 0, rise, and end within the indices",
                            fix="offsets=learngrad.tensor([0, ...])")
    return xp.searchsorted(begins, xp.arange(len(indices)), side="right") - 1, len(begins)


@spelled()
def embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2.0,
                  scale_grad_by_freq=False, mode="mean", sparse=False, per_sample_weights=None,
                  include_last_offset=False, padding_idx=None):
    """The sum, mean or greatest of the rows of `weight` at the indices in each bag.

    PyTorch: `torch.nn.functional.embedding_bag` has sparse gradients too.

    Parameters
    ----------
    input : Tensor of int, shape [bags, length] or [n]
    weight : Tensor, shape [rows, features]
    offsets : Tensor of int, shape [bags], optional
        For indices [n]: where each bag begins. An empty bag gives 0.
    mode : {"mean", "sum", "max"}, default "mean"
    per_sample_weights : Tensor, in the shape of `input`, optional
        Factors of the rows, for "sum" alone.
    include_last_offset : bool, default False
        Whether `offsets` also says where the last bag ends.
    padding_idx : int, optional
        Indices of this value count for nothing.
    max_norm, norm_type, scale_grad_by_freq, sparse
        As for `embedding`.

    Returns
    -------
    Tensor, shape [bags, features]

    Examples
    --------
    >>> import learngrad
    >>> table = learngrad.tensor([[0.0, 0.0], [1.0, 10.0], [2.0, 20.0]])
    >>> bags = learngrad.tensor([[2, 1], [1, 1]])
    >>> learngrad.nn.functional.embedding_bag(bags, table)
    tensor([[ 1.5000, 15.0000],
            [ 1.0000, 10.0000]])
    """
    one_of("mode", mode, ("mean", "sum", "max"))
    if scale_grad_by_freq and mode == "max":
        raise ArgumentError("embedding_bag: how often a row was used is no measure of a maximum",
                            fix="scale_grad_by_freq=False")
    if per_sample_weights is not None and mode != "sum":
        raise ArgumentError(f"embedding_bag: per_sample_weights weigh a sum, not a {mode}",
                            fix='mode="sum"')
    if per_sample_weights is not None and tuple(per_sample_weights.shape) != tuple(input.shape):
        raise ShapeError("embedding_bag: per_sample_weights has one factor for each index",
                         fix=f"give it the shape {list(input.shape)}")
    bag, bags = _bounds(input._data, offsets, include_last_offset)
    flat = reshape(input, (-1,))
    factors = None if per_sample_weights is None else reshape(per_sample_weights, (-1, 1))
    if padding_idx is not None:
        used = flat._data != padding_idx % weight.shape[0]
        flat, bag = flat[used], bag[used]
        factors = None if factors is None else factors[used]
    rows = embedding(flat, weight, None, max_norm, norm_type, scale_grad_by_freq, sparse)
    empty = weight.new_zeros(bags, weight.shape[1])
    if mode == "max":
        at = function.Tensor._from_array(bag.reshape((-1, 1)), None)
        return scatter_reduce(empty, 0, expand(at, tuple(rows.shape)), rows, "amax",
                              include_self=False)
    total = index_add(empty, 0, bag, rows if factors is None else rows * factors)
    if mode == "sum":
        return total
    counts = how_often(bag, bags).clip(1)
    return total / counts.astype(total.dtype).reshape((-1, 1))
