"""The seam that a watcher hooks into, and what is kept for each thread.

With nobody watching, watching costs the gate one test of ``thread.watchers``. A watcher sees
operations as they run, steps of the replay, and modules as they are entered and left.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from learngrad import devices

__all__ = ["Watcher", "thread", "unwatched", "watch"]


class Watcher:
    """What a watcher may hear of; each method does nothing until it is overridden.

    A watcher's methods run inside the user's program: they must be quick, must not raise, and must
    copy what they want to keep, since an optimiser may overwrite an array a moment later.
    """

    replays = True
    """Whether it hears replays, too; one that does not leaves them as quick as they are."""

    def operation(self, node: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...],
                  made: Any) -> None:
        """An operation ran: its `Function`, its inputs (tensors and others), its output tensors."""

    def failed(self, node: Any, inputs: tuple[Any, ...], error: BaseException, made: Any) -> None:
        """An operation raised."""

    def changed(self, tensor: Any) -> None:
        """A tensor's values were changed in place, outside the graph."""

    def detached(self, tensor: Any, origin: Any) -> None:
        """A tensor was taken out of the graph: `tensor` has the memory of `origin`."""

    def bared(self, tensor: Any, origin: Any) -> None:
        """``origin.data`` was asked for: `tensor` has its memory, but not its version."""

    def replay_begins(self, roots: list[Any], gradients: list[Any]) -> None:
        """A backward pass begins at `roots`, edges into the graph, with these gradients."""

    def step(self, step: Any) -> None:
        """The replay made one `engine.Step`."""

    def replay_ends(self) -> None:
        """The backward pass is over, or was abandoned."""

    def enter(self, module: Any, inputs: tuple[Any, ...]) -> None:
        """A module is being called."""

    def leave(self, module: Any) -> None:
        """A module's call ended, also when it raised."""


class _Thread(threading.local):
    """Grad mode, watchers and NumPy's error mode, each thread its own."""

    def __init__(self) -> None:
        self.grad = True
        self.watchers: tuple[Watcher, ...] = ()
        self.replayed: tuple[int, Any] | None = None  # when and where the last replay began
        self.autocast: dict[str, Any] = {}  # the dtype of `autocast` on a kind of device
        # Like PyTorch, we let 1/0 be inf and log(-1) be nan without a warning. NumPy keeps that
        # setting in a context variable: running in a context of our own costs 0.1 µs where
        # `np.errstate` costs 1 µs, and leaves the user's setting alone.
        devices.come_home()
        quiet = contextvars.Context()
        quiet.run(np.seterr, all="ignore")
        self.quietly: Callable[..., Any] = quiet.run


thread = _Thread()


@contextmanager
def watch(watcher: Watcher) -> Iterator[Watcher]:
    """Let `watcher` hear what this thread does inside the block.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.autograd import observe
    >>> class Names(observe.Watcher):
    ...     def operation(self, node, inputs, outputs, made):
    ...         print(type(node).__name__)
    >>> with observe.watch(Names()):
    ...     _ = learngrad.tensor(2.0) * 3
    Mul
    """
    thread.watchers = (*thread.watchers, watcher)
    try:
        yield watcher
    finally:
        thread.watchers = tuple(w for w in thread.watchers if w is not watcher)


@contextmanager
def unwatched() -> Iterator[None]:
    """Nobody hears what runs inside: the parts of what is one operation to those who watch."""
    before, thread.watchers = thread.watchers, ()
    try:
        yield
    finally:
        thread.watchers = before
