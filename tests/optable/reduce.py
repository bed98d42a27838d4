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
    whole,
)


def reduction(name, numpy, values=normal, dims=(0, -1, (0, 1)), keep=True, filled=False,
              named=False, also=None, **more):
    """Samples of a reduction over the grid, and over each of `dims` of a matrix.

    It may have no result for no elements (`filled`), and want its dimension to be `named`.
    """
    samples = [s for s in (one(values, -1) if named else one(values))
               if not (filled and 0 in s.args[0].shape)]
    for dim in dims:
        samples += [sample(T((2, 3), values), dim),
                    *([sample(T((2, 3), values), dim, keepdim=True)] if keep else [])]
    samples += [sample(T((2, 3, 4), values, "transposed"), -2), sample(T((), values), 0)]
    if values is distinct:
        samples += [sample(T((2, 3), equal), *dim, smooth=False)
                    for dim in [(0,), (1,)] + [()] * (not named)]
    return Operation(
        name, lambda lib, x, *dim, **k: getattr(lib, name)(x, *dim, **k),
        lambda x, dim=None, keepdim=False: numpy(x, axis=dim, keepdims=keepdim), samples,
        {"method": lambda lib, x, *dim, **k: getattr(x, name)(*dim, **k),
         "axis": lambda lib, x, *dim, **k: getattr(lib, name)(x, **dict(zip(["axis"], dim)), **{
             "keepdims" if word == "keepdim" else word: value for word, value in k.items()}),
         **(also or {})},
        wrong=[Wrong(lambda lg, t: getattr(lg, name)(t(2, 3), 2), "OutOfRangeError",
                     ["2", "-2", "1"]),
               Wrong(lambda lg, t: getattr(lg, name)(t(2, 3), "rows"), "ArgumentTypeError",
                     ["'rows'"]),
               *more.pop("wrong", ())], **more)


def fold(numpy):
    """NumPy's reduction, with PyTorch's leave to name dimension 0 of a number."""
    return lambda x, axis, keepdims: numpy(x, axis=axis if x.ndim else None, keepdims=keepdims)


def mean(x, axis, keepdims):
    count = x.size if axis is None else np.prod(np.take(x.shape, axis))
    return x.mean(axis=axis, keepdims=keepdims) if count else x.sum(
        axis=axis, keepdims=keepdims) * np.nan


def logsumexp(x, axis, keepdims):
    return np.log(np.exp(x).sum(axis=axis if x.ndim else None, keepdims=keepdims))


ROWS = [
    reduction("sum", fold(np.sum)),
    reduction("mean", fold(mean), wrong=[
        Wrong(lambda lg, t: t(3, dtype="int64").mean(), "DtypeError", ["int64", "float()"])]),
    reduction("logsumexp", logsumexp, named=True, dims=(0, -1, (0, 1))),
    reduction("all", fold(np.all), whole(0, 2), flat=True),
    reduction("any", fold(np.any), whole(0, 2), flat=True),
    Operation(
        "count_nonzero", lambda lib, x, *dim: lib.count_nonzero(x, *dim),
        lambda x, dim=None: np.count_nonzero(x, axis=dim if x.ndim else None),
        [*one(whole(0, 2)), sample(T((2, 3), whole(0, 2)), 1),
         sample(T((2, 3, 4), whole(0, 2)), (0, -1)), sample(T(()), 0)],
        {"method": lambda lib, x, *dim: x.count_nonzero(*dim)}, flat=True, wrong=[
            Wrong(lambda lg, t: t(2).count_nonzero(1), "OutOfRangeError", ["1"])]),
]
