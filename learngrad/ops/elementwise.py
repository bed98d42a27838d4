"""Operations that act on each element by itself: arithmetic, powers, choices, and their bases."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentRangeError, DtypeError
from learngrad.ops.public import one_of, operand, operands, tensor, unary
from learngrad.ops.quick import passed, stopped
from learngrad.ops.spelling import spelled

__all__ = [
    "absolute", "add", "addcdiv", "addcmul", "cast", "clone", "div", "lerp", "mul", "neg", "pow",
    "relu", "sign", "square", "sub", "where",
]


class Numeric(Function):
    """Base of the operations that true and false have no part in."""

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, TypeError) and "boolean" in str(error):
            return DtypeError(f"{cls.sign} ({cls.__name__.lower()}) is not defined for bool "
                              "tensors", tensors=cls.named(inputs),
                              fix="convert them first: x.long() or x.float()")
        return super().explain(error, inputs)


class Arithmetic(Numeric):
    """Base of the operations that broadcast two operands and bring them to one dtype."""

    promotion = staticmethod(devices.arithmetic)
    broadcasts = True


class Add(Arithmetic):
    """Sum of two tensors: each passes the gradient on unchanged."""

    formula, sign, local = r"a + b", "+", {"a": "1", "b": "1"}

    def forward(self, a, b):
        return a + b

    def backward(self, g):
        return g, g


class Sub(Arithmetic):
    """Difference of two tensors."""

    formula, sign, local = r"a - b", "−", {"a": "1", "b": "−1"}

    def forward(self, a, b):
        return a - b

    def backward(self, g):
        return g, None if self.edges[1] is None else -g


class Mul(Arithmetic):
    """Product of two tensors: each one's local derivative is the other."""

    saves = {"a": "b", "b": "a"}
    formula, sign, local = r"a \cdot b", "×", {"a": "b", "b": "a"}

    def forward(self, a, b):
        return a * b

    def backward(self, g, a, b):
        return None if b is None else g * b, None if a is None else g * a


class Div(Arithmetic):
    """Quotient of two tensors."""

    promotion = staticmethod(devices.division)
    saves = {"a": "b", "b": ""}
    formula, sign, local = r"\frac{a}{b}", "÷", {"a": "1 / b", "b": "−a / b²"}

    def forward(self, a, b):
        return a / b

    def backward(self, g, a, b):
        g = g / b
        return g, None if a is None else -g * a / b


class Neg(Function):
    """The negative."""

    formula, sign, local = r"-x", "−", {"x": "−1"}

    def forward(self, x):
        return -x

    def backward(self, g):
        return -g


class Pow(Arithmetic):
    """A power: a to the b."""

    promotion = staticmethod(lambda inputs: _powers(devices.arithmetic(inputs)))
    saves = {"a": "", "b": "a", "out": "b"}
    formula, sign, local = r"a^b", "**", {"a": "b · a^(b − 1)", "b": "out · ln a"}

    def forward(self, a, b):
        return a**b

    def backward(self, g, a, b, out):
        grad_a = grad_b = None
        if self.edges[0] is not None:
            # a^(b-1) is infinite at a = 0 where b = 0, and b times it would be nan, not 0.
            number = isinstance(b, (int, float))
            less = (b - 1 if b else 1) if number else np.where(b == 0, 1, b - 1)
            grad_a = g * (a * b if number and b == 2 else b * a**less)
        if self.edges[1] is not None:
            grad_b = g * out * np.log(np.where(np.equal(a, 0), 1, a))  # 0^b is flat in b
        return grad_a, grad_b

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, ValueError) and "negative integer" in str(error):
            return DtypeError("an integer tensor cannot be raised to a negative integer power: the "
                              "result would be a fraction", tensors=cls.named(inputs),
                              fix="convert it first: a.float() ** b")
        return super().explain(error, inputs)


