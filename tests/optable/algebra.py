"""Rows of einsum and its kin, of products by name, and of linear algebra."""

import math

import numpy as np

from tests.optable.form import Operation, T, Wrong, sample


def symmetric(rng, shape):
    """Positive definite."""
    a = rng.standard_normal(shape)
    return a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1])


def regular(rng, shape):
    """Far from singular."""
    return rng.standard_normal(shape) + 3 * np.eye(shape[-1])


def lower(f):
    """Made symmetric first: a Cholesky factor reads one triangle, a derivative needs both."""
    return lambda lib, a, **k: f(lib, (a + a.transpose(-1, -2)) / 2, **k)


def np_norm(x, ord=2, dim=None, keepdim=False):
    x = abs(x)
    dim = tuple(range(x.ndim)) if dim is None else dim
    if ord in (math.inf, -math.inf):
        return (x.max if ord > 0 else x.min)(axis=dim, keepdims=keepdim)
    if ord == 0:
        return (x != 0).sum(axis=dim, keepdims=keepdim).astype(float)
    return (x**ord).sum(axis=dim, keepdims=keepdim) ** (1 / ord)


def signless(u, s, vt):
    return u * u, s, vt * vt


EQUATIONS = [
    ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ii->i", (3, 3)), ("ii", (3, 3)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("ij->ji", (2, 3)), ("ij->", (2, 3)),
    ("i,j->ij", (2,), (3,)),
    ("i,i", (3,), (3,)), ("...ij,...jk->...ik", (2, 1, 2, 3), (4, 3, 2)), ("...->...", (2, 3)),
    ("bhqd,bhkd->bhqk", (2, 1, 3, 2), (2, 1, 2, 2)), ("ij,j,jk->ik", (2, 3), (3,), (3, 2)),
    ("ijj,jk->ik", (2, 3, 3), (3, 2)), ("ij,kl->", (2, 2), (3, 2)), ("iij->j", (2, 2, 3)),
    ("i...,i->...", (3, 2), (3,)), ("ij,jk->ik", (0, 3), (3, 2)), ("i , i -> i", (2,), (2,)),
]

