"""Rows of the operations that move elements, and that pick and place them."""

import numpy as np

from tests.optable.form import (
    Operation,
    T,
    Wrong,
    sample,
)


def put(x, value, key):
    out = x.copy()
    out[key] = value
    return out


def squeezed(x, dim=None):
    """Without the dimensions of size 1 among those named; NumPy refuses the other ones."""
    dims = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    return np.squeeze(x, tuple(d for d in dims if x.shape[d] == 1))


def picked(x, key):
    """Integers pick first, as in PyTorch; NumPy would take them for index arrays."""
    arrays = isinstance(key, tuple) and any(isinstance(k, np.ndarray) for k in key)
    if arrays and type(key[0]) is int:
        return x[0][key[1:]]
    return x[key]


def add_at(x, key, shape):
    out = np.zeros(shape)
    np.add.at(out, key, x)
    return out


def assigned(x, value, key):
    out = x.clone()
    out[key] = value
    return out


INDICES = np.array([2, 0, 2]), np.array([[0, 1], [2, 2]])
EVERY = slice(None)
KEYS = [
    1, -1, slice(1, None), (0, slice(None, None, 2)), (Ellipsis, 0), (None, 1), (), INDICES[0],
    (EVERY, INDICES[1]), (INDICES[0], INDICES[0]), (0, EVERY, INDICES[0]),
    np.array([True, False, True]), (EVERY, np.array([True, False, True])),
    np.zeros((0,), dtype=np.int64),
]


