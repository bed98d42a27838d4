"""Rows of the functions of one tensor: exponentials, roots, sines, roundings."""

import math
from statistics import NormalDist

import numpy as np

from tests.optable.elementwise import elementwise
from tests.optable.form import (
    Operation,
    T,
    Wrong,
    one,
    positive,
    sample,
    uniform,
    values,
)

within = uniform(-0.9, 0.9)
above = uniform(1.2, 3.0)
between = uniform(0.1, 0.9)  # no whole number is near


def in_place(name):
    return {"method": lambda lib, x: getattr(x, name)(),
            "in place": lambda lib, x: getattr(x.clone(), name + "_")()}


def function(name, numpy, at=None, **more):
    """A row for a function of each element, that also has an in-place form and NumPy's name."""
    also = in_place(name)
    if isinstance(numpy, np.ufunc):
        also["NumPy"] = lambda lib, x: numpy(x)
    more.setdefault("also", also)
    return elementwise(name, numpy, *([at] if at else []), **more)


def rounding(name, numpy, at=between, **more):
    row = function(name, numpy, at, flat=name != "frac", wrong=[
        Wrong(lambda lg, t: getattr(lg, name)(t(2, dtype="bool")), "DtypeError",
              ["bool", name])], **more)
    row.samples.append(sample(T((6,), values(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)), smooth=False))
    return row


ROWS = [
    function("exp2", np.exp2),
    function("expm1", np.expm1),
    function("log1p", np.log1p, positive),
    function("log2", np.log2, positive),
    function("log10", np.log10, positive),
    function("rsqrt", lambda x: 1 / np.sqrt(x), positive),
    function("reciprocal", np.reciprocal, positive),
    function("square", np.square),
    function("erf", np.vectorize(math.erf, otypes=[float])),
    function("erfinv", np.vectorize(
        lambda x: NormalDist().inv_cdf((x + 1) / 2) / math.sqrt(2), otypes=[float]), within),
    function("sin", np.sin),
    function("cos", np.cos),
    function("tan", np.tan, within),
    function("asin", np.arcsin, within),
    function("acos", np.arccos, within),
    function("atan", np.arctan),
    function("sinh", np.sinh),
    function("cosh", np.cosh),
    function("asinh", np.arcsinh),
    function("acosh", np.arccosh, above),
    function("atanh", np.arctanh, within),
    rounding("floor", np.floor),
    rounding("ceil", np.ceil),
    rounding("trunc", np.trunc),
    rounding("frac", lambda x: x - np.trunc(x)),
    Operation(
        "round", lambda lib, x, **k: lib.round(x, **k), np.round,
        [*one(between), sample(T((6,), values(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)), smooth=False),
         sample(T((3,)), decimals=2, smooth=False),
         sample(T((3,), values(1234.5, -550.0, 49.0)), decimals=-2, smooth=False)],
        {"method": lambda lib, x, **k: x.round(**k),
         "in place": lambda lib, x, **k: x.clone().round_(**k)}, flat=True, wrong=[
            Wrong(lambda lg, t: lg.round(t(2, dtype="bool")), "DtypeError", ["bool"]),
            Wrong(lambda lg, t: lg.round(t(2), decimals="two"), "ArgumentTypeError", ["'two'"])]),
]
