"""Attention with several heads, as a layer."""

from __future__ import annotations

import math
from typing import Any

from learngrad import devices
from learngrad.errors import ArgumentError, ArgumentRangeError, DtypeError, ShapeError
from learngrad.nn import init
from learngrad.nn.linear import Linear
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.nn.starts import count, parameter
from learngrad.ops.attention import scaled_dot_product_attention
from learngrad.ops.dropout import dropout as drop
from learngrad.ops.elementwise import where
from learngrad.ops.join import chunk
from learngrad.ops.losses import softmax
from learngrad.ops.matmul import linear

__all__ = ["MultiheadAttention"]


class NonDynamicallyQuantizableLinear(Linear):
    """A linear layer, under the name that PyTorch prints for this one."""


class MultiheadAttention(Module):
    r"""Several heads of attention side by side (Vaswani et al. 2017).

    Each head has a part of the features: :math:`\text{head}_i = \operatorname{softmax}(q_i
    k_i^{\mathsf T} / \sqrt d)\, v_i` with :math:`q = x_q W_q^{\mathsf T} + b_q` and the like for k
    and v; a linear layer mixes what the heads found.

    Parameters
    ----------
    embed_dim : int
        Features of the query and of the output; `num_heads` divides them.
    num_heads : int
    dropout : float, default 0.0
        What part of the weights is left out in training.
    bias : bool, default True
    add_bias_kv, add_zero_attn : bool, default False
        PyTorch: `torch.nn.MultiheadAttention` adds a row to keys and values; here both are refused.
    kdim, vdim : int, default `embed_dim`
        Features of keys and values.
    batch_first : bool, default False
        Whether tensors are [batch, places, features] instead of [places, batch, features].
    device, dtype : optional

    Attributes
    ----------
    in_proj_weight : Parameter, shape [3 · embed_dim, embed_dim]
        For query, key, value, one upon the other. With `kdim` or `vdim` of their own they are
        ``q_proj_weight``, ``k_proj_weight`` and ``v_proj_weight`` instead.
    in_proj_bias : Parameter, shape [3 · embed_dim], or None
    out_proj : Linear

    Shape
    -----
    query [l, batch, embed_dim], key [s, batch, kdim], value [s, batch, vdim] to output
    [l, batch, embed_dim] and weights [batch, l, s] ([batch, num_heads, l, s] of each head, None
    without `need_weights`). Without a batch that dimension is left out everywhere.

    Raises
    ------
    ShapeError, DtypeError
        If the tensors or masks do not have these shapes, or one dtype.
    ArgumentError
        If the heads do not divide the features.

    Examples
    --------
    >>> import learngrad
    >>> attention = learngrad.nn.MultiheadAttention(8, num_heads=2, batch_first=True)
    >>> x = learngrad.ones(3, 5, 8)
    >>> out, weights = attention(x, x, x)
    >>> out.shape, weights.shape
    (learngrad.Size([3, 5, 8]), learngrad.Size([3, 5, 5]))
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
                 add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
                 vdim: int | None = None, batch_first: bool = False, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        name = "MultiheadAttention"
        self.embed_dim = count(name, "embed_dim", embed_dim, 1)
        self.num_heads = count(name, "num_heads", num_heads, 1)
        if embed_dim % num_heads:
            raise ArgumentError(f"nn.{name}: {num_heads} heads cannot share {embed_dim} features "
                                "evenly", fix="a num_heads that divides embed_dim")
        if add_bias_kv or add_zero_attn:
            raise ArgumentError(f"nn.{name}: a row added to keys and values (add_bias_kv, "
                                "add_zero_attn) is not supported", fix="leave both False")
        if not 0 <= dropout <= 1:
            raise ArgumentError(f"nn.{name}: dropout={dropout} is no probability",
                                fix="dropout=0.1")
        self.kdim = embed_dim if kdim is None else count(name, "kdim", kdim, 1)
        self.vdim = embed_dim if vdim is None else count(name, "vdim", vdim, 1)
        self.dropout, self.batch_first = dropout, batch_first
        self.head_dim = embed_dim // num_heads
        made = {"device": device, "dtype": dtype}
        if self.kdim == self.vdim == embed_dim:
            self.in_proj_weight = parameter(3 * embed_dim, embed_dim, **made)
            for key in "qkv":
                self.register_parameter(f"{key}_proj_weight", None)
        else:
            for key, features in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
                setattr(self, f"{key}_proj_weight", parameter(embed_dim, features, **made))
            self.register_parameter("in_proj_weight", None)
        self.register_parameter("in_proj_bias", parameter(3 * embed_dim, **made) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, **made)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draw new weights; biases begin at 0."""
        for key, p in self.named_parameters(recurse=False):
            if key.endswith("weight"):
                init.xavier_uniform_(p)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)

    def forward(self, query: Any, key: Any, value: Any, key_padding_mask: Any = None,
                need_weights: bool = True, attn_mask: Any = None,
                average_attn_weights: bool = True, is_causal: bool = False) -> Any:
        """The output, and the weights or None.

        Parameters
        ----------
        query, key, value : Tensor
        key_padding_mask : Tensor, shape [batch, s], optional
            Bool: True for keys that nobody may see; floating: added to their scores.
        need_weights : bool, default True
            Give the weights too; without them it is faster.
        attn_mask : Tensor, shape [l, s] or [batch · num_heads, l, s], optional
            Bool: True where a query may not see a key; floating: added to the scores.
        average_attn_weights : bool, default True
            Give the heads' mean weights.
        is_causal : bool, default False
            Says that `attn_mask` is the causal mask, which must be given all the same. A hint: the
            mask counts.
        """
        self._check(query, key, value)
        if is_causal and attn_mask is None:
            raise ArgumentRangeError("is_causal says what kind of mask attn_mask is, and there is "
                                     "none", fix="attn_mask=nn.Transformer."
                                     f"generate_square_subsequent_mask({query.shape[0]})")
        batched, first = query.ndim == 3, self.batch_first and query.ndim == 3
        q, k, v = (self._heads(x if batched else x.unsqueeze(1), first)
                   for x in self._projected(query, key, value))
        mask = self._mask(attn_mask, key_padding_mask, q, k)
        p = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            scores = (q * (1 / math.sqrt(self.head_dim))) @ k.transpose(-1, -2)
            if mask is not None:
                scores = (where(mask, scores, -math.inf) if mask.dtype.kind == "b"
                          else scores + mask)
            weights = drop(softmax(scores, -1), p)
            out = weights @ v
            weights = weights.mean(1) if average_attn_weights else weights
            weights = weights if batched else weights.squeeze(0)
        else:
            out = scaled_dot_product_attention(q, k, v, mask, p)
        out = out.transpose(1, 2) if first else out.permute(2, 0, 1, 3)
        return self.out_proj(out.reshape(*query.shape[:-1], self.embed_dim)), weights

    def _projected(self, query: Any, key: Any, value: Any) -> list[Any]:
        """Queries, keys and values; in one product where they are made from one tensor."""
        weight, bias = self.in_proj_weight, self.in_proj_bias
        if weight is not None and query is key and key is value:
            return list(chunk(linear(query, weight, bias), 3, -1))
        weights = chunk(weight, 3) if weight is not None else (
            self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        biases = [None] * 3 if bias is None else chunk(bias, 3)
        return [linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases,
                                                   strict=True)]

    def _heads(self, x: Any, batch_first: bool) -> Any:
        """[places, batch, features], or the batch first, as [batch, heads, places, features]."""
        x = x.reshape(*x.shape[:2], self.num_heads, self.head_dim)
        return x.transpose(1, 2) if batch_first else x.permute(1, 2, 0, 3)

    def _mask(self, attn_mask: Any, padding: Any, q: Any, k: Any) -> Any:
        """Both masks as one: bool, of what may be seen, or floating, to be added."""
        batch, heads, length = q.shape[:3]
        seen = k.shape[2]
        masks = []
        for name, mask, shapes in (
                ("attn_mask", attn_mask, [(length, seen), (batch * heads, length, seen)]),
                ("key_padding_mask", padding, [(batch, seen), (seen,)])):
            if mask is None:
                continue
            if tuple(mask.shape) not in shapes:
                raise ShapeError(
                    f"nn.MultiheadAttention: {name} has shape {list(mask.shape)}, and "
                    f"{' or '.join(str(list(s)) for s in shapes)} belongs here",
                    tensors={name: mask}, fix=f"{name} = learngrad.zeros{shapes[0]}.bool()")
            if mask.dtype.kind not in "b" + devices.FLOATING:
                raise DtypeError(f"nn.MultiheadAttention: {name} is {mask.dtype}; a mask is bool "
                                 "(True: not seen) or floating (added)", tensors={name: mask},
                                 fix=f"{name}.bool()")
            if name == "key_padding_mask":
                mask = mask.reshape(-1, 1, 1, seen)
            masks.append(mask.reshape(batch, heads, length, seen) if mask.ndim == 3 else mask)
        if all(mask.dtype.kind == "b" for mask in masks):
            hidden = masks[0] | masks[1] if len(masks) > 1 else masks[0] if masks else None
            return None if hidden is None else ~hidden
        added = [where(mask, -math.inf, q.new_zeros(())) if mask.dtype.kind == "b"
                 else mask.to(q.dtype) for mask in masks]
        return added[0] if len(added) == 1 else added[0] + added[1]

    def _check(self, query: Any, key: Any, value: Any) -> None:
        tensors = {"query": query, "key": key, "value": value}
        shapes = [t.shape for t in tensors.values()]
        batch = 0 if self.batch_first else 1
        if query.ndim not in (2, 3) or len({t.ndim for t in tensors.values()}) > 1 or (
                query.ndim == 3 and len({s[batch] for s in shapes}) > 1) or (
                shapes[1][:-1] != shapes[2][:-1]):
            raise ShapeError(
                "nn.MultiheadAttention takes query [l, batch, features], key and value [s, batch, "
                "features], the batch first with batch_first, or all of them without a batch",
                tensors=tensors, fix="batch_first=True, or x.transpose(0, 1)")
        for (name, t), features in zip(tensors.items(), (self.embed_dim, self.kdim, self.vdim),
                                       strict=True):
            if t.shape[-1] != features:
                raise ShapeError(f"nn.MultiheadAttention: {name} has {t.shape[-1]} features, and "
                                 f"the layer takes {features}", tensors=tensors,
                                 fix=f"make the layer with embed_dim={t.shape[-1]}"
                                 if name == "query" else f"{name[0]}dim={t.shape[-1]}")