ROWS = [
    Operation(
        "reshape", lambda lib, x, *shape: lib.reshape(x, *shape), lambda x, s: x.reshape(s),
        [sample(T((2, 3)), (3, 2)), sample(T((2, 3)), (-1,)), sample(T(()), (1, 1)),
         sample(T((2, 3), layout="transposed"), (6,)), sample(T((0, 3)), (0,)),
         sample(T((4,), layout="every other"), (2, -1)), sample(T((2, 3)), (2, 3, 1))],
        {"method": lambda lib, x, s: x.reshape(s), "sizes": lambda lib, x, s: x.reshape(*s)},
        view=True, wrong=[
            Wrong(lambda lg, t: t(2, 3).reshape(4), "ShapeError", ["[4]", "6", "[2, 3]"]),
            Wrong(lambda lg, t: t(2, 3).reshape(-1, -1), "ShapeError", ["[-1, -1]"]),
            Wrong(lambda lg, t: t(2, 3).reshape(2.0, 3), "ArgumentTypeError", ["integers"])]),
    Operation(
        "permute", lambda lib, x, dims: lib.permute(x, dims), np.transpose,
        [sample(T((2, 3, 4)), (2, 0, 1)), sample(T((2, 3)), (0, 1)), sample(T((2, 3)), (-1, 0)),
         sample(T(()), ()), sample(T((2, 0, 3)), (1, 2, 0)),
         sample(T((2, 3), layout="every other"), (1, 0))],
        {"method": lambda lib, x, dims: x.permute(dims), "one by one":
         lambda lib, x, dims: x.permute(*dims)}, view=True, wrong=[
            Wrong(lambda lg, t: t(2, 3).permute(0, 0), "ShapeError", ["[0, 0]"]),
            Wrong(lambda lg, t: t(2, 3).permute(0, 2), "OutOfRangeError", ["2"])]),
    Operation(
        "transpose", lambda lib, x, a, b: lib.transpose(x, a, b), np.swapaxes,
        [sample(T((2, 3)), 0, 1), sample(T((2, 3, 4)), -1, 0), sample(T((2, 3)), 1, 1),
         sample(T((0, 2)), 0, 1)], {"method": lambda lib, x, a, b: x.transpose(a, b)}, view=True,
        wrong=[Wrong(lambda lg, t: t(2, 3).transpose(0, 2), "OutOfRangeError", ["2", "-2", "1"])]),
    Operation("T", lambda lib, x: x.T, np.transpose,
              [sample(T((2, 3))), sample(T((2, 3), layout="backwards"))], view=True),
    Operation(
        "expand", lambda lib, x, shape: x.expand(shape), np.broadcast_to,
        [sample(T((1, 3)), (2, 3)), sample(T(()), (2, 2)), sample(T((2, 1)), (4, 2, 3)),
         sample(T((1,)), (0,)), sample(T((3,)), (3,))],
        {"sizes": lambda lib, x, s: x.expand(*s)}, view=True, wrong=[
            Wrong(lambda lg, t: t(2, 3).expand(2, 4), "ShapeError", ["[2, 3]", "[2, 4]"]),
            Wrong(lambda lg, t: t(2, 3).expand(3), "ShapeError", ["[2, 3]", "[3]"])]),
    Operation(
        "squeeze", lambda lib, x, *dim: lib.squeeze(x, *dim),
        squeezed,
        [sample(T((1, 3, 1))), sample(T((1, 3)), 0), sample(T((1, 3)), -1), sample(T(())),
         sample(T((1, 2, 1)), (0, 2))],
        {"method": lambda lib, x, *dim: x.squeeze(*dim)}, view=True, wrong=[
            Wrong(lambda lg, t: t(1, 3).squeeze(2), "OutOfRangeError", ["2"])]),
    Operation(
        "unsqueeze", lambda lib, x, dim: lib.unsqueeze(x, dim), np.expand_dims,
        [sample(T((2, 3)), d) for d in (0, 1, -1, -3)] + [sample(T(()), 0)],
        {"method": lambda lib, x, dim: x.unsqueeze(dim)}, view=True, wrong=[
            Wrong(lambda lg, t: t(2, 3).unsqueeze(3), "OutOfRangeError", ["3"])]),
    Operation(
        "flatten", lambda lib, x, *dims: lib.flatten(x, *dims),
        lambda x, start=0, end=-1: x.reshape(*x.shape[:start], -1, *x.shape[x.ndim + end + 1:]),
        [sample(T((2, 3, 4))), sample(T((2, 3, 4)), 1), sample(T((2, 3, 4)), 0, -2), sample(T(()))],
        {"method": lambda lib, x, *dims: x.flatten(*dims)}, view=True, wrong=[
            Wrong(lambda lg, t: t(2, 3, 4).flatten(2, 1), "OutOfRangeError", ["start_dim"])]),

    Operation(
        "getitem", lambda lib, x, key: x[key], picked,
        [sample(T((3, 3, 4)), key) for key in KEYS] + [
            sample(T((4, 3), layout="transposed"), (1, slice(None, None, 2))),
            sample(T((5,), layout="backwards"), INDICES[0]), sample(T(()), ()),
            sample(T(()), None)],
        wrong=[
            Wrong(lambda lg, t: t(2, 3)[2], "OutOfRangeError", ["2", "[2, 3]"]),
            Wrong(lambda lg, t: t(2, 3)[0, 0, 0], "OutOfRangeError", ["[2, 3]"]),
            Wrong(lambda lg, t: t(2, 3)[lg.tensor([5])], "OutOfRangeError", ["5", "[2, 3]"],
                  gpu=False),
            Wrong(lambda lg, t: t(2, 3)["a"], "ArgumentTypeError", ["no names"])]),
    Operation(
        "put_at", lambda lib, x, value, key: assigned(x, value, key), put,
        [sample(T((3, 3, 4)), value, key) for value, key in (
            (T(()), 1), (T((4,)), (0, slice(1, None))), (2.5, (Ellipsis, 0)), (T((3, 4)), 2),
            (T(()), np.array([[True, False, True]] * 3)), (T((2, 3, 4)), INDICES[0][:2]))],
        dtypes="", wrong=[
            Wrong(lambda lg, t: assigned(t(2, 3), t(4), 0), "ShapeError", ["[4]", "[2, 3]"]),
            Wrong(lambda lg, t: assigned(t(2, 3), 1.0, 2), "OutOfRangeError", ["2", "[2, 3]"]),
            Wrong(lambda lg, t: assigned(t(2, 3), "a", 0), "ArgumentTypeError", ["'a'"])]),
    Operation(
        "put_back", lambda lib, x, key, shape: lib.ops.index.put_back(x, key, shape), add_at,
        [sample(T((3, 2)), INDICES[0], (4, 2)), sample(T((2, 2)), INDICES[1], (3,)),
         sample(T((2,)), slice(1, 3), (4,))],
        torch=lambda lib, x, key, shape: lib.zeros(shape, dtype=x.dtype).index_put(
            (key,) if not isinstance(key, slice) else (lib.arange(key.start, key.stop),), x, True),
        dtypes=""),
]
