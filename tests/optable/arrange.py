"""Rows of the operations that give tensors another shape, join, divide, repeat and turn them."""

import numpy as np

from tests.optable.form import Operation, T, Wrong, one, sample


def row(name, numpy, samples, *, wrong=(), also=None, method=True, **more):
    """A row whose function and method are called alike."""
    spellings = {"method": lambda lib, x, *a, **k: getattr(x, name)(*a, **k)} if method else {}
    return Operation(name, lambda lib, x, *a, **k: getattr(lib, name)(x, *a, **k), numpy, samples,
                     spellings | (also or {}), wrong=wrong, **more)


def joined(name, numpy, samples, *, wrong=(), **more):
    """A row of a function of a list of tensors."""
    return Operation(
        name, lambda lib, *xs, **k: getattr(lib, name)(xs, **k),
        lambda *xs, dim=0: numpy(xs, dim), samples,
        {"list": lambda lib, *xs, **k: getattr(lib, name)(list(xs), **k)}, wrong=[
            Wrong(lambda lg, t: getattr(lg, name)(t(2)), "ArgumentTypeError", [name, "list"]),
            Wrong(lambda lg, t: getattr(lg, name)([t(2), 3]), "ArgumentTypeError", ["3"]),
            Wrong(lambda lg, t: getattr(lg, name)([]), "ArgumentRangeError", ["no tensors"]),
            *wrong],
        **more)


def legacy(xs, dim):
    """NumPy's concatenate, with PyTorch's leave for tensors of shape [0]."""
    full = [x for x in xs if x.shape != (0,)]
    return np.concatenate(full or xs, dim if full else 0)


def parted(x, size, dim=0):
    if not isinstance(size, int):
        return np.split(x, np.cumsum(size)[:-1], dim)
    return np.split(x, range(size, x.shape[dim], size), dim) if size else [x]


