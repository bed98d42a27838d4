"""Rounding, and the divisions that round: flat between their jumps, so their gradient is 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.errors import ArgumentRangeError
from learngrad.ops.elementwise import Arithmetic, Numeric
from learngrad.ops.public import binary, operand, tensor, unary
from learngrad.ops.quick import stopped
from learngrad.ops.spelling import spelled

__all__ = ["ceil", "floor", "floor_divide", "fmod", "frac", "remainder", "round", "trunc"]


def _numbers(inputs: list[Any]) -> list[Any]:
    if inputs[0].dtype.kind == "b":
        raise TypeError("boolean rounding")
    return inputs


class Rounding(Numeric):
    """Base of the roundings: bools are refused, and integers are whole already."""

    promotion = staticmethod(_numbers)
    local = {"x": "0"}

    def backward(self, g):
        return stopped(g)


class Floor(Rounding):
    """The greatest whole number that is no greater."""

    formula, sign = r"\lfloor x \rfloor", "⌊·⌋"

    def forward(self, x):
        return np.floor(x) if x.dtype.kind == "f" else x.copy()


class Ceil(Rounding):
    """The smallest whole number that is no smaller."""

    formula, sign = r"\lceil x \rceil", "⌈·⌉"

    def forward(self, x):
        return np.ceil(x) if x.dtype.kind == "f" else x.copy()


class Trunc(Rounding):
    """The whole number next to it on the way to 0."""

    formula, sign = r"\operatorname{trunc} x", "trunc"

    def forward(self, x):
        return np.trunc(x) if x.dtype.kind == "f" else x.copy()


class Round(Rounding):
    """The nearest whole number, the even one of two that are equally near."""

    formula, sign = r"\operatorname{round} x", "round"

    def forward(self, x, decimals):
        if x.dtype.kind != "f":
            return x.copy()
        scale = 10.0**abs(decimals)
        return np.rint(x * scale) / scale if decimals > 0 else np.rint(x / scale) * scale


class Frac(Rounding):
    """What is left of each element without its whole part; of the same sign."""

    formula, sign, local = r"x - \operatorname{trunc} x", "frac", {"x": "1"}

    def forward(self, x):
        return x - np.trunc(x) if x.dtype.kind == "f" else x * 0

    def backward(self, g):
        return g


def _divisible(inputs: list[Any]) -> list[Any]:
    """Operands in one dtype; bools are refused, and on the CPU a whole number divided by 0."""
    a, b = devices.arithmetic(inputs)
    kind = devices.result_type(a, b).kind
    if kind == "b":
        raise TypeError("boolean division")
    if kind in "iu" and isinstance(b, (int, np.ndarray)) and not np.all(b):
        raise ZeroDivisionError  # on a GPU, looking would mean waiting for it
    return [a, b]


class Divided(Arithmetic):
    """Base of the divisions that round."""

    promotion = staticmethod(_divisible)

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, ZeroDivisionError):
            return ArgumentRangeError(f"{cls.sign}: an integer is divided by 0", tensors=cls.named(
                inputs), fix="floating tensors give inf or nan: a.float() // b")
        return super().explain(error, inputs)


class FloorDivide(Divided):
    """The quotient, rounded down."""

    formula, sign, local = r"\lfloor a / b \rfloor", "//", {"a": "0", "b": "0"}

    def forward(self, a, b):
        return np.floor_divide(a, b)

    def backward(self, g):
        return stopped(g), stopped(g)


class TruncDivide(FloorDivide):
    """The quotient, rounded towards 0."""

    formula, sign = r"\operatorname{trunc}(a / b)", "trunc ÷"

    def forward(self, a, b):
        if devices.result_type(a, b).kind == "f":
            return np.trunc(a / b)
        down = np.floor_divide(a, b)
        return down + ((down < 0) & (down * b != a))


class Remainder(Divided):
    """What a division that rounds down leaves: of the divisor's sign."""

    saves = {"a": "b", "b": "b"}
    formula, sign = r"a - b \lfloor a / b \rfloor", "%"
    local = {"a": "1", "b": "−⌊a / b⌋"}

    def forward(self, a, b):
        return np.remainder(a, b)

    def backward(self, g, a, b):
        return g, None if a is None else -g * np.floor_divide(a, b)


class Fmod(Divided):
    """What a division that rounds towards 0 leaves: of the dividend's sign."""

    saves = {"a": "b", "b": "b"}
    formula, sign = r"a - b \operatorname{trunc}(a / b)", "fmod"
    local = {"a": "1", "b": "−trunc(a / b)"}

    def forward(self, a, b):
        return np.fmod(a, b)

    def backward(self, g, a, b):
        return g, None if a is None else -g * np.trunc(a / b)


floor = unary(Floor, "floor", "tensor([1.7, -1.2]) -> tensor([ 1., -2.])")
ceil = unary(Ceil, "ceil", "tensor([1.2, -1.7]) -> tensor([ 2., -1.])")
trunc = unary(Trunc, "trunc", "tensor([1.7, -1.7]) -> tensor([ 1., -1.])")
frac = unary(Frac, "frac", "tensor([1.5, -1.5]) -> tensor([ 0.5000, -0.5000])",
             "refuses integers; here they become floats.")
remainder = binary(Remainder, "remainder", "tensor([5, -5]), 3 -> tensor([2, 1])")
fmod = binary(Fmod, "fmod", "tensor([5, -5]), 3 -> tensor([ 2, -2])",
              differs="takes a plain number as `other` alone.")
floor_divide = binary(FloorDivide, "floor_divide", "tensor([7, -7]), 2 -> tensor([ 3, -4])")


@spelled()
def round(input, *, decimals=0):
    """The nearest number with so many `decimals`, elementwise; the even one of two equally near.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.round(learngrad.tensor([0.5, 1.5, 2.346]))
    tensor([0., 2., 2.])
    >>> learngrad.round(learngrad.tensor([2.346]), decimals=2)
    tensor([2.3500])
    """
    return Round.apply(tensor(input, "round"), operand(decimals))
