"""Rows of the operations that pick and place by index, sort, search and count."""

import warnings

import numpy as np

from tests.optable.arrange import row
from tests.optable.form import (
    Operation,
    T,
    Wrong,
    distinct,
    equal,
    normal,
    positive,
    sample,
    truth,
    whole,
)

COLUMNS = np.array([[2, 0], [1, 1]])  # places along dimension 1 of a matrix [2, 3]
ROWS_OF = np.array([[1, 0, 1]])  # places along dimension 0 of a matrix [2, 3]
VECTOR = np.array([2, 0, 2])
EVERY = slice(None)


def placed(x, dim, index, value, add=False):
    """`value` put or added at ``index`` along `dim`, element by element."""
    out, index = np.array(x, ndmin=1), np.array(index, ndmin=1)
    value = np.broadcast_to(value, index.shape) if np.ndim(value) == 0 else value
    for at in np.ndindex(index.shape):
        to = list(at)
        to[dim] = index[at]
        out[tuple(to)] = out[tuple(to)] * add + value[at]
    return out.reshape(x.shape)


def gathered(x, dim, index):
    cut = tuple(slice(None) if d == dim % x.ndim else slice(s) for d, s in enumerate(index.shape))
    return np.take_along_axis(x[cut], index, dim)


def slices(x, dim, index, value, add=False):
    if not x.ndim:
        return np.array(value)
    out = np.array(x)
    view = np.moveaxis(out, dim, 0)
    value = np.moveaxis(value, dim, 0) if np.ndim(value) else np.broadcast_to(
        value, (len(index), *view.shape[1:]))
    for k, place in enumerate(index):
        view[place] = view[place] * add + value[k]
    return out


MEET = {"sum": np.add, "mean": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}


def reduced(x, dim, index, src, reduce, include_self=True):
    """What goes to each place, gathered element by element."""
    out, counts = np.array(x), np.full(x.shape, float(include_self))
    for at in np.ndindex(index.shape):
        to = list(at)
        to[dim] = index[at]
        to = tuple(to)
        out[to] = MEET[reduce](out[to], src[at]) if counts[to] else src[at]
        counts[to] += 1
    return out / np.maximum(counts, 1) if reduce == "mean" else out


def index_reduced(x, dim, index, src, *how, **options):
    shape = [-1 if d == dim % x.ndim else 1 for d in range(x.ndim)]
    return reduced(x, dim, np.broadcast_to(index.reshape(shape), src.shape), src, *how, **options)


def quiet_index_reduce(lib, *args, **options):
    """PyTorch says that it may change this one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return lib.index_reduce(*args, **options)


def index_put(x, indices, values, accumulate=False):
    out = x.copy()
    if accumulate:
        np.add.at(out, indices, values)
    else:
        out[indices] = values
    return out


def added(x, value, key):
    """Integers pick first, as in PyTorch; NumPy would take them for index arrays."""
    if not isinstance(key, tuple) or not isinstance(key[0], int):
        return index_put(x, key, value, True)
    out = x.copy()
    out[key[0]] = index_put(x[key[0]], key[1:], value, True)
    return out


def distinct_of(x, return_inverse=False, return_counts=False, dim=None):
    out = np.unique(x, return_inverse=return_inverse, return_counts=return_counts, axis=dim)
    if return_inverse and dim is not None:  # NumPy 2.0 alone makes a column of it
        out = out[0], out[1].reshape(-1), *out[2:]
    return out


def in_order(x, dim=-1, descending=False, stable=False):
    order = np.argsort(-x if descending else x, axis=dim, kind="stable") if x.ndim else np.int64(0)
    return (np.take_along_axis(x, order, dim) if x.ndim else x), order


def top(x, k, dim=-1, largest=True):
    return [np.take(part, range(k), dim) for part in in_order(x, dim, largest)]


def found(sequence, x, right=False, out_int32=False):
    side = "right" if right else "left"
    if sequence.ndim > 1:
        return np.stack([np.searchsorted(s, v, side) for s, v in zip(sequence, x)])
    return np.searchsorted(sequence, x, side)


def rising(rng, shape):
    return np.sort(rng.standard_normal(shape), -1)


def fixed(*values):
    return lambda rng, shape: np.array(values).reshape(shape)


def add_in(lib, x, value, key):
    """PyTorch's own way to add at an index: the places as numbers of the flattened tensor."""
    places = lib.arange(x.numel()).reshape(x.shape)[key]
    return x.reshape(-1).index_add(0, places.reshape(-1), value.expand(places.shape).reshape(
        -1)).reshape(x.shape)


