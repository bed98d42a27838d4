"""The operations as a tensor's operators and methods: the same functions, PyTorch's spellings.

Most stand in `Operators` and `Handling`, as the functions themselves: what each does is said once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.errors import ShapeError
from learngrad.ops import decompose as D
from learngrad.ops import index as I
from learngrad.ops import losses as L
from learngrad.ops import matmul as M
from learngrad.ops import products as P
from learngrad.ops import shape as S
from learngrad.ops.einsum import kron, outer
from learngrad.ops.handling import Handling
from learngrad.ops.operators import USUAL, Operators
from learngrad.ops.spelling import in_place

__all__ = ["USUAL", "Methods"]


class Methods(Operators, Handling):
    """Operators and methods of a tensor, one line each."""

    __slots__ = ()

    _blank: Callable[[], Any]
    _assign: Callable[[str, Callable[[], Any]], Any]
    shape: Any
    dtype: Any
    device: Any

    def __matmul__(self, other):
        return M.MatMul.apply(self, other)

    def __getitem__(self, key):
        return I.getitem(self, key)

    matmul, mm, bmm, mv, dot, cross = M.matmul, P.mm, P.bmm, P.mv, P.dot, P.cross
    addmm, baddbmm = P.addmm, P.baddbmm
    outer, kron = outer, kron
    mH, H = Handling.mT, Handling.T  # all numbers are real
    det, inverse, cholesky = D.det, D.inv, D.cholesky
    addmm_, baddbmm_ = in_place(P.addmm), in_place(P.baddbmm)

    softmax, log_softmax = L.softmax, L.log_softmax

    # In place: the array is overwritten, and the tensor's place in the graph with it.

    def zero_(self):
        """Zeros in all places.

        PyTorch: `torch.Tensor.zero_` is recorded, with a gradient of zeros.
        """
        return self._assign("zero_", lambda: self._blank())

    def fill_(self, value):
        """One number in all places."""
        value = devices.fitting(value, self.dtype)
        return self._assign("fill_", lambda: (self._blank() + value).to(self.dtype))

    def fill_diagonal_(self, fill_value, wrap=False):
        """One number along the diagonal; with `wrap` a tall matrix begins again below it."""
        sizes = self.shape
        if len(sizes) < 2 or (len(sizes) > 2 and len({*sizes}) > 1):
            raise ShapeError("fill_diagonal_ is for matrices, or more dimensions of one size",
                             fix="x[i, j] = value")
        rows = np.arange(sizes[0] if wrap and len(sizes) == 2 else min(sizes))
        places = (rows % (sizes[1] + 1),) if len(sizes) == 2 else (rows,) * (len(sizes) - 1)
        kept = places[0] < sizes[1]
        key = I.unwrap_key((rows[kept], *(p[kept] for p in places)), self._data)
        return self._assign("fill_diagonal_", lambda: I.put_at(self, fill_value, key))

    def copy_(self, src):
        """The elements of another tensor, which broadcasts, in this dtype and on this device."""
        src = src.to(self.device, self.dtype)
        return self._assign("copy_", lambda: S.expand(src, self.shape))
