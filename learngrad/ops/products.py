"""Matrix products that say what they take: two matrices, two batches, a matrix and a vector."""

from __future__ import annotations

from typing import Any

from learngrad import devices
from learngrad.autograd.autocast import in_half
from learngrad.errors import ShapeError
from learngrad.ops.matmul import matmul
from learngrad.ops.public import same_dtype
from learngrad.ops.rearrange import roll
from learngrad.ops.shape import permute, reshape
from learngrad.ops.spelling import spelled

__all__ = ["addmm", "baddbmm", "bilinear", "bmm", "cross", "dot", "mm", "mv"]


def _dims(name: str, *expected: tuple[str, Any, int]) -> None:
    """Refuse tensors of other than the expected numbers of dimensions."""
    for role, x, ndim in expected:
        if getattr(x, "ndim", None) != ndim:
            kind = {1: "a vector", 2: "a matrix", 3: "a batch of matrices"}[ndim]
            raise ShapeError(f"{name} takes {kind} as {role}", tensors={role: x},
                             fix="matmul takes vectors, matrices and batches of them")


@spelled()
def mm(input, mat2):
    """The product of two matrices; `matmul` also takes vectors and batches.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.mm(learngrad.ones(2, 3), learngrad.ones(3, 4)).shape
    learngrad.Size([2, 4])
    """
    _dims("mm", ("input", input, 2), ("mat2", mat2, 2))
    return matmul(input, mat2)


@spelled()
def bmm(input, mat2):
    """The products of two batches of matrices, pair by pair.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.bmm(learngrad.ones(5, 2, 3), learngrad.ones(5, 3, 4)).shape
    learngrad.Size([5, 2, 4])
    """
    _dims("bmm", ("input", input, 3), ("mat2", mat2, 3))
    if input.shape[0] != mat2.shape[0]:
        raise ShapeError(f"bmm takes batches of one size, not {input.shape[0]} and {mat2.shape[0]}",
                         fix="matmul broadcasts batches")
    return matmul(input, mat2)


@spelled()
def mv(input, vec):
    """The product of a matrix and a vector.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.mv(learngrad.ones(2, 3), learngrad.ones(3))
    tensor([3., 3.])
    """
    _dims("mv", ("input", input, 2), ("vec", vec, 1))
    return matmul(input, vec)


@spelled()
def dot(input, tensor):
    """The sum of the products of two vectors' elements.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.dot(learngrad.tensor([1.0, 2.0]), learngrad.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _dims("dot", ("input", input, 1), ("tensor", tensor, 1))
    return matmul(input, tensor)


@spelled()
def cross(input, other, dim=None):
    """The cross product of vectors of three along `dim`; the other sizes broadcast.

    Parameters
    ----------
    input, other : Tensor
        With size 3 along `dim`.
    dim : int, optional
        By default the first dimension of size 3; in `linalg.cross` the last one.

    Raises
    ------
    ShapeError
        If a size along `dim` is not 3, or the shapes do not broadcast or differ in their number
        of dimensions.

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([1.0, 0.0, 0.0]), learngrad.tensor([0.0, 1.0, 0.0])
    >>> learngrad.cross(x, y)
    tensor([0., 0., 1.])
    """
    if dim is None:
        dim = next((d for d, s in enumerate(input.shape) if s == 3), -1)
    for x in (input, other):
        if not x.ndim == input.ndim > 0 or x.shape[devices.normalise_dim(dim, x.ndim)] != 3:
            raise ShapeError(f"cross takes vectors of 3 along dim {dim}, not {list(input.shape)} "
                             f"and {list(other.shape)}", fix="name the dimension of size 3: dim=-1")
    turned = [roll(x, -k, dim) for k in (1, 2) for x in (input, other)]
    return turned[0] * turned[3] - turned[2] * turned[1]


@spelled()
@in_half
def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """``beta * input + alpha * (mat1 @ mat2)``; with beta 0 the input is not looked at.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.addmm(learngrad.ones(2), learngrad.ones(1, 3), learngrad.ones(3, 2))
    tensor([[4., 4.]])
    """
    return _plus(input, mm(mat1, mat2), beta, alpha, "addmm")


@spelled()
@in_half
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """``beta * input + alpha * (batch1 @ batch2)`` for batches of matrices.

    PyTorch: `torch.baddbmm` keeps integers, and cuts `beta` and `alpha` to them; here they become
    floats.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.ones(5, 2, 3)
    >>> learngrad.baddbmm(learngrad.zeros(1), x, learngrad.ones(5, 3, 4)).shape
    learngrad.Size([5, 2, 4])
    """
    return _plus(input, bmm(batch1, batch2), beta, alpha, "baddbmm")


def _plus(input: Any, product: Any, beta: Any, alpha: Any, name: str) -> Any:
    same_dtype(name, input=input, product=product)
    if alpha != 1:
        product = product * alpha
    if beta == 0:
        return product
    total = (input if beta == 1 else input * beta) + product
    if tuple(total.shape) != tuple(product.shape):
        raise ShapeError(f"{name}: the input {list(input.shape)} does not broadcast to "
                         f"{list(product.shape)}",
                         fix="give it the shape of the product, or one that broadcasts to it")
    return total


def bilinear(input1, input2, weight, bias=None):
    """A sum over all pairs of elements: ``input1 @ weight[o] @ input2 + bias[o]`` for each o.

    Parameters
    ----------
    input1 : Tensor, shape [*, in1]
    input2 : Tensor, shape [*, in2]
    weight : Tensor, shape [out, in1, in2]
    bias : Tensor, shape [out], optional

    Returns
    -------
    Tensor, shape [*, out]

    Examples
    --------
    >>> import learngrad
    >>> x, w = learngrad.tensor([2.0]), learngrad.tensor([[[5.0]]])
    >>> learngrad.nn.functional.bilinear(x, 3 * x, w)
    tensor([60.])
    """
    lead = tuple(input1.shape[:-1])
    if (weight.ndim != 3 or not input1.ndim or not input2.ndim or lead != tuple(input2.shape[:-1])
            or (input1.shape[-1], input2.shape[-1]) != tuple(weight.shape[1:])):
        raise ShapeError("bilinear takes inputs [*, in1] and [*, in2] and a weight [out, in1, in2]",
                         fix="make the inputs' last sizes the weight's last two")
    same_dtype("bilinear", input1=input1, input2=input2, weight=weight)
    out, in1, in2 = weight.shape
    by_first = reshape(permute(weight, (1, 0, 2)), (in1, out * in2))
    half = reshape(matmul(input1, by_first), (*lead, out, in2))
    total = reshape(matmul(half, reshape(input2, (*lead, in2, 1))), (*lead, out))
    return total if bias is None else total + bias
