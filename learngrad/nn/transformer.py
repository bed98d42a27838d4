"""The Transformer (Vaswani et al. 2017): encoder, decoder, and both together."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

from learngrad.creation import full
from learngrad.errors import ArgumentRangeError, ShapeError
from learngrad.nn import init
from learngrad.nn.attention import MultiheadAttention
from learngrad.nn.containers import ModuleList
from learngrad.nn.dropout import Dropout
from learngrad.nn.linear import Linear
from learngrad.nn.module import Module
from learngrad.nn.normalization import LayerNorm
from learngrad.ops.activations import gelu
from learngrad.ops.diagonal import triu
from learngrad.ops.elementwise import relu

__all__ = ["Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder",
           "TransformerEncoderLayer"]

ACTIVATIONS = {"relu": relu, "gelu": gelu}


def _activation(activation: Any) -> Any:
    """The function between the two linear layers, by name or as it is."""
    if isinstance(activation, str):
        if activation not in ACTIVATIONS:
            raise ArgumentRangeError(f"activation={activation!r} is not known",
                                     fix='activation="relu" or "gelu", or a function')
        return ACTIVATIONS[activation]
    return activation


class _Layer(Module):
    """What the layers of encoder and decoder share: the linear layers, and where norms stand."""

    linear1: Linear
    dropout: Dropout
    linear2: Linear
    activation: Any
    norm_first: bool

    def _linear_layers(self, d_model: int, dim_feedforward: int, dropout: float, bias: bool,
                       made: dict[str, Any]) -> None:
        self.linear1 = Linear(d_model, dim_feedforward, bias, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **made)

    def _beside(self, x: Any, block: Callable[[Any], Any], norm: Any, dropout: Any) -> Any:
        """`x` and what a block makes of it, added; the norm before the block or after the sum."""
        if self.norm_first:
            return x + dropout(block(norm(x)))
        return norm(x + dropout(block(x)))

    def _feed_forward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    r"""Every place looks at all others, then passes through two linear layers.

    :math:`y = \operatorname{norm}(x + \text{attention}(x))`, then
    :math:`\operatorname{norm}(y + W_2\, f(W_1 y + b_1) + b_2)`; with `norm_first`
    :math:`y = x + \text{attention}(\operatorname{norm}(x))`, and the second step likewise.

    Parameters
    ----------
    d_model, nhead : int
        Features of each place, and the heads of the attention, which divide them.
    dim_feedforward : int, default 2048
        Features between the linear layers.
    dropout : float, default 0.1
    activation : {"relu", "gelu"} or callable
    layer_norm_eps : float, default 1e-5
    batch_first : bool, default False
    norm_first : bool, default False
    bias : bool, default True
    device, dtype : optional

    Attributes
    ----------
    self_attn : MultiheadAttention
    linear1, linear2 : Linear
    norm1, norm2 : LayerNorm

    Shape
    -----
    [places, batch, d_model], or with `batch_first` [batch, places, d_model], or one sequence
    [places, d_model], to the same shape.

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.TransformerEncoderLayer(8, nhead=2, batch_first=True)
    >>> layer(learngrad.ones(3, 5, 8)).shape
    learngrad.Size([3, 5, 8])
    """

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
                 activation: Any = relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
                 norm_first: bool = False, bias: bool = True, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        made = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first,
                                            **made)
        self._linear_layers(d_model, dim_feedforward, dropout, bias, made)
        self.norm_first = norm_first
        self.norm1, self.norm2 = (
            LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **made) for _ in range(2))
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        self.activation = _activation(activation)

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None,
                is_causal: bool = False) -> Any:
        """One layer; the masks are those of `MultiheadAttention`."""
        def attend(x: Any) -> Any:
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask,
                                  is_causal=is_causal)[0]

        x = self._beside(src, attend, self.norm1, self.dropout1)
        return self._beside(x, self._feed_forward, self.norm2, self.dropout2)


class TransformerDecoderLayer(_Layer):
    r"""As `TransformerEncoderLayer`; in between every place looks at the encoder's output too.

    Parameters as there.

    Attributes
    ----------
    self_attn, multihead_attn : MultiheadAttention
        Of the places among themselves, and to the encoder's output.
    linear1, linear2 : Linear
    norm1, norm2, norm3 : LayerNorm

    Shape
    -----
    tgt [l, batch, d_model] and memory [s, batch, d_model] to [l, batch, d_model].

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.TransformerDecoderLayer(8, nhead=2)
    >>> layer(learngrad.ones(4, 3, 8), learngrad.ones(6, 3, 8)).shape
    learngrad.Size([4, 3, 8])
    """

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
                 activation: Any = relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
                 norm_first: bool = False, bias: bool = True, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        made = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first,
                                            **made)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias,
                                                 batch_first=batch_first, **made)
        self._linear_layers(d_model, dim_feedforward, dropout, bias, made)
        self.norm_first = norm_first
        self.norm1, self.norm2, self.norm3 = (
            LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **made) for _ in range(3))
        self.dropout1, self.dropout2, self.dropout3 = (Dropout(dropout) for _ in range(3))
        self.activation = _activation(activation)

    def forward(self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None,
                tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
                tgt_is_causal: bool = False, memory_is_causal: bool = False) -> Any:
        """One layer; the masks are those of `MultiheadAttention`."""
        def attend(x: Any) -> Any:
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask,
                                  is_causal=tgt_is_causal)[0]

        def look_back(x: Any) -> Any:
            return self.multihead_attn(x, memory, memory, memory_key_padding_mask, False,
                                       memory_mask, is_causal=memory_is_causal)[0]

        x = self._beside(tgt, attend, self.norm1, self.dropout1)
        x = self._beside(x, look_back, self.norm2, self.dropout2)
        return self._beside(x, self._feed_forward, self.norm3, self.dropout3)


def _copies(layer: Module, number: int) -> ModuleList:
    """So many layers that begin alike."""
    return ModuleList([copy.deepcopy(layer) for _ in range(number)])


class TransformerEncoder(Module):
    """Copies of an encoder layer, one after another.

    PyTorch: `torch.nn.TransformerEncoder` in evaluation may set padded places of the output to 0
    (`enable_nested_tensor`); here they are computed like all others, and that argument and
    `mask_check` change nothing.

    Parameters
    ----------
    encoder_layer : TransformerEncoderLayer
        Copied; all layers begin with its parameters.
    num_layers : int
    norm : Module, optional
        Applied at the end.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, nhead=2), num_layers=3)
    >>> encoder(learngrad.ones(5, 1, 8)).shape
    learngrad.Size([5, 1, 8])
    """

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None,
                 enable_nested_tensor: bool = True, mask_check: bool = True) -> None:
        super().__init__()
        self.layers, self.num_layers, self.norm = (
            _copies(encoder_layer, num_layers), num_layers, norm)
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(self, src: Any, mask: Any = None, src_key_padding_mask: Any = None,
                is_causal: bool | None = None) -> Any:
        """All layers; the masks are those of `MultiheadAttention`."""
        for layer in self.layers:
            src = layer(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask,
                        is_causal=bool(is_causal))
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """Copies of a decoder layer, one after another.

    Parameters
    ----------
    decoder_layer : TransformerDecoderLayer
        Copied; all layers begin with its parameters.
    num_layers : int
    norm : Module, optional
        Applied at the end.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, nhead=2), num_layers=3)
    >>> decoder(learngrad.ones(4, 1, 8), learngrad.ones(6, 1, 8)).shape
    learngrad.Size([4, 1, 8])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers, self.num_layers, self.norm = (
            _copies(decoder_layer, num_layers), num_layers, norm)

    def forward(self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None,
                tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
                tgt_is_causal: bool | None = None, memory_is_causal: bool = False) -> Any:
        """All layers; the masks are those of `MultiheadAttention`."""
        for layer in self.layers:
            tgt = layer(tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                        tgt_key_padding_mask=tgt_key_padding_mask,
                        memory_key_padding_mask=memory_key_padding_mask,
                        tgt_is_causal=bool(tgt_is_causal), memory_is_causal=memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """Encoder and decoder: from a sequence to a sequence.

    Parameters
    ----------
    d_model : int, default 512
    nhead : int, default 8
    num_encoder_layers, num_decoder_layers : int, default 6
    dim_feedforward : int, default 2048
    dropout : float, default 0.1
    activation : {"relu", "gelu"} or callable
    custom_encoder, custom_decoder : Module, optional
        In place of those made here.
    layer_norm_eps : float, default 1e-5
    batch_first, norm_first : bool, default False
    bias : bool, default True
    device, dtype : optional

    Shape
    -----
    src [s, batch, d_model] and tgt [l, batch, d_model] to [l, batch, d_model].

    Raises
    ------
    ShapeError
        If src and tgt differ in their batch, or do not have d_model features.

    Examples
    --------
    >>> import learngrad
    >>> model = learngrad.nn.Transformer(8, 2, 1, 1, dim_feedforward=16)
    >>> model(learngrad.ones(6, 3, 8), learngrad.ones(4, 3, 8)).shape
    learngrad.Size([4, 3, 8])
    """

    def __init__(self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6,
                 num_decoder_layers: int = 6, dim_feedforward: int = 2048, dropout: float = 0.1,
                 activation: Any = relu, custom_encoder: Module | None = None,
                 custom_decoder: Module | None = None, layer_norm_eps: float = 1e-5,
                 batch_first: bool = False, norm_first: bool = False, bias: bool = True,
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        shared = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps,
                  batch_first, norm_first, bias, device, dtype)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, eps=layer_norm_eps, bias=bias, device=device, dtype=dtype)

        self.encoder: Any = TransformerEncoder(
            TransformerEncoderLayer(*shared), num_encoder_layers, norm(),
        ) if custom_encoder is None else custom_encoder
        self.decoder: Any = TransformerDecoder(
            TransformerDecoderLayer(*shared), num_decoder_layers, norm(),
        ) if custom_decoder is None else custom_decoder
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        """Draw the matrices anew, by Xavier's bounds."""
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p)

    def forward(self, src: Any, tgt: Any, src_mask: Any = None, tgt_mask: Any = None,
                memory_mask: Any = None, src_key_padding_mask: Any = None,
                tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
                src_is_causal: bool | None = None, tgt_is_causal: bool | None = None,
                memory_is_causal: bool = False) -> Any:
        """The decoder's output; the masks are those of `MultiheadAttention`."""
        tensors, batch = {"src": src, "tgt": tgt}, 0 if self.batch_first else 1
        if src.ndim == tgt.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ShapeError(f"nn.Transformer: src has {src.shape[batch]} sequences, and tgt "
                             f"{tgt.shape[batch]}", tensors=tensors,
                             fix="batch_first=True, or equal batches")
        if any(tuple(x.shape[-1:]) != (self.d_model,) for x in (src, tgt)):
            raise ShapeError(f"nn.Transformer: src and tgt need d_model={self.d_model} features",
                             tensors=tensors, fix="an nn.Embedding or nn.Linear before it")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask,
                              is_causal=src_is_causal)
        return self.decoder(tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                            tgt_key_padding_mask=tgt_key_padding_mask,
                            memory_key_padding_mask=memory_key_padding_mask,
                            tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """The causal mask, to be added to scores: 0 for places up to one's own, else -infinity.

        Examples
        --------
        >>> from learngrad import nn
        >>> nn.Transformer.generate_square_subsequent_mask(2).tolist()
        [[0.0, -inf], [0.0, 0.0]]
        """
        return triu(full((sz, sz), -math.inf, device=device, dtype=dtype), 1)
