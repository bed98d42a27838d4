"""Rows of logic and of what is true of numbers."""

import operator

import numpy as np

from tests.optable.form import Operation, T, Wrong, away, sample, two, values, whole
from tests.optable.functions import function
from tests.optable.pairs import pair, tensors

strange = values(0.0, np.nan, np.inf, -np.inf, 1.0)


def asked(name, numpy):
    """A row for what is true of each number."""
    row = function(name, numpy, flat=True, also={
        "method": lambda lib, x: getattr(x, name)(), "NumPy": lambda lib, x: numpy(x)})
    row.samples.append(sample(T((5,), strange, needs=False)))
    return row


def logic(name, numpy):
    return pair(name, numpy, whole(0, 2), flat=True, word=name.removeprefix("logical_"), also={
        "method": lambda lib, a, b: getattr(tensors(lib, a, b)[0], name)(b)})


def bits(name, numpy, sign, call, right=None, **more):
    left = whole(0, 20)
    row = pair(name, numpy, left, right, word=sign, torch=lambda lib, a, b: call(a, b), also={
        "operator": lambda lib, a, b: call(a, b)}, kind="int64", wrong=[
            Wrong(lambda lg, t: call(t(2), t(2)), "DtypeError", [sign, "integers"])], **more)
    row.samples[:] = [s for s in row.samples if 2.5 not in s.args and 3.5 not in s.args]
    row.samples.append(sample(5, T((3,), right or left)))
    return row


def changed(x, y, name):
    """`x` after it was changed in place, by `operator`'s name for that."""
    out = getattr(operator, name)(x, y)
    assert out is x
    return out


ROWS = [
    asked("isnan", np.isnan), asked("isinf", np.isinf), asked("isfinite", np.isfinite),
    asked("logical_not", np.logical_not),
    logic("logical_and", np.logical_and), logic("logical_or", np.logical_or),
    logic("logical_xor", np.logical_xor),
    bits("bitwise_and", np.bitwise_and, "&", operator.and_),
    bits("bitwise_or", np.bitwise_or, "|", operator.or_),
    bits("bitwise_xor", np.bitwise_xor, "^", operator.xor),
    bits("bitwise_left_shift", np.left_shift, "<<", operator.lshift, whole(0, 4)),
    bits("bitwise_right_shift", np.right_shift, ">>", operator.rshift, whole(0, 4)),
    function("bitwise_not", np.invert, whole(-5, 5), also={
        "operator": lambda lib, x: ~x, "NumPy": lambda lib, x: np.invert(x)}, wrong=[
            Wrong(lambda lg, t: ~t(2), "ArgumentTypeError", ["~", "integers"])]),
    Operation(
        "isclose", lambda lib, a, b, **k: lib.isclose(a, b, **k),
        lambda a, b, **k: np.isclose(a, b, **k),
        [*two(numbers=False), sample(T((5,), strange), T((5,), strange)),
         sample(T((5,), strange), T((5,), strange), equal_nan=True),
         sample(T((2,), values(1.0, 2.0)), T((2,), values(1.01, 2.2)), rtol=0.05),
         sample(T((2,), values(1.0, 2.0)), T((2,), values(1.01, 2.2)), atol=0.05)],
        {"method": lambda lib, a, b, **k: a.isclose(b, **k)}, flat=True, dtypes="", wrong=[
            Wrong(lambda lg, t: lg.isclose(t(2), t(3)), "ShapeError", ["[2]", "[3]"]),
            Wrong(lambda lg, t: lg.isclose("1", t(3)), "ArgumentTypeError", ["'1'"]),
            Wrong(lambda lg, t: lg.isclose(t(3), t(3), atol=-1), "ArgumentRangeError",
                  ["atol=-1"])]),
    Operation(
        "allclose", lambda lib, a, b, **k: lib.tensor(lib.allclose(a, b, **k)), np.allclose,
        [sample(T((2,), values(1.0, 2.0)), T((2,), values(1.01, 2.2))),
         sample(T((2,), values(1.0, 2.0)), T((2,), values(1.01, 2.2)), rtol=0.5),
         sample(T((2, 0)), T((0,)))],
        {"method": lambda lib, a, b, **k: lib.tensor(a.allclose(b, **k))}, dtypes="", flat=True,
        lands="cpu"),
    Operation(
        "equal", lambda lib, a, b: lib.tensor(lib.equal(a, b)), np.array_equal,
        [sample(T((2,), whole(0, 1)), T((2,), whole(0, 1))), sample(T((2,)), T((3,))),
         sample(T((2,)), T((2,))), sample(T((0,)), T((0,)))],
        {"method": lambda lib, a, b: lib.tensor(a.equal(b))}, dtypes="", flat=True, lands="cpu",
        wrong=[
            Wrong(lambda lg, t: lg.equal(t(2), 1.0), "ArgumentTypeError", ["1.0"])]),
    Operation(
        "in place", lambda lib, x, y, name: changed(x.clone(), y, name),
        lambda x, y, name: changed(x.copy(), y, name),
        [*[sample(T((2, 3), whole(1, 9)), T((3,), whole(1, 4)), f"i{name}") for name in (
            "add", "sub", "mul", "floordiv", "mod", "pow", "and", "or", "xor", "lshift",
            "rshift")],
         *[sample(T((2, 3)), T((3,), away, needs=False), f"i{name}") for name in (
             "add", "sub", "mul", "truediv")]],
        dtypes="", wrong=[
            Wrong(lambda lg, t: changed(t(2, dtype="int64"), 0.5, "iadd"), "DtypeError",
                  ["int64", "+="]),
            Wrong(lambda lg, t: changed(t(2), t(3, 2), "iadd"), "ShapeError", ["[3, 2]"])]),
]