def _powers(inputs: list[Any]) -> list[Any]:
    """Refuses powers that NumPy and CuPy would answer each in its own way."""
    a, b = inputs
    if not isinstance(a, (int, float)) and a.dtype.kind != "f":
        if type(b) is int and b < 0:
            raise ValueError("Integers to negative integer powers are not allowed.")
        if a.dtype.kind == "b":
            raise TypeError("boolean power")
    return inputs


class Floating(Function):
    """Base of the functions of one tensor whose result is never an integer."""

    promotion = staticmethod(devices.floating)


class Relu(Numeric):
    """The positive part: the gradient passes where the output is above 0 (at 0 it is 0)."""

    saves = ("out",)
    formula, sign, local = r"\max(0, x)", "ReLU", {"x": "1 where out > 0, else 0"}

    def forward(self, x):
        if x.dtype.kind == "b":
            raise TypeError("boolean relu")  # NumPy's answer would be an integer
        return np.maximum(x, 0)

    def backward(self, g, out):
        return passed(g, out != 0)  # it is never below 0, and nan passes the gradient on


class Abs(Function):
    """The absolute value; its derivative at 0 is taken as 0."""

    saves = ("x",)
    formula, sign, local = r"|x|", "|·|", {"x": "sign of x"}

    def forward(self, x):
        return np.abs(x)

    def backward(self, g, x):
        return g * np.sign(x)


class Sign(Function):
    """The sign, -1, 0 or 1; flat, so its derivative is 0."""

    formula, sign, local = r"\operatorname{sign} x", "sign", {"x": "0"}

    def forward(self, x):
        return np.sign(x) if x.dtype.kind != "b" else x

    def backward(self, g):
        return stopped(g)


class Where(Function):
    """One tensor's elements where a condition holds, another's elsewhere."""

    broadcasts = True
    promotion = staticmethod(lambda arrays: [
        arrays[0], *devices.cast_to(arrays[1:], devices.result_type(*arrays[1:]))])
    saves = ("condition",)
    formula, sign = r"a \text{ where } c \text{ else } b", "where"
    local = {"a": "1 where condition holds", "b": "1 where it does not"}

    def forward(self, condition, a, b):
        return np.where(condition, a, b).astype(devices.result_type(a, b), copy=False)

    def backward(self, g, condition):
        return None, passed(g, condition), passed(g, np.logical_not(condition))


class Clone(Function):
    """A copy in memory of its own."""

    formula, sign, local = r"x", "clone", {"x": "1"}

    def forward(self, x):
        return x.copy()

    def backward(self, g):
        return g


class Cast(Function):
    """The same numbers in another dtype; the gradient goes back in the input's."""

    halves = "all"
    formula, sign, local = r"x", "cast", {"x": "1"}

    def forward(self, x, dtype):
        self.before = x.dtype
        return devices.recast(x, dtype)

    def backward(self, g):
        return g.astype(self.before)


@spelled()
def add(input, other, *, alpha=1):
    """``input + alpha * other``, elementwise, with broadcasting and PyTorch's promotion.

    Parameters
    ----------
    input, other : Tensor or number
        Shapes that broadcast.
    alpha : number, default 1

    Raises
    ------
    ShapeError
        If the shapes do not broadcast.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.add(learngrad.tensor([1.0, 2.0]), 10)
    tensor([11., 12.])
    """
    input, other = operands(input, other, "add")
    return Add.apply(input, other if alpha == 1 else _times(alpha, other, input))


def _times(alpha: Any, other: Any, input: Any) -> Any:
    """``alpha * other`` in the dtype that its sum with `input` has."""
    if hasattr(other, "dtype") and hasattr(input, "dtype") and other.dtype != input.dtype:
        other = cast(other, devices.result_type(
            getattr(input, "_data", input), getattr(other, "_data", other)))
    return Mul.apply(other, operand(alpha)) if hasattr(other, "dtype") else other * alpha


@spelled()
def sub(input, other, *, alpha=1):
    """``input - alpha * other``, elementwise.

    PyTorch: `torch.sub` refuses bools.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.sub(learngrad.tensor([1.0, 2.0]), 1)
    tensor([0., 1.])
    """
    input, other = operands(input, other, "sub")
    return Sub.apply(input, other if alpha == 1 else _times(alpha, other, input))


