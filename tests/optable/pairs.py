"""Rows of the functions of two or three tensors: extremes, rounding divisions, mixtures."""

import numpy as np

from tests.optable.form import (
    Operation,
    T,
    Wrong,
    away,
    equal,
    normal,
    positive,
    sample,
    two,
    uniform,
    values,
    whole,
)

below, above = uniform(-3.0, -1.5), uniform(1.5, 3.0)


def tensors(lib, *operands):
    """PyTorch wants tensors where learngrad takes numbers too."""
    like = next(a for a in operands if hasattr(a, "dtype"))
    return [a if hasattr(a, "dtype") else lib.tensor(
        a, dtype=like.dtype, device=like.device) for a in operands]


def pair(name, numpy, left=normal, right=None, *, word="", numbers=True, ties=False, also=None,
         kind="float32", wrong=(), **more):
    """A row for a function of two tensors that broadcast."""
    samples = two(left, right, numbers)
    if ties:
        samples.append(sample(T((3,), equal), T((2, 3), equal), smooth=False))
    spellings = {"NumPy": lambda lib, a, b: numpy(a, b)} if isinstance(numpy, np.ufunc) else {}
    more.setdefault("torch", lambda lib, a, b: getattr(lib, name)(*tensors(lib, a, b)))
    return Operation(
        name, lambda lib, a, b: getattr(lib, name)(a, b), numpy, samples,
        {**spellings, **(also or {})}, wrong=[
            Wrong(lambda lg, t: getattr(lg, name)(t(2, 3, dtype=kind), t(4, dtype=kind)),
                  "ShapeError", ["[2, 3]", "[4]", word or name]),
            Wrong(lambda lg, t: getattr(lg, name)(t(2), "3"), "ArgumentTypeError", ["'3'"]),
            Wrong(lambda lg, t: getattr(lg, name)(2, 3), "ArgumentTypeError", [name, "2 and 3"]),
            *wrong], **more)


def divided(name, numpy, sign, operator, **more):
    """A row for a division that rounds: `operator` says the same, for numbers on the left too."""
    return pair(
        name, numpy, positive, uniform(0.6, 0.7), word=sign,
        also={"operator": lambda lib, a, b: operator(a, b)}, wrong=[
            Wrong(lambda lg, t: operator(t(2, dtype="int64"), 0), "ArgumentRangeError",
                  ["integer", "divided by 0"]),
            Wrong(lambda lg, t: operator(t(2, dtype="int64"), t(2, dtype="int64") * 0),
                  "ArgumentError", ["divided by 0"], gpu=False),
            Wrong(lambda lg, t: operator(t(2, dtype="bool"), t(2, dtype="bool")), "DtypeError",
                  ["bool", sign])], **more)


signed = T((6,), values(-7, 7, -7, 7, -8, 1), needs=False), T((6,), values(2, -2, -2, 2, 4, 3),
                                                              needs=False)

