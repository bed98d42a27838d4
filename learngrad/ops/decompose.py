"""Square systems: inverse, determinant, solve, Cholesky; and norms of vectors and matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import (
    ArgumentError,
    ArgumentRangeError,
    DtypeError,
    GraphError,
    ShapeError,
    SingularError,
)
from learngrad.ops.elementwise import absolute
from learngrad.ops.extrema import amax
from learngrad.ops.public import broadcast_shape, floating, same_dtype
from learngrad.ops.reduce import sum
from learngrad.ops.results import results
from learngrad.ops.shape import expand, permute, reshape, transpose
from learngrad.ops.spelling import spelled
from learngrad.ops.statistics import norm

__all__ = ["cholesky", "det", "inv", "matrix_norm", "solve", "svd", "vector_norm"]

Parts = results("linalg_svd", "U S Vh")


def _t(x: Any) -> Any:
    return transpose(x, -1, -2)


def _svd(a: Any, **options: Any) -> Any:
    """NumPy's or CuPy's; LAPACK may never return from infinities."""
    if isinstance(a, np.ndarray) and not np.isfinite(a).all():
        raise SingularError("a matrix with a nan or an infinity has no singular values",
                            fix="a.isfinite() says where the numbers are")
    return devices.array_module(a).linalg.svd(a, **options)


class Decomposition(Function):
    """Base of the operations on square matrices."""

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        if isinstance(error, np.linalg.LinAlgError):
            return SingularError(f"{cls.sign}: {error}", tensors=cls.named(inputs), fix=cls.fix)
        if isinstance(error, TypeError):  # NumPy's word for float16
            return DtypeError(f"{cls.sign} takes float32 or float64: {error}",
                              tensors=cls.named(inputs), fix="x.float()")
        return error

    fix = "a matrix with linearly dependent rows has no inverse: look at its rank, or add a bit " \
          "to its diagonal"


class Inv(Decomposition):
    """The inverse of square matrices."""

    saves = ("out",)
    formula, sign, local = r"A^{-1}", "inv", {"a": "−outᵀ @ g @ outᵀ"}

    def forward(self, a):
        return devices.array_module(a).linalg.inv(a)

    def backward(self, g, out):
        return -(_t(out) @ g @ _t(out))


class Det(Decomposition):
    """The determinant of square matrices: its gradient is that of the matrix of cofactors."""

    saves = ("a", "out")
    formula, sign, local = r"\det A", "det", {"a": "g · cofactors of a"}

    def forward(self, a):
        return devices.array_module(a).linalg.det(a)

    def backward(self, g, a, out):
        g = reshape(g, (*g.shape, 1, 1))
        if not devices.is_array(a):  # differentiated again: needs an inverse
            return g * reshape(out, (*out.shape, 1, 1)) * _t(inv(a))
        # By singular values, which also serves a matrix that has no inverse: with A = U S V^T the
        # cofactors are det(U V^T) U C V^T, C holding each time the product of the other values.
        xp = devices.array_module(a)
        finite = xp.isfinite(a).all(axis=(-2, -1))[..., None, None]  # or LAPACK may never return
        u, s, vt = xp.linalg.svd(np.where(finite, a, 0))
        n = s.shape[-1]
        others = xp.stack([xp.delete(s, i, axis=-1).prod(axis=-1) for i in range(n)], -1) if n \
            else s
        turn = xp.linalg.det(u) * xp.linalg.det(vt)
        cofactors = (u * others[..., None, :]) @ vt * turn[..., None, None]
        return g * np.where(finite, cofactors, math.nan)


class Solve(Decomposition):
    """The solution x of A x = B."""

    saves = ("a", "out")
    formula, sign = r"A^{-1} B", "solve"
    local = {"a": "−solve(aᵀ, g) @ outᵀ", "b": "solve(aᵀ, g)"}

    def forward(self, a, b):
        return devices.array_module(a).linalg.solve(a, b)

    def backward(self, g, a, out):
        grad_b = Solve.apply(_t(a), g)
        return None if self.edges[0] is None else -(grad_b @ _t(out)), grad_b


class Cholesky(Decomposition):
    """The lower triangular L with A = L Lᵀ, of a symmetric positive definite matrix."""

    saves = ("out",)
    formula, sign, local = r"A = L L^{\mathsf T}", "cholesky", {"a": "see Murray 2016"}
    fix = "it must be symmetric, and all its eigenvalues positive: A @ A.T + eps * eye(n) is"

    def forward(self, a):
        return devices.array_module(a).linalg.cholesky(a)

    def backward(self, g, out):
        # I. Murray, Differentiation of the Cholesky decomposition (2016), equation 9.
        data = out if devices.is_array(out) else out._data
        xp, n = devices.array_module(data), data.shape[-1]
        lower = xp.tril(xp.ones((n, n), data.dtype)) - 0.5 * xp.eye(n, dtype=data.dtype)
        middle = (_t(out) @ g) * lower
        below = Solve.apply(_t(out), middle)
        both = _t(Solve.apply(_t(out), _t(below)))
        return 0.5 * (both + _t(both))


class SVD(Decomposition):
    """The thin singular value decomposition A = U diag(S) V^T."""

    formula, sign, local = r"A = U \Sigma V^{\mathsf T}", "SVD", {"a": "see Townsend 2016"}

    def forward(self, a):
        self.u, self.s, self.vt = _svd(a, full_matrices=False)
        return self.u, self.s, self.vt

    def backward(self, gu, gs, gvt):
        # J. Townsend, Differentiating the singular value decomposition (2016).
        if not devices.is_array(gs):
            raise GraphError("a third derivative of singular values is not offered",
                             fix='the norms "fro", 1 and inf have one')
        u, s, v, gv = self.u, self.s, _t(self.vt), _t(gvt)
        xp, (m, k), n = devices.array_module(u), u.shape[-2:], v.shape[-2]
        squares = s * s
        gap = squares[..., None, :] - squares[..., :, None]
        f = xp.where(gap == 0, 0, 1 / xp.where(gap == 0, 1, gap))
        middle = s[..., :, None] * (f * (_t(v) @ gv - _t(gv) @ v))
        middle += f * (_t(u) @ gu - _t(gu) @ u) * s[..., None, :]
        middle += gs[..., None, :] * xp.eye(k, dtype=s.dtype)
        out = u @ middle @ _t(v)
        if m > k:
            out += (gu - u @ (_t(u) @ gu)) / s[..., None, :] @ _t(v)
        if n > k:
            out += u / s[..., None, :] @ _t(gv - v @ (_t(v) @ gv))
        return out


class SingularValues(Decomposition):
    """The singular values of matrices, largest first."""

    saves = ("a",)
    formula, sign, local = r"\sigma(A)", "σ", {"a": "U · g · Vᵀ"}

    def forward(self, a):
        self.u, s, self.vt = _svd(a, full_matrices=False)
        return s

    def backward(self, g, a):
        u, vt = self.u, self.vt
        if not devices.is_array(g):  # differentiated again: U and V depend on A
            u, _, vt = SVD.apply(a)
        return (u * reshape(g, (*g.shape[:-1], 1, g.shape[-1]))) @ vt


def _square(x: Any, name: str) -> Any:
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{name} takes square matrices [..., n, n], not {list(x.shape)}",
                         tensors={"input": x}, fix="give it as many rows as columns")
    return floating(x, name)


@spelled()
def inv(A):
    """The inverse of one or more square matrices.

    Parameters
    ----------
    A : Tensor, shape [..., n, n], floating

    Raises
    ------
    SingularError
        If a matrix has no inverse.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.linalg.inv(learngrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return Inv.apply(_square(A, "inv"))


def det(A):
    """The determinant of one or more square matrices, shape [..., n, n].

    Examples
    --------
    >>> import learngrad
    >>> round(learngrad.linalg.det(learngrad.tensor([[1.0, 2.0], [3.0, 4.0]])).item(), 4)
    -2.0
    """
    return Det.apply(_square(A, "det"))


def solve(A, B):
    """The solution X of ``A @ X = B``.

    Parameters
    ----------
    A : Tensor, shape [..., n, n], floating
    B : Tensor, shape [n], [..., n] (with the batch shape of A) or [..., n, k]

    Raises
    ------
    SingularError
        If a matrix has no inverse.

    Examples
    --------
    >>> import learngrad
    >>> A = learngrad.tensor([[2.0, 0.0], [0.0, 4.0]])
    >>> learngrad.linalg.solve(A, learngrad.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    _square(A, "solve")
    same_dtype("solve", A=A, B=B)
    vector = B.ndim == 1 or tuple(B.shape) == tuple(A.shape[:-1])
    right = reshape(B, (*B.shape, 1)) if vector else B
    if right.ndim < 2 or right.shape[-2] != A.shape[-1]:
        raise ShapeError(f"solve: B {list(B.shape)} has not the {A.shape[-1]} rows of A "
                         f"{list(A.shape)}", fix="B is a vector [n] or a matrix [n, k]")
    # Batches are brought to one shape here, so that the gradients have their inputs' shapes.
    batch = broadcast_shape("solve", {"A": A, "B": B}, (A.shape[:-2], right.shape[:-2]))
    out = Solve.apply(_batched(A, batch), _batched(right, batch))
    return reshape(out, out.shape[:-1]) if vector else out


def _batched(x: Any, batch: tuple[int, ...]) -> Any:
    return x if tuple(x.shape[:-2]) == batch else expand(x, (*batch, *x.shape[-2:]))


def svd(A, full_matrices=False):
    """The singular value decomposition ``U, S, Vh`` with ``A = U @ diag(S) @ Vh``.

    PyTorch: ``torch.linalg.svd`` has `full_matrices` True by default, which has no gradient.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.linalg.svd(learngrad.tensor([[3.0, 0.0], [0.0, 4.0]]))[1]
    tensor([4., 3.])
    """
    if full_matrices:
        raise ArgumentError("svd with full matrices is not offered: it has no gradient",
                            fix="svd(A, full_matrices=False)")
    if A.ndim < 2:
        raise ShapeError(f"svd takes matrices [..., m, n], not {list(A.shape)}",
                         fix="x.reshape(1, -1)")
    return Parts(*SVD.apply(floating(A, "svd", "A")))


@spelled()
def cholesky(A, *, upper=False):
    """The lower triangular L with ``A = L @ L.T`` (or its transpose, with `upper`).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.linalg.cholesky(learngrad.tensor([[4.0, 0.0], [0.0, 9.0]]))
    tensor([[2., 0.],
            [0., 3.]])
    """
    factor = Cholesky.apply(_square(A, "cholesky"))
    return _t(factor) if upper else factor


@spelled()
def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """The `ord`-norm of a tensor seen as a vector, or of its slices over `dim`: see `norm`.

    Parameters
    ----------
    x : Tensor, floating
    ord : number, default 2
        ``(sum |x|^ord)^(1/ord)``; inf is the greatest, -inf the least absolute value, 0 the number
        of elements that are not 0.
    dim : int or tuple of int, optional
        All dimensions by default.
    keepdim : bool, default False
    dtype : dtype, optional
        Convert first.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.linalg.vector_norm(learngrad.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if not isinstance(ord, (int, float)):
        raise ArgumentRangeError(f"ord={ord!r:.60} is no norm of vectors",
                                 fix="ord=2, or float('inf')")
    return norm(x, ord, dim, keepdim, dtype=dtype)


@spelled()
def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False):
    """A norm of matrices: "fro", "nuc", inf, -inf, 1, -1, 2 or -2.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.linalg.matrix_norm(learngrad.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor(5.)
    """
    floating(A, "matrix_norm", "A")
    two = A.ndim > 1 and isinstance(dim, (tuple, list)) and len(dim) == 2
    rows, columns = (devices.normalise_dim(d, A.ndim) for d in dim) if two else (0, 0)
    if rows == columns:
        raise ShapeError(f"matrix_norm takes matrices over two dimensions, not {list(A.shape)} "
                         f"over {dim}", fix="dim=(-2, -1)")
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim)
    if ord in (1, -1, math.inf, -math.inf):
        along, across = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = sum(absolute(A), along, True)
        found = amax(sums, across, True) if ord > 0 else -amax(-sums, across, True)
    elif ord in ("nuc", 2, -2):
        rest = [d for d in range(A.ndim) if d not in (rows, columns)]
        values = SingularValues.apply(permute(A, [*rest, rows, columns]))
        found = sum(values, -1) if ord == "nuc" else values[..., 0 if ord == 2 else -1]
        kept = [1 if d in (rows, columns) else s for d, s in enumerate(A.shape)]
        return reshape(found, kept) if keepdim else found
    else:
        raise ArgumentRangeError(f"ord={ord!r:.60} is no norm of matrices",
                                 fix='use "fro", "nuc", inf, -inf, 1, -1, 2 or -2')
    return found if keepdim else reshape(
        found, [s for d, s in enumerate(A.shape) if d not in (rows, columns)])
