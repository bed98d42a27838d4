"""Operations that act on each element by itself: arithmetic, powers, exponentials, comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentTypeError, DtypeError

__all__ = [
    "absolute", "add", "cast", "clone", "div", "eq", "exp", "ge", "gt", "le", "log", "lt", "mul",
    "ne", "neg", "pow", "relu", "sigmoid", "sign", "sqrt", "sub", "tanh", "where",
]


class Arithmetic(Function):
    """Base of the operations that broadcast two operands and bring them to one dtype."""

    promotion = staticmethod(devices.arithmetic)
    broadcasts = True

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, TypeError) and "boolean" in str(error):
            return DtypeError(f"{cls.sign} is not defined for bool tensors",
                              tensors=cls.named(inputs),
                              fix="convert them first: a.long() - b.long()")
        return super().explain(error, inputs)


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
    formula, sign, local = r"a^b", "^", {"a": "b · a^(b − 1)", "b": "out · ln a"}

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


class Exp(Floating):
    """The exponential function, its own derivative."""

    saves = ("out",)
    formula, sign, local = r"e^{x}", "exp", {"x": "out"}

    def forward(self, x):
        return np.exp(x)

    def backward(self, g, out):
        return g * out


class Log(Floating):
    """The natural logarithm."""

    saves = ("x",)
    formula, sign, local = r"\ln x", "ln", {"x": "1 / x"}

    def forward(self, x):
        return np.log(x)

    def backward(self, g, x):
        return g / x


class Sqrt(Floating):
    """The square root."""

    saves = ("out",)
    formula, sign, local = r"\sqrt{x}", "√", {"x": "1 / (2 · out)"}

    def forward(self, x):
        return np.sqrt(x)

    def backward(self, g, out):
        return g / (2 * out)


class Tanh(Floating):
    """The hyperbolic tangent: squashes to between -1 and 1."""

    saves = ("out",)
    formula, sign, local = r"\tanh x", "tanh", {"x": "1 − out²"}

    def forward(self, x):
        return np.tanh(x)

    def backward(self, g, out):
        return g * (1 - out * out)


class Sigmoid(Floating):
    """The logistic function: squashes to between 0 and 1."""

    saves = ("out",)
    formula, sign, local = r"\frac{1}{1 + e^{-x}}", "σ", {"x": "out · (1 − out)"}

    def forward(self, x):
        # By tanh it cannot overflow: 1 / (1 + e^-x) = (1 + tanh(x / 2)) / 2.
        return 0.5 * np.tanh(0.5 * x) + 0.5

    def backward(self, g, out):
        return g * (out * (1 - out))


class Relu(Function):
    """The positive part: the gradient passes where the output is above 0 (at 0 it is 0)."""

    saves = ("out",)
    formula, sign, local = r"\max(0, x)", "ReLU", {"x": "1 where out > 0, else 0"}

    def forward(self, x):
        if x.dtype.kind == "b":
            raise TypeError("boolean relu")  # NumPy's answer would be an integer
        return np.maximum(x, 0)

    def backward(self, g, out):
        return g * (out > 0)

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, TypeError) and "boolean" in str(error):
            return DtypeError("relu is not defined for bool tensors", tensors=cls.named(inputs),
                              fix="convert it first: x.float()")
        return super().explain(error, inputs)


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
        return g * 0


class Where(Function):
    """One tensor's elements where a condition holds, another's elsewhere."""

    broadcasts = True
    promotion = staticmethod(lambda arrays: [
        arrays[0], *devices.cast_to(arrays[1:], devices.result_type(*arrays[1:]))])
    saves = ("condition",)
    formula, sign = r"a \text{ where } c \text{ else } b", "where"
    local = {"a": "1 where the condition holds", "b": "1 where it does not"}

    def forward(self, condition, a, b):
        return np.where(condition, a, b).astype(devices.result_type(a, b), copy=False)

    def backward(self, g, condition):
        return None, np.where(condition, g, 0), np.where(condition, 0, g)


class Clone(Function):
    """A copy in memory of its own."""

    formula, sign, local = r"x", "clone", {"x": "1"}

    def forward(self, x):
        return x.copy()

    def backward(self, g):
        return g


class Cast(Function):
    """The same numbers in another dtype; the gradient goes back in the input's."""

    formula, sign, local = r"x", "cast", {"x": "1"}

    def forward(self, x, dtype):
        self.before = x.dtype
        return x.astype(dtype)

    def backward(self, g):
        return g.astype(self.before)


class Comparison(Function):
    """Base of the comparisons: no gradient goes through a yes or no."""

    broadcasts = True


def _comparison(name: str, sign: str, ufunc: Any) -> type[Function]:
    def forward(self, a, b):
        return ufunc(a, b)

    return type(name, (Comparison,), {
        "__doc__": f"Elementwise a {sign} b.", "sign": sign, "formula": f"a {sign} b",
        "forward": forward, "__module__": __name__})