ROWS = [
    pair("maximum", np.maximum, word="max", ties=True, also={
        "method": lambda lib, a, b: lib.maximum(a, b), "max": lambda lib, a, b: lib.max(
            *tensors(lib, a, b))}),
    pair("minimum", np.minimum, word="min", ties=True, also={
        "min": lambda lib, a, b: lib.min(*tensors(lib, a, b))}),
    pair("atan2", np.arctan2, away),
    pair("hypot", np.hypot, away),
    pair("logaddexp", np.logaddexp),
    divided("floor_divide", np.floor_divide, "//", lambda a, b: a // b, flat=True,
            torch=lambda lib, a, b: lib.div(*tensors(lib, a, b), rounding_mode="floor")),
    divided("remainder", np.remainder, "%", lambda a, b: a % b),
    divided("fmod", np.fmod, "fmod", lambda a, b: __import__("learngrad").fmod(a, b)),
    Operation(
        "div, rounded", lambda lib, a, b, **k: lib.div(a, b, **k),
        lambda a, b, rounding_mode: {"floor": np.floor, "trunc": np.trunc}[rounding_mode](a / b),
        [sample(T((2, 3), positive), T((3,), uniform(0.6, 0.7)), rounding_mode="trunc"),
         sample(T((2, 3), positive), 0.65, rounding_mode="floor"),
         *[sample(*signed, rounding_mode=mode) for mode in ("floor", "trunc")]],
        {"method": lambda lib, a, b, **k: a.div(b, **k)}, flat=True, wrong=[
            Wrong(lambda lg, t: lg.div(t(2), 2, rounding_mode="up"), "ArgumentError", ["'up'"])]),
    Operation(
        "divmod", lambda lib, a, b: divmod(a, b), np.divmod,
        [sample(*signed), sample(T((3,), positive), 0.65), sample(7, T((3,), whole(2, 5)))],
        dtypes="", torch=lambda lib, a, b: (
            lib.div(a, b, rounding_mode="floor"), lib.remainder(a, b))
        if hasattr(a, "dtype") else (a // b, a % b)),
    Operation(
        "clamp", lambda lib, x, *b, **k: lib.clamp(x, *b, **k),
        lambda x, low=None, high=None, min=None, max=None: np.clip(
            x, min if low is None else low, max if high is None else high),
        [sample(T((2, 3)), -0.5, 0.5), sample(T((2, 3), layout="transposed"), min=0),
         sample(T((3,)), max=0.25), sample(T(()), -0.5, 0.5), sample(T((0, 3)), 0, 1),
         sample(T((3,)), T((3,), below), T((3,), above)), sample(T((2, 3)), T((3,)), T((2, 1))),
         sample(T((3,)), T((3,))), sample(T((2, 3)), None, T(())),
         sample(T((3,)), 1.0, -1.0, smooth=False),
         sample(T((3,), equal), 1.5, 2.0, smooth=False),
         sample(T((3,), equal), T((3,), equal), T((3,), equal), smooth=False)],
        {"method": lambda lib, x, *b, **k: x.clamp(*b, **k),
         "in place": lambda lib, x, *b, **k: x.clone().clamp_(*b, **k),
         "clip": lambda lib, x, *b, **k: lib.clip(x, *b, **k),
         "NumPy": lambda lib, x, low=None, high=None, min=None, max=None: np.clip(
             x, min if low is None else low, max if high is None else high)}, wrong=[
            Wrong(lambda lg, t: t(2).clamp(), "ArgumentError", ["min", "max"]),
            Wrong(lambda lg, t: t(2).clamp("low"), "ArgumentTypeError", ["'low'"]),
            Wrong(lambda lg, t: t(2, 3).clamp(t(4)), "ShapeError", ["[2, 3]", "[4]"])]),
    Operation(
        "where alone", lambda lib, x: lib.where(x > 0), lambda x: np.nonzero(x > 0),
        [sample(T((2, 3))), sample(T((2, 3, 2), layout="transposed")), sample(T((0,)))],
        dtypes="", flat=True),
    Operation(
        "add a multiple", lambda lib, a, b, alpha: lib.add(a, b, alpha=alpha),
        lambda a, b, alpha: a + alpha * b,
        [sample(T((2, 3)), T((3,)), -3), sample(T((2, 3)), T((3,)), 0.5)],
        {"method": lambda lib, a, b, alpha: a.add(b, alpha=alpha),
         "sub": lambda lib, a, b, alpha: lib.sub(a, b, alpha=-alpha),
         "in place": lambda lib, a, b, alpha: a.clone().add_(b, alpha=alpha)}, dtypes="Bbhilefd"),
    Operation("clamp_min", lambda lib, x, b: lib.clamp_min(x, b), np.maximum,
              [sample(T((3,)), 0.25), sample(T((2, 3)), T((3,)))],
              {"in place": lambda lib, x, b: x.clone().clamp_min_(b)}),
    Operation("clamp_max", lambda lib, x, b: lib.clamp_max(x, b), np.minimum,
              [sample(T((3,)), 0.25), sample(T((2, 3)), T((3,)))],
              {"in place": lambda lib, x, b: x.clone().clamp_max_(b)}),
    Operation(
        "lerp", lambda lib, a, b, w: lib.lerp(a, b, w), lambda a, b, w: a + w * (b - a),
        [sample(T((3,)), T((3,)), 0.25), sample(T((2, 3)), T((3,)), 0.75),
         sample(T((2, 3)), T((2, 1)), T((3,))), sample(T(()), T(()), T(())),
         sample(T((0,)), T((0,)), 0.5)],
        {"method": lambda lib, a, b, w: a.lerp(b, w)}, dtypes="", wrong=[
            Wrong(lambda lg, t: lg.lerp(t(2), t(3), 0.5), "ShapeError", ["[2]", "[3]"])]),
    Operation(
        "addcmul", lambda lib, x, a, b, **k: lib.addcmul(x, a, b, **k),
        lambda x, a, b, value=1: x + value * a * b,
        [sample(T((3,)), T((3,)), T((3,))), sample(T((2, 3)), T((3,)), T((2, 1)), value=0.5),
         sample(T(()), T((2, 3)), T(()), value=-2)],
        {"method": lambda lib, x, a, b, **k: x.addcmul(a, b, **k)}, dtypes="lf", wrong=[
            Wrong(lambda lg, t: lg.addcmul(t(2), t(3), t(2)), "ShapeError", ["[3]", "[2]"])]),
    Operation(
        "addcdiv", lambda lib, x, a, b, **k: lib.addcdiv(x, a, b, **k),
        lambda x, a, b, value=1: x + value * a / b,
        [sample(T((3,), away), T((3,), away), T((3,), away)),
         sample(T((2, 3)), T((3,)), T((2, 1), away), value=0.5)],
        {"method": lambda lib, x, a, b, **k: x.addcdiv(a, b, **k)}, dtypes="", wrong=[
            Wrong(lambda lg, t: lg.addcdiv(t(2), t(3), t(2)), "ShapeError", ["[3]", "[2]"])]),
]
