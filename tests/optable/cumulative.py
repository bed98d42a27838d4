"""Rows of running sums, products, maxima and minima, and of the product."""

import numpy as np

from tests.optable.form import (
    Operation,
    T,
    Wrong,
    distinct,
    normal,
    one,
    sample,
    values,
    whole,
)
from tests.optable.reduce import fold, reduction

with_zeros = values(2.0, 0.0, 3.0, -1.5, 0.0, 0.0, 4.0)


def running(name, numpy, *places, **more):
    """Samples along every dimension of the grid."""
    samples = [s for place in places for s in one(place, -1)]
    samples += [sample(T((2, 3, 4), places[0]), dim) for dim in (0, 1)]
    samples += [sample(T((2, 3, 4), places[0], "transposed"), 0), sample(T((), places[0]), 0)]
    return Operation(
        name, lambda lib, x, dim, **k: getattr(lib, name)(x, dim, **k),
        lambda x, dim, **k: numpy(x, dim, **k), samples,
        {"method": lambda lib, x, dim, **k: getattr(x, name)(dim, **k),
         "axis": lambda lib, x, dim, **k: getattr(lib, name)(x, axis=dim, **k)}, wrong=[
            Wrong(lambda lg, t: getattr(lg, name)(t(2, 3), 2), "OutOfRangeError", ["2", "-2"]),
            Wrong(lambda lg, t: getattr(lg, name)([1.0], 0), "ArgumentTypeError", ["1.0"])],
        **more)


def folded(accumulate):
    def numpy(x, dim, dtype=None):
        return accumulate(x.reshape(x.shape or 1), dim).reshape(x.shape)

    return numpy


def so_far(better):
    """The running extreme and the index of its last place."""
    def numpy(x, dim):
        rows = np.moveaxis(x.reshape(x.shape or 1), dim, -1)
        at = np.zeros(rows.shape, np.int64)
        for k in range(1, rows.shape[-1]):
            old = np.take_along_axis(rows, at[..., k - 1:k], -1)[..., 0]
            at[..., k] = np.where(better(rows[..., k], old), k, at[..., k - 1])
        found = np.take_along_axis(rows, at, -1), at
        return tuple(np.moveaxis(a, -1, dim).reshape(x.shape) for a in found)

    return numpy


ROWS = [
    running("cumsum", folded(np.cumsum), normal),
    running("cumprod", folded(np.cumprod), normal),
    running("cummax", so_far(np.greater_equal), distinct),
    running("cummin", so_far(np.less_equal), distinct),
    Operation(
        "cumprod with zeros", lambda lib, x, dim: lib.cumprod(x, dim), np.cumprod,
        [sample(T((2, 3), with_zeros), dim) for dim in (0, 1)]
        + [sample(T((2, 3, 2), with_zeros), 1), sample(T((4,), with_zeros), 0)], dtypes=""),
    Operation(
        "cummax of equals", lambda lib, x, dim: lib.cummax(x, dim), so_far(np.greater_equal),
        [sample(T((2, 7), whole(0, 3)), 1),
         sample(T((5,), values(1.0, 2.0, 2.0, 1.0, 2.0)), 0, smooth=False)],
        dtypes=""),
    reduction("prod", fold(np.prod), dims=(0, -1), wrong=[
        Wrong(lambda lg, t: t(2, 3).prod((0, 1)), "ArgumentTypeError", ["one dimension"])]),
    Operation(
        "sums in a dtype", lambda lib, x, name, *dim, dtype: getattr(lib, name)(
            x, *dim, dtype=getattr(lib, dtype)),
        lambda x, name, *dim, dtype: getattr(np, name)(x, *dim, dtype=dtype),
        [sample(T((2, 3), whole(0, 9)), name, *dim, dtype=dtype)
         for name, dim in (("sum", ()), ("sum", (1,)), ("prod", (0,)), ("cumsum", (1,)),
                           ("cumprod", (0,))) for dtype in ("float64", "float32", "uint8")]
        + [sample(T((2, 3), whole(0, 9)), "mean", dtype="float32")], dtypes=""),
    Operation(
        "prod with zeros", lambda lib, x, *dim: lib.prod(x, *dim),
        lambda x, dim=None: np.prod(x, axis=dim),
        [sample(T((7,), with_zeros)), sample(T((2, 3), with_zeros)),
         sample(T((2,), with_zeros), 0), sample(T((2, 3), with_zeros), 0),
         sample(T((2, 3, 2), with_zeros), 1)], dtypes=""),
]
