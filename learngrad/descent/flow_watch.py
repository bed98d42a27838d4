"""Watches a model and its optimiser: what goes through the layers of some steps, and comes back.

A step that is not watched costs one hook of the optimiser. Before one that is, hooks are put on the
layers; they copy a sample of what they see, since anybody may overwrite it a moment later, and when
the optimiser has stepped everything is measured at once (`flow_measure`) and the hooks are gone.
"""

from __future__ import annotations

import functools
import threading
import warnings
import weakref
from collections.abc import Callable
from threading import get_ident
from time import perf_counter
from typing import Any

from learngrad import devices
from learngrad.autograd.handle import RemovableHandle
from learngrad.autograd.mode import is_grad_enabled
from learngrad.autograd.observe import Watcher, thread
from learngrad.descent.checks import whole
from learngrad.descent.flow import Flow
from learngrad.descent.flow_measure import sample
from learngrad.descent.flow_moment import AT, KINDS, MOVES, Moment, Taken
from learngrad.descent.flow_seen import (
    ACTIVATIONS,
    GRADIENTS,
    WEIGHT_GRADIENTS,
    WEIGHTS,
    Call,
    Seen,
    bend_of,
)
from learngrad.errors import ArgumentError, ArgumentTypeError, a_kind_of
from learngrad.nn.module import Module
from learngrad.nn.parameter import Uninitialized
from learngrad.optim.optimizer import Optimizer
from learngrad.tensor import Tensor

__all__ = ["FlowWatch"]

SHARE, EARLY = 0.015, 0.025
"""Of the loop's time, what watching may take; and in steps that are powers of two, since in the
beginning things change most."""
FIRST = 16
"""Steps in which those are watched whatever it takes: a loop may be short."""
PAUSE = 1.0
"""Seconds between two steps that count as time of the loop, at most."""
CALLS, ROWS = 32, 128
"""Calls of one layer, and calls in all, that are watched in a step."""
STREAK = 5
"""Moments in a row in which a unit gave only zeros, for it to be called dead."""
BAD = [AT[f"{kind}: bad"] for kind in KINDS]


def guarded(method: Callable[..., None]) -> Callable[..., None]:
    """Count the time of a hook; what goes wrong in it ends the watching and not the training."""
    @functools.wraps(method)
    def hook(self: FlowWatch, *args: Any, **kwargs: Any) -> None:
        if not self.is_open:
            return
        began = perf_counter()
        try:
            method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  the user's loop goes on
            self.close()
            warnings.warn(f"the gradient flow is no longer watched: {error!r}", RuntimeWarning,
                          stacklevel=2)
        self.spent += perf_counter() - began

    return hook


