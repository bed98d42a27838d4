"""The way that a model's parameters go while it is trained."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.handle import RemovableHandle
from learngrad.errors import ArgumentError, ArgumentTypeError, a_kind_of
from learngrad.nn.module import Module

__all__ = ["Trajectory"]

MOST = 400
"""Points; of more, every second one goes."""
ROOM = 64_000_000
"""Bytes of all points together."""


class Trajectory:
    """Keeps where a model's parameters have been: a copy of them after each step of its optimiser.

    A long way is thinned as it grows: of more than 400 points (or 64 MB) every second one goes, and
    from then on half as many are kept.

    Parameters
    ----------
    model : Module
        Where it is now is the first point.
    optimizer : Optimizer, optional
        To follow at once; as `track`.

    Examples
    --------
    >>> import learngrad
    >>> model = learngrad.nn.Linear(1, 1)
    >>> optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    >>> path = learngrad.Trajectory(model, optimizer)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     model(learngrad.ones(1, 1)).square().sum().backward()
    ...     optimizer.step()
    >>> path.points().shape
    (4, 2)
    """

    def __init__(self, model: Module, optimizer: Any = None) -> None:
        if not isinstance(model, Module):
            raise ArgumentTypeError("a trajectory is that of a model, not of "
                                    f"{a_kind_of(model)}",
                                    fix="learngrad.Trajectory(model, optimizer)")
        self._parameters = [p for p in model.parameters() if devices.is_floating(p.dtype)]
        if not self._parameters:
            raise ArgumentError("the model has no parameters, and so goes nowhere",
                                fix="pass a model with parameters, for instance nn.Linear(2, 1)")
        self.size = sum(p.numel() for p in self._parameters)
        """Single numbers in a point."""
        self.steps: list[int] = []
        """The step that each point was kept after; 0 is the start."""
        self.changed: Callable[[], None] | None = None
        """Called after each point, by the thread that trains; it must be quick."""
        self._points: list[np.ndarray] = []
        self._most = max(3, min(MOST, ROOM // (4 * self.size)))
        self._every, self._seen = 1, 0
        self._lock = threading.Lock()
        self.add()
        if optimizer is not None:
            self.track(optimizer)

    def track(self, optimizer: Any) -> RemovableHandle:
        """Keep a point after each step of an optimiser.

        Returns
        -------
        RemovableHandle
            ``remove()`` ends it.
        """
        if not hasattr(optimizer, "register_step_post_hook"):
            raise ArgumentTypeError(f"{a_kind_of(optimizer)} is no optimiser",
                                    fix="path.track(learngrad.optim.SGD(model.parameters(), "
                                        "lr=0.1)), or path.add() in your loop")
        own = {id(p) for p in self._parameters}
        if own.isdisjoint(id(p) for group in optimizer.param_groups for p in group["params"]):
            raise ArgumentError("the optimiser moves none of this model's parameters",
                                fix="learngrad.optim.SGD(model.parameters(), lr=0.1)")
        hook: RemovableHandle = optimizer.register_step_post_hook(lambda *_: self.add())
        return hook

    def add(self) -> None:
        """Keep where the parameters are now; where the path was thinned, only each so many."""
        seen, self._seen = self._seen, self._seen + 1
        if seen % self._every:
            return
        point = np.empty(self.size, dtype=np.float32)
        at = 0
        for p in self._parameters:
            array = devices.to_device(p._data, devices.CPU)
            point[at:at + array.size] = array.ravel()
            at += array.size
        with self._lock:
            self._points.append(point)
            self.steps.append(seen)
            if len(self._points) > self._most:
                self._points, self.steps = self._points[::2], self.steps[::2]
                self._every *= 2
        if self.changed is not None:
            self.changed()

    def kept(self) -> tuple[list[int], list[np.ndarray]]:
        """The steps and the points (float32, shape (size,)) as they are now."""
        with self._lock:
            return list(self.steps), list(self._points)

    def points(self) -> np.ndarray:
        """All points, float32, shape (n, size)."""
        return np.array(self.kept()[1])

    def __len__(self) -> int:
        return len(self._points)

    def describe(self) -> str:
        """What is kept, in words."""
        numbers = "1 number" if self.size == 1 else f"{self.size:,} numbers"
        points = "1 point is" if len(self) == 1 else f"{len(self):,} points are"
        return f"The way of a model of {numbers}: {points} kept, up to step {self.steps[-1]:,}."

    def _ipython_display_(self) -> None:
        sys.stdout.write(self.describe() + "\n")

    def __repr__(self) -> str:
        return f"<trajectory of {self.size:,} numbers: {len(self):,} kept>"
