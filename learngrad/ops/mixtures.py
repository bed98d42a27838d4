"""Sums and products in one call: each is made of the operations that its docstring shows."""

from __future__ import annotations

from learngrad.ops.elementwise import add, div, mul, sub
from learngrad.ops.spelling import spelled

__all__ = ["addcdiv", "addcmul", "lerp"]


@spelled()
def lerp(input, end, weight):
    """From `input` to `end`, `weight` of the way: ``input + weight * (end - input)``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.lerp(learngrad.tensor([0.0, 10.0]), learngrad.tensor([4.0, 20.0]), 0.25)
    tensor([ 1.0000, 12.5000])
    """
    return add(input, mul(sub(end, input), weight))


@spelled()
def addcmul(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 * tensor2``, elementwise.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([1.0, 2.0])
    >>> learngrad.addcmul(x, x, x, value=0.5)
    tensor([1.5000, 4.0000])
    """
    return add(input, mul(tensor1, tensor2), alpha=value)


@spelled()
def addcdiv(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 / tensor2``, elementwise.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([1.0, 2.0])
    >>> learngrad.addcdiv(x, x, learngrad.tensor([2.0, 4.0]))
    tensor([1.5000, 2.5000])
    """
    return add(input, div(tensor1, tensor2), alpha=value)