class FlowWatch(Watcher):
    """Puts what it sees of a model's training steps into a `Flow`.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer
        Of learngrad, with parameters of the model.
    flow : Flow
    every : int, optional
        Watch each so many steps, whatever it takes; by default as many as `SHARE` of the loop's
        time allows, and besides those that are powers of two.
    tell : callable, optional
        Called when there is something new.
    """

    def __init__(self, model: Any, optimizer: Any, flow: Flow, every: int | None = None,
                 tell: Callable[[], None] | None = None) -> None:
        _check(model, optimizer, every)
        self.flow, self.every, self.tell = flow, every, tell
        self.model: Any = model
        # Weak, so that an optimiser that nobody has any more takes its hooks along.
        self._optimizer = weakref.ref(optimizer, lambda _: self.close())
        self.steps = 0
        """Steps of the optimiser."""
        self.spent = 0.0
        """Seconds that watching took."""
        self.worked = 0.0
        """Seconds of the loop, without its pauses."""
        self.is_open = True
        self._trains = 0  # the thread that does
        self._told_of = -1  # steps that were made when the training had broken off
        self._last = perf_counter()
        self._due = self._charged = self._armed_at = self._cold = 0.0
        self._look = 1  # the step after which the clock is looked at
        self._seen = 0  # and the one after which it was
        self._usual = 0.0
        """Seconds of a step that is not watched."""
        self._armed = False
        self._hooks: list[RemovableHandle] = []
        self._layers: dict[int, tuple[str, Any]] = {}
        self._calls: list[Call] = []
        self._called: dict[int, tuple[int, int]] = {}  # of a layer: its calls, one in so many kept
        self._chain: dict[int, tuple[Tensor, Call]] = {}  # tensors that a bend may still follow
        self._old: dict[int, Any] = {}
        self._streaks: dict[int, tuple[int, Any]] = {}
        self._stays = optimizer.register_step_post_hook(self._stepped)
        self._arm()
        self._armed_at = self.spent

    @property
    def share(self) -> float:
        """Of the loop's time, what watching took."""
        worked = self.worked + self._took(perf_counter())
        return self.spent / worked if worked else 0.0

    def close(self) -> None:
        """Watch no more; what was seen is kept."""
        self.is_open = False
        self._stays.remove()
        self._disarm()
        self.model = None  # whoever still shows what was seen does not keep it alive

    def __reduce__(self) -> tuple[Any, ...]:
        """Nobody watches a copy of the model: the hooks that were copied with it do nothing."""
        return _nobody, ()

    # ---- Steps -----------------------------------------------------------------------------------

    def _stepped(self, *_: Any) -> None:
        """The optimiser has made a step: this runs after every one, and has to be quick."""
        self.steps += 1
        if self.steps >= self._look:
            self._looked()

    def _looked(self) -> None:
        """A step at which the clock is looked at: it was watched, or the next one may be."""
        now = perf_counter()
        made, took = self.steps - self._seen, now - self._last
        self.worked += self._took(now)
        if self._armed:
            # Watched calls are slower, too; but a pause of the loop is not our doing.
            inside = self.spent - self._armed_at
            if self._usual:
                self.spent += min(max(0.0, took - self._usual - inside), 2 * inside)
            self._finish()
            self._cold = inside
            self._due = now + (self.spent - self._charged) / SHARE
            self._charged = self.spent
            now = perf_counter()
        elif self._cold:  # what watching put out of the caches comes back
            self.spent += min(max(0.0, took - self._usual), self._cold) if self._usual else 0.0
            self._cold = 0.0
        else:
            self._usual += (took / made - self._usual) * (0.5 if self._usual else 1)
        self._last, self._seen = now, self.steps
        if (self.steps % self.every == 0 if self.every else now >= self._due or (
                self.steps & (self.steps - 1) == 0
                and (self.steps <= FIRST or self.spent <= EARLY * self.worked))):
            self._arm()
            self._armed_at = self.spent
        self._look = self._next(now)

    def _took(self, now: float) -> float:
        """Seconds of the loop since the clock was looked at, without its pauses."""
        made = self.steps - self._seen
        return min(now - self._last, PAUSE + 2 * made * self._usual) if made else 0.0

    def _next(self, now: float) -> int:
        """The step at which to look at the clock again."""
        at = self.steps
        if self._armed or self._cold or not self._usual:
            return at + 1
        if self.every:
            return at + self.every - at % self.every
        # Half of the way, for steps may become slower.
        ahead = max(1, int((self._due - now) / self._usual / 2))
        return int(min(at + ahead, 2 ** at.bit_length()))

    @guarded
    def _arm(self) -> None:
        """Put hooks on the layers for the step to come."""
        self._armed = True
        hooks = self._hooks
        hooks.append(self.model.register_forward_pre_hook(self._enter, prepend=True))
        for path, layer in self.model.named_modules():
            if any(True for _ in layer._own_parts("parameters")):
                self._layers[id(layer)] = path, layer
                hooks.append(layer.register_forward_hook(self._passed))
        hooks.append(self.model.register_forward_hook(self._leave, always_call=True))
        optimizer = self._optimizer()
        if optimizer is not None:
            hooks.append(optimizer.register_step_pre_hook(self._before))

    def _disarm(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._armed = False
        self._forget()
        self._hooks, self._layers, self._old = [], {}, {}
        self._unwatch()

    def _forget(self) -> None:
        for call in self._calls:
            call.forget()
        self._calls, self._called, self._chain = [], {}, {}

    def _unwatch(self) -> None:
        thread.watchers = tuple(w for w in thread.watchers if w is not self)

    # ---- Forward ---------------------------------------------------------------------------------

    @guarded
    def _enter(self, *_: Any) -> None:
        """The model is called: what was seen of an earlier call in this step is given up."""
        self._trains = get_ident()
        if is_grad_enabled() and self not in thread.watchers:
            self._forget()
            thread.watchers = (*thread.watchers, self)

    @guarded
    def _leave(self, *_: Any) -> None:
        self._unwatch()
        self._chain = {}

    @guarded
    def _passed(self, layer: Any, args: Any, result: Any) -> None:
        """A layer was called."""
        out = result
        while isinstance(out, tuple) and out:
            out = out[0]
        if not (is_grad_enabled() and isinstance(out, Tensor)
                and devices.is_floating(out._data.dtype)):
            return
        number, stride = self._called.get(id(layer), (0, 1))
        self._called[id(layer)] = number + 1, stride
        if number % stride:
            return
        call = Call(self._layers[id(layer)][0], layer, number)
        call.see(out, bend_of(out._edge[0]) if out._edge is not None else "")
        self._calls.append(call)
        self._chain[id(out)] = out, call
        self._thin(layer, stride)

    def _thin(self, layer: Any, stride: int) -> None:
        """Of too many calls every other one goes; of too many layers, the last."""
        own = [call for call in self._calls if call.layer is layer]
        gone = own[1::2] if len(own) > CALLS else own[-1:] if len(self._calls) > ROWS else []
        if len(own) > CALLS:
            self._called[id(layer)] = self._called[id(layer)][0], 2 * stride
        for call in gone:
            call.forget()
            self._calls.remove(call)

    @guarded
    def operation(self, node: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...],
                  made: Any) -> None:
        """Follow a layer's output to the bend after it, through what has no other input."""
        tensors = [x for x in inputs if isinstance(x, Tensor)]
        known = self._chain.get(id(tensors[0])) if len(tensors) == 1 else None
        if known is None or known[0] is not tensors[0] or len(outputs) != 1:
            return
        call, bend = known[1], bend_of(node)
        if call.bend or call not in self._calls:
            return
        if bend:
            call.see(outputs[0], bend)
        else:
            self._chain[id(outputs[0])] = outputs[0], call

    # ---- The optimiser's step --------------------------------------------------------------------

    @guarded
    def _before(self, *_: Any) -> None:
        self._old = {id(p): sample(p._data) for _, layer in self._layers.values()
                     for p in _own(layer)}

    @guarded
    def unfinished(self) -> None:
        """Where a training has broken off, put what was seen of the step, if it is no number.

        A NaN in the loss ends ``backward``, and the optimiser makes no step.
        """
        elsewhere = self._trains != get_ident() and any(
            one.ident == self._trains for one in threading.enumerate())
        if self.steps == self._told_of or elsewhere:
            return  # told already; or it runs on, in another thread
        if not self._armed:
            self._arm()
        taken = self._taken(self.steps)
        if (Moment(taken).numbers[:, BAD] > 0).any():
            self._told_of = self.steps
            self.flow.put(taken)

    @guarded
    def _finish(self) -> None:
        """Measure all that was seen of this step."""
        self.flow.put(self._taken(self.steps - 1))
        self._disarm()
        if self.tell is not None:
            self.tell()

    def _taken(self, step: int) -> Taken:
        """All that was seen of a step, measured."""
        order: list[int] = []
        first: dict[int, int] = {}
        seen = Seen()
        for call in self._calls:
            row = self.flow.row(call.path, type(call.layer).__name__, call.number, call.bend)
            order.append(row)
            first.setdefault(id(call.layer), row)
            seen.add(row, ACTIVATIONS, call.activations, call.sizes[ACTIVATIONS])
            if call.gradient is not None:
                seen.add(row, GRADIENTS, call.gradient, call.sizes[GRADIENTS])
            if call.hits is not None:
                self._count(row, call, seen)
        for key, (path, layer) in self._layers.items():
            if key not in first and len(order) < ROWS:
                first[key] = self.flow.row(path, type(layer).__name__)
                order.append(first[key])
            if key in first:
                self._weights(layer, first[key], seen)
        return Taken(step, len(self.flow.rows), order, *seen.measured(), self._unmoved(first))

    def _count(self, row: int, call: Call, seen: Seen) -> None:
        """Dead units, or saturated values."""
        if call.bend != "relu":
            seen.count(row, "saturated", call.hits, call.activations.size)
            return
        live = call.hits
        times, streak = self._streaks.get(row, (0, None))
        if streak is None or streak.shape != live.shape or type(streak) is not type(live):
            times, streak = 0, live * 0
        streak = (streak + 1) * ~live
        self._streaks[row] = times + 1, streak
        dead = (streak >= min(STREAK, times + 1)).sum()
        seen.count(row, "dead", dead, live.size)

    def _weights(self, layer: Any, row: int, seen: Seen) -> None:
        for p in _own(layer):
            array, old = p._data, self._old.get(id(p))
            seen.add(row, WEIGHTS, sample(array) if old is None else old, array.size)
            if old is not None:
                seen.add(row, MOVES, sample(array) - old, array.size)
            if p._grad is not None:
                seen.add(row, WEIGHT_GRADIENTS, sample(p._grad._data), array.size)

    def _unmoved(self, rows: dict[int, int]) -> frozenset[int]:
        """The rows of layers with parameters that want to be moved, and that nobody moves."""
        optimizer = self._optimizer()
        groups = optimizer.param_groups if optimizer is not None else []
        known = {id(p) for group in groups for p in group["params"]}
        return frozenset(row for key, row in rows.items() if any(
            p.requires_grad and id(p) not in known for p in _own(self._layers[key][1])))


