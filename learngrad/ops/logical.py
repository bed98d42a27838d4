"""Comparisons, what is true of numbers, and logic: yes or no, so no gradient goes through them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentRangeError, ArgumentTypeError, DtypeError, LearngradError
from learngrad.ops.elementwise import Arithmetic
from learngrad.ops.public import NO_NUMBERS, binary, number, operand, tensor, unary

__all__ = [
    "allclose", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "eq", "equal", "ge", "gt", "isclose", "isfinite", "isinf",
    "isnan", "le", "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "ne",
]


class Comparison(Function):
    """Base of what answers with a yes or no to two operands."""

    broadcasts = promotes = True


def _two(name: str, base: type[Function], sign: str, ufunc: Any, formula: str = "",
         says: str = "") -> type[Function]:
    """An operation of two operands that is one function of NumPy and has no gradient."""
    def forward(self, a, b):
        return ufunc(a, b)

    return type(name, (base,), {
        "__doc__": says or f"Whether a {sign} b.", "__module__": __name__, "forward": forward,
        "sign": sign, "formula": formula or f"a {sign} b"})


Eq, Ne = _two("Eq", Comparison, "=", np.equal), _two("Ne", Comparison, "≠", np.not_equal)
Lt, Le = _two("Lt", Comparison, "<", np.less), _two("Le", Comparison, "≤", np.less_equal)
Gt, Ge = _two("Gt", Comparison, ">", np.greater), _two("Ge", Comparison, "≥", np.greater_equal)
LogicalAnd = _two("LogicalAnd", Comparison, "and", np.logical_and, r"a \land b")
LogicalOr = _two("LogicalOr", Comparison, "or", np.logical_or, r"a \lor b")
LogicalXor = _two("LogicalXor", Comparison, "xor", np.logical_xor, r"a \oplus b")


class Bitwise(Arithmetic):
    """Base of the operations on bits, which only integers and bools have."""

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, TypeError):
            return cls.error(
                f"{cls.sign} works on the bits of integers{cls.also}, and not on these",
                tensors=cls.named(inputs),
                fix="compare first, as in (x > 0) & (y > 0), or convert: x.long()")
        return super().explain(error, inputs)

    also = " and on bools"
    error: type[LearngradError] = DtypeError


class Shift(Bitwise):
    """Base of the shifts: NumPy would answer for bools with one byte."""

    also = ""
    promotion = staticmethod(lambda inputs: _no_bools(devices.arithmetic(inputs)))


def _no_bools(inputs: list[Any]) -> list[Any]:
    if all(isinstance(x, bool) or getattr(x, "dtype", None) == devices.bool_ for x in inputs):
        raise TypeError("boolean shift")
    return inputs


And = _two("And", Bitwise, "&", np.bitwise_and, r"a \mathbin{\&} b", "a and b, bit by bit.")
Or = _two("Or", Bitwise, "|", np.bitwise_or, r"a \mid b", "a or b, bit by bit.")
Xor = _two("Xor", Bitwise, "^", np.bitwise_xor, r"a \oplus b", "Either a or b, bit by bit.")
LeftShift = _two("LeftShift", Shift, "<<", np.left_shift, r"a \cdot 2^b", "a shifted b bits up.")
RightShift = _two("RightShift", Shift, ">>", np.right_shift, r"\lfloor a / 2^b \rfloor",
                  "a shifted b bits down.")


class Not(Bitwise):
    """Each bit turned; of bools, the opposite."""

    promotion: ClassVar[Any] = None
    broadcasts = False
    error = ArgumentTypeError
    formula, sign = r"\lnot x", "~"

    def forward(self, x):
        return np.invert(x)


class LogicalNot(Function):
    """Whether each element is 0."""

    formula, sign = r"\lnot x", "not"

    def forward(self, x):
        return np.logical_not(x)


class IsNan(Function):
    """Whether each element is no number."""

    formula, sign = r"x = \mathrm{nan}", "nan?"

    def forward(self, x):
        return np.isnan(x)


class IsInf(Function):
    """Whether each element is infinite."""

    formula, sign = r"|x| = \infty", "inf?"

    def forward(self, x):
        return np.isinf(x)


class IsFinite(Function):
    """Whether each element is a number and finite."""

    formula, sign = r"|x| < \infty", "finite?"

    def forward(self, x):
        return np.isfinite(x)


class IsClose(Comparison):
    """Whether elements are nearly equal."""

    promotion = staticmethod(devices.arithmetic)
    formula, sign = r"|a - b| \le \text{atol} + \text{rtol} \cdot |b|", "≈"

    def forward(self, a, b, rtol, atol, equal_nan):
        return np.isclose(a, b, rtol, atol, equal_nan)


def _asked(function: type[Function], name: str, example: str) -> Any:
    return binary(function, name, example, "A bool tensor; no gradient goes through it.",
                  NO_NUMBERS if "logical" in name else "takes a plain number as `other` alone.")


eq = _asked(Eq, "eq", "tensor([1, 2]), 2 -> tensor([False,  True])")
ne = _asked(Ne, "ne", "tensor([1, 2]), 2 -> tensor([ True, False])")
lt = _asked(Lt, "lt", "tensor([1, 2]), 2 -> tensor([ True, False])")
le = _asked(Le, "le", "tensor([1, 2]), 2 -> tensor([True, True])")
gt = _asked(Gt, "gt", "tensor([1, 2]), 2 -> tensor([False, False])")
ge = _asked(Ge, "ge", "tensor([1, 2]), 2 -> tensor([False,  True])")
logical_and = _asked(LogicalAnd, "logical_and", "tensor([1, 2]), tensor([0, 3]) -> "
                                                "tensor([False,  True])")
logical_or = _asked(LogicalOr, "logical_or", "tensor([0, 2]), tensor([0, 3]) -> "
                                             "tensor([False,  True])")
logical_xor = _asked(LogicalXor, "logical_xor", "tensor([1, 2]), tensor([0, 3]) -> "
                                                "tensor([ True, False])")
logical_not = unary(LogicalNot, "logical_not", "tensor([0, 2]) -> tensor([ True, False])")
isnan = unary(IsNan, "isnan", 'tensor([1.0, float("nan")]) -> tensor([False,  True])')
isinf = unary(IsInf, "isinf", 'tensor([1.0, float("inf")]) -> tensor([False,  True])')
isfinite = unary(IsFinite, "isfinite", 'tensor([1.0, float("inf")]) -> tensor([ True, False])')
bitwise_and = binary(And, "bitwise_and", "tensor([5, 6]), 3 -> tensor([1, 2])")
bitwise_or = binary(Or, "bitwise_or", "tensor([5, 6]), 3 -> tensor([7, 7])")
bitwise_xor = binary(Xor, "bitwise_xor", "tensor([5, 6]), 3 -> tensor([6, 5])")
bitwise_not = unary(Not, "bitwise_not", "tensor([0, 5]) -> tensor([-1, -6])")
bitwise_left_shift = binary(LeftShift, "bitwise_left_shift", "tensor([1, 3]), 2 -> "
                                                             "tensor([ 4, 12])")
bitwise_right_shift = binary(RightShift, "bitwise_right_shift", "tensor([8, 7]), 1 -> "
                                                                "tensor([4, 3])")


def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether ``|input - other| <= atol + rtol * |other|``, elementwise.

    PyTorch: `torch.isclose` takes no plain number as `other`.

    Parameters
    ----------
    input, other : Tensor
        Shapes that broadcast.
    rtol, atol : float, default 1e-05 and 1e-08
    equal_nan : bool, default False
        Whether a nan is close to a nan.

    Raises
    ------
    ArgumentRangeError
        If a tolerance is negative.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.isclose(learngrad.tensor([1.0, 2.0]), learngrad.tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    if number(rtol, "rtol") < 0 or number(atol, "atol") < 0:
        raise ArgumentRangeError(f"a tolerance is not negative: rtol={rtol}, atol={atol}",
                                 fix="rtol=1e-05, atol=1e-08")
    return IsClose.apply(tensor(input, "isclose"), operand(other), float(rtol), float(atol),
                         bool(equal_nan))


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are close, as one Python bool; see `isclose`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.allclose(learngrad.tensor([0.1 + 0.2]), learngrad.tensor([0.3]))
    True
    """
    close = isclose(input, other, rtol, atol, equal_nan)
    return bool(getattr(close, "_data", close).all())


def equal(input, other):
    """Whether two tensors have one shape and the same elements, as one Python bool.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.equal(learngrad.tensor([1, 2]), learngrad.tensor([1, 2]))
    True
    """
    if tuple(tensor(input, "equal").shape) != tuple(tensor(other, "equal").shape):
        return False
    same = eq(input, other)
    return bool(getattr(same, "_data", same).all())
