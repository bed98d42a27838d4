"""Attention: each query gets a mean of the values, weighted by how well their keys fit it."""

from __future__ import annotations

import math

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentError, ShapeError
from learngrad.ops.losses import harmless, softmax
from learngrad.ops.public import floating_alike
from learngrad.ops.quick import room, total
from learngrad.ops.rearrange import repeat_interleave
from learngrad.ops.shape import transpose

__all__ = ["scaled_dot_product_attention"]


class Attention(Function):
    """softmax(q kᵀ · scale + mask) v as one operation.

    The weights, of which there are as many as pairs of places, are not kept but computed again in
    backward (Dao et al. 2022).
    """

    broadcasts = True
    saves = ("q", "k", "v", "mask", "out")
    formula, sign = r"\operatorname{softmax}(s\, q k^{\mathsf T} + m)\, v", "attention"
    local = {"q": "s · gₛ @ k", "k": "s · gₛᵀ @ q", "v": "pᵀ @ g", "mask": "gₛ"}

    def forward(self, q, k, v, mask, scale, drop):
        self.scale, self.drop = scale, drop
        scores, easy = _scores(q, k, mask, scale)
        self.most = None
        if scores.size and not easy:
            most = scores.max(-1, keepdims=True)
            self.most = np.where(np.isinf(most), 0, most)
        e = _exp(scores, self.most)
        self.total = total((e.ndim - 1,), e)
        self.total += np.equal(self.total, 0)  # a query that may see nothing gets 0
        out = np.matmul(e if drop is None else e * drop, v, out=_places_first(e, v))
        out /= self.total
        return out

    def backward(self, g, q, k, v, mask, out):
        if not devices.is_array(g):
            return self._by_operations(g, q, k, v, mask)
        e, g = _exp(_scores(q, k, mask, self.scale)[0], self.most), g / self.total
        grad = g @ v.swapaxes(-1, -2).copy()
        if self.drop is not None:
            grad *= self.drop
        grad -= total((g.ndim - 1,), g, out)
        grad *= e
        weights = e if self.drop is None else e * self.drop
        grad_q, grad_k, grad_v = (np.matmul(a, b, out=_places_first(a, b)) for a, b in (
            (grad, k), (grad.swapaxes(-1, -2), q), (weights.swapaxes(-1, -2), g)))
        grad_q *= self.scale
        grad_k *= self.scale
        return grad_q, grad_k, grad_v, None if self.edges[3] is None else grad

    def _by_operations(self, g, q, k, v, mask):
        """The same gradients from tensors, for second derivatives."""
        scores = (q * self.scale) @ transpose(k, -1, -2)
        if mask is not None:
            scores = np.where(mask, scores, -math.inf) if mask.dtype.kind == "b" else scores + mask
        p = softmax(scores, -1)
        p = np.where(np.isnan(p), 0, p)
        grad_v = transpose(p if self.drop is None else p * self.drop, -1, -2) @ g
        grad_p = g @ transpose(v, -1, -2)
        if self.drop is not None:
            grad_p = grad_p * self.drop
        grad = p * (grad_p - (grad_p * p).sum(-1, keepdims=True))
        return (grad @ k * self.scale, transpose(grad, -1, -2) @ q * self.scale, grad_v,
                None if self.edges[3] is None else grad)


def _places_first(e, v):
    """Memory for e @ v [..., heads, l, f] that lies as [..., l, heads, f], where there are heads.

    So a model that puts the heads together again, as it does next, needs no copy; and none for
    the gradients of what it took apart.
    """
    *lead, length = e.shape[:-1]
    if not lead or len(v.shape) > len(e.shape) or v.shape[:-2] != e.shape[:-2]:
        return None
    return room(e, *lead[:-1], length, lead[-1], v.shape[-1]).swapaxes(-2, -3)


def _scores(q, k, mask, scale):
    """The scores, and whether e^x of them needs no care: no need to look for the greatest."""
    across = k.swapaxes(-1, -2).copy()  # BLAS takes small matrices as they lie twice as fast
    across *= scale
    scores = q @ across
    if mask is None:
        return scores, harmless(scores)
    easy = mask.dtype.kind == "b" and harmless(scores)
    if mask.dtype.kind == "b":
        mask = np.where(mask, 0.0, -math.inf).astype(scores.dtype)
    if np.broadcast_shapes(scores.shape, mask.shape) != scores.shape:
        return scores + mask, easy
    scores += mask
    return scores, easy


def _exp(scores, most):
    """e^(scores − most), in place."""
    if most is not None:
        scores -= most
    return np.exp(scores, out=scores)


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0,
                                 is_causal=False, scale=None, enable_gqa=False):
    """Attention (Vaswani et al. 2017): ``softmax(query @ key.T * scale + mask) @ value``.

    PyTorch: `torch.nn.functional.scaled_dot_product_attention` drops other elements out.

    Parameters
    ----------
    query : Tensor, shape [..., l, e]
    key : Tensor, shape [..., s, e]
    value : Tensor, shape [..., s, f]
    attn_mask : Tensor, shape that broadcasts to [..., l, s], optional
        Bool: what may be seen; floating: added to the scores.
    dropout_p : float, default 0.0
        This part of the weights is left out at random, also outside training.
    is_causal : bool, default False
        Whether query i sees keys 0 to i alone.
    scale : float, optional
        By itself 1 / √e.
    enable_gqa : bool, default False
        Whether several heads of the query share one of key and value (dimension -3).

    Returns
    -------
    Tensor, shape [..., l, f]

    Examples
    --------
    >>> import learngrad
    >>> q = k = learngrad.zeros(2, 4)
    >>> v = learngrad.tensor([[1.0], [3.0]])
    >>> learngrad.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    tensor([[1.],
            [2.]])
    """
    floating_alike("attention", query=query, key=key, value=value)
    if min(query.ndim, key.ndim, value.ndim) < 2 or (
            query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]):
        raise ShapeError("attention takes query [..., l, e], key [..., s, e], value [..., s, f]",
                         fix="check the order of the dimensions")
    if not 0 <= dropout_p <= 1:
        raise ArgumentError(f"dropout_p={dropout_p} is no probability", fix="dropout_p=0.1")
    if attn_mask is not None and is_causal:
        raise ArgumentError("is_causal is a mask, and attn_mask another one",
                            fix="put the causal one into attn_mask")
    if enable_gqa:
        groups = query.shape[-3] // key.shape[-3]
        key, value = (repeat_interleave(t, groups, -3) for t in (key, value))
    length, seen = query.shape[-2], key.shape[-2]
    like = getattr(query, "_data", query)
    if is_causal:
        xp = devices.array_module(like)
        attn_mask = xp.tril(xp.ones((length, seen), bool))
    drop = None
    if dropout_p:
        shape = (*np.broadcast_shapes(query.shape[:-2], key.shape[:-2]), length, seen)
        stream = devices.default_generator(devices.device_of(like)).stream
        drop = (stream.random(shape, np.float32) >= dropout_p).astype(query.dtype)
        drop /= 1 - dropout_p if dropout_p < 1 else 1
    return Attention.apply(query, key, value, attn_mask, 1 / math.sqrt(query.shape[-1])
                           if scale is None else scale, drop)
