"""Hears a view while a cell runs: on the kernel's control channel, which has its own thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

from learngrad.widgets._notebook import notebook

__all__ = ["hear"]

KIND = "comm_msg"
"""What the messages are called: a host may let only those of widgets pass, as Voila does."""
_heard: dict[str, WeakMethod[Callable[[dict[str, Any]], None]]] = {}


def hear(name: str, call: Callable[[dict[str, Any]], None]) -> bool:
    """Call a view's method with what comes for `name`; whether this kernel can do that.

    A widget's own messages wait for the end of the cell, in ipykernel 6 always and in ipykernel 7
    where the cell sent one itself. Interrupts and debuggers do not wait: they have this channel.
    """
    handlers = getattr(getattr(notebook(), "kernel", None), "control_handlers", None)
    if not isinstance(handlers, dict) or handlers.setdefault(KIND, _arrived) is not _arrived:
        return False
    _heard[name] = WeakMethod(call, lambda _: _heard.pop(name, None))
    return True


def _arrived(_: Any, __: Any, message: dict[str, Any]) -> None:
    name, said = message["content"].get("comm_id"), message["content"].get("data")
    found = _heard.get(name) if isinstance(name, str) else None
    call = found() if found is not None else None
    if call is not None and isinstance(said, dict):
        call(said)
