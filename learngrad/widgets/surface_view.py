"""A loss surface in a notebook: the widget. `surface` has what a program calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import traitlets

from learngrad.descent.surface import Surface
from learngrad.descent.surface_export import state, way
from learngrad.widgets.front import View

__all__ = ["SurfaceView"]


class SurfaceView(View):
    """Draws a surface, the way on it, and how far its computing is.

    Only this side writes `state`, which has all there is to know; between two states a message
    tells the progress and where the way has gone. A view sends ``{"type": "cancel"}`` and
    ``{"type": "refine"}``.
    """

    title = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    def __init__(self, surface: Surface, title: str, asked: Callable[[str], None]) -> None:
        self._surface, self._asked_for = surface, asked
        self.running = False
        self.problem = ""
        self._told: tuple[Any, ...] = ()
        self._sending = threading.Lock()
        super().__init__("surface", title=title)
        self.on_msg(self._heard)

    def close(self) -> None:
        """Close it, and end a computation that nobody will see."""
        self._asked_for("cancel")
        super().close()

    def put(self) -> None:
        """Set all there is to know as state."""
        self.state = {**state(self._surface), "problem": self.problem, "status": self._status()}

    def flush(self) -> tuple[int, bool]:
        """Send the progress and the way if they are others; the bytes, and that no more is left."""
        with self._sending:
            status, (told_way, places) = self._status(), way(self._surface)
            told = (status["done"], status["running"], told_way and told_way["last"])
            if told == self._told:
                return 0, False
            self._told = told
            self.send({"type": "news", "status": status, "way": told_way}, [places])
            return 200 + len(places), False

    def _status(self) -> dict[str, Any]:
        done, total, seconds = self._surface.progress()
        return {"done": done, "total": total, "seconds": seconds, "running": self.running}

    def _heard(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("type") in ("cancel", "refine"):
            self._asked_for(content["type"])
