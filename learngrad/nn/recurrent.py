"""Recurrent layers: networks that read a sequence step by step."""

from __future__ import annotations

from typing import Any, ClassVar

from learngrad.autograd.autocast import one_dtype
from learngrad.creation import zeros
from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError
from learngrad.nn.cells import draw, step
from learngrad.nn.module import Module
from learngrad.nn.notices import tell
from learngrad.nn.starts import count, parameter
from learngrad.nn.utils.rnn import PackedSequence
from learngrad.ops.dropout import dropout as drop
from learngrad.ops.gather import index_select
from learngrad.ops.join import cat, stack
from learngrad.ops.recurrent import Gru, Lstm, Rnn

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]


class RNNBase(Module):
    """What the recurrent layers share: layers, directions, states, and all forms of input.

    A subclass names the operation of a step, ``_operation``, which has so many ``gates``.
    """

    _operation: type[Rnn]
    _kinds: ClassVar[tuple[str, ...]] = ("h0",)  # of states

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
                 proj_size: int = 0, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        name = type(self).__name__
        self.input_size = count(name, "input_size", input_size, 1)
        self.hidden_size = count(name, "hidden_size", hidden_size, 1)
        self.num_layers = count(name, "num_layers", num_layers, 1)
        for key, flag in (("bias", bias), ("batch_first", batch_first)):
            if not isinstance(flag, bool):
                raise ArgumentTypeError(f"nn.{name}: {key} is True or False, not {flag!r:.60}",
                                        fix=f"{key}=True")
        if isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ArgumentError(f"nn.{name}: dropout={dropout} is no probability",
                                fix="dropout=0.5")
        if dropout and num_layers == 1:
            tell(f"nn.{name}: dropout={dropout} acts between layers, and there is only one: pass "
                 "num_layers=2, or apply nn.Dropout to the output")
        if proj_size:
            raise ArgumentError(f"nn.{name}: projections (proj_size={proj_size}) are not "
                                "supported", fix="nn.Linear(hidden_size, proj_size) on the output")
        self.bias, self.batch_first, self.proj_size = bias, batch_first, 0
        self.dropout, self.bidirectional = float(dropout), bidirectional
        self._names: list[list[str]] = []
        gates = self._operation.gates * hidden_size
        for layer in range(num_layers):
            inputs = input_size if layer == 0 else hidden_size * (1 + bidirectional)
            for suffix in ("", "_reverse")[:1 + bidirectional]:
                shapes = {"weight_ih": (gates, inputs), "weight_hh": (gates, hidden_size),
                          **({"bias_ih": (gates,), "bias_hh": (gates,)} if bias else {})}
                self._names.append([f"{key}_l{layer}{suffix}" for key in shapes])
                for key, shape in zip(self._names[-1], shapes.values(), strict=True):
                    setattr(self, key, parameter(*shape, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters."""
        draw(self, self.hidden_size)

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, key) for key in names] for names in self._names]

    @property
    def _flat_weights_names(self) -> list[str]:
        """The parameters' names in one list: programs that give each layer its start read it."""
        return [key for names in self._names for key in names]

    def flatten_parameters(self) -> None:
        """Do nothing: PyTorch arranges memory here for its GPU library."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The last layer's output at every step, and every layer's last state."""
        if isinstance(input, PackedSequence):
            rows, sizes = input.data, tuple(input.batch_sizes.tolist())
            self._check(rows, rows.ndim == 2, "packed data [elements, input_size]")
            states = self._states(hx, sizes[0], rows, True)
            if input.sorted_indices is not None and hx is not None:
                states = [index_select(s, 1, input.sorted_indices) for s in states]
            out, finals = self._run(rows, sizes, states)
            if input.unsorted_indices is not None:
                finals = [index_select(s, 1, input.unsorted_indices) for s in finals]
            return PackedSequence(out, *input[1:]), self._packed_up(finals)
        batched = input.ndim == 3
        self._check(input, input.ndim in (2, 3), "an input [steps, batch, input_size], or "
                    "[batch, steps, input_size] with batch_first, or one sequence [steps, "
                    "input_size]")
        x = input if batched else input.unsqueeze(1)
        if batched and self.batch_first:
            x = x.transpose(0, 1)
        steps, batch = x.shape[:2]
        if not steps:
            raise ShapeError(f"nn.{type(self).__name__}: a sequence of no steps has no output",
                             tensors={"input": input}, fix="give it one step or more")
        states = self._states(hx, batch, input, batched)
        out, finals = self._run(x.reshape(steps * batch, -1), (batch,) * steps, states)
        if not batched:
            return out, self._packed_up([s.squeeze(1) for s in finals])
        out = out.reshape(steps, batch, -1)
        return out.transpose(0, 1) if self.batch_first else out, self._packed_up(finals)

    def _run(self, rows: Any, sizes: tuple[int, ...], states: list[Any]) -> tuple[Any, list[Any]]:
        """All layers over the rows of all steps; the last states, stacked, one tensor a kind."""
        directions, lasts = 1 + self.bidirectional, []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                rows = drop(rows, self.dropout, self.training)
            outs = []
            for k in range(layer * directions, (layer + 1) * directions):
                weights = [getattr(self, key) for key in self._names[k]]
                if not self.bias:
                    weights += [None, None]
                h, *c = [s[k] for s in states]
                out, *last = self._operation.apply(rows, h, *(c or [None]), *weights, sizes,
                                                   k % directions == 1)
                outs.append(out)
                lasts.append(last)
            rows = outs[0] if directions == 1 else cat(outs, 1)
        return rows, [stack(kind) for kind in zip(*lasts, strict=True)]

    def _states(self, hx: Any, batch: int, like: Any, batched: bool) -> list[Any]:
        """The states to start from, [layers · directions, batch, hidden], one for each kind."""
        names = self._kinds
        if hx is None:
            return [zeros(len(self._names), batch, self.hidden_size, dtype=like.dtype,
                          device=like.device)] * len(names)
        given = list(hx) if len(names) > 1 and isinstance(hx, (tuple, list)) else [hx]
        if len(given) != len(names):
            raise ArgumentTypeError(f"nn.{type(self).__name__} takes its states as a tuple, "
                                    f"({', '.join(names)})", fix="lstm(x, (h0, c0))")
        shape = (len(self._names), *([batch] if batched else []), self.hidden_size)
        for name, state in zip(names, given, strict=True):
            if tuple(state.shape) != shape:
                raise ShapeError(
                    f"nn.{type(self).__name__}: {name} has shape {list(state.shape)}, and "
                    f"{list(shape)} belongs here: layers times directions, batch (whatever "
                    "batch_first says), hidden_size", tensors={name: state, "input": like},
                    fix=f"{name} = learngrad.zeros{shape}")
        return given if batched else [s.unsqueeze(1) for s in given]

    def _check(self, input: Any, fits: bool, what: str) -> None:
        name = f"nn.{type(self).__name__}"
        if not fits:
            raise ArgumentError(f"{name} takes {what}", tensors={"input": input},
                                fix="x.unsqueeze(-1) adds a dimension of one feature")
        if input.shape[-1] != self.input_size:
            raise ShapeError(f"{name}: the input has {input.shape[-1]} features, and the layer "
                             f"takes {self.input_size}", tensors={"input": input},
                             fix=f"make the layer with input_size={input.shape[-1]}")
        weight = getattr(self, self._names[0][0])
        if not one_dtype((input, weight)):
            raise ArgumentError(f"{name}: the input is {input.dtype}, and the weights "
                                f"{weight.dtype}", tensors={"input": input},
                                fix=f"x.to({str(weight.dtype)!r}), or convert the layer")

    def _packed_up(self, states: list[Any]) -> Any:
        """The last states as the layer returns them."""
        return states[0] if len(states) == 1 else tuple(states)

    def extra_repr(self) -> str:
        """The sizes, and what is not as by default."""
        words = [f"{self.input_size}, {self.hidden_size}"]
        words += [f"{key}={value}" for key, value, usual in (
            ("num_layers", self.num_layers, 1), ("bias", self.bias, True),
            ("batch_first", self.batch_first, False), ("dropout", self.dropout, 0),
            ("bidirectional", self.bidirectional, False)) if value != usual]
        return ", ".join(words)


class RNN(RNNBase):
    r"""A layer whose state is made anew from the input and the old state (Elman 1990).

    :math:`h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})`

    Parameters
    ----------
    input_size, hidden_size : int
        Numbers of each element of the input, and of the state.
    num_layers : int, default 1
        Layers, each reading the one before.
    nonlinearity : {"tanh", "relu"}
    bias : bool, default True
    batch_first : bool, default False
        Whether input and output are [batch, steps, *] instead of [steps, batch, *]; states are
        [layers, batch, *] all the same.
    dropout : float, default 0.0
        What part of each layer's output but the last one's is left out in training.
    bidirectional : bool, default False
        Whether a second set of states reads the sequence from its end; outputs stand side by side.
    device, dtype : optional
        By default "cpu" and the default dtype (float32).

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, ... : Parameter
        Of each layer and direction; they start from draws between
        :math:`\pm 1/\sqrt{\text{hidden\_size}}`.

    Shape
    -----
    input [steps, batch, input_size], and h0 [layers · directions, batch, hidden_size] (0 by
    itself), to output [steps, batch, directions · hidden_size], and the last state, like h0.
    Without a batch the batch dimension is left out everywhere. A `PackedSequence` gives one.

    Raises
    ------
    ShapeError, ArgumentError
        If input or state do not have these shapes, or the input not the weights' dtype.

    Examples
    --------
    >>> import learngrad
    >>> out, h = learngrad.nn.RNN(3, 4)(learngrad.ones(5, 2, 3))
    >>> out.shape, h.shape
    (learngrad.Size([5, 2, 4]), learngrad.Size([1, 2, 4]))
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1,
                 nonlinearity: str = "tanh", bias: bool = True, batch_first: bool = False,
                 dropout: float = 0.0, bidirectional: bool = False, device: Any = None,
                 dtype: Any = None) -> None:
        self._operation = step("RNN", nonlinearity)
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, 0, device, dtype)


class LSTM(RNNBase):
    r"""A layer with a second state, to which gates add and take (Hochreiter, Schmidhuber 1997).

    :math:`c_t = f \odot c_{t-1} + i \odot g, \; h_t = o \odot \tanh(c_t)`, where
    :math:`i, f, o = \sigma(s)` and :math:`g = \tanh(s)` of four sums, each with weights of its own:
    :math:`s = W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}`

    Parameters as for `RNN`, without `nonlinearity`. The weights of i, f, g, o stand one upon the
    other. `proj_size`, as PyTorch has it, must be 0.

    Shape
    -----
    As `RNN`, but the state is a pair: ``lstm(x, (h0, c0))`` gives ``out, (h_n, c_n)``.

    Raises
    ------
    ShapeError, ArgumentError
        As `RNN`; ArgumentTypeError if the state is no pair.

    Examples
    --------
    >>> import learngrad
    >>> lstm = learngrad.nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    >>> out, (h, c) = lstm(learngrad.ones(2, 5, 3))
    >>> out.shape, h.shape
    (learngrad.Size([2, 5, 8]), learngrad.Size([4, 2, 4]))
    """

    _operation = Lstm
    _kinds = ("h0", "c0")


class GRU(RNNBase):
    r"""A layer that keeps a part of its state and makes the rest anew (Cho et al. 2014).

    :math:`h_t = (1 - z) \odot n + z \odot h_{t-1}`, where :math:`r, z = \sigma(W_{ih} x_t + b_{ih}
    + W_{hh} h_{t-1} + b_{hh})`, each with weights of its own, and :math:`n = \tanh(W_{in} x_t +
    b_{in} + r \odot (W_{hn} h_{t-1} + b_{hn}))`

    Parameters, shapes and errors as for `RNN`, without `nonlinearity`. The weights of r, z, n stand
    one upon the other.

    Examples
    --------
    >>> import learngrad
    >>> out, h = learngrad.nn.GRU(3, 4, batch_first=True)(learngrad.ones(2, 5, 3))
    >>> out.shape, h.shape
    (learngrad.Size([2, 5, 4]), learngrad.Size([1, 2, 4]))
    """

    _operation = Gru

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, 0, device, dtype)


# ---- Cells: one step -----------------------------------------------------------------------------