Eq, Ne = _comparison("Eq", "=", np.equal), _comparison("Ne", "≠", np.not_equal)
Lt, Le = _comparison("Lt", "<", np.less), _comparison("Le", "≤", np.less_equal)
Gt, Ge = _comparison("Gt", ">", np.greater), _comparison("Ge", "≥", np.greater_equal)


def _operand(value: Any) -> Any:
    """An operand as the gate takes it; text, None and the like are refused."""
    if isinstance(value, (int, float)) or hasattr(value, "dtype"):
        return value
    raise devices.not_a_number(value)


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
    return Add.apply(_operand(input), _operand(other) if alpha == 1 else mul(other, alpha))


def sub(input, other, *, alpha=1):
    """``input - alpha * other``, elementwise.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.sub(learngrad.tensor([1.0, 2.0]), 1)
    tensor([0., 1.])
    """
    return Sub.apply(_operand(input), _operand(other) if alpha == 1 else mul(other, alpha))


def mul(input, other):
    """``input * other``, elementwise.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.mul(learngrad.tensor([1.0, 2.0]), 3)
    tensor([3., 6.])
    """
    return Mul.apply(_operand(input), _operand(other))


def div(input, other):
    """``input / other``, elementwise; integers are divided into floats, and 1/0 is inf.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.div(learngrad.tensor([1, 2]), 2)
    tensor([0.5000, 1.0000])
    """
    return Div.apply(_operand(input), _operand(other))


def neg(input):
    """``-input``, elementwise.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.neg(learngrad.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    if _tensor(input, "neg").dtype.kind == "b":
        raise DtypeError("- is not defined for bool tensors", tensors={"input": input},
                         fix="the opposite of a bool tensor is ~x")
    return Neg.apply(input)


def pow(input, exponent):
    """``input ** exponent``, elementwise.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.pow(learngrad.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    return Pow.apply(_operand(input), _operand(exponent))


def _tensor(value: Any, name: str) -> Any:
    """A tensor, or an array in a formula; everything else is refused."""
    if hasattr(value, "dtype"):
        return value
    raise ArgumentTypeError(f"{name} takes a tensor, not {value!r:.60}",
                            fix=f"learngrad.{name}(learngrad.tensor(value))")


def _unary(function: type[Function], name: str, example: str) -> Any:
    """The public function of an operation of one tensor: no arguments, so nothing but the gate."""
    def public(input):
        return function.apply(_tensor(input, name))

    public.__name__ = public.__qualname__ = name
    public.__doc__ = f"""{function.__doc__} Elementwise; same shape, {
        "a floating dtype" if function.promotion else "same dtype"}.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.{name}({example}
    """
    return public


exp = _unary(Exp, "exp", "learngrad.tensor([0.0, 1.0]))\n    tensor([1.0000, 2.7183])")
log = _unary(Log, "log", "learngrad.tensor([1.0, 10.0]))\n    tensor([0.0000, 2.3026])")
sqrt = _unary(Sqrt, "sqrt", "learngrad.tensor([4.0, 9.0]))\n    tensor([2., 3.])")
tanh = _unary(Tanh, "tanh", "learngrad.tensor([0.0, 1.0]))\n    tensor([0.0000, 0.7616])")
sigmoid = _unary(Sigmoid, "sigmoid", "learngrad.tensor([0.0, 2.0]))\n    tensor([0.5000, 0.8808])")
relu = _unary(Relu, "relu", "learngrad.tensor([-1.0, 2.0]))\n    tensor([0., 2.])")
absolute = _unary(Abs, "abs", "learngrad.tensor([-1.0, 2.0]))\n    tensor([1., 2.])")
sign = _unary(Sign, "sign", "learngrad.tensor([-3.0, 0.0]))\n    tensor([-1.,  0.])")


def clone(input):
    """A copy of `input` in memory of its own, still in the graph.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.clone(learngrad.tensor([1.0]))
    tensor([1.])
    """
    return Clone.apply(_tensor(input, "clone"))


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


def where(condition, input, other):
    """`input` where `condition` is true, else `other`; the three broadcast.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([-1.0, 2.0])
    >>> learngrad.where(x > 0, x, 0)
    tensor([0., 2.])
    """
    return Where.apply(_tensor(condition, "where"), _operand(input), _operand(other))


def _compare(function: type[Function]) -> Any:
    def compare(input, other):
        return function.apply(_operand(input), _operand(other))

    compare.__name__ = function.__name__.lower()
    compare.__doc__ = f"""{function.__doc__} A bool tensor; no gradient goes through it.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.{compare.__name__}(learngrad.tensor([1, 2]), 2).dtype
    dtype('bool')
    """
    return compare


eq, ne, lt, le, gt, ge = map(_compare, (Eq, Ne, Lt, Le, Gt, Ge))
