"""A tensor's methods that move, pick and place elements: the public functions themselves."""

from __future__ import annotations

from typing import Any

from learngrad.autograd.order import changed
from learngrad.errors import GraphError
from learngrad.ops import broadcast, histogram, index, join, rearrange, sorting
from learngrad.ops import diagonal as D
from learngrad.ops import gather as G
from learngrad.ops import scatter as C
from learngrad.ops import shape as S
from learngrad.ops.draws import Draws
from learngrad.ops.making import Making
from learngrad.ops.spelling import in_place

__all__ = ["Handling"]


class Handling(Draws, Making):
    """Methods of a tensor; each is the function of that name, with the tensor as its `input`."""

    __slots__ = ()

    ndim: Any

    reshape, view, view_as = S.reshape, S.view, S.view_as
    permute, transpose, swapaxes, swapdims = S.permute, S.transpose, S.transpose, S.transpose
    t, movedim, moveaxis = S.t, S.movedim, S.movedim
    squeeze, unsqueeze, flatten, unflatten = S.squeeze, S.unsqueeze, S.flatten, S.unflatten
    ravel, contiguous = S.ravel, S.contiguous
    expand, expand_as, broadcast_to = S.expand, broadcast.expand_as, broadcast.broadcast_to
    split, chunk, unbind = join.split, join.chunk, join.unbind
    repeat, tile = rearrange.repeat, rearrange.tile
    repeat_interleave, roll = rearrange.repeat_interleave, rearrange.roll
    flip, fliplr, flipud, rot90 = (
        rearrange.flip, rearrange.fliplr, rearrange.flipud, rearrange.rot90)
    triu, tril, diag, diagonal, diag_embed, trace = (
        D.triu, D.tril, D.diag, D.diagonal, D.diag_embed, D.trace)
    tril_, triu_ = in_place(D.tril), in_place(D.triu)

    select, narrow, unfold = index.select, index.narrow, index.unfold
    gather, take, take_along_dim = G.gather, G.take, G.take_along_dim
    index_select, masked_select, masked_fill = G.index_select, G.masked_select, G.masked_fill
    scatter, scatter_add, scatter_reduce = C.scatter, C.scatter_add, C.scatter_reduce
    index_add, index_copy = C.index_add, C.index_copy
    index_fill, index_put, index_reduce = C.index_fill, C.index_put, C.index_reduce
    masked_fill_, scatter_ = in_place(G.masked_fill), in_place(C.scatter)
    scatter_add_, scatter_reduce_ = in_place(C.scatter_add), in_place(C.scatter_reduce)
    index_add_, index_copy_ = in_place(C.index_add), in_place(C.index_copy)
    index_fill_, index_put_ = in_place(C.index_fill), in_place(C.index_put)
    index_reduce_ = in_place(C.index_reduce)

    sort, argsort, topk = sorting.sort, sorting.argsort, sorting.topk
    unique, nonzero, bincount = sorting.unique, sorting.nonzero, sorting.bincount
    histc, histogram = histogram.histc, histogram.histogram

    def reshape_as(self, other):
        """In the shape of another tensor."""
        return S.reshape(self, other.shape)

    @property
    def T(self):
        """The dimensions in reverse order."""
        return S.permute(self, range(self.ndim)[::-1])

    @property
    def mT(self):
        """The last two dimensions swapped."""
        return S.mT(self)

    def unsqueeze_(self, dim):
        """`unsqueeze` in place: the tensor itself gets another shape."""
        return _reshaped(self, "unsqueeze_", S.unsqueeze(self, dim))

    def squeeze_(self, dim=None):
        """`squeeze` in place: the tensor itself gets another shape."""
        return _reshaped(self, "squeeze_", S.squeeze(self, dim))

    def transpose_(self, dim0, dim1):
        """`transpose` in place: the tensor itself gets another shape."""
        return _reshaped(self, "transpose_", S.transpose(self, dim0, dim1))

    def t_(self):
        """`t` in place: the tensor itself gets another shape."""
        return _reshaped(self, "t_", S.t(self))


def _reshaped(tensor: Any, what: str, view: Any) -> Any:
    """`tensor` itself, seen as its `view` from now on."""
    if tensor.is_leaf and tensor.requires_grad:
        raise GraphError(f"{what} would change the shape of a leaf, and its gradient has the old "
                         "one", tensors={"this": tensor}, fix=f"y = x.{what[:-1]}(...)")
    tensor._data, tensor._edge = view._data, view._edge
    changed(tensor)
    return tensor
