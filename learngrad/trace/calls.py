"""The calls of modules that run while a trace is recorded, and what their parts are called."""

from __future__ import annotations

import sys
import weakref
from typing import Any, NamedTuple

from learngrad import source

__all__ = ["Calls"]

Scope = list[dict[str, Any]]
"""The calls that something ran in, the outermost first; never changed once it is made."""


class _Call(NamedTuple):
    made: source.Made | None  # where the module was called
    by_user: bool  # in the user's program, and not in another module of ours
    nodes: int  # how many there were
    outside: Scope  # what it was called in


class Calls:
    """The stack of the modules that are being called."""

    def __init__(self) -> None:
        self.scope: Scope = []
        self.made: source.Made | None = None  # where the innermost of them was called
        self._running: list[_Call] = []
        self._counts: dict[str, int] = {}
        self._root: Any = None  # the outermost of them
        self._paths: dict[int, str] | None = None  # of its parts, once they are asked for
        # Modules that were called since the names of their tensors were looked up.
        self._unnamed: dict[int, weakref.ref[Any]] = {}
        self._names: dict[int, tuple[weakref.ref[Any], str, bool]] = {}
        # Tensors that were handed to a call, with the scope they come from.
        self._given: dict[int, tuple[weakref.ref[Any], Scope]] = {}
        # Of the last error that went through a call, its id and the scope there.
        self._fell: tuple[int, Scope] = 0, []

    def enter(self, module: Any, strangers: list[Any], nodes: int) -> None:
        """A module is being called, with some tensors that no node is known for."""
        if not self._running:
            self.scope, self._root, self._paths = [], module, None
            self._unnamed[id(module)] = weakref.ref(module)
        for x in strangers:
            known = self._given.get(id(x))
            if known is None or known[0]() is not x:
                self._given[id(x)] = weakref.ref(x), self.scope
        kind, path = type(module).__name__, ""
        if module is not self._root:
            if self._paths is None:
                self._paths = {id(part): path for path, part in self._root.named_modules()}
            path = self._paths.get(id(module), kind)
        self._counts[path] = number = self._counts.get(path, 0) + 1
        outside = self.scope
        self.scope = [*outside, {"path": path, "class": kind, "call": number}]
        # Who called: the user, or a module of the library? Between are `Recorder.enter` and
        # `Module.__call__`.
        frame = sys._getframe(3)
        self.made = source.caller()
        self._running.append(_Call(
            self.made, not source.inside[frame.f_code.co_filename], nodes, outside))

    def leave(self) -> _Call | None:
        """The innermost call is over; None for one that began before the recording."""
        if not self._running:
            return None
        call = self._running.pop()
        error = sys.exc_info()[1]
        if error is not None and self._fell[0] != id(error):
            self._fell = id(error), self.scope
        self.scope = call.outside
        self.made = self._running[-1].made if self._running else None
        if not self._running:
            self._root = self._paths = None
        return call

    def end(self) -> None:
        """Nothing is being called any more."""
        self.scope, self._running, self.made = [], [], None
        self._root = self._paths = None

    def fell(self, error: BaseException) -> Scope:
        """The scope that an error came out of."""
        return self._fell[1] if self._fell[0] == id(error) else []

    def handed(self, tensor: Any) -> Scope:
        """Where a tensor comes from that is new here: from outside of the calls it was given to."""
        known = self._given.get(id(tensor))
        return known[1] if known is not None and known[0]() is tensor else self.scope

    def name(self, tensor: Any) -> tuple[str | None, bool]:
        """What a module calls a tensor, and whether it is a buffer."""
        for ref in self._unnamed.values():
            module = ref()
            if module is not None:
                for name, one in module.named_parameters():
                    self._names[id(one)] = weakref.ref(one), name, False
                for name, one in module.named_buffers():
                    self._names[id(one)] = weakref.ref(one), name, True
        self._unnamed = {}
        known = self._names.get(id(tensor))
        return known[1:] if known is not None and known[0]() is tensor else (None, False)
