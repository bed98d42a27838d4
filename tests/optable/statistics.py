"""Rows of variances, standard deviations and norms."""

import math

import numpy as np

from tests.optable.form import Operation, T, Wrong, away, equal, one, sample, zeros
from tests.optable.reduce import mean


def spread(root, both=False):
    def numpy(x, dim=None, unbiased=True, keepdim=False, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        axis = dim if x.ndim else None
        n = x.size if axis is None else math.prod(np.take(x.shape, np.atleast_1d(axis)))
        rest = max(n - (correction if correction is not None else int(unbiased)), 0)
        center = mean(x, axis, True) if n else 0
        out = ((x - center)**2).sum(axis=axis, keepdims=keepdim) / np.float64(rest)
        out = np.sqrt(out) if root else out
        return (out, mean(x, axis, keepdim)) if both else out

    return numpy


def variance(name, root, both=False, **more):
    """Samples of a variance: every way to say how many to divide by."""
    matrix = T((2, 3))
    samples = [*one(), sample(matrix, 0), sample(matrix, -1, keepdim=True), sample(matrix, False),
               sample(matrix, 1, False), sample(matrix, (0, 1), unbiased=False),
               sample(matrix, dim=0, correction=0), sample(matrix, correction=2),
               sample(T((2, 3, 4), layout="transposed"), (0, 2)),
               sample(T((3,), equal), unbiased=False, smooth=False)]
    samples = [s for s in samples if s.args[0].shape != () and 0 not in s.args[0].shape]
    return Operation(
        name, lambda lib, x, *dim, **k: getattr(lib, name)(x, *dim, **k), spread(root, both),
        samples, {} if both else {
            "method": lambda lib, x, *dim, **k: getattr(x, name)(*dim, **k)}, wrong=[
            Wrong(lambda lg, t: getattr(lg, name)(t(2, dtype="int64")), "DtypeError",
                  ["int64", "float()"]),
            Wrong(lambda lg, t: getattr(lg, name)(t(2), 1), "OutOfRangeError", ["1"]),
            Wrong(lambda lg, t: getattr(lg, name)(t(2), unbiased=True, correction=0),
                  "ArgumentError", ["unbiased", "correction"])], **more)


def nothing_to_spare(name, root):
    """Of as many elements as are subtracted, a variance is nan; PyTorch warns."""
    return Operation(
        f"{name} of few", lambda lib, x, *dim, **k: quietly(getattr(lib, name), x, *dim, **k),
        spread(root), [
            sample(T((), needs=False)), sample(T((0,))), sample(T((2, 0))),
            sample(T((1,), needs=False), 0), sample(T((2, 0)), 0)], dtypes="")


def quietly(call, *args, **kwargs):
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*args, **kwargs)


def length(x, p="fro", dim=None, keepdim=False):
    if p == "nuc":
        return np.linalg.norm(x, p, dim, keepdim)
    p = 2 if p == "fro" else p
    axis = dim if x.ndim else None
    size = np.abs(x)
    if math.isinf(p):
        return (np.max if p > 0 else np.min)(size, axis=axis, keepdims=keepdim)
    if p == 0:
        return (x != 0).sum(axis=axis, keepdims=keepdim)
    return (size**p).sum(axis=axis, keepdims=keepdim)**(1 / p)


ROWS = [
    variance("var", False), variance("std", True), variance("var_mean", False, both=True),
    variance("std_mean", True, both=True),
    nothing_to_spare("var", False), nothing_to_spare("std", True),
    Operation(
        "norm", lambda lib, x, *p, **k: lib.norm(x, *p, **k), length,
        [*one(away), *[sample(T((2, 3), away), p, *dim) for dim in ((), (1,))
                        for p in (1, 2, 3, 0.5, 1.5, math.inf, -math.inf)],
         sample(T((2, 3), away, needs=False), 0), sample(T((2, 3), away, needs=False), 0, 1),
         sample(T((2, 3)), "nuc"), sample(T((2, 3)), dim=0),
         sample(T((2, 3)), dim=(0, 1), keepdim=True),
         sample(T((2, 3, 4), layout="transposed"), 2, (0, 2)), sample(T(()), 3),
         *[sample(T((3,), zeros), p, smooth=False) for p in (1, math.inf)],
         *[sample(T((2, 3), equal), p, smooth=False) for p in (math.inf, -math.inf)]],
        {"method": lambda lib, x, *p, **k: x.norm(*p, **k)}, wrong=[
            Wrong(lambda lg, t: t(2, dtype="int64").norm(), "DtypeError", ["int64", "float()"]),
            Wrong(lambda lg, t: t(2).norm("long"), "ArgumentRangeError", ["'long'"]),
            Wrong(lambda lg, t: t(2).norm(2, 1), "OutOfRangeError", ["1"]),
            Wrong(lambda lg, t: t(0).norm(math.inf), "ShapeError", ["no elements"])]),
]