def _own(layer: Any) -> list[Any]:
    """A layer's parameters that have a shape."""
    return [p for _, p in layer._own_parts("parameters") if not isinstance(p, Uninitialized)]


def _nobody() -> FlowWatch:
    """A watch that is over, which hooks that were copied with their model may still call."""
    watch = object.__new__(FlowWatch)
    watch.is_open = False
    return watch


def _check(model: Any, optimizer: Any, every: Any) -> None:
    if not isinstance(model, Module):
        raise ArgumentTypeError(f"the flow goes through a module, not {a_kind_of(model)}",
                                fix="learngrad.GradientFlow(model, optimizer)")
    if optimizer is None:
        raise ArgumentTypeError("the flow is seen at the steps of an optimiser, and none was given",
                                fix="learngrad.GradientFlow(model, optimizer)")
    if not isinstance(optimizer, Optimizer):
        raise ArgumentTypeError(
            f"the flow is seen at the steps of an optimiser, not of {a_kind_of(optimizer)}",
            fix="learngrad.GradientFlow(model, learngrad.optim.SGD(model.parameters(), lr=0.1))")
    own = {id(p) for p in model.parameters()}
    if not own:
        raise ArgumentError("this model has no parameters, so nothing is learned in it",
                            fix="give it a layer, for instance nn.Linear(64, 10)")
    if own.isdisjoint(id(p) for group in optimizer.param_groups for p in group["params"]):
        raise ArgumentError("the optimiser moves none of this model's parameters",
                            fix="learngrad.optim.SGD(model.parameters(), lr=0.1), after the model "
                                "was made")
    if every is not None:
        whole("every", every)
