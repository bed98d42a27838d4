"""A loss at many settings of the parameters in one forward pass.

The tape of one pass is a program. It is run again with a *lane* for each setting: what depends on
the parameters gets a leading dimension, what does not is taken as it was. Linear layers, matrix
products and what goes by elements run on all lanes at once, any other operation lane by lane, so a
model needs nothing but operations. Where a program's course depends on its numbers the tape is
another one elsewhere: the first results are compared with plain passes, and where they differ the
plain passes go on.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from time import thread_time
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.autograd.mode import no_grad
from learngrad.autograd.observe import Watcher, watch
from learngrad.descent.checks import takes
from learngrad.errors import ArgumentError, ArgumentTypeError, a_kind_of
from learngrad.nn.module import Module
from learngrad.ops import elementwise, likelihood, logical, losses, matmul
from learngrad.tensor import Tensor

__all__ = ["Evaluator"]

Setting = Sequence[Any]
"""One array for each parameter; or, of many settings, each with a leading dimension."""
TOLERANCE = 1e-4
"""How far, relatively, a lane may lie from a plain pass: rounding, in float32."""
ROOM = 1 << 18
"""Elements of the largest array with all its lanes: a processor's cache, more or less."""
_BY_ELEMENTS = (elementwise.Arithmetic, elementwise.Floating, elementwise.Neg, elementwise.Relu,
                elementwise.Abs, elementwise.Sign, elementwise.Where, elementwise.Clone,
                elementwise.Cast, logical.Comparison)
_BY_ROWS = (losses.Softmax, losses.LogSoftmax)
"""Of the family of `Floating`, but not by elements."""


