"""Recurrent cells: one step of a recurrent layer, for a loop of one's own."""

from __future__ import annotations

import math
from typing import Any

from learngrad.autograd.autocast import one_dtype
from learngrad.creation import zeros
from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError
from learngrad.nn import init
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.nn.starts import count, parameter
from learngrad.ops.recurrent import Gru, Lstm, Rnn, RnnRelu

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "draw", "step"]

NONLINEARITIES: dict[str, type[Rnn]] = {"tanh": Rnn, "relu": RnnRelu}


def step(layer: str, nonlinearity: str) -> type[Rnn]:
    """The operation of one step with this nonlinearity."""
    if nonlinearity not in NONLINEARITIES:
        raise ArgumentError(f"nn.{layer}: nonlinearity={nonlinearity!r} is not known",
                            fix='nonlinearity="tanh" or "relu"')
    return NONLINEARITIES[nonlinearity]


def draw(module: Module, hidden_size: int) -> None:
    """Draw all parameters evenly between -1/√hidden and 1/√hidden."""
    bound = 1 / math.sqrt(hidden_size)
    for weight in module.parameters():
        init.uniform_(weight, -bound, bound)


class RNNCellBase(Module):
    """What the cells share: parameters, and the checks of one step's input and states."""

    _operation: type[Rnn]
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        name, gates = type(self).__name__, self._operation.gates
        self.input_size = count(name, "input_size", input_size)
        self.hidden_size = count(name, "hidden_size", hidden_size, 1)
        self.bias = bias
        rows = gates * hidden_size
        self.weight_ih = parameter(rows, input_size, device=device, dtype=dtype)
        self.weight_hh = parameter(rows, hidden_size, device=device, dtype=dtype)
        for key in ("bias_ih", "bias_hh"):
            self.register_parameter(key, parameter(rows, device=device, dtype=dtype) if bias
                                    else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters."""
        draw(self, self.hidden_size)

    def _advance(self, input: Any, *states: Any) -> list[Any]:
        """The new states."""
        name = f"nn.{type(self).__name__}"
        given = {"input": input, **dict(zip(("h", "c"), states, strict=False))}
        tensors = {key: t for key, t in given.items() if t is not None}
        for key, t in tensors.items():
            if t.ndim not in (1, 2) or t.ndim != input.ndim:
                raise ArgumentError(f"{name} takes input and states of one step, [batch, size] or "
                                    f"[size]; {key} has {t.ndim} dimensions", tensors=tensors,
                                    fix=f"nn.{type(self).__name__[:-4]} takes whole sequences")
        rows = input if input.ndim == 2 else input.unsqueeze(0)
        found = []
        for key, t in given.items():
            size = self.input_size if key == "input" else self.hidden_size
            if t is None:
                t = zeros(len(rows), size, dtype=input.dtype, device=input.device)
            t = t if t.ndim == 2 else t.unsqueeze(0)
            if tuple(t.shape) != (len(rows), size):
                raise ShapeError(f"{name}: {key} has shape {list(given[key].shape)}, and "
                                 f"[{len(rows)}, {size}] belongs here", tensors=tensors,
                                 fix=f"give it {size} features")
            if not one_dtype((t, self.weight_ih)):
                raise ArgumentError(f"{name}: {key} is {t.dtype}, and the weights "
                                    f"{self.weight_ih.dtype}", tensors=tensors,
                                    fix=f"{key}.to({str(self.weight_ih.dtype)!r})")
            found.append(t)
        x, h, *c = found
        out, _, *c = self._operation.apply(x, h, *(c or [None]), self.weight_ih, self.weight_hh,
                                           self.bias_ih, self.bias_hh, (len(rows),), False)
        return [t if input.ndim == 2 else t.squeeze(0) for t in (out, *c)]

    def extra_repr(self) -> str:
        """The sizes, and what is not as by default."""
        words = f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")
        usual = getattr(self, "nonlinearity", "tanh")
        return words + ("" if usual == "tanh" else f", nonlinearity={usual}")


class RNNCell(RNNCellBase):
    r"""One step of `RNN`.

    :math:`h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})`

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool, default True
    nonlinearity : {"tanh", "relu"}
    device, dtype : optional

    Attributes
    ----------
    weight_ih, weight_hh, bias_ih, bias_hh : Parameter

    Shape
    -----
    input [batch, input_size] or [input_size], state [batch, hidden_size] or [hidden_size] (0 by
    itself), to the new state.

    Raises
    ------
    ShapeError, ArgumentError
        If input or state do not have these shapes, or not the weights' dtype.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.RNNCell(3, 4)(learngrad.ones(2, 3)).shape
    learngrad.Size([2, 4])
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True,
                 nonlinearity: str = "tanh", device: Any = None, dtype: Any = None) -> None:
        self._operation = step("RNNCell", nonlinearity)
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, bias, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The new state."""
        return self._advance(input, hx)[0]


class LSTMCell(RNNCellBase):
    r"""One step of `LSTM`: ``h, c = cell(x, (h, c))``.

    :math:`c' = f \odot c + i \odot g, \; h' = o \odot \tanh(c')`

    Parameters, shapes and errors as for `RNNCell`, without `nonlinearity`; the state is a pair.

    Examples
    --------
    >>> import learngrad
    >>> h, c = learngrad.nn.LSTMCell(3, 4)(learngrad.ones(2, 3))
    >>> h.shape, c.shape
    (learngrad.Size([2, 4]), learngrad.Size([2, 4]))
    """

    _operation = Lstm

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The new states."""
        if hx is not None and not (isinstance(hx, (tuple, list)) and len(hx) == 2):
            raise ArgumentTypeError("nn.LSTMCell takes its states as a tuple, (h, c)",
                                    fix="h, c = cell(x, (h, c))")
        return tuple(self._advance(input, *(hx or (None, None))))


class GRUCell(RNNCellBase):
    r"""One step of `GRU`.

    :math:`h' = (1 - z) \odot n + z \odot h`

    Parameters, shapes and errors as for `RNNCell`, without `nonlinearity`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.GRUCell(3, 4)(learngrad.ones(2, 3)).shape
    learngrad.Size([2, 4])
    """

    _operation = Gru

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The new state."""
        return self._advance(input, hx)[0]
