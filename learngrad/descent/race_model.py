"""A race on a real model: each trains a copy with the same first weights on the same batches."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from time import monotonic
from typing import Any

import numpy as np

from learngrad.autograd.mode import enable_grad
from learngrad.autograd.observe import thread
from learngrad.descent.checks import takes
from learngrad.descent.race import Progress, Walk, told
from learngrad.descent.race_entrants import Entrant
from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.nn import Module
from learngrad.random import get_rng_state, set_rng_state
from learngrad.tensor import Tensor

__all__ = ["OnModel"]

FAR = 1e6
"""A loss so many times as large as the first, or as 1, is lost."""
EVERY = 0.25
"""Seconds between two looks at a race that goes on."""


class OnModel:
    """A training that is run by each optimiser anew.

    Parameters
    ----------
    model : Module
        Copied for each; it stays as it is.
    data : (Tensor, Tensor), or iterable of (Tensor, Tensor)
        Inputs and targets, from which batches are drawn; or batches, as a DataLoader has them.
    loss_fn : callable
        ``loss_fn(model(x), y)`` is one number.
    steps, batch_size, seed : int
        How many batches, of how many rows, drawn from which seed.
    """

    start: tuple[float, float] | None = None

    def __init__(self, model: Module, data: Any, loss_fn: Callable[..., Any], *, steps: int,
                 batch_size: int = 32, seed: int = 0) -> None:
        if not callable(loss_fn):
            raise ArgumentTypeError("a race on a model needs a loss",
                                    fix="learngrad.race(model, data=(X, y), "
                                        "loss_fn=nn.CrossEntropyLoss())")
        if not takes(loss_fn, 2):
            raise ArgumentTypeError("the loss of a race is called with the predictions and the "
                                    "targets, and this one takes something else",
                                    fix="loss_fn=lambda out, y: (out - y).square().mean()")
        if next(iter(model.parameters()), None) is None:
            raise ArgumentError("this model has no parameters that an optimiser could move",
                                fix="a model with layers, such as nn.Linear")
        self._model, self._loss_fn = model, loss_fn
        self._batches = _batches(data, steps + 1, batch_size, seed)
        self.models: dict[str, Module] = {}
        """What each of them has trained."""

    def walk(self, entrants: Sequence[Entrant], steps: int,
             progress: Progress | None = None) -> dict[str, Walk]:
        """As `Course.walk`."""
        watchers, thread.watchers = thread.watchers, ()
        random = get_rng_state()
        walked: dict[str, Walk] = {}
        try:
            with enable_grad():
                for entrant in entrants:
                    set_rng_state(random)  # the same dropout for all
                    walked[entrant.name] = Walk(np.empty(0))
                    self._train(entrant, steps, walked, progress)
        finally:
            thread.watchers = watchers
            set_rng_state(random)
        return walked

    def _train(self, entrant: Entrant, steps: int, walked: dict[str, Walk],
               progress: Progress | None) -> None:
        model = copy.deepcopy(self._model)
        model.train()
        try:
            optimizer = entrant.optimizer(list(model.parameters()))
        except (ArgumentError, ArgumentTypeError) as error:  # as sliders set it, it cannot run
            walked[entrant.name] = Walk(np.empty(0), problem=told(error))
            return
        self.models[entrant.name] = model
        losses: list[float] = []
        lost, due = None, monotonic() + EVERY
        for step in range(steps + 1):
            x, y = self._batches(step)
            loss = self._loss(model, x, y)
            value = loss.item()
            if not math.isfinite(value) or value > FAR * max(1.0, losses[0] if losses else 1.0):
                lost = step
                break
            losses.append(value)
            if step == steps:
                break
            optimizer.zero_grad()
            if entrant.needs_closure:
                optimizer.step(partial(self._closure, optimizer, model, x, y))
            else:
                loss.backward()
                optimizer.step()
            if progress is not None and monotonic() > due:
                walked[entrant.name] = Walk(np.array(losses))
                progress(walked)
                due = monotonic() + EVERY
        walked[entrant.name] = Walk(np.array(losses), None, lost)

    def _closure(self, optimizer: Any, model: Module, x: Any, y: Any) -> Tensor:
        optimizer.zero_grad()
        loss = self._loss(model, x, y)
        loss.backward()
        return loss

    def _loss(self, model: Module, x: Any, y: Any) -> Tensor:
        loss = self._loss_fn(model(x), y)
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise ArgumentTypeError("the loss of a race is one number in a tensor, and loss_fn "
                                    f"returned {describe(loss)}", fix="nn.CrossEntropyLoss()")
        return loss


def describe(value: Any) -> str:
    """What something is instead of one number."""
    shape = getattr(value, "shape", None)
    return type(value).__name__ if shape is None else f"a tensor of shape {list(shape)}"


def _batches(data: Any, count: int, size: int, seed: int) -> Callable[[int], tuple[Any, Any]]:
    """What gives batch number so-and-so, the same for everybody."""
    if isinstance(data, (tuple, list)) and len(data) == 2 and all(
            isinstance(part, Tensor) for part in data):
        X, y = data
        if not len(X) or len(X) != len(y):
            raise ArgumentError(f"{len(X)} inputs and {len(y)} targets make no pairs",
                                tensors={"X": X, "y": y}, fix="data=(X, y) with as many rows each")
        rows = np.random.default_rng(seed).integers(0, len(X), (count, min(size, len(X))))
        return lambda step: (X[rows[step]], y[rows[step]])
    if not isinstance(data, Iterable):
        raise ArgumentTypeError(f"a model is trained on data, not on {data!r:.60}",
                                fix="data=(X, y), or data=loader")
    kept: list[Any] = []
    while len(kept) < count:
        before = len(kept)
        for batch in data:
            kept.append(batch)
            if len(kept) == count:
                break
        if len(kept) == before:
            raise ArgumentError("the loader has no batches" if not kept else
                                "this loader can be gone through only once",
                                fix="data=(X, y), or a DataLoader")
    for batch in kept:
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise ArgumentTypeError("a batch is a pair, inputs and targets, and this is "
                                    f"{describe(batch)}", fix="data=(X, y), two tensors")
    return lambda step: (kept[step][0], kept[step][1])