class Evaluator:
    """The loss of a copy of a model at any setting of its parameters, in evaluation mode.

    The model itself is never touched: it may be trained, or used, meanwhile.

    Parameters
    ----------
    model : Module
    loss_fn : callable
        ``loss_fn(model(X), y)``; without `y`, ``loss_fn(model(X))``; without `X`,
        ``loss_fn(model)``.
    X, y : Tensor, optional

    Raises
    ------
    ArgumentError
        If the model has no parameters, or the loss is not one number.
    ArgumentTypeError
        If `model` is no Module, or the loss no tensor.
    """

    def __init__(self, model: Module, loss_fn: Callable[..., Any], X: Any = None,
                 y: Any = None) -> None:
        if not isinstance(model, Module):
            raise ArgumentTypeError("a surface is that of a model's loss, and this is "
                                    f"{a_kind_of(model)}",
                                    fix="LossSurface(model, loss_fn, X, y)")
        if loss_fn is None:
            raise ArgumentTypeError("a surface is that of a loss, and no loss_fn was given",
                                    fix="LossSurface(model, nn.CrossEntropyLoss(), X, y)")
        if not callable(loss_fn):
            raise ArgumentTypeError("loss_fn is called with what the model gives, and "
                                    f"{a_kind_of(loss_fn)} cannot be called",
                                    fix="LossSurface(model, nn.CrossEntropyLoss(), X, y)")
        if isinstance(X, str | bytes) or hasattr(X, "dataset"):
            raise ArgumentTypeError(f"X is {a_kind_of(X)}; a surface takes all of its data at once",
                                    fix="LossSurface(model, loss_fn, X, y) with two tensors, for "
                                        "instance X, y = next(iter(loader))")
        if isinstance(X, Tensor) and not X.numel():
            raise ArgumentError("a loss is the mean over data, and X is empty", tensors={"X": X},
                                fix="LossSurface(model, loss_fn, X, y)")
        given, said = ((1, "no X and y were given, so it is called with the model alone")
                       if X is None else
                       (1, "no y was given, so it is called with the predictions alone")
                       if y is None else (2, "it is called with the predictions and y"))
        if not takes(loss_fn, given):
            name = getattr(loss_fn, "__name__", type(loss_fn).__name__)
            raise ArgumentTypeError(f"the loss cannot be called: {said}, and {name} takes "
                                    f"{'more' if given == 1 else 'something else'}",
                                    fix="LossSurface(model, nn.CrossEntropyLoss(), X, y)")
        self._model = copy.deepcopy(model).eval()
        self._loss_fn, self._data = loss_fn, (X, y)
        named = {path: p for path, p in self._model.named_parameters()
                 if devices.is_floating(p.dtype)}
        if not named:
            raise ArgumentError("the model has no parameters to move along",
                                fix="pass a model with parameters, for instance nn.Linear(2, 1)")
        self.names = list(named)
        self.parameters: list[Tensor] = list(named.values())
        self.center = [p.detach()._data.copy() for p in self.parameters]
        self.why = ""
        """Why each point has a pass of its own; nothing where many share one."""
        self.lanes = 1
        """Settings of one pass."""
        self._program: _Program | None = None

    @property
    def size(self) -> int:
        """The number of parameters, as single numbers."""
        return sum(a.size for a in self.center)

    def loss(self) -> Tensor:
        """The loss of the copy as it stands, as a tensor."""
        X, y = self._data
        model, loss_fn = self._model, self._loss_fn
        if X is None:
            value = loss_fn(model)
        else:
            value = loss_fn(model(X)) if y is None else loss_fn(model(X), y)
        if not isinstance(value, Tensor):
            raise ArgumentTypeError(f"the loss is {a_kind_of(value)}, not a tensor",
                                    fix="return what a loss function gives, without .item()")
        if value.numel() != 1:
            raise ArgumentError(f"the loss has shape {list(value.shape)}, and a surface needs one "
                                "number", fix="loss_fn=nn.CrossEntropyLoss() averages; or "
                                              "lambda out, y: (out - y).square().mean()")
        return value

    def at(self, setting: Setting) -> float:
        """The loss at one setting, by a plain pass."""
        self.put(setting)
        with no_grad():
            return float(self.loss().item())

    def put(self, setting: Setting) -> None:
        """Let the copy have these arrays for parameters."""
        for parameter, array in zip(self.parameters, setting):
            parameter._data = array

    def prepare(self, tests: Setting) -> None:
        """Find out whether settings can share a pass, and whether it pays, by these stacked ones.

        A setting's losses by a pass of its own are compared with those of a shared one.
        """
        self._program, self.lanes, self.why = None, 1, ""
        try:
            self.put(self.center)
            program = _record(self.loss, self.parameters)
            lanes = ROOM // program.largest
            if lanes < 2:
                self.why = "each of them fills the processor"
                return
            together, shared = _timed(lambda: np.concatenate([
                program.run([part[k:k + lanes] for part in tests])
                for k in range(0, len(tests[0]), lanes)]))
        except Exception as error:  # noqa: BLE001  a plain pass says what is wrong, if anything is
            self.why = f"it cannot be shared ({error})"
            return
        alone, plain = _timed(lambda: np.array([self.at(one) for one in zip(*tests)]))
        if not np.isclose(together, alone, rtol=TOLERANCE, atol=1e-6, equal_nan=True).all():
            self.why = "its course depends on the numbers"
        elif shared > 1.2 * plain:
            self.why = "sharing it is not quicker here"
        else:
            self._program, self.lanes = program, lanes

    def many(self, settings: Setting) -> np.ndarray:
        """The losses at settings stacked along a leading dimension, float64, shape (n,)."""
        if self._program is not None:
            return self._program.run(settings)
        return np.array([self.at(one) for one in zip(*settings)])


class _Program(Watcher):
    """The operations of one pass, to be run with lanes."""

    def __init__(self, parameters: list[Tensor]) -> None:
        self._places = {id(p): k for k, p in enumerate(parameters)}
        self._alive: list[Any] = list(parameters)
        self._steps: list[tuple[type[Function], list[tuple[bool, Any]], list[int]]] = []
        self._out = -1
        self.largest = max(p.numel() for p in parameters)

    def operation(self, node: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...],
                  made: Any) -> None:
        """Keep an operation that depends on the parameters."""
        places = self._places
        if not any(id(x) in places for x in inputs):
            return
        read = [(True, places[id(x)]) if id(x) in places else
                (False, x._data.copy() if isinstance(x, Tensor) and x.ndim == 0 else
                 x._data if isinstance(x, Tensor) else x) for x in inputs]
        self._alive += outputs
        for out in outputs:
            places[id(out)] = len(places)
            self.largest = max(self.largest, out.numel())
        self._steps.append((type(node), read, [places[id(out)] for out in outputs]))

    def finish(self, loss: Tensor) -> None:
        """Say which value is the loss."""
        if id(loss) not in self._places:
            raise ArgumentError("the loss does not depend on the parameters")
        self._out = self._places[id(loss)]
        self._alive.clear()
        self._places.clear()

    def run(self, settings: Setting) -> np.ndarray:
        """The losses, one a lane."""
        values: dict[int, Any] = dict(enumerate(settings))
        lanes = len(settings[0])
        with np.errstate(all="ignore"):
            for operation, read, written in self._steps:
                inputs = [(has, values[x] if has else x) for has, x in read]
                found = _apply(operation, inputs, lanes)
                values.update(zip(written, found))
        out = values[self._out]
        return np.asarray(devices.to_device(out, devices.CPU), dtype=np.float64).reshape(lanes)


