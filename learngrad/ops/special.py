"""Functions that NumPy lacks: the error function."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.ops.elementwise import Floating
from learngrad.ops.public import unary

__all__ = ["erf"]

# Ratios of polynomials, highest power first, from W. J. Cody, Rational Chebyshev Approximations for
# the Error Function, Mathematics of Computation 23 (1969), 631-637, in the digits of his CALERF.
# Up to 0.46875: erf(x) = x A(x²) / B(x²).
_A = (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
      3.20937758913846947e3)
_B = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
      2.84423683343917062e3)
# From there to 4: 1 − erf(x) = e^(−x²) C(x) / D(x). Above 4 it is below 2e-8, so that the ratio
# needs but half its digits, and it has them up to 6, where erf(x) is 1 in float64.
_C = (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
      2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
      1.23033935479799725e3)
_D = (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
      1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
      1.23033935480374942e3)
# In float32: erf(x) = tanh(x T(x²)), off by 4 units in the last place at most. T was fitted
# to artanh(erf(x)) / x for x up to 4.6, its largest error made least by C. L. Lawson's reweighting.
# Beyond, x T(x²) only grows.
_T = (1.5656171157392799e-7, -5.913201004448963e-6, 8.902283805413348e-5, -6.230082828804583e-4,
      -1.8890685767825602e-4, 1.027682868395528e-1, 1.1283792875359746)
_T_BELOW = tuple(t * math.sqrt(0.5) * 0.5**(6 - k) for k, t in enumerate(_T))  # for x / √2


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    """By Horner's rule, into one array."""
    out = x * coefficients[0]
    for c in coefficients[1:-1]:
        out += c
        out *= x
    out += coefficients[-1]
    return out


def _odd(coefficients: tuple[float, ...], x: Any) -> Any:
    """The polynomial in x², times x."""
    out = _polynomial(coefficients, x * x)
    out *= x
    return out


def below(x: Any) -> Any:
    """The chance that a normal draw is below x, as a formula: (1 + erf(x / √2)) / 2."""
    if type(x) is not np.ndarray or x.dtype != np.float32 or not x.ndim:
        return erf(x * math.sqrt(0.5)) * 0.5 + 0.5
    out = _odd(_T_BELOW, x)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5
    return out


def _erf(x: Any) -> Any:
    """The error function of a NumPy array with dimensions, in float32 or float64."""
    if x.dtype == np.float32:
        out = _odd(_T, x)
        return np.tanh(out, out=out)
    size = np.minimum(np.abs(x), 6)
    square = size * size
    out = _polynomial(_C, size)
    out /= _polynomial(_D, size)
    out *= np.exp(-square)
    np.subtract(1, out, out=out)
    small = _polynomial(_A, square)
    small /= _polynomial(_B, square)
    small *= size
    np.copyto(out, small, where=size <= 0.46875)
    return np.copysign(out, x, out=out)


class Erf(Floating):
    """The error function: the chance that a normal draw of variance ½ lies between -x and x."""

    saves = ("x",)
    formula = r"\frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2}\, dt"
    sign, local = "erf", {"x": "2 / √π · e^(−x²)"}

    def forward(self, x):
        if devices.array_module(x) is not np:
            # CuPy has it in float64 for halves.
            return importlib.import_module("cupyx.scipy.special").erf(x).astype(x.dtype, copy=False)
        half = x.dtype == np.float16
        return _erf(np.atleast_1d(x.astype(np.float32) if half else x)).reshape(x.shape).astype(
            x.dtype, copy=False)

    def backward(self, g, x):
        return g * np.exp(-x * x) * (2 / math.sqrt(math.pi))


erf = unary(Erf, "erf", "tensor([0.0, 1.0]) -> tensor([0.0000, 0.8427])")
