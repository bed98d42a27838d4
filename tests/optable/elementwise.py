"""Rows of the operations that act on each element by itself."""

import numpy as np

from tests.optable.form import (
    Operation,
    T,
    Wrong,
    away,
    normal,
    one,
    positive,
    sample,
    truth,
    two,
    whole,
    zeros,
)


def elementwise(name, numpy, values=normal, *, also=None, flat=False, wrong=(), says="", **more):
    """A row for a function of each element."""
    kink = [sample(T((3,), zeros), smooth=False)] if values is away else []
    return Operation(
        name, lambda lib, x: getattr(lib, name)(x), numpy, [*one(values), *kink],
        also or {"method": lambda lib, x: getattr(x, name)()}, flat=flat, wrong=[
            Wrong(lambda lg, t: getattr(lg, name)("2"), "ArgumentTypeError", [says or name, "'2'"]),
            *wrong],
        **more)


def arithmetic(name, sign, numpy, operator, left=normal, right=None, wrong=(), **more):
    """A row for an operation of two operands that broadcast."""
    return Operation(
        name, lambda lib, a, b: getattr(lib, name)(a, b), numpy, two(left, right),
        {"operator": lambda lib, a, b: operator(a, b)}, wrong=[
            Wrong(lambda lg, t: operator(t(2, 3), t(4)), "ShapeError", ["[2, 3]", "[4]", sign]),
            Wrong(lambda lg, t: operator(t(2), "3"), "ArgumentTypeError", ["'3'", "str"]),
            Wrong(lambda lg, t: operator(None, t(2)), "ArgumentTypeError", ["None"]),
            Wrong(lambda lg, t: operator(t(2), 1j), "ArgumentTypeError", ["complex"]), *wrong],
        # PyTorch's functions want a tensor first; its operators do not.
        torch=lambda lib, a, b: operator(a, b), **more)


def comparison(name, sign, numpy, operator):
    return Operation(
        name, lambda lib, a, b: getattr(lib, name)(a, b), numpy, two(whole(0, 3)),
        {"operator": lambda lib, a, b: operator(a, b)}, flat=True,
        torch=lambda lib, a, b: operator(a, b), wrong=[
            Wrong(lambda lg, t: getattr(lg, name)(t(2, 3), t(4)), "ShapeError",
                  ["[2, 3]", "[4]", sign]),
            Wrong(lambda lg, t: getattr(lg, name)(t(2), "3"), "ArgumentTypeError", ["'3'"])])


ROWS = [
    arithmetic("add", "+", np.add, lambda a, b: a + b),
    arithmetic("sub", "−", np.subtract, lambda a, b: a - b, wrong=[
        Wrong(lambda lg, t: t(2, dtype="bool") - t(2, dtype="bool"), "DtypeError", ["bool"])]),
    arithmetic("mul", "×", np.multiply, lambda a, b: a * b),
    arithmetic("div", "÷", np.true_divide, lambda a, b: a / b, normal, away),
    arithmetic("pow", "**", lambda a, b: np.power(np.asarray(a, float), b), lambda a, b: a**b,
               positive, wrong=[
                   Wrong(lambda lg, t: t(2, dtype="int64")**-1, "DtypeError",
                         ["integer", "float()"])]),
    elementwise("neg", np.negative, also={"operator": lambda lib, x: -x}, wrong=[
        Wrong(lambda lg, t: -t(2, dtype="bool"), "DtypeError", ["bool", "~x"])]),
    elementwise("exp", np.exp),
    elementwise("log", np.log, positive),
    elementwise("sqrt", np.sqrt, positive),
    elementwise("tanh", np.tanh),
    elementwise("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
    elementwise("relu", lambda x: np.where(x > 0, x, 0), away,
                also={"method": lambda lib, x: x.relu(),
                      "functional": lambda lib, x: lib.nn.functional.relu(x)}),
    elementwise("absolute", np.abs, away, says="abs", also={
        "method": lambda lib, x: x.abs(), "operator": lambda lib, x: abs(x),
        "alias": lambda lib, x: lib.abs(x)}),
    elementwise("sign", np.sign, away, flat=True),
    elementwise("clone", np.copy),
    Operation(
        "where", lambda lib, c, a, b: lib.where(c, a, b), np.where,
        [sample(T((3,), truth), T((3,)), T((3,))), sample(T((2, 1), truth), T((1, 3)), T(())),
         sample(T((), truth), T((2, 3), layout="transposed"), 0.0),
         sample(T((2, 3), truth), 1, T((3,))), sample(T((0,), truth), T((1,)), T((0,)))],
        dtypes="?Bbhilefd", wrong=[
            Wrong(lambda lg, t: lg.where(t(2) > 0, t(3), t(4)), "ShapeError", ["[3]", "[4]"]),
            Wrong(lambda lg, t: lg.where(t(2) > 0, "a", t(2)), "ArgumentTypeError", ["'a'"]),
            Wrong(lambda lg, t: lg.where("yes", t(2), t(2)), "ArgumentTypeError", ["'yes'"])]),
    Operation(
        "cast", lambda lib, x, dtype: x.to(getattr(lib, dtype)), lambda x, dtype: x.astype(dtype),
        [sample(x, dtype) for x in (T((2, 3)), T(()), T((2, 3), layout="transposed"), T((0,)))
         for dtype in ("float32", "float64")] + [sample(T((3,)), "int64"),
                                                 sample(T((3,)), "float16")],
        {"astype": lambda lib, x, dtype: (x.astype if hasattr(x, "astype") else x.to)(
            getattr(lib, dtype))}, dtypes="", wrong=[
            Wrong(lambda lg, t: t(2).to("fast"), "ArgumentRangeError", ["'fast'"]),
            Wrong(lambda lg, t: t(2).to(complex), "ArgumentTypeError", ["complex"])]),
    *[comparison(name, sign, numpy, operator) for name, sign, numpy, operator in [
        ("eq", "=", np.equal, lambda a, b: a == b), ("ne", "≠", np.not_equal, lambda a, b: a != b),
        ("lt", "<", np.less, lambda a, b: a < b), ("le", "≤", np.less_equal, lambda a, b: a <= b),
        ("gt", ">", np.greater, lambda a, b: a > b),
        ("ge", "≥", np.greater_equal, lambda a, b: a >= b)]],
]
