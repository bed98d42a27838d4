"""Rows of the operations that take many elements to few."""

import numpy as np

from tests.optable.form import (
    Operation,
    T,
    Wrong,
    distinct,
    equal,
    normal,
    one,
    sample,
)


def reduction(name, numpy, values=normal, dims=(0, -1, (0, 1)), keep=True, **more):
    """Samples of a reduction over the grid, and over each of `dims` of a matrix."""
    samples = [s for s in one(values) if not (more.get("filled") and 0 in s.args[0].shape)]
    more.pop("filled", None)
    for dim in dims:
        samples += [sample(T((2, 3), values), dim),
                    *([sample(T((2, 3), values), dim, keepdim=True)] if keep else [])]
    samples += [sample(T((2, 3, 4), values, "transposed"), -2), sample(T((), values), 0)]
    if values is distinct:
        samples += [sample(T((2, 3), equal), *dim, smooth=False) for dim in ((), (0,), (1,))]
    return Operation(
        name, lambda lib, x, *dim, **k: getattr(lib, name)(x, *dim, **k),
        lambda x, dim=None, keepdim=False: numpy(x, axis=dim, keepdims=keepdim), samples,
        {"method": lambda lib, x, *dim, **k: getattr(x, name)(*dim, **k)},
        wrong=[Wrong(lambda lg, t: getattr(lg, name)(t(2, 3), 2), "OutOfRangeError",
                     ["2", "-2", "1"]),
               Wrong(lambda lg, t: getattr(lg, name)(t(2, 3), "rows"), "ArgumentTypeError",
                     ["'rows'"]),
               *more.pop("wrong", ())], **more)


def fold(numpy):
    """NumPy's reduction, with PyTorch's leave to name dimension 0 of a number."""
    return lambda x, axis, keepdims: numpy(x, axis=axis if x.ndim else None, keepdims=keepdims)


def max_along(x, axis, keepdims):
    if axis is None:
        return x.max()
    if not x.ndim:
        return x, np.int64(0)
    return x.max(axis=axis, keepdims=keepdims), np.argmax(x, axis=axis, keepdims=keepdims)


ROWS = [
    reduction("sum", fold(np.sum)),
    reduction("mean", fold(np.mean), filled=True, wrong=[
        Wrong(lambda lg, t: t(3, dtype="int64").mean(), "DtypeError", ["int64", "float()"])]),
    reduction("amax", fold(np.amax), distinct, filled=True, wrong=[
        Wrong(lambda lg, t: t(0).amax(), "ShapeError", ["no elements"]),
        Wrong(lambda lg, t: t(2, 0).amax(1), "OutOfRangeError", ["no elements"])]),
    reduction("max", max_along, distinct, dims=(0, -1), filled=True, wrong=[
        Wrong(lambda lg, t: t(0).max(), "ShapeError", ["no elements"]),
        Wrong(lambda lg, t: t(2, 3).max((0, 1)), "ArgumentTypeError", ["amax"])]),
    reduction("argmax", fold(np.argmax), distinct, dims=(0, -1), filled=True, flat=True, wrong=[
        Wrong(lambda lg, t: t(0).argmax(), "ShapeError", ["no elements"])]),
]
