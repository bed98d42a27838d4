"""Products named by their dimensions: einsum, and what is written with it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentRangeError, ArgumentTypeError, ShapeError
from learngrad.ops.elementwise import cast
from learngrad.ops.index import getitem
from learngrad.ops.reduce import sum
from learngrad.ops.shape import permute, reshape, squeeze
from learngrad.ops.spelling import spelled

__all__ = ["einsum", "kron", "outer", "tensordot"]

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Einsum(Function):
    """Products of elements whose letters agree, summed over the letters that the output lacks."""

    promotion = staticmethod(lambda inputs: [
        *devices.cast_to(inputs[:-2], devices.result_type(*inputs[:-2])), *inputs[-2:]])
    saves = {"first": "first"}  # and every other operand: how many there are is known at the call
    formula, sign = r"\sum x_{ij\dots} \, y_{jk\dots}", "einsum"
    local = {"first": "einsum of g and the other operands"}

    def forward(self, first, *rest):
        *others, self.terms, self.result = rest
        xp = devices.array_module(first)
        equation = f"{','.join(self.terms)}->{self.result}"
        return devices.in_rows(xp.einsum(equation, first, *others, optimize=True))

    def _keep(self, arrays, cells):
        self._saves = tuple((i, -1) for i in range(len(self.terms)))  # type: ignore[misc]
        self.saved, self.cells = arrays[:len(self.terms)], cells[:len(self.terms)]

    def backward(self, g, *operands):
        grads: list[Any] = []
        for i, term in enumerate(self.terms):
            if self.edges[i] is None:
                grads.append(None)
                continue
            terms = [self.result, *(t for k, t in enumerate(self.terms) if k != i)]
            others = [x for k, x in enumerate(operands) if k != i]
            grads.append(Einsum.apply(g, *others, terms, term))
        return tuple(grads)


def _parse(equation: str, operands: Sequence[Any]) -> tuple[list[str], str]:
    """The letters of each operand and of the output, those of an ellipsis included."""
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ArgumentRangeError(f"einsum {equation!r} names {len(terms)} operand(s), and "
                                 f"{len(operands)} are given", fix='einsum("ij,jk->ik", a, b)')
    spare = [c for c in reversed(LETTERS) if c not in text]
    most = 0
    for term, x in zip(terms, operands):
        named = len(term.replace("...", ""))
        if any(c not in LETTERS for c in term.replace("...", "")) or term.count("...") > 1:
            raise ArgumentRangeError(f"einsum {equation!r}: {term!r} is not made of letters",
                                     fix='einsum("ij,jk->ik", a, b)')
        if named > x.ndim or ("..." not in term and named != x.ndim):
            raise ShapeError(f"einsum {equation!r}: {term!r} names {named} dimensions of a tensor "
                             f"that has {x.ndim}", tensors=[x], fix="one letter for a dimension")
        most = max(most, x.ndim - named)
    dots = "".join(spare[:most])
    filled = []
    for term, x in zip(terms, operands):
        extra = x.ndim - len(term.replace("...", ""))
        filled.append(term.replace("...", dots[most - extra:]))
    if arrow:
        result = right.replace("...", dots)
    else:  # letters that occur once, in the alphabet's order, as NumPy has it
        counts = Counter("".join(t.replace("...", "") for t in terms))
        result = dots + "".join(sorted(c for c, n in counts.items() if n == 1))
    for c in set(result):
        if result.count(c) > 1 or not any(c in t for t in filled):
            raise ArgumentRangeError(
                f"einsum {equation!r}: the output's {c!r} must name one dimension of an operand, "
                "once", fix='einsum("ij,jk->ik", a, b)')
    return filled, result


def _diagonal(x: Any, term: str) -> tuple[Any, str]:
    """`x` with each letter once: a letter that stands twice picks the diagonal."""
    for c in [c for c in dict.fromkeys(term) if term.count(c) > 1]:
        while term.count(c) > 1:
            p = term.index(c)
            q = term.index(c, p + 1)
            rest = [k for k in range(len(term)) if k not in (p, q)]
            x = permute(x, (p, q, *rest))
            if x.shape[0] != x.shape[1]:
                raise ShapeError(f"einsum: {c!r} names dimensions of sizes {x.shape[0]} and "
                                 f"{x.shape[1]}", tensors=[x], fix="a diagonal needs a square")
            xp = devices.array_module(getattr(x, "_data", x))
            along = xp.arange(x.shape[0])
            x, term = getitem(x, (along, along)), c + "".join(term[k] for k in rest)
    return x, term


def einsum(equation, *operands):
    """Sums of products, with a letter for each dimension.

    A letter that several operands have is matched; one that the output lacks is summed over; one
    that stands twice in an operand picks its diagonal; ``...`` are dimensions that broadcast.

    Parameters
    ----------
    equation : str
        For example ``"bij,bjk->bik"``. Without ``->`` the output has the letters that occur once.
    *operands : Tensor
        One for each group of letters; also as one list.

    Raises
    ------
    ArgumentRangeError
        If the equation does not fit its operands.
    ShapeError
        If a letter stands for different sizes.

    Examples
    --------
    >>> import learngrad
    >>> a, b = learngrad.ones(2, 3), learngrad.ones(3, 4)
    >>> learngrad.einsum("ij,jk->ik", a, b).shape
    learngrad.Size([2, 4])
    """
    if not isinstance(equation, str):
        raise ArgumentTypeError(f"einsum takes its equation first, not {equation!r:.60}",
                                fix='einsum("ij,jk->ik", a, b)')
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    terms, result = _parse(equation, operands)
    sizes: dict[str, int] = {}
    for term, x in zip(terms, operands):
        for c, size in zip(term, x.shape):
            known = sizes.setdefault(c, size)
            if known != size and 1 not in (known, size):
                raise ShapeError(f"einsum {equation!r}: {c!r} stands for sizes {known} and {size}",
                                 tensors=operands, fix="a letter stands for one size")
            sizes[c] = size if known == 1 else known
    ready, letters = [], []
    for x, given in zip(operands, terms):
        x, term = _diagonal(x, given)
        # A size of 1 that broadcasts is dropped.
        ones = tuple(p for p, c in enumerate(term) if x.shape[p] != sizes[c])
        ready.append(squeeze(x, ones) if ones else x)
        letters.append("".join(c for p, c in enumerate(term) if p not in ones))
    for k, (x, term) in enumerate(zip(ready, letters)):
        elsewhere = set(result).union(*(t for j, t in enumerate(letters) if j != k))
        # What only this operand has is summed first.
        alone = tuple(p for p, c in enumerate(term) if c not in elsewhere)
        if alone:
            ready[k] = sum(x, alone)
            letters[k] = "".join(c for c in term if c in elsewhere)
    if any(x.dtype != given.dtype for x, given in zip(ready, operands)):
        ready = [cast(x, np.int64) for x in ready]  # sums of integers are
    if len(ready) == 1:
        return permute(ready[0], [letters[0].index(c) for c in result])
    return Einsum.apply(*ready, letters, result)


@spelled()
def outer(input, vec2):
    """Every product of an element of one vector with an element of the other.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.outer(learngrad.tensor([1, 2]), learngrad.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    for x in (input, vec2):
        if x.ndim != 1:
            raise ShapeError(f"outer takes vectors, and this has {x.ndim} dimensions",
                             tensors={"this": x}, fix="x.reshape(-1)")
    return reshape(input, (-1, 1)) * vec2


@spelled()
def kron(input, other):
    """The Kronecker product: each element of `input` times all of `other`, as blocks.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.kron(learngrad.tensor([1, 2]), learngrad.tensor([1, 10]))
    tensor([ 1, 10,  2, 20])
    """
    n = max(input.ndim, other.ndim)
    a = (1,) * (n - input.ndim) + tuple(input.shape)
    b = (1,) * (n - other.ndim) + tuple(other.shape)
    spread = [s for size in a for s in (size, 1)], [s for size in b for s in (1, size)]
    product = reshape(input, spread[0]) * reshape(other, spread[1])
    return reshape(product, [s * t for s, t in zip(a, b)])


def tensordot(a, b, dims=2):
    """Sums of products over `dims`: that many last dimensions of `a` with first ones of `b`.

    PyTorch: `torch.tensordot` also sums over a size of 1 beside another.

    Parameters
    ----------
    a, b : Tensor
    dims : int, or a pair of lists of int, default 2
        The dimensions of `a` and those of `b` that are summed over, in matching order.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.tensordot(learngrad.ones(2, 3, 4), learngrad.ones(3, 4, 5)).shape
    learngrad.Size([2, 5])
    """
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise ArgumentRangeError(
                f"tensordot over {dims} dimensions, of tensors that have {a.ndim} and {b.ndim}",
                tensors=[a, b], fix="dims=1 is a matrix product")
        dims = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    over_a, over_b = ([devices.normalise_dim(d, x.ndim) for d in chosen]
                      for x, chosen in zip((a, b), dims))
    if [a.shape[d] for d in over_a] != [b.shape[d] for d in over_b]:
        raise ShapeError(f"tensordot sums over sizes {[a.shape[d] for d in over_a]} and "
                         f"{[b.shape[d] for d in over_b]}, which differ", tensors=[a, b],
                         fix="name dimensions of equal sizes, in the same order")
    free_a = [d for d in range(a.ndim) if d not in over_a]
    free_b = [d for d in range(b.ndim) if d not in over_b]
    inner = math.prod(a.shape[d] for d in over_a)
    left = reshape(permute(a, [*free_a, *over_a]),
                   (math.prod(a.shape[d] for d in free_a), inner))
    right = reshape(permute(b, [*over_b, *free_b]),
                    (inner, math.prod(b.shape[d] for d in free_b)))
    return reshape(left @ right, [*(a.shape[d] for d in free_a), *(b.shape[d] for d in free_b)])
