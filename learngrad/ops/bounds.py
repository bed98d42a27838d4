"""The greater and the smaller of two, and clamping between bounds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.errors import ArgumentRangeError
from learngrad.ops.elementwise import Arithmetic
from learngrad.ops.public import NO_NUMBERS, binary, operand, tensor
from learngrad.ops.quick import passed
from learngrad.ops.spelling import spelled

__all__ = ["clamp", "clamp_max", "clamp_min", "maximum", "minimum"]


class Maximum(Arithmetic):
    """The greater of two elements; equal ones share the gradient."""

    saves = ("a", "b")
    formula, sign = r"\max(a, b)", "max"
    local = {"a": "1 where a > b, ½ where they are equal", "b": "1 where b > a, ½ where equal"}

    def forward(self, a, b):
        return np.maximum(a, b)

    def backward(self, g, a, b):
        shared = np.where(np.equal(a, b), g / 2, g)
        return np.where(a < b, 0, shared), np.where(a > b, 0, shared)


class Minimum(Maximum):
    """The smaller of two elements; equal ones share the gradient."""

    formula, sign = r"\min(a, b)", "min"
    local = {"a": "1 where a < b, ½ where they are equal", "b": "1 where b < a, ½ where equal"}

    def forward(self, a, b):
        return np.minimum(a, b)

    def backward(self, g, a, b):
        return super().backward(g, b, a)  # where b is the greater, a has the gradient


def _bounds(inputs: list[Any]) -> list[Any]:
    """The bounds that are given, and the tensor, in one dtype."""
    given = [x for x in inputs if x is not None]
    cast = iter(devices.cast_to(given, devices.result_type(*given)))
    return [x if x is None else next(cast) for x in inputs]


class Clamp(Arithmetic):
    """Each element, but no smaller than one bound and no greater than another."""

    promotion = staticmethod(_bounds)
    saves = ("x", "low", "high")
    formula, sign = r"\min(\max(x, l), h)", "clamp"
    local = {"x": "1 from low to high, 0 outside", "low": "1 where x < low",
             "high": "1 where x > high"}
    absent = {"low": -math.inf, "high": math.inf}

    def forward(self, x, low, high):
        out = x if low is None else np.maximum(x, low)
        return out if high is None else np.minimum(out, high)

    def backward(self, g, x, low, high):
        under = False if low is None else x < low
        over = False if high is None else x > high
        crossed = False if low is None or high is None else np.less(high, low)
        return (passed(g, np.logical_not(np.logical_or(under, over))),
                None if self.edges[1] is None else passed(
                    g, np.logical_and(under, np.logical_not(crossed))),
                None if self.edges[2] is None else passed(g, np.logical_or(over, crossed)))


maximum = binary(Maximum, "maximum", "tensor([1.0, 5.0]), tensor([3.0, 2.0]) -> tensor([3., 5.])",
                 differs=NO_NUMBERS)
minimum = binary(Minimum, "minimum", "tensor([1.0, 5.0]), tensor([3.0, 2.0]) -> tensor([1., 2.])",
                 differs=NO_NUMBERS)


@spelled()
def clamp(input, min=None, max=None):
    """Each element, raised to `min` where it is smaller and lowered to `max` where it is greater.

    The gradient passes from `min` to `max`, both included, and is 0 outside.

    Parameters
    ----------
    input : Tensor
    min, max : number or Tensor, optional
        At least one of them; shapes that broadcast. Where `min` is above `max`, `max` holds.

    Raises
    ------
    ArgumentRangeError
        If neither bound is given.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.clamp(learngrad.tensor([-1.0, 0.5, 2.0]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise ArgumentRangeError("clamp needs a bound: min, max or both", fix="x.clamp(min=0)")
    return Clamp.apply(tensor(input, "clamp"), None if min is None else operand(min),
                       None if max is None else operand(max))


@spelled()
def clamp_min(input, min):
    """Each element, raised to `min` where it is smaller.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.clamp_min(learngrad.tensor([-1.0, 2.0]), 0)
    tensor([0., 2.])
    """
    return clamp(input, min=min)


@spelled()
def clamp_max(input, max):
    """Each element, lowered to `max` where it is greater.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.clamp_max(learngrad.tensor([-1.0, 2.0]), 0)
    tensor([-1.,  0.])
    """
    return clamp(input, max=max)