def bad_index(name, *more):
    """What every operation that takes an index along a dimension refuses."""
    def call(lg, t, index):
        return getattr(lg, name)(t(3), 0, index, *[t(2) for _ in more])

    return [
        Wrong(lambda lg, t: call(lg, t, t(2)), "DtypeError", [name, "float32", "long()"]),
        Wrong(lambda lg, t: call(lg, t, lg.tensor([0, -1])), "OutOfRangeError", ["-1"], gpu=False),
        Wrong(lambda lg, t: call(lg, t, lg.tensor([0, 3])), "OutOfRangeError", ["3"], gpu=False)]


def other_dtype(name):
    return Wrong(lambda lg, t: getattr(lg, name)(
        t(3), 0, lg.tensor([0, 1], device=t().device), t(2, dtype="float64")), "DtypeError",
        ["float32", "float64"])


ROWS = [
    row("select", lambda x, dim, k: np.take(x, k, dim),
        [sample(T((2, 3)), 0, 1), sample(T((2, 3)), 1, -1), sample(T((3,)), 0, 0)], view=True,
        wrong=[Wrong(lambda lg, t: t(2, 3).select(0, 2), "OutOfRangeError", ["2", "[2, 3]"]),
               Wrong(lambda lg, t: t().select(0, 0), "OutOfRangeError", ["single number"])]),
    row("narrow", lambda x, dim, start, n: np.take(x, range(start % x.shape[dim], start % x.shape[
        dim] + n), dim),
        [sample(T((5,)), 0, 1, 3), sample(T((2, 3)), 1, 0, 3), sample(T((2, 3)), -1, -2, 2),
         sample(T((2, 3)), 0, 1, 0)], view=True, wrong=[
            Wrong(lambda lg, t: t(5).narrow(0, 3, 3), "ShapeError", ["3", "5"]),
            Wrong(lambda lg, t: t(5).narrow(0, 6, 0), "OutOfRangeError", ["6", "5"]),
            Wrong(lambda lg, t: t().narrow(0, 0, 0), "ShapeError", ["dimension"]),
            Wrong(lambda lg, t: t(5).narrow(0, 0, -1), "ShapeError", ["-1"])]),
    Operation(
        "add_at", lambda lib, x, value, key: lib.ops.index.add_at(x, value, key),
        added,
        [sample(T((3, 2)), T((3, 2)), VECTOR), sample(T((3, 2)), T((2,)), VECTOR),
         sample(T((2, 3)), T((3,)), (EVERY, np.array([0, 1, 0]))),
         sample(T((2, 3, 4)), T((3, 2)), (0, EVERY, np.array([1, 1])))],
        torch=add_in, dtypes="", wrong=[
            Wrong(lambda lg, t: lg.ops.index.add_at(t(3), t(4), slice(None)), "ShapeError",
                  ["[3]", "[4]"])]),
    row("gather", gathered,
        [sample(T((2, 3)), 1, COLUMNS), sample(T((2, 3)), 0, ROWS_OF), sample(T((3,)), -1, VECTOR),
         sample(T((2, 3), layout="transposed"), -1, COLUMNS), sample(T((2, 3)), 1, COLUMNS[:1]),
         sample(T((2, 3)), 1, COLUMNS[:, :0])], wrong=[
            *bad_index("gather"),
            Wrong(lambda lg, t: t(3).gather(0, lg.tensor([3])), "PlaceError", ["gather", "3"],
                  gpu=False),
            Wrong(lambda lg, t: t(2, 3).gather(1, lg.tensor([0], device=t().device)), "ShapeError",
                  ["[1]", "[2, 3]"])]),
    Operation(
        "take_along_dim", lambda lib, x, index, *d, **k: lib.take_along_dim(x, index, *d, **k),
        lambda x, index, dim=None: np.take_along_axis(x, index, dim),
        [sample(T((2, 3)), COLUMNS, 1), sample(T((2, 3)), np.array([[2]]), 1),
         sample(T((2, 3)), np.array([5, 0]), dim=None), sample(T((1, 3)), COLUMNS, -1)],
        {"method": lambda lib, x, index, *d, **k: x.take_along_dim(index, *d, **k)}, wrong=[
            Wrong(lambda lg, t: lg.take_along_dim(t(2, 3), lg.tensor([0]), 1), "ShapeError",
                  ["[2, 3]", "[1]"])]),
    row("index_select", lambda x, dim, index: np.take(x, index, dim),
        [sample(T((3, 2)), 0, VECTOR), sample(T((2, 3)), -1, VECTOR),
         sample(T((2, 3, 2)), 1, VECTOR),
         sample(T((3,)), 0, VECTOR[:0])], wrong=[
            *bad_index("index_select"),
            Wrong(lambda lg, t: t(3).index_select(0, lg.tensor([[0]], device=t().device)),
                  "ShapeError", ["vector", "[1, 1]"])]),
    row("take", np.take,
        [sample(T((2, 3)), np.array([[5, 0], [1, 1]])), sample(T(()), np.array([0]))],
        wrong=[Wrong(lambda lg, t: t(3).take(t(2)), "DtypeError", ["float32"])]),
    row("masked_select", lambda x, m: np.broadcast_to(x, np.broadcast_shapes(x.shape, m.shape))[
        np.broadcast_to(m, np.broadcast_shapes(x.shape, m.shape))],
        [sample(T((2, 3)), T((2, 3), truth)), sample(T((2, 3)), T((3,), truth)),
         sample(T((3,)), T((2, 1), truth)), sample(T(()), T((), truth)),
         sample(T((0,)), T((0,), truth)),
         sample(T((2, 3), layout="transposed"), T((2, 3), truth, "transposed"))], wrong=[
            Wrong(lambda lg, t: t(3).masked_select(t(3)), "DtypeError", ["bool", "float32"]),
            Wrong(lambda lg, t: t(3).masked_select(t(4) > 0), "ShapeError", ["[3]", "[4]"])]),
    row("masked_fill", lambda x, m, v: np.where(m, v, x),
        [sample(T((2, 3)), T((2, 3), truth), 2), sample(T((2, 3)), T((3,), truth), -1.5),
         sample(T((3,)), T((2, 1), truth), T(())), sample(T(()), T((), truth), 1.0),
         sample(T((0, 2)), T((2,), truth), 0.0), sample(T((2, 3)), T((2, 3), truth), float("-inf"),
                                                        smooth=False)],
        dtypes="?Bbhilefd", wrong=[
            Wrong(lambda lg, t: t(3).masked_fill(t(3), 0), "DtypeError", ["bool", "float32"]),
            Wrong(lambda lg, t: t(3).masked_fill(t(4) > 0, 0), "ShapeError", ["[3]", "[4]"]),
            Wrong(lambda lg, t: t(3).masked_fill(t(3) > 0, t(3)), "ShapeError", ["where"]),
            Wrong(lambda lg, t: t(3).masked_fill(t(3) > 0, "x"), "ArgumentTypeError", ["'x'"]),
            Wrong(lambda lg, t: t(3, dtype="int64").masked_fill(t(3) > 0, float("-inf")),
                  "DtypeError", ["-inf", "int64"])]),
    row("scatter", placed,
        [sample(T((2, 3)), 1, COLUMNS[:, :1], T((2, 1))),
         sample(T((2, 3)), 0, ROWS_OF, T((2, 3), needs=False)),
         sample(T((2, 3)), -1, COLUMNS[:, :1], 2.5), sample(T((3,)), 0, VECTOR[:2], T((2,))),
         sample(T(()), 0, np.array(0), T(())), sample(T((2, 3), needs=False), 1, COLUMNS[:1],
                                                      T((1, 2)))], dtypes="", wrong=[
            *bad_index("scatter", "src"), other_dtype("scatter"),
            Wrong(lambda lg, t: t(3).scatter(0, lg.tensor([0, 1], device=t().device), t(1)),
                  "ShapeError", ["src", "[1]", "[2]"]),
            Wrong(lambda lg, t: t(3).scatter(0, lg.tensor([0]), 1.0, reduce="max"), "ArgumentError",
                  ["'max'", "multiply"]),
            Wrong(lambda lg, t: t(3).scatter(0, lg.tensor([0]), "x"), "ArgumentTypeError",
                  ["'x'"])]),
    row("scatter_add", lambda *a: placed(*a, True),
        [sample(T((3,)), 0, VECTOR, T((3,))), sample(T((2, 3)), 1, COLUMNS, T((2, 2))),
         sample(T((2, 3)), 0, ROWS_OF, T((2, 3), needs=False)),
         sample(T(()), 0, np.array(0), T(())),
         sample(T((2, 3)), 1, COLUMNS[:, :0], T((2, 0)))],
        also={"scatter": lambda lib, x, dim, index, src: x.scatter(dim, index, src, reduce="add")},
        dtypes="", wrong=[*bad_index("scatter_add", "src"), other_dtype("scatter_add")]),
    Operation(
        "scatter_reduce", lambda lib, *a, **k: lib.scatter_reduce(*a, **k), reduced,
        [sample(T((3,)), 0, VECTOR, T((3,)), how, include_self=own)
         for how in MEET for own in (True, False)] + [
            sample(T((2, 3)), 1, COLUMNS, T((2, 2)), how) for how in ("mean", "prod", "amin")] + [
            sample(T((3,)), 0, np.array([1] * 7), T((7,)), how) for how in ("prod", "amax")] + [
            # One 0 or two among the factors of a place; of extremes, equal ones.
            sample(T((3,)), 0, VECTOR, T((3,), fixed(0.0, 2.0, 3.0)), "prod"),
            sample(T((3,)), 0, np.array([1, 1, 1]), T((3,), fixed(0.0, 2.0, 3.0)), "prod"),
            sample(T((3,), needs=False), 0, np.array([1, 1, 1]), T((3,), equal), "amin",
                   smooth=False),
            sample(T((3,)), 0, VECTOR[:0], T((0,)), "prod"),
            sample(T((3,)), 0, VECTOR[:0], T((0,)), "amax")],
        {"method": lambda lib, x, *a, **k: x.scatter_reduce(*a, **k)}, dtypes="", wrong=[
            Wrong(lambda lg, t: lg.scatter_reduce(t(3), 0, lg.tensor([0]), t(1), "max"),
                  "ArgumentError", ["'max'", "amax"]),
            Wrong(lambda lg, t: lg.scatter_reduce(t(3), 0, lg.tensor([3]), t(1), "amax"),
                  "PlaceError", ["scatter", "3"], gpu=False)]),
    row("index_reduce", index_reduced,
        [sample(T((3, 2)), 0, VECTOR, T((3, 2)), how) for how in ("prod", "mean", "amax", "amin")]
        + [sample(T((2, 3)), -1, VECTOR, T((2, 3)), "prod", include_self=False)], dtypes="",
        torch=quiet_index_reduce, wrong=[Wrong(lambda lg, t: lg.index_reduce(
            t(3, 2), 0, lg.tensor([0], device=t().device), t(2, 2), "prod"), "ShapeError",
            ["[2, 2]", "[1, 2]"])]),
    row("index_add", lambda x, dim, i, s, alpha=1: slices(x, dim, i, alpha * s, True),
        [sample(T((3, 2)), 0, VECTOR, T((3, 2))), sample(T((2, 3)), -1, VECTOR, T((2, 3)), alpha=2),
         sample(T((3,)), 0, VECTOR[:0], T((0,)))], dtypes="", wrong=[
            *bad_index("index_add", "source"), other_dtype("index_add"),
            Wrong(lambda lg, t: t(3, 2).index_add(0, lg.tensor([0], device=t().device), t(2, 2)),
                  "ShapeError", ["[2, 2]", "[1, 2]"])]),
    row("index_copy", slices,
        [sample(T((3, 2)), 0, VECTOR[:2], T((2, 2))), sample(T((2, 3)), 1, VECTOR[:2], T((2, 2)))],
        dtypes="", wrong=[*bad_index("index_copy", "source"), other_dtype("index_copy")]),
    row("index_fill", slices,
        [sample(T((3, 2)), 0, VECTOR, 2.5), sample(T((2, 3)), 1, VECTOR, T(())),
         sample(T(()), 0, np.array([0]), 1.5)], dtypes="",
        wrong=[
            Wrong(lambda lg, t: lg.index_fill(t(3), 0, lg.tensor([3]), 1.0), "OutOfRangeError",
                  ["3"], gpu=False),
            Wrong(lambda lg, t: t(3).index_fill(0, t(2), 1), "DtypeError", ["float32"])]),
    row("index_put", index_put,
        [sample(T((3, 2)), (VECTOR[:2],), T((2, 2))),
         sample(T((3, 2)), (VECTOR,), T((3, 2)), True),
         sample(T((3, 2)), (VECTOR, VECTOR // 2), T(()), accumulate=True)], dtypes="", wrong=[
            Wrong(lambda lg, t: t(3).index_put((lg.tensor([0]),), t(1, dtype="float64")),
                  "DtypeError", ["float32", "float64"])]),
    Operation(
        "one_hot", lambda lib, x, *n: lib.nn.functional.one_hot(x, *n),
        lambda x, n=None: np.eye(n or x.max() + 1, dtype=np.int64)[x],
        [sample(T((3,), whole(0, 4)), 5), sample(T((2, 3), whole(0, 4))),
         sample(T((), whole(0, 4)), 4),
         sample(T((0,), whole(0, 4)), 4)], dtypes="", wrong=[
            Wrong(lambda lg, t: lg.nn.functional.one_hot(t(3)), "DtypeError", ["float32", "long"]),
            Wrong(lambda lg, t: lg.nn.functional.one_hot(lg.tensor([3]), 3), "PlaceError",
                  ["3"], gpu=False),
            Wrong(lambda lg, t: lg.nn.functional.one_hot(t(0, dtype="int64")), "ShapeError",
                  ["num_classes"])]),

    row("sort", in_order,
        [sample(T(s, distinct), *a) for s, a in (
            ((4,), ()), ((2, 3), ()), ((2, 3), (0,)), ((3, 2, 2), (1,)), ((2, 3), (-1, True)),
            ((), ()), ((0, 2), (0,)), ((2, 0), ()))] + [
            sample(T((4,), fixed(1.0, 2.0, 1.0, 2.0)), stable=True, smooth=False),
            sample(T((4,), fixed(1.0, 2.0, 1.0, 2.0)), stable=True, descending=True, smooth=False),
            sample(T((2, 3), distinct, "transposed"), 0)],
        wrong=[Wrong(lambda lg, t: t(3).sort(1), "OutOfRangeError", ["1"])]),
    row("argsort", lambda *a, **k: in_order(*a, **k)[1],
        [sample(T(s, distinct), *a) for s, a in (((4,), ()), ((2, 3), (0,)), ((2, 3), (1, True)),
                                                 ((), ()))], dtypes="Bbhilefd"),
    row("topk", top,
        [sample(T((5,), distinct), 2), sample(T((2, 4), distinct), 3, -1),
         sample(T((4, 2), distinct), 2, 0), sample(T((5,), distinct), 2, largest=False),
         sample(T((5,), distinct), 0), sample(T((2, 3), distinct, "every other"), 3)],
        dtypes="bhilefd", wrong=[
            Wrong(lambda lg, t: t(3).topk(4), "ShapeError", ["4", "3"]),
            Wrong(lambda lg, t: t(3).topk(1, 1), "OutOfRangeError", ["1"])]),
    Operation(
        "unique", lambda lib, x, **k: lib.unique(x, **k),
        distinct_of,
        [sample(T((6,), whole(0, 3))), sample(T((2, 3), whole(0, 3)), return_inverse=True),
         sample(T((6,), whole(0, 3), needs=False), return_counts=True),
         sample(T((6,), whole(0, 3)), return_inverse=True, return_counts=True),
         sample(T((4, 1), whole(0, 2)), dim=0, return_inverse=True), sample(T((0,), whole(0, 3))),
         sample(T((3,), normal, needs=False))],
        {"method": lambda lib, x, **k: x.unique(**k)}, wrong=[
            Wrong(lambda lg, t: t(3).unique(dim=1), "OutOfRangeError", ["1"])]),
    row("nonzero", lambda x: np.stack(np.nonzero(np.atleast_1d(x)), 1)[:, :x.ndim],
        [sample(T((4,), whole(0, 2))), sample(T((2, 3), truth)), sample(T((), whole(1, 2))),
         sample(T((0, 2), whole(0, 2))), sample(T((3,), fixed(0.0, 1.0, 2.0)))]),
    row("bincount", lambda x, w=None, minlength=0: np.bincount(x, w, minlength),
        [sample(T((5,), whole(0, 4))), sample(T((5,), whole(0, 4)), minlength=7),
         sample(T((3,), whole(0, 4)), T((3,), positive, needs=False)),
         sample(T((0,), whole(0, 2)))],
        dtypes="Bbhil", wrong=[
            Wrong(lambda lg, t: t(3).bincount(), "ShapeError", ["integers"]),
            Wrong(lambda lg, t: lg.bincount(lg.tensor([-1])), "ShapeError", ["-1"], gpu=False),
            Wrong(lambda lg, t: lg.bincount(t(2, dtype="int64"), t(3)), "ShapeError", ["[3]"])]),
    Operation(
        "histogram", lambda lib, x, bins=100, weight=None, **k: lib.histogram(
            x, bins, weight=weight, **k),
        lambda x, bins=100, weight=None, range=None, density=False: [
            part.astype(x.dtype) for part in np.histogram(x, bins, range, density, weight)],
        [sample(T((7,), needs=False), 4), sample(T((2, 3), needs=False), 5, range=(-1.0, 1.5)),
         sample(T((6,), needs=False), 3, density=True), sample(T((0,), needs=False), 2),
         sample(T((4,), fixed(1.0, 2.0, 3.0, 2.5), needs=False),
                T((3,), fixed(1.0, 2.0, 3.0), needs=False)),
         sample(T((3,), equal, needs=False), 2),
         sample(T((5,), needs=False), 3, T((5,), positive, needs=False))],
        dtypes="", wrong=[
            Wrong(lambda lg, t: lg.histogram(t(3).long(), 2), "DtypeError", ["int64"]),
            Wrong(lambda lg, t: lg.histogram(t(3), 0), "ArgumentRangeError", ["0"]),
            Wrong(lambda lg, t: lg.histogram(t(3), range=(2.0, 1.0)), "ArgumentRangeError",
                  ["2.0", "1.0"]),
            Wrong(lambda lg, t: lg.histogram(t(3), t(3).double()), "DtypeError", ["float64"]),
            Wrong(lambda lg, t: lg.histogram(t(3), 2, weight=t(2)), "ShapeError", ["weight"]),
            Wrong(lambda lg, t: lg.histogram(t(3), t(2, 2)), "ShapeError", ["vector"])]),
    Operation(
        "histc", lambda lib, x, *a: lib.histc(x, *a),
        lambda x, bins=100, low=0, high=0: np.histogram(
            x, bins, None if low == high else (low, high))[0].astype(x.dtype),
        [sample(T((7,), needs=False), 4), sample(T((2, 3), needs=False), 5, -1, 1),
         sample(T((5,), needs=False))],
        dtypes="", wrong=[
            Wrong(lambda lg, t: lg.histc(t(3).long(), 2), "DtypeError", ["int64"])]),
    Operation(
        "searchsorted", lambda lib, s, x, **k: lib.searchsorted(s, x, **k), found,
        [sample(T((4,), rising, needs=False), T((3,))),
         sample(T((4,), fixed(1, 2, 2, 3)), T((4,), fixed(0, 2, 3, 4)), right=True),
         sample(T((2, 3), rising, needs=False), T((2, 2))),
         sample(T((4,), rising, needs=False), T(())), sample(T((4,), fixed(1, 2, 2, 3)), 2),
         sample(T((4,), rising, needs=False), T((0,))),
         sample(T((4,), fixed(1, 2, 2, 3)), T((1,), fixed(2)), out_int32=True)], dtypes="", wrong=[
            Wrong(lambda lg, t: lg.searchsorted(t(2, 3), t(3)), "ShapeError", ["[2, 3]", "[3]"]),
            Wrong(lambda lg, t: lg.searchsorted(t(2), t(2), side="up"), "OutOfRangeError",
                  ["'up'"])]),
    Operation(
        "bucketize", lambda lib, x, s, **k: lib.bucketize(x, s, **k),
        lambda x, s, right=False: found(s, x, right),
        [sample(T((2, 3)), T((4,), rising, needs=False)),
         sample(T((3,), fixed(0, 2, 3)), T((4,), fixed(1, 2, 2, 3)), right=True)], dtypes=""),

    # Draws that can come out in one way only; what is left to chance is in core/test_random.py.
    row("bernoulli", lambda x, p=None: x if p is None else np.full(x.shape, p),
        [sample(T((2,), fixed(0.0, 1.0), needs=False)), sample(T((2, 3), needs=False), 1.0),
         sample(T((), fixed(1.0), needs=False)), sample(T((0,), needs=False))], dtypes="", wrong=[
            Wrong(lambda lg, t: lg.bernoulli(t(2) * 2), "ArgumentRangeError", ["0 and 1"],
                  gpu=False),
            Wrong(lambda lg, t: lg.bernoulli(t(2), -1), "ArgumentRangeError", ["0 and 1"])]),
    row("multinomial", lambda x, n, replacement=False: np.repeat(
        x.argmax(-1, keepdims=True), n, -1),
        [sample(T((3,), fixed(0.0, 2.0, 0.0), needs=False), 4, True),
         sample(T((2, 2), fixed(0.0, 1.0, 3.0, 0.0), needs=False), 2, replacement=True),
         sample(T((1,), fixed(1.0), needs=False), 1)], dtypes="", wrong=[
            Wrong(lambda lg, t: lg.multinomial(t(3), 4), "ShapeError", ["4 of 3"]),
            Wrong(lambda lg, t: t(1, 2, 3).multinomial(1), "ShapeError", ["vector"])]),
]
