"""Sines and their kin: of circles and hyperbolas, and their inverses."""

from __future__ import annotations

import numpy as np

from learngrad import devices
from learngrad.ops.elementwise import Arithmetic, Floating
from learngrad.ops.public import NO_NUMBERS, binary, unary

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "sin", "sinh", "tan",
    "tanh",
]


class Sin(Floating):
    """The sine."""

    saves = ("x",)
    formula, sign, local = r"\sin x", "sin", {"x": "cos x"}

    def forward(self, x):
        return np.sin(x)

    def backward(self, g, x):
        return g * np.cos(x)


class Cos(Floating):
    """The cosine."""

    saves = ("x",)
    formula, sign, local = r"\cos x", "cos", {"x": "−sin x"}

    def forward(self, x):
        return np.cos(x)

    def backward(self, g, x):
        return -g * np.sin(x)


class Tan(Floating):
    """The tangent."""

    saves = ("out",)
    formula, sign, local = r"\tan x", "tan", {"x": "1 + out²"}

    def forward(self, x):
        return np.tan(x)

    def backward(self, g, out):
        return g * (1 + out * out)


class Asin(Floating):
    """The angle whose sine is x; nan outside -1 to 1."""

    saves = ("x",)
    formula, sign, local = r"\arcsin x", "asin", {"x": "1 / √(1 − x²)"}

    def forward(self, x):
        return np.arcsin(x)

    def backward(self, g, x):
        return g / np.sqrt(1 - x * x)


class Acos(Floating):
    """The angle whose cosine is x; nan outside -1 to 1."""

    saves = ("x",)
    formula, sign, local = r"\arccos x", "acos", {"x": "−1 / √(1 − x²)"}

    def forward(self, x):
        return np.arccos(x)

    def backward(self, g, x):
        return -g / np.sqrt(1 - x * x)


class Atan(Floating):
    """The angle whose tangent is x."""

    saves = ("x",)
    formula, sign, local = r"\arctan x", "atan", {"x": "1 / (1 + x²)"}

    def forward(self, x):
        return np.arctan(x)

    def backward(self, g, x):
        return g / (1 + x * x)


class Atan2(Arithmetic):
    """The angle of the point (b, a), in the right quadrant; at the origin its gradient is 0."""

    promotion = staticmethod(devices.division)
    saves = ("a", "b")
    formula, sign = r"\operatorname{atan2}(a, b)", "atan2"
    local = {"a": "b / (a² + b²)", "b": "−a / (a² + b²)"}

    def forward(self, a, b):
        return np.arctan2(a, b)

    def backward(self, g, a, b):
        square = a * a + b * b
        g = np.where(np.equal(square, 0), 0, g / np.where(np.equal(square, 0), 1, square))
        return g * b, -g * a


class Sinh(Floating):
    """The hyperbolic sine."""

    saves = ("x",)
    formula, sign, local = r"\sinh x", "sinh", {"x": "cosh x"}

    def forward(self, x):
        return np.sinh(x)

    def backward(self, g, x):
        return g * np.cosh(x)


class Cosh(Floating):
    """The hyperbolic cosine."""

    saves = ("x",)
    formula, sign, local = r"\cosh x", "cosh", {"x": "sinh x"}

    def forward(self, x):
        return np.cosh(x)

    def backward(self, g, x):
        return g * np.sinh(x)


class Tanh(Floating):
    """The hyperbolic tangent: squashes to between -1 and 1."""

    saves = ("out",)
    formula, sign, local = r"\tanh x", "tanh", {"x": "1 − out²"}

    def forward(self, x):
        return np.tanh(x)

    def backward(self, g, out):
        return g * (1 - out * out)


class Asinh(Floating):
    """The inverse of the hyperbolic sine."""

    saves = ("x",)
    formula, sign, local = r"\operatorname{arsinh} x", "asinh", {"x": "1 / √(x² + 1)"}

    def forward(self, x):
        return np.arcsinh(x)

    def backward(self, g, x):
        return g / np.sqrt(x * x + 1)


class Acosh(Floating):
    """The inverse of the hyperbolic cosine; nan below 1."""

    saves = ("x",)
    formula, sign, local = r"\operatorname{arcosh} x", "acosh", {"x": "1 / √(x² − 1)"}

    def forward(self, x):
        return np.arccosh(x)

    def backward(self, g, x):
        return g / np.sqrt(x * x - 1)


class Atanh(Floating):
    """The inverse of the hyperbolic tangent; nan outside -1 to 1."""

    saves = ("x",)
    formula, sign, local = r"\operatorname{artanh} x", "atanh", {"x": "1 / (1 − x²)"}

    def forward(self, x):
        return np.arctanh(x)

    def backward(self, g, x):
        return g / (1 - x * x)


sin = unary(Sin, "sin", "tensor([0.0, 1.0]) -> tensor([0.0000, 0.8415])")
cos = unary(Cos, "cos", "tensor([0.0, 1.0]) -> tensor([1.0000, 0.5403])")
tan = unary(Tan, "tan", "tensor([0.0, 1.0]) -> tensor([0.0000, 1.5574])")
asin = unary(Asin, "asin", "tensor([0.0, 1.0]) -> tensor([0.0000, 1.5708])")
acos = unary(Acos, "acos", "tensor([0.0, 1.0]) -> tensor([1.5708, 0.0000])")
atan = unary(Atan, "atan", "tensor([0.0, 1.0]) -> tensor([0.0000, 0.7854])")
atan2 = binary(Atan2, "atan2", "tensor([1.0]), tensor([-1.0]) -> tensor([2.3562])",
               differs=NO_NUMBERS)
sinh = unary(Sinh, "sinh", "tensor([0.0, 1.0]) -> tensor([0.0000, 1.1752])")
cosh = unary(Cosh, "cosh", "tensor([0.0, 1.0]) -> tensor([1.0000, 1.5431])")
tanh = unary(Tanh, "tanh", "tensor([0.0, 1.0]) -> tensor([0.0000, 0.7616])")
asinh = unary(Asinh, "asinh", "tensor([0.0, 1.0]) -> tensor([0.0000, 0.8814])")
acosh = unary(Acosh, "acosh", "tensor([1.0, 2.0]) -> tensor([0.0000, 1.3170])")
atanh = unary(Atanh, "atanh", "tensor([0.0, 0.5]) -> tensor([0.0000, 0.5493])")