def chunked(x, n, dim=0):
    whole = x.shape[dim]
    return parted(x, -(-whole // n), dim) if whole else [x] * n


def raveled(x, shifts, dims=None):
    return np.roll(x, shifts, dims) if x.ndim else x


def repeated(x, repeats, dim=None):
    return np.repeat(x, repeats, dim)


def embedded(x, offset=0, dim1=-2, dim2=-1):
    n = x.shape[-1] + abs(offset)
    out = np.zeros((*x.shape[:-1], n, n))
    k = np.arange(x.shape[-1])
    out[..., k + max(-offset, 0), k + max(offset, 0)] = x
    return np.moveaxis(out, (-2, -1), (dim1, dim2))


def reworked(y):
    """Parts of `y` changed in place, one after another, by what means the same in NumPy."""
    part, column = y[1:], y.T[0]
    column += 1
    part *= 3
    diagonal = y.diagonal()
    if hasattr(diagonal, "flags"):
        diagonal.flags.writeable = True
    diagonal -= part.sum()
    return y + part[0] + column.sum()


PAIRS = [((2,), (3,)), ((2, 3), (2, 3)), ((1, 3), (2, 3)), ((0, 3), (2, 3))]
MATRICES = [sample(T((3, 3))), sample(T((2, 4))), sample(T((2, 3, 2))), sample(T((0, 3))),
            sample(T((2, 3), layout="transposed")), sample(T((4, 2), layout="every other"))]

ROWS = [
    Operation("view", lambda lib, x, s: x.view(s), lambda x, s: x.reshape(s),
        [sample(T((2, 3)), (3, 2)), sample(T((2, 3)), (-1,)), sample(T(()), (1, 1)),
         sample(T((0, 3)), (3, 0)), sample(T((4, 2), layout="backwards"), (4, 1, 2)),
         sample(T((2, 3), layout="transposed"), (2, 1, 3))],
        {"sizes": lambda lib, x, s: x.view(*s)}, view=True, wrong=[
            Wrong(lambda lg, t: t(2, 3).T.view(6), "ShapeError", ["[6]", "reshape", "memory"]),
            Wrong(lambda lg, t: t(2, 3).view(4), "ShapeError", ["[4]", "6"]),
            Wrong(lambda lg, t: t(2, 3).view(lg.int32), "ArgumentTypeError", [".to(dtype)"])]),
    Operation("view_as", lambda lib, x, y: x.view_as(y), lambda x, y: x.reshape(y.shape),
              [sample(T((2, 3)), T((3, 2), needs=False)), sample(T(()), T((1,), needs=False))],
              {"reshape_as": lambda lib, x, y: x.reshape_as(y)}, view=True, dtypes=""),
    Operation("contiguous", lambda lib, x: x.contiguous(), np.copy, one()),
    row("t", np.transpose, [sample(T((2, 3))), sample(T((3,))), sample(T(())), sample(T((0, 2)))],
        view=True, wrong=[
            Wrong(lambda lg, t: t(1, 2, 3).t(), "ShapeError", ["3 dimensions", "mT"])]),
    Operation("mT", lambda lib, x: x.mT, lambda x: np.swapaxes(x, -1, -2),
              [sample(T((2, 3))), sample(T((2, 3, 4))), sample(T((2, 0)))], view=True, wrong=[
                  Wrong(lambda lg, t: t(3).mT, "ShapeError", ["1 dimension"])]),
    row("movedim", lambda x, a, b: np.moveaxis(x, a, b),
        [sample(T((2, 3, 4)), 0, -1), sample(T((2, 3, 4)), (0, 1), (2, 0)),
         sample(T((2, 3, 4)), (-1, 0), (0, 1)), sample(T((2, 0)), 1, 0), sample(T((3,)), 0, 0)],
        also={"moveaxis": lambda lib, x, a, b: lib.moveaxis(x, a, b)}, view=True, wrong=[
            Wrong(lambda lg, t: t(2, 3).movedim((0, 1), 0), "ShapeError", ["movedim", "once"]),
            Wrong(lambda lg, t: t(2, 3).movedim((0, 0), (0, 1)), "ShapeError", ["once"]),
            Wrong(lambda lg, t: t(2, 3).movedim(2, 0), "OutOfRangeError", ["2"])]),
    row("broadcast_to", np.broadcast_to,
        [sample(T((1, 3)), (2, 3)), sample(T(()), (2, 2)), sample(T((2, 1)), (4, 2, 3))],
        view=True, wrong=[
            Wrong(lambda lg, t: t(2).broadcast_to((3,)), "ShapeError", ["[2]", "[3]"])]),
    Operation("expand_as", lambda lib, x, y: x.expand_as(y), lambda x, y: x + 0 * y,
              [sample(T((1, 3)), T((2, 3), needs=False)), sample(T(()), T((2,), needs=False))],
              view=True, dtypes=""),
    Operation(
        "broadcast_tensors", lambda lib, *xs: lib.broadcast_tensors(*xs), np.broadcast_arrays,
        [sample(T((3, 1)), T((2,))), sample(T(()), T((2, 1)), T((1, 3))), sample(T((2,)))],
        wrong=[Wrong(lambda lg, t: lg.broadcast_tensors(t(2), t(3)), "ShapeError",
                     ["[2]", "[3]"])]),
    Operation(
        "meshgrid", lambda lib, *xs, indexing="ij": lib.meshgrid(*xs, indexing=indexing),
        lambda *xs, indexing="ij": np.meshgrid(*xs, indexing=indexing),
        [sample(T((3,)), T((2,)), indexing=how) for how in ("ij", "xy")] +
        [sample(T((2,)), T((3,)), T((4,)), indexing="xy"), sample(T(()), T((2,))),
         sample(T((2,))), sample(T((0,)), T((2,)))],
        {"list": lambda lib, *xs, indexing="ij": lib.meshgrid(list(xs), indexing=indexing)},
        wrong=[
            Wrong(lambda lg, t: lg.meshgrid(t(2), t(3), indexing="rows"), "ArgumentError",
                  ["'rows'", "xy"]),
            Wrong(lambda lg, t: lg.meshgrid(t(2, 2)), "ShapeError", ["vectors"]),
            Wrong(lambda lg, t: lg.meshgrid(t(2), t(2, dtype="int64")), "ShapeError", ["dtype"])]),
    row("unflatten", lambda x, dim, s: x.reshape(*x.shape[:dim], *s, *x.shape[dim + 1:]),
        [sample(T((2, 6)), 1, (2, 3)), sample(T((6, 2)), 0, (3, -1)), sample(T((6,)), 0, (-1,))],
        view=True, wrong=[
            Wrong(lambda lg, t: t(2, 6).unflatten(1, (4, 2)), "ShapeError", ["[4, 2]", "6"])]),
    row("ravel", np.ravel, one()),

    joined("cat", legacy,
           [sample(T(a), T(b)) for a, b in PAIRS] + [
               sample(T((2, 1)), T((2, 3)), T((2, 2)), dim=1), sample(T((2, 3)), dim=-1),
               sample(T((2, 3), needs=False), T((2, 3)), dim=1), sample(T((0,)), T((2, 3)), dim=1),
               sample(T((0,)), T((0,))),
               sample(T((2, 3), layout="transposed"), T((1, 3), layout="every other"))], wrong=[
               Wrong(lambda lg, t: lg.cat([t(2, 3), t(2, 4)]), "ShapeError",
                     ["[2, 3]", "[2, 4]", "dimension 0"]),
               Wrong(lambda lg, t: lg.cat([t(2), t(2, 2)]), "ShapeError", ["[2]", "[2, 2]"]),
               Wrong(lambda lg, t: lg.cat([t(), t()]), "ShapeError", ["stack"]),
               Wrong(lambda lg, t: lg.cat([t(2), t(2)], dim=1), "OutOfRangeError", ["1"])]),
    joined("stack", np.stack,
           [sample(T(s), T(s)) for s in ((), (2,), (2, 3), (0,))] + [
               sample(T((2, 3)), T((2, 3)), T((2, 3)), dim=d) for d in (1, -1, -3)] + [
               sample(T((2, 3), layout="transposed"), T((2, 3), needs=False), dim=2)], wrong=[
               Wrong(lambda lg, t: lg.stack([t(2), t(3)]), "ShapeError", ["[2]", "[3]", "cat"]),
               Wrong(lambda lg, t: lg.stack([t(2), t(2)], 2), "OutOfRangeError", ["2"])]),
    *[joined(name, lambda xs, dim, f=f: f(xs),
             [sample(T(s), T(s)) for s in ((), (2,), (2, 3), (1, 2, 2))], wrong=[
                 Wrong(lambda lg, t, name=name: getattr(lg, name)([t(2, 3), t(3, 2, 1)]),
                       "ShapeError", ["[2, 3"])])
      for name, f in (("hstack", np.hstack), ("vstack", np.vstack), ("dstack", np.dstack))],
    row("split", parted,
        [sample(T((5,)), 2), sample(T((2, 6)), 2, 1), sample(T((2, 6)), [1, 2, 3], 1),
         sample(T((3, 2)), [3], -2), sample(T((4, 2)), [0, 4]), sample(T((2, 0)), 3, 1),
         sample(T((4, 3), layout="transposed"), 3)], view=True, wrong=[
            Wrong(lambda lg, t: t(5).split([2, 2]), "ShapeError", ["[2, 2]", "5"]),
            Wrong(lambda lg, t: t(5).split(0), "ShapeError", ["0", "5"]),
            Wrong(lambda lg, t: t(5).split(2, 1), "OutOfRangeError", ["1"]),
            Wrong(lambda lg, t: t().split(1), "ShapeError", ["single number"])]),
    row("chunk", chunked,
        [sample(T((6,)), 3), sample(T((2, 5)), 3, 1), sample(T((4, 2)), 8), sample(T((0, 2)), 2)],
        view=True, wrong=[Wrong(lambda lg, t: t(5).chunk(0), "ShapeError", ["0"])]),
    row("unbind", lambda x, dim=0: list(np.moveaxis(x, dim, 0)),
        [sample(T((3,))), sample(T((2, 3))), sample(T((2, 3)), 1), sample(T((2, 3, 2)), -2),
         sample(T((2, 0)))], view=True, wrong=[
            Wrong(lambda lg, t: t().unbind(), "OutOfRangeError", ["single number"])]),

    Operation(
        "repeat", lambda lib, x, times: x.repeat(times), np.tile,
        [sample(T((2,)), (2, 3)), sample(T((2, 3)), (2, 1)), sample(T(()), (2, 2)),
         sample(T((2,)), (0,)), sample(T((1, 3)), (1, 2, 1)),
         sample(T((2, 3), layout="transposed"), (2, 2))],
        {"sizes": lambda lib, x, times: x.repeat(*times)}, wrong=[
            Wrong(lambda lg, t: t(2, 3).repeat(2), "ShapeError", ["2 dimensions"]),
            Wrong(lambda lg, t: t(2).repeat(-1), "ShapeError", ["-1"])]),
    row("tile", np.tile,
        [sample(T((2,)), (2, 3)), sample(T((2, 3)), (2,)), sample(T(()), (2,)),
         sample(T((0, 2)), (2, 1))], wrong=[
            Wrong(lambda lg, t: lg.tile(t(2), (2.0,)), "ArgumentTypeError", ["2.0"])]),
    row("repeat_interleave", repeated,
        [sample(T((3,)), 2), sample(T((2, 3)), 2), sample(T((2, 3)), 3, 1),
         sample(T((2, 3)), np.array([1, 2, 0]), -1), sample(T(()), 2), sample(T((0,)), 2),
         sample(T((2,)), np.array([0, 2]), dim=0)], wrong=[
            Wrong(lambda lg, t: t(3).repeat_interleave(-1), "ArgumentRangeError", ["-1"]),
            Wrong(lambda lg, t: t(3).repeat_interleave(lg.tensor([1, 2])), "ArgumentRangeError",
                  ["[1, 2]", "3"])]),
    row("roll", raveled,
        [sample(T((4,)), 1), sample(T((2, 3)), 2), sample(T((2, 3)), -1, 1),
         sample(T((2, 3)), (1, 2), (0, 1)), sample(T((0, 2)), 1, 0), sample(T(()), 1),
         sample(T((2, 3), layout="transposed"), 1, -1)], wrong=[
            Wrong(lambda lg, t: t(2, 3).roll((1, 1)), "ShapeError", ["2 shifts"]),
            Wrong(lambda lg, t: t().roll(1, 0), "OutOfRangeError", ["single number"]),
            Wrong(lambda lg, t: t(2, 3).roll((1, 1), 0), "ShapeError", ["2 shift"]),
            Wrong(lambda lg, t: t(2, 3).roll(1, 2), "OutOfRangeError", ["2"])]),
    row("flip", np.flip,
        [sample(T((3,)), (0,)), sample(T((2, 3)), (0, -1)), sample(T((2, 0)), (1,)),
         sample(T(()), ()), sample(T((2, 3), layout="every other"), (1,))],
        also={"sizes": lambda lib, x, dims: x.flip(*dims)}, wrong=[
            Wrong(lambda lg, t: t(2, 3).flip(0, 0), "ShapeError", ["twice"]),
            Wrong(lambda lg, t: t(2, 3).flip(2), "OutOfRangeError", ["2"])]),
    row("fliplr", np.fliplr, [sample(T((2, 3)))], wrong=[
        Wrong(lambda lg, t: lg.fliplr(t(3)), "ShapeError", ["matrix"])]),
    row("flipud", np.flipud, [sample(T((2, 3))), sample(T((3,)))], wrong=[
        Wrong(lambda lg, t: lg.flipud(t()), "ShapeError", ["single number"])]),
    row("rot90", lambda x, k=1, dims=(0, 1): np.rot90(x, k, dims),
        [sample(T((2, 3)), k) for k in (-1, 0, 1, 2, 3)] + [sample(T((2, 3, 2)), 1, (-1, 0))],
        wrong=[Wrong(lambda lg, t: lg.rot90(t(2, 2), 1, (0, 0)), "ShapeError", ["(0, 0)"]),
               Wrong(lambda lg, t: lg.rot90(t(2), 1), "ShapeError", ["(0, 1)"])]),

    *[row(name, f, MATRICES + [sample(T((3, 4)), k) for k in (-1, 1, 5)], wrong=[
        Wrong(lambda lg, t, name=name: getattr(lg, name)(t(3)), "ShapeError", [name, "matri"])])
      for name, f in (("triu", np.triu), ("tril", np.tril))],
    row("diagonal", lambda x, *a, **k: np.diagonal(x, *a, **{
        {"dim1": "axis1", "dim2": "axis2"}.get(n, n): v for n, v in k.items()}),
        MATRICES + [sample(T((3, 4)), k) for k in (-1, 1, 5)] + [
            sample(T((2, 3, 3)), 1, -2, -1), sample(T((2, 3, 3)), dim1=2, dim2=0)], view=True,
        wrong=[Wrong(lambda lg, t: t(2, 2).diagonal(dim1=1), "ShapeError", ["both 1"]),
               Wrong(lambda lg, t: t(2).diagonal(), "OutOfRangeError", ["dim2"])]),
    row("diag", np.diag, [sample(T((3,))), sample(T((3, 3))), sample(T((2, 4)), 1),
                          sample(T((2,)), -1), sample(T((0,))), sample(T((3, 2)), -2)], wrong=[
        Wrong(lambda lg, t: lg.diag(t(1, 1, 1)), "ShapeError", ["3 dimensions"])]),
    row("diag_embed", embedded,
        [sample(T((3,))), sample(T((2, 3))), sample(T((2, 3)), 1), sample(T((2, 3)), -1, 0, 2),
         sample(T((0,)))], wrong=[
            Wrong(lambda lg, t: lg.diag_embed(t(2), dim1=0, dim2=0), "ShapeError", ["different"])]),
    Operation("a part changed in place", lambda lib, x: reworked(x * 2), lambda x: reworked(x * 2),
              [sample(T((3, 3))), sample(T((2, 4)))]),
    Operation("trace", lambda lib, x: x.trace(), np.trace,
              [sample(T((3, 3))), sample(T((2, 4))), sample(T((0, 2)))], wrong=[
                  Wrong(lambda lg, t: t(3).trace(), "ShapeError", ["matrix"])]),
]
