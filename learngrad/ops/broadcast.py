"""One tensor in the shape of another, and vectors as the coordinates of a grid: all by `expand`."""

from __future__ import annotations

import math

from learngrad.errors import ShapeError
from learngrad.ops.public import broadcast_shape, one_of
from learngrad.ops.shape import expand, reshape
from learngrad.ops.spelling import spelled

__all__ = ["broadcast_tensors", "broadcast_to", "expand_as", "meshgrid"]


@spelled(many="size")
def broadcast_to(input, *shape):
    """`input` repeated to `shape`, as in an operation with a tensor of that shape.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.broadcast_to(learngrad.tensor([1.0, 2.0]), (3, 2)).shape
    learngrad.Size([3, 2])
    """
    return expand(input, *shape)


def expand_as(input, other):
    """`input` repeated to the shape of `other`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.tensor([1.0]).expand_as(learngrad.zeros(2, 3)).shape
    learngrad.Size([2, 3])
    """
    return expand(input, other.shape)


def broadcast_tensors(*tensors):
    """The tensors, each repeated to the shape that they have together.

    Examples
    --------
    >>> import learngrad
    >>> a, b = learngrad.broadcast_tensors(learngrad.zeros(3, 1), learngrad.zeros(2))
    >>> b.shape
    learngrad.Size([3, 2])
    """
    named = {f"input {k}": x for k, x in enumerate(tensors, 1)}
    shape = broadcast_shape("broadcast_tensors", named, (x.shape for x in tensors))
    return tuple(expand(x, shape) for x in tensors)


def meshgrid(*tensors, indexing="ij"):
    """The coordinates of a grid: one tensor for each of the given vectors.

    Parameters
    ----------
    *tensors : Tensor, or one sequence of Tensor
        Vectors or numbers, of one dtype.
    indexing : {"ij", "xy"}, default "ij"
        "ij": the first vector runs down the rows. "xy": it runs along them, as in a plot.

    Returns
    -------
    tuple of Tensor
        Views of the vectors.

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.meshgrid(learngrad.arange(2), learngrad.arange(3), indexing="xy")
    >>> x
    tensor([[0, 1],
            [0, 1],
            [0, 1]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    one_of("indexing", indexing, ("ij", "xy"))
    if not tensors or any(x.ndim > 1 for x in tensors) or len({x.dtype for x in tensors}) > 1:
        raise ShapeError("meshgrid takes one or more vectors of one dtype", tensors=tensors,
                         fix="flatten them first, and convert them: x.flatten().float()")
    order = list(range(len(tensors)))
    if indexing == "xy":
        order[:2] = order[:2][::-1]
    sizes = [math.prod(x.shape) for x in tensors]
    shape = tuple(sizes[k] for k in order)
    return tuple(expand(reshape(x, [-1 if k == place else 1 for place in order]), shape)
                 for k, x in enumerate(tensors))