@spelled()
def mul(input, other):
    """``input * other``, elementwise.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.mul(learngrad.tensor([1.0, 2.0]), 3)
    tensor([3., 6.])
    """
    return Mul.apply(*operands(input, other, "mul"))


@spelled()
def div(input, other, *, rounding_mode=None):
    """``input / other``, elementwise; integers are divided into floats, and 1/0 is inf.

    Parameters
    ----------
    input, other : Tensor or number
        Shapes that broadcast.
    rounding_mode : {None, "floor", "trunc"}, default None
        Round the quotient down, as ``//`` does, or towards 0; integers then stay integers, and the
        gradient is 0.

    Raises
    ------
    ArgumentRangeError
        If `rounding_mode` is another one, or an integer is divided by 0 and rounded.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.div(learngrad.tensor([1, 2]), 2)
    tensor([0.5000, 1.0000])
    >>> learngrad.div(learngrad.tensor([-7, 7]), 2, rounding_mode="trunc")
    tensor([-3,  3])
    """
    if rounding_mode is None:
        return Div.apply(*operands(input, other, "div"))
    from learngrad.ops.rounding import FloorDivide, TruncDivide
    modes = {"floor": FloorDivide, "trunc": TruncDivide}
    one_of("rounding_mode", rounding_mode, tuple(modes), ArgumentRangeError)
    return modes[rounding_mode].apply(*operands(input, other, "div"))


@spelled()
def neg(input):
    """``-input``, elementwise.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.neg(learngrad.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    if tensor(input, "neg").dtype.kind == "b":
        raise DtypeError("- is not defined for bool tensors",
                         fix="the opposite of a bool tensor is ~x")
    return Neg.apply(input)


@spelled()
def pow(input, exponent):
    """``input ** exponent``, elementwise.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.pow(learngrad.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    return Pow.apply(*operands(input, exponent, "pow"))


@spelled()
def square(input):
    """``input ** 2``, elementwise.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.square(learngrad.tensor([1.0, -3.0]))
    tensor([1., 9.])
    """
    return Pow.apply(tensor(input, "square"), 2)


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


relu = unary(Relu, "relu", "tensor([-1.0, 2.0]) -> tensor([0., 2.])")
absolute = unary(Abs, "abs", "tensor([-1.0, 2.0]) -> tensor([1., 2.])", "has no bools.")
sign = unary(Sign, "sign", "tensor([-3.0, 0.0]) -> tensor([-1.,  0.])", "says 0 of nan.")


@spelled(memory=True)
def clone(input):
    """A copy of `input` in memory of its own, still in the graph.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.clone(learngrad.tensor([1.0]))
    tensor([1.])
    """
    return Clone.apply(tensor(input, "clone"))


def cast(input, dtype):
    """`input` in another dtype; the same tensor where it has that dtype.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.tensor([1.7]).to(learngrad.int64)
    tensor([1])
    """
    dtype = devices.to_dtype(dtype)
    return input if input.dtype == dtype else Cast.apply(input, dtype)


@spelled()
def where(condition, input=None, other=None):
    """`input` where `condition` is true, else `other`; the three broadcast.

    With `condition` alone, the indices where it is true: ``nonzero(condition, as_tuple=True)``.

    Raises
    ------
    DtypeError
        If `condition` is no bool tensor.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([-1.0, 2.0])
    >>> learngrad.where(x > 0, x, 0)
    tensor([0., 2.])
    """
    if input is None and other is None:
        from learngrad.ops.sorting import nonzero
        return nonzero(condition, as_tuple=True)
    if tensor(condition, "where").dtype == devices.uint8:  # as PyTorch, which had no bool
        condition = cast(condition, devices.bool_)
    if condition.dtype.kind != "b":
        raise DtypeError(f"a condition is true or false, and this is {condition.dtype}",
                         fix="x != 0, or x.bool()")
    return Where.apply(condition, operand(input), operand(other))
