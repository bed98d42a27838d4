"""Linear algebra: ``torch.linalg``'s names for what teaching programs use of it."""

from learngrad.errors import SingularError as LinAlgError
from learngrad.ops.decompose import cholesky, det, inv, matrix_norm, solve, svd, vector_norm
from learngrad.ops.matmul import matmul
from learngrad.ops.products import cross as _cross
from learngrad.ops.spelling import spelled as _spelled

__all__ = ["LinAlgError", "cholesky", "cross", "det", "inv", "matmul", "matrix_norm", "norm",
           "solve", "svd", "vector_norm"]


@_spelled()
def norm(A, ord=None, dim=None, keepdim=False):  # type: ignore[no-untyped-def]
    """A norm of vectors (one `dim`) or of matrices (two); without `ord` the 2-norm of all elements.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.linalg.norm(learngrad.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor(5.)
    """
    if ord is None:
        return vector_norm(A, 2, dim, keepdim)
    matrices = len(dim) == 2 if isinstance(dim, (tuple, list)) else dim is None and A.ndim == 2
    if matrices:
        return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim)
    return vector_norm(A, ord, dim, keepdim)


@_spelled()
def cross(input, other, *, dim=-1):  # type: ignore[no-untyped-def]
    """The cross product of vectors of three along `dim`: see `learngrad.cross`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.linalg.cross(learngrad.tensor([1.0, 0, 0]), learngrad.tensor([0.0, 0, 1]))
    tensor([ 0., -1.,  0.])
    """
    return _cross(input, other, dim)
