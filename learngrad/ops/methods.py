"""The operations as a tensor's operators and methods: the same functions, PyTorch's spellings.

NumPy's `axis` and `keepdims` are taken beside `dim` and `keepdim`. What each does is said once, at
the function of the same name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad.autograd.function import Function
from learngrad.errors import ArgumentTypeError
from learngrad.ops import elementwise as E
from learngrad.ops import index as I
from learngrad.ops import losses as L
from learngrad.ops import matmul as M
from learngrad.ops import products as P
from learngrad.ops import reduce as R
from learngrad.ops import shape as S
from learngrad.ops.einsum import outer
from learngrad.ops.handling import Handling

__all__ = ["USUAL", "Methods"]

USUAL: set[type] = {float, int}  # operands that need no second look; tensor.py adds its own


class Methods(Handling):
    """Operators and methods of a tensor, one line each."""

    __slots__ = ()

    _blank: Callable[[], Any]
    _assign: Callable[[str, Callable[[], Any]], Any]
    ndim: Any
    shape: Any
    dtype: Any
    device: Any


    def __add__(self, other):
        return E.Add.apply(self, other) if type(other) in USUAL else _binary(E.Add, self, other)

    def __sub__(self, other):
        return E.Sub.apply(self, other) if type(other) in USUAL else _binary(E.Sub, self, other)

    def __mul__(self, other):
        return E.Mul.apply(self, other) if type(other) in USUAL else _binary(E.Mul, self, other)

    def __truediv__(self, other):
        return E.Div.apply(self, other) if type(other) in USUAL else _binary(E.Div, self, other)

    def __pow__(self, other):
        return E.Pow.apply(self, other) if type(other) in USUAL else _binary(E.Pow, self, other)

    def __radd__(self, other):
        return _binary(E.Add, other, self)

    def __rsub__(self, other):
        return _binary(E.Sub, other, self)

    def __rmul__(self, other):
        return _binary(E.Mul, other, self)

    def __rtruediv__(self, other):
        return _binary(E.Div, other, self)

    def __rpow__(self, other):
        return _binary(E.Pow, other, self)

    def __matmul__(self, other):
        return M.matmul(self, other)

    def __neg__(self):
        return E.neg(self)

    def __pos__(self):
        return self

    def __abs__(self):
        return E.absolute(self)

    def __eq__(self, other):
        return _compared(E.eq, self, other, False)

    def __ne__(self, other):
        return _compared(E.ne, self, other, True)

    def __lt__(self, other):
        return E.lt(self, other)

    def __le__(self, other):
        return E.le(self, other)

    def __gt__(self, other):
        return E.gt(self, other)

    def __ge__(self, other):
        return E.ge(self, other)

    def __getitem__(self, key):
        return I.getitem(self, key)

    def exp(self):
        return E.exp(self)

    def log(self):
        return E.log(self)

    def sqrt(self):
        return E.sqrt(self)

    def tanh(self):
        return E.tanh(self)

    def sigmoid(self):
        return E.sigmoid(self)

    def relu(self):
        return E.relu(self)

    def abs(self):
        return E.absolute(self)

    def sign(self):
        return E.sign(self)

    def pow(self, exponent):
        return self**exponent

    def clone(self):
        return E.clone(self)

    def matmul(self, other):
        return M.matmul(self, other)

    def mm(self, mat2):
        return P.mm(self, mat2)

    def bmm(self, mat2):
        return P.bmm(self, mat2)

    def mv(self, vec):
        return P.mv(self, vec)

    def dot(self, tensor):
        return P.dot(self, tensor)

    def outer(self, vec2):
        return outer(self, vec2)

    def addmm(self, mat1, mat2, *, beta=1, alpha=1):
        return P.addmm(self, mat1, mat2, beta=beta, alpha=alpha)

    def baddbmm(self, batch1, batch2, *, beta=1, alpha=1):
        return P.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    def softmax(self, dim=None):
        return L.softmax(self, dim)

    def log_softmax(self, dim=None):
        return L.log_softmax(self, dim)

    def sum(self, dim=None, keepdim=False, *, dtype=None, axis=None, keepdims=False):
        return R.sum(self, dim if axis is None else axis, keepdim or keepdims, dtype=dtype)

    def mean(self, dim=None, keepdim=False, *, dtype=None, axis=None, keepdims=False):
        return R.mean(self, dim if axis is None else axis, keepdim or keepdims, dtype=dtype)

    def max(self, dim=None, keepdim=False, *, axis=None, keepdims=False):
        return R.max(self, dim if axis is None else axis, keepdim or keepdims)

    def amax(self, dim=(), keepdim=False, *, axis=None, keepdims=False):
        return R.amax(self, dim if axis is None else axis, keepdim or keepdims)

    def argmax(self, dim=None, keepdim=False, *, axis=None, keepdims=False):
        return R.argmax(self, dim if axis is None else axis, keepdim or keepdims)

    # In place: the array is overwritten, and the tensor's place in the graph with it.

    def __iadd__(self, other):
        return self._assign("+=", lambda: self + other)

    def __isub__(self, other):
        return self._assign("-=", lambda: self - other)

    def __imul__(self, other):
        return self._assign("*=", lambda: self * other)

    def __itruediv__(self, other):
        return self._assign("/=", lambda: self / other)

    def add_(self, other, *, alpha=1):
        return self._assign("add_", lambda: E.add(self, other, alpha=alpha))

    def sub_(self, other, *, alpha=1):
        return self._assign("sub_", lambda: E.sub(self, other, alpha=alpha))

    def mul_(self, other):
        return self._assign("mul_", lambda: self * other)

    def div_(self, other):
        return self._assign("div_", lambda: self / other)

    def zero_(self):
        return self._assign("zero_", lambda: self._blank())

    def fill_(self, value):
        return self._assign("fill_", lambda: self._blank() + value)

    def copy_(self, src):
        src = src.to(self.device, self.dtype)
        return self._assign("copy_", lambda: S.expand(src, self.shape))


def _binary(operation: type[Function], a: Any, b: Any) -> Any:
    """An operator. An object that is no number may still know what to do: Python asks it next."""
    try:
        return operation.apply(a, b)
    except ArgumentTypeError:
        other = b if isinstance(a, Methods) else a
        if hasattr(type(other), "__array_ufunc__") and not isinstance(other, np.ndarray):
            return NotImplemented
        raise


def _compared(operation: Callable[..., Any], a: Any, b: Any, otherwise: bool) -> Any:
    """``==`` and ``!=`` answer for anything: no tensor equals a text or None."""
    if not isinstance(b, (Methods, int, float, np.ndarray, np.generic)):
        return otherwise
    return operation(a, b)
