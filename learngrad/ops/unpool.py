"""Pooling by power means, and max pooling backwards."""

from __future__ import annotations

import math
from typing import Any

from learngrad.errors import ArgumentError, DtypeError, ShapeError
from learngrad.ops.elementwise import absolute, where
from learngrad.ops.pool import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d
from learngrad.ops.public import tensor
from learngrad.ops.scatter import scatter
from learngrad.ops.shape import reshape
from learngrad.ops.windows import batched, per_dim

__all__ = ["lp_pool1d", "lp_pool2d", "max_unpool1d", "max_unpool2d"]


def _lp_pool(dims: int, input: Any, p: float, kernel_size: Any, stride: Any, ceil: bool) -> Any:
    average, greatest = ((avg_pool1d, max_pool1d), (avg_pool2d, max_pool2d))[dims - 1]
    if p == math.inf:
        return greatest(absolute(input), kernel_size, stride, ceil_mode=ceil)
    if not isinstance(p, (int, float)) or not p > 0:
        raise ArgumentError(f"norm_type is the power of a mean, above 0, not {p!r:.60}",
                            fix="norm_type=2")
    places = math.prod(per_dim(kernel_size, dims, "kernel_size", 1))
    total = average(tensor(input, f"lp_pool{dims}d") ** p, kernel_size, stride, 0, ceil) * places
    zero = total == 0  # where the root has no slope; the gradient is set to 0
    return where(zero, 0, where(zero, 1, total) ** (1 / p))


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    r"""The p-norm of each window: :math:`\sqrt[p]{\sum x^p}`.

    Parameters as for `lp_pool2d`, with a length for height and width.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.lp_pool1d(learngrad.tensor([[3.0, 4.0, 0.0, 0.0]]), 2, 2)
    tensor([[5., 0.]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    r"""The p-norm of each window: :math:`\sqrt[p]{\sum x^p}`; at 0 its gradient is 0.

    Parameters
    ----------
    input : Tensor, shape [n, channels, height, width] or [channels, height, width]
    norm_type : float
        The power p; 1 sums, infinity takes the greatest.
    kernel_size, stride, ceil_mode
        As for `avg_pool2d`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.lp_pool2d(learngrad.ones(1, 1, 4, 4), 2, 2)
    tensor([[[[2., 2.],
              [2., 2.]]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def _unpool(name: str, dims: int, input: Any, indices: Any, kernel_size: Any, stride: Any,
            padding: Any, output_size: Any) -> Any:
    batched(input, dims, name)
    if tuple(indices.shape) != tuple(input.shape):
        raise ShapeError(f"{name}: there is one index for each element",
                         fix="take both from max_pool with return_indices=True")
    if indices.dtype.kind != "i":
        raise DtypeError(f"{name}: indices are integers, not {indices.dtype}",
                         fix="take them from max_pool with return_indices=True")
    kernel = per_dim(kernel_size, dims, "kernel_size", 1)
    stride = kernel if stride is None else per_dim(stride, dims, "stride", 1)
    padding = per_dim(padding, dims, "padding", 0)
    usual = [(n - 1) * s + k - 2 * p
             for n, s, k, p in zip(input.shape[-dims:], stride, kernel, padding)]
    size = usual if output_size is None else list(output_size)[-dims:]
    if len(size) != dims or any(abs(n - u) >= s for n, u, s in zip(size, usual, stride)):
        raise ArgumentError(f"{name}: output_size={output_size} is none of the sizes that these "
                            f"windows pool to this one: {usual}, give or take a stride",
                            fix=f"output_size={usual}")
    lead, last = tuple(input.shape[:-dims]), input.ndim - dims
    flat = (*lead, math.prod(input.shape[last:]))
    plane = input.new_zeros(*lead, math.prod(size))
    return reshape(scatter(plane, -1, reshape(indices, flat), reshape(input, flat)),
                   (*lead, *size))


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Max pooling backwards along one dimension: what is left goes where it came from, beside 0.

    Parameters as for `max_unpool2d`, with a length for height and width.

    Examples
    --------
    >>> import learngrad
    >>> F = learngrad.nn.functional
    >>> F.max_unpool1d(*F.max_pool1d(learngrad.tensor([[1.0, 5.0, 4.0, 2.0]]), 2,
    ...                              return_indices=True), 2)
    tensor([[0., 5., 4., 0.]])
    """
    return _unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Max pooling backwards: each element goes to where it came from, and 0 elsewhere.

    Parameters
    ----------
    input : Tensor, shape [n, channels, height, width] or [channels, height, width]
    indices : Tensor of int, of the same shape
        As `max_pool2d` gives them under ``return_indices=True``.
    kernel_size, stride, padding
        As they were there.
    output_size : tuple of int, optional
        The size there was, where several are pooled to one.

    Examples
    --------
    >>> import learngrad
    >>> F = learngrad.nn.functional
    >>> x = learngrad.tensor([[[[1.0, 2.0], [9.0, 3.0]]]])
    >>> F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2)
    tensor([[[[0., 0.],
              [9., 0.]]]])
    """
    return _unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)