def _record(loss: Callable[[], Tensor], parameters: list[Tensor]) -> _Program:
    program = _Program(parameters)
    with no_grad(), watch(program):
        out = loss()
    program.finish(out)
    return program


def _timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    began = thread_time()  # and not the clock's: other programs may be busy
    return work(), thread_time() - began


def _apply(operation: type[Function], inputs: list[tuple[bool, Any]],
           lanes: int) -> tuple[Any, ...]:
    """One operation on all lanes; `inputs` say whether they have lanes."""
    if operation is matmul.Linear:
        return (_linear(*inputs),)
    if issubclass(operation, _BY_ELEMENTS) and not issubclass(operation, _BY_ROWS):
        return (operation.apply(*_aligned(inputs)),)
    if operation in _LOSSES and inputs[0][0] and not any(has for has, _ in inputs[1:]):
        found = _LOSSES[operation](*(x for _, x in inputs))
        if found is not None:
            return (found,)
    if issubclass(operation, _BY_ROWS) and inputs[0][0]:
        (_, x), (_, dims) = inputs
        return (operation.apply(x, tuple(d + 1 if d >= 0 else d for d in dims)),)
    if operation is matmul.MatMul and all(x.ndim - has >= 2 for has, x in inputs):
        return (operation.apply(*_aligned(inputs)),)
    each = []
    for lane in range(lanes):
        out = operation.apply(*(x[lane] if has else x for has, x in inputs))
        each.append(out if type(out) is tuple else (out,))
    return tuple(devices.array_module(same[0]).stack(same) for same in zip(*each))


def _aligned(inputs: list[tuple[bool, Any]]) -> list[Any]:
    """With dimensions of size 1 behind the lanes where others have more dimensions."""
    most = max(x.ndim - has for has, x in inputs if devices.is_array(x))
    return [x.reshape((x.shape[0], *[1] * (most - x.ndim + 1), *x.shape[1:])) if has else x
            for has, x in inputs]


def _linear(x: tuple[bool, Any], weight: tuple[bool, Any], bias: tuple[bool, Any]) -> Any:
    (x_has, rows), (_, w), (b_has, b) = x, weight, bias
    lead = rows.shape[x_has:-1]
    out = rows.reshape((*rows.shape[:x_has], -1, rows.shape[-1])) @ w.swapaxes(-1, -2)
    if b is not None:
        out = out + (b[:, None, :] if b_has else b)
    return out.reshape((*out.shape[:-2], *lead, out.shape[-1]))


def _cross_entropy(x: Any, target: Any, reduction: str, keep: Any) -> Any:
    """Each lane's loss: all rows of all lanes at once."""
    if keep is not None:
        return None
    lanes, n, classes = x.shape
    right = devices.array_module(x).tile(target, lanes)
    each = likelihood.CrossEntropy.apply(x.reshape((-1, classes)), right, "none", None)
    return _reduced(each.reshape((lanes, n)), reduction)


def _squares(x: Any, y: Any, reduction: str) -> Any:
    return _reduced(losses.MSE.apply(x, y, "none"), reduction)


def _reduced(each: Any, reduction: str) -> Any:
    if reduction == "none":
        return each
    rows = each.reshape((each.shape[0], -1))
    return rows.sum(1) if reduction == "sum" else rows.mean(1)


_LOSSES: dict[type[Function], Callable[..., Any]] = {
    likelihood.CrossEntropy: _cross_entropy, losses.MSE: _squares}
