"""The error function reversed, which leads from probabilities of the normal distribution back."""

from __future__ import annotations

import math

import numpy as np

from learngrad.ops.elementwise import Floating
from learngrad.ops.public import unary
from learngrad.ops.special import erf

__all__ = ["erfinv"]

A = 0.147  # S. Winitzki, A handy approximation for the error function and its inverse, 2008


class ErfInv(Floating):
    """The number whose error function this is; infinite at -1 and 1, nan beyond."""

    saves = ("out",)
    formula, sign, local = r"\operatorname{erf}^{-1}(x)", "erf⁻¹", {"x": "√π / 2 · e^(out²)"}

    def forward(self, x):
        wide = x.astype(np.float64)
        inside = np.abs(wide) < 1
        size = np.where(inside, np.abs(wide), 0.5)
        # Winitzki's formula is right to two or three digits; a step of Halley's trebles them.
        log = np.log1p(-size * size)
        half = 2 / (math.pi * A) + log / 2
        y = np.sqrt(np.sqrt(half * half - log / A) - half)
        for _ in range(3):
            miss = (erf(y) - size) / (2 / math.sqrt(math.pi) * np.exp(-y * y))
            y = y - miss / (1 + y * miss)
        y = np.where(inside, np.copysign(y, wide), np.where(
            np.abs(wide) == 1, wide * math.inf, math.nan))
        return y.astype(x.dtype)

    def backward(self, g, out):
        return g * np.exp(out * out) * (math.sqrt(math.pi) / 2)


erfinv = unary(ErfInv, "erfinv", "tensor([0.0, 0.5]) -> tensor([0.0000, 0.4769])")
