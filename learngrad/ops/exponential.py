"""Exponentials, logarithms, roots and what is made of them."""

from __future__ import annotations

import math

import numpy as np

from learngrad import devices
from learngrad.ops.elementwise import Arithmetic, Floating
from learngrad.ops.public import binary, unary

__all__ = [
    "exp", "exp2", "expm1", "hypot", "log", "log1p", "log2", "log10", "logaddexp", "reciprocal",
    "rsqrt", "sigmoid", "sqrt",
]


class Exp(Floating):
    """The exponential function, its own derivative."""

    saves = ("out",)
    formula, sign, local = r"e^{x}", "exp", {"x": "out"}

    def forward(self, x):
        return np.exp(x)

    def backward(self, g, out):
        return g * out


class Exp2(Floating):
    """Two to the power of each element."""

    saves = ("out",)
    formula, sign, local = r"2^{x}", "exp2", {"x": "out · ln 2"}

    def forward(self, x):
        return np.exp2(x)

    def backward(self, g, out):
        return g * out * math.log(2)


class Expm1(Floating):
    """The exponential less 1, exact near 0."""

    saves = ("out",)
    formula, sign, local = r"e^{x} - 1", "exp − 1", {"x": "out + 1"}

    def forward(self, x):
        return np.expm1(x)

    def backward(self, g, out):
        return g * (out + 1)


class Log(Floating):
    """The natural logarithm."""

    saves = ("x",)
    formula, sign, local = r"\ln x", "ln", {"x": "1 / x"}

    def forward(self, x):
        return np.log(x)

    def backward(self, g, x):
        return g / x


class Log1p(Floating):
    """The natural logarithm of 1 more, exact near 0."""

    saves = ("x",)
    formula, sign, local = r"\ln(1 + x)", "ln(1 + x)", {"x": "1 / (1 + x)"}

    def forward(self, x):
        return np.log1p(x)

    def backward(self, g, x):
        return g / (x + 1)


class Log2(Floating):
    """The logarithm to base 2."""

    saves = ("x",)
    formula, sign, local = r"\log_2 x", "log₂", {"x": "1 / (x · ln 2)"}

    def forward(self, x):
        return np.log2(x)

    def backward(self, g, x):
        return g / (x * math.log(2))


class Log10(Floating):
    """The logarithm to base 10."""

    saves = ("x",)
    formula, sign, local = r"\log_{10} x", "log₁₀", {"x": "1 / (x · ln 10)"}

    def forward(self, x):
        return np.log10(x)

    def backward(self, g, x):
        return g / (x * math.log(10))


class LogAddExp(Arithmetic):
    """The logarithm of a sum of exponentials, computed without overflow."""

    promotion = staticmethod(devices.division)
    saves = ("a", "b")
    formula, sign = r"\ln(e^a + e^b)", "logaddexp"
    local = {"a": "1 / (1 + e^(b − a))", "b": "1 / (1 + e^(a − b))"}

    def forward(self, a, b):
        return np.logaddexp(a, b)

    def backward(self, g, a, b):
        return g / (1 + np.exp(b - a)), g / (1 + np.exp(a - b))


class Sqrt(Floating):
    """The square root."""

    saves = ("out",)
    formula, sign, local = r"\sqrt{x}", "√", {"x": "1 / (2 · out)"}

    def forward(self, x):
        return np.sqrt(x)

    def backward(self, g, out):
        return g / (2 * out)


class Rsqrt(Floating):
    """One over the square root."""

    saves = ("out",)
    formula, sign, local = r"\frac{1}{\sqrt{x}}", "1 / √", {"x": "−out³ / 2"}

    def forward(self, x):
        return 1 / np.sqrt(x)

    def backward(self, g, out):
        return g * out**3 * -0.5


class Reciprocal(Floating):
    """One over each element."""

    saves = ("out",)
    formula, sign, local = r"\frac{1}{x}", "1 / x", {"x": "−out²"}

    def forward(self, x):
        return 1 / x

    def backward(self, g, out):
        return -g * out * out


class Hypot(Arithmetic):
    """The length of the hypotenuse over two sides, computed without overflow."""

    promotion = staticmethod(devices.division)
    saves = ("a", "b", "out")
    formula, sign = r"\sqrt{a^2 + b^2}", "hypot"
    local = {"a": "a / out", "b": "b / out"}

    def forward(self, a, b):
        return np.hypot(a, b)

    def backward(self, g, a, b, out):
        return g * (a / out), g * (b / out)


class Sigmoid(Floating):
    """The logistic function: squashes to between 0 and 1."""

    saves = ("out",)
    formula, sign, local = r"\frac{1}{1 + e^{-x}}", "σ", {"x": "out · (1 − out)"}

    def forward(self, x):
        # Where e^-x overflows to inf the result is 0, which is right; by tanh it would be no
        # slower, but 1e-9 would come out as 0, and its logarithm as -inf.
        out = np.exp(-x)
        out += 1
        return np.divide(1, out, out=out) if out.ndim else 1 / out

    def backward(self, g, out):
        return g * (out * (1 - out))


exp = unary(Exp, "exp", "tensor([0.0, 1.0]) -> tensor([1.0000, 2.7183])")
exp2 = unary(Exp2, "exp2", "tensor([0.0, 3.0]) -> tensor([1., 8.])")
expm1 = unary(Expm1, "expm1", "tensor([0.0, 1.0]) -> tensor([0.0000, 1.7183])")
log = unary(Log, "log", "tensor([1.0, 10.0]) -> tensor([0.0000, 2.3026])")
log1p = unary(Log1p, "log1p", "tensor([0.0, 9.0]) -> tensor([0.0000, 2.3026])")
log2 = unary(Log2, "log2", "tensor([1.0, 8.0]) -> tensor([0., 3.])")
log10 = unary(Log10, "log10", "tensor([1.0, 100.0]) -> tensor([0., 2.])")
logaddexp = binary(LogAddExp, "logaddexp", "tensor([1000.0]), tensor([1000.0]) -> "
                                           "tensor([1000.6931])",
                   differs="takes neither integers nor plain numbers.")
sqrt = unary(Sqrt, "sqrt", "tensor([4.0, 9.0]) -> tensor([2., 3.])")
rsqrt = unary(Rsqrt, "rsqrt", "tensor([4.0, 1.0]) -> tensor([0.5000, 1.0000])")
reciprocal = unary(Reciprocal, "reciprocal", "tensor([4.0, 1.0]) -> tensor([0.2500, 1.0000])")
hypot = binary(Hypot, "hypot", "tensor([3.0]), tensor([4.0]) -> tensor([5.])",
               differs="takes neither integers nor plain numbers.")
sigmoid = unary(Sigmoid, "sigmoid", "tensor([0.0, 2.0]) -> tensor([0.5000, 0.8808])")
