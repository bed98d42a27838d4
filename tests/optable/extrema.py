"""Rows of the greatest, the smallest and the middle element."""

import numpy as np

from tests.optable.form import Operation, T, Wrong, distinct, equal, sample, values
from tests.optable.reduce import fold, reduction


def along(pick, at):
    """The value and the index along a dimension, or the value alone without one."""
    def numpy(x, axis, keepdims):
        if axis is None:
            return pick(x)
        if not x.ndim:
            return x, np.int64(0)
        index = np.expand_dims(at(x, axis), axis)
        found = np.take_along_axis(x, index, axis), index
        return found if keepdims else tuple(np.squeeze(a, axis) for a in found)

    return numpy


def middle(x):
    return np.sort(x, axis=None)[(x.size - 1) // 2]


def at_middle(x, axis):
    return np.take(np.argsort(x, axis=axis), (x.shape[axis] - 1) // 2, axis)


def extreme(name, numpy, dims=(0, -1), wrong=(), **more):
    return reduction(name, numpy, distinct, dims=dims, filled=True, wrong=[
        Wrong(lambda lg, t: getattr(t(2, 0), name)(1), "OutOfRangeError", ["no elements"]),
        *wrong], **more)


def nothing(name, kind="ShapeError"):
    return Wrong(lambda lg, t: getattr(t(0), name)(), kind, ["no elements"])


def several(name, instead):
    return Wrong(lambda lg, t: getattr(t(2, 3), name)((0, 1)), "ArgumentTypeError", [instead])


not_a_number = T((2, 4), values(1.0, np.nan, 0.5, 2.0, 3.0, 1.0, 4.0, 2.0))

AT = {"max": 4.0, "min": 1.0, "median": 2.0}
WHERE = {"max": 2, "min": 1, "median": 3}

ROWS = [
    extreme("amax", fold(np.amax), dims=(0, -1, (0, 1)), wrong=[nothing("amax")]),
    extreme("amin", fold(np.amin), dims=(0, -1, (0, 1)), wrong=[nothing("amin")]),
    extreme("max", along(np.max, np.argmax), wrong=[nothing("max"), several("max", "amax")]),
    extreme("min", along(np.min, np.argmin), wrong=[nothing("min"), several("min", "amin")]),
    extreme("argmax", fold(np.argmax), flat=True, wrong=[nothing("argmax", "OutOfRangeError")]),
    extreme("argmin", fold(np.argmin), flat=True, wrong=[nothing("argmin", "OutOfRangeError")]),
    extreme("median", along(middle, at_middle), wrong=[
        several("median", "flatten"),
        Wrong(lambda lg, t: t(2, dtype="bool").median(), "DtypeError", ["bool"])]),
    Operation(
        "extremes, nan", lambda lib, x, name, *dim: getattr(lib, name)(x, *dim),
        lambda x, name, *dim: {
            (): np.nan, (1,): (np.array([np.nan, AT[name]]), np.array([1, WHERE[name]]))}[dim],
        [sample(not_a_number, name, *dim, smooth=False)
         for name in ("max", "min", "median") for dim in ((), (1,))], dtypes=""),
    Operation(
        "max of a view", lambda lib, x, y: lib.max(x, other=y), np.maximum,
        [sample(T((2, 3), equal, "transposed"), T((3,), equal), smooth=False)],
        {"method": lambda lib, x, y: x.max(y)}, dtypes=""),
]