ROWS = [
    Operation(
        "einsum", lambda lib, eq, *x: lib.einsum(eq, *x), lambda eq, *x: np.einsum(eq, *x),
        [sample(eq, *map(T, shapes)) for eq, *shapes in EQUATIONS] + [
            sample("ij,jk->ik", T((2, 3), layout="transposed"), T((3, 2), needs=False))],
        dtypes="", wrong=[
            Wrong(lambda lg, t: lg.einsum("ij,jk->ik", t(2, 3)), "ArgumentRangeError",
                  ["2 operand"]),
            Wrong(lambda lg, t: lg.einsum("ij,jk->ik", t(2, 3), t(4, 5)), "ShapeError",
                  ["'j'", "3", "4"]),
            Wrong(lambda lg, t: lg.einsum("ij->ik", t(2, 3)), "ArgumentRangeError", ["'k'"]),
            Wrong(lambda lg, t: lg.einsum("ij", t(3)), "ShapeError", ["names 2"]),
            Wrong(lambda lg, t: lg.einsum("i1->i", t(2, 3)), "ArgumentRangeError", ["letters"]),
            Wrong(lambda lg, t: lg.einsum(t(3), t(3)), "ArgumentTypeError", ["equation"])]),
    Operation(
        "outer", lambda lib, a, b: lib.outer(a, b), np.outer,
        [sample(T((2,)), T((3,))), sample(T((0,)), T((3,)))],
        {"method": lambda lib, a, b: a.outer(b)}, dtypes="ilfd",
        wrong=[Wrong(lambda lg, t: lg.outer(t(2, 2), t(3)), "ShapeError", ["vectors"])]),
    Operation(
        "cross", lambda lib, a, b, *dim: lib.cross(a, b, *dim),
        lambda a, b, dim=-1: np.cross(a, b, axis=dim),
        [sample(T((3,)), T((3,)), 0), sample(T((2, 3)), T((2, 3)), 1),
         sample(T((3, 2)), T((3, 2)), 0), sample(T((2, 3)), T((1, 3)), -1),
         sample(T((0, 3)), T((0, 3)), 1)],
        {"method": lambda lib, a, b, *dim: a.cross(b, *dim)}, dtypes="", wrong=[
            Wrong(lambda lg, t: lg.cross(t(2), t(2)), "ShapeError", ["[2]", "3"]),
            Wrong(lambda lg, t: t(2, 3).cross(t(4, 3), 1), "ShapeError", ["broadcast"])]),
    Operation(
        "kron", lambda lib, a, b: lib.kron(a, b), np.kron,
        [sample(T((2, 3)), T((3, 2))), sample(T((2,)), T((3, 2))), sample(T(()), T((2,)))],
        dtypes="ilfd"),
    Operation(
        "tensordot", lambda lib, a, b, d: lib.tensordot(a, b, d),
        lambda a, b, d: np.tensordot(a, b, d),
        [sample(T((2, 3, 4)), T((3, 4, 2)), 2), sample(T((2, 3)), T((3, 4)), 1),
         sample(T((2, 3)), T((3, 2)), ([0], [1])), sample(T((2,)), T((3,)), 0)],
        dtypes="", wrong=[
            Wrong(lambda lg, t: lg.tensordot(t(2, 3), t(4, 5), 1), "ShapeError", ["[3]", "[4]"]),
            Wrong(lambda lg, t: lg.tensordot(t(2), t(2), 3), "ArgumentError", ["3"])]),
    *[Operation(
        name, lambda lib, a, b, name=name: getattr(lib, name)(a, b), np.matmul,
        [sample(T(a), T(b)) for a, b in shapes],
        {"method": lambda lib, a, b, name=name: getattr(a, name)(b)}, dtypes="fd",
        wrong=[Wrong(lambda lg, t, name=name: getattr(lg, name)(t(2, 3, 4, 5), t(5)),
                     "ShapeError", [name])])
      for name, shapes in (
          ("mm", [((2, 3), (3, 4)), ((0, 3), (3, 2))]), ("mv", [((2, 3), (3,))]),
          ("bmm", [((2, 2, 3), (2, 3, 4)), ((0, 2, 3), (0, 3, 4))]),
          ("dot", [((3,), (3,)), ((0,), (0,))]))],
    *[Operation(
        name, lambda lib, x, a, b, name=name, **k: getattr(lib, name)(x, a, b, **k),
        lambda x, a, b, beta=1, alpha=1: beta * x * (beta != 0) + alpha * (a @ b),
        [sample(T(s), T(a), T(b), **k) for s in (c, ()) for k in ({}, {"beta": 0.5, "alpha": 2})],
        {"method": lambda lib, x, a, b, name=name, **k: getattr(x, name)(a, b, **k)}, dtypes="fd",
        wrong=[Wrong(lambda lg, t, name=name, a=a, b=b: getattr(lg, name)(t(7, 7, 7), t(*a), t(*b)),
                     "ShapeError", ["broadcast"])])
      for name, a, b, c in (("addmm", (2, 3), (3, 4), (2, 4)),
                            ("baddbmm", (2, 2, 3), (2, 3, 4), (2, 2, 4)))],

    *[Operation(
        name, lambda lib, a, name=name: getattr(lib.linalg, name)(a), numpy,
        [sample(T(s, regular)) for s in ((3, 3), (2, 2, 2), (1, 1), (0, 2, 2))], dtypes="fd",
        wrong=[Wrong(lambda lg, t, name=name: getattr(lg.linalg, name)(t(2, 3)), "ShapeError",
                     ["square"]),
               Wrong(lambda lg, t, name=name: getattr(lg.linalg, name)(t(2, 2).long()),
                     "DtypeError", ["int64"])])
      for name, numpy in (("inv", np.linalg.inv), ("det", np.linalg.det))],
    Operation(
        "solve", lambda lib, a, b: lib.linalg.solve(a, b),
        lambda a, b: np.linalg.solve(a, b[..., None])[..., 0]
        if b.ndim == 1 or b.shape == a.shape[:-1] else np.linalg.solve(a, b),
        [sample(T(a, regular), T(b)) for a, b in [
            ((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (2, 3)), ((2, 3, 3), (3, 2)),
            ((3, 3), (2, 3, 1))]],
        dtypes="fd", wrong=[
            Wrong(lambda lg, t: lg.linalg.solve(t(3, 3), t(4)), "ShapeError", ["3 rows"]),
            Wrong(lambda lg, t: lg.linalg.solve(t(3, 3), t(3, dtype="float64")), "DtypeError",
                  ["float64"]),
            Wrong(lambda lg, t: lg.linalg.solve(t(2, 2) * 0, t(2)), "SingularError",
                  ["Singular"], gpu=False)]),
    Operation(
        # Signs of the vectors are free, so what does not depend on them is compared.
        "svd", lambda lib, a: signless(*lib.linalg.svd(a, full_matrices=False)),
        lambda a: signless(*np.linalg.svd(a, full_matrices=False)),
        [sample(T(s)) for s in ((3, 2), (2, 3), (3, 3), (2, 3, 2), (1, 1))], dtypes="", twice=False,
        wrong=[
            Wrong(lambda lg, t: lg.linalg.svd(t(3)), "ShapeError", ["matrices"]),
            Wrong(lambda lg, t: lg.linalg.svd(t(3, 3), full_matrices=True), "ArgumentError",
                  ["full"])]),
    Operation(
        "cholesky", lower(lambda lib, a, **k: lib.linalg.cholesky(a, **k)),
        lambda a, upper=False: np.swapaxes(np.linalg.cholesky(a), -1, -2) if upper
        else np.linalg.cholesky(a),
        [sample(T((3, 3), symmetric)), sample(T((2, 2, 2), symmetric)),
         sample(T((2, 2), symmetric), upper=True)], dtypes="fd", wrong=[
            Wrong(lambda lg, t: lg.linalg.cholesky(t(2, 2) * 0 - 1), "SingularError",
                  ["positive"], gpu=False)]),
    Operation(
        "vector_norm", lambda lib, x, *a, **k: lib.linalg.vector_norm(x, *a, **k), np_norm,
        [sample(T((2, 3)), *a, keepdim=k) for k in (False, True) for a in (
            (), (1,), (3, 1), (math.inf, 0), (-math.inf, -1), (2, (0, 1)), (0.5,))] + [
            sample(T(()))], dtypes="fd", wrong=[
            Wrong(lambda lg, t: lg.linalg.vector_norm(t(2), "fro"), "ArgumentRangeError", ["fro"]),
            Wrong(lambda lg, t: lg.linalg.vector_norm(t(2).long()), "DtypeError", ["int64"])]),
    Operation(
        "matrix_norm", lambda lib, x, *a, **k: lib.linalg.matrix_norm(x, *a, **k),
        lambda x, ord="fro", dim=(-2, -1), keepdim=False: np.linalg.norm(
            x, ord, axis=dim, keepdims=keepdim),
        [sample(T((2, 3)), o, keepdim=k) for k in (False, True)
         for o in ("fro", 1, -1, math.inf, -math.inf)] + [sample(T((2, 3, 2)), "fro", (0, 1))] + [
             sample(T((2, 3)), o) for o in ("nuc", 2, -2)],
        dtypes="fd", wrong=[
            Wrong(lambda lg, t: lg.linalg.matrix_norm(t(2, 2), 7), "ArgumentError", ["7"]),
            Wrong(lambda lg, t: lg.linalg.matrix_norm(t(2)), "ShapeError", ["dim"]),
            Wrong(lambda lg, t: t(2).norm("nuc", 0), "ShapeError", ["dim"])]),
    Operation(
        "linalg.norm", lambda lib, x, *a: lib.linalg.norm(x, *a),
        lambda x, ord=None, dim=None: np.linalg.norm(x, ord, dim) if dim is not None
        else np.linalg.norm(x if ord else x.reshape(-1), ord),
        [sample(T((2, 3))), sample(T((2, 3)), "fro"), sample(T((2, 3)), 1),
         sample(T((2, 3)), 1, 0), sample(T((3,)), 3), sample(T((2, 3, 2)), "fro", (0, 2))],
        dtypes="fd"),
]
