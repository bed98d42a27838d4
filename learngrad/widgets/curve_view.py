"""Live curves in a notebook: the widget. `plot` has what a loop calls."""

from __future__ import annotations

import uuid
from typing import Any

import anywidget
import traitlets

from learngrad.descent import Curves
from learngrad.widgets._notebook import script

__all__ = ["CurveView"]

WHOLE = 1_000_000
"""Bytes above which the whole is not sent as an update: the notebook server would drop it."""
MOST = 6_000
"""Points of one message."""


class CurveView(anywidget.AnyWidget):
    """Draws curves; new points go as binary buffers and are put at the end.

    Only this side writes `state`. A view that missed points asks for it.
    """

    _esm = script("plot.js")
    uid = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    def __init__(self, curves: Curves, title: str) -> None:
        self._curves = curves
        self._sent: dict[str, int] = {}
        super().__init__(uid=uuid.uuid4().hex, title=title)
        self.on_msg(self._asked)

    def flush(self) -> tuple[int, bool]:
        """Send new points, one message at most; (bytes, whether something is left)."""
        series: list[dict[str, Any]] = []
        buffers: list[bytes] = []
        room, more = MOST, False
        for name in self._curves.names:
            start = self._sent.get(name, 0)
            x, y = self._curves.since(name, start)
            more |= len(x) > room
            x, y = x[:room], y[:room]
            if not len(x):
                continue
            room -= len(x)
            series.append({"name": name, "start": start})
            buffers += [x.tobytes(), y.tobytes()]
            self._sent[name] = start + len(x)
        if not series:
            return 0, False
        self.send({"type": "points", "series": series}, buffers)
        return 100 + sum(map(len, buffers)), more

    def finish(self) -> None:
        """Set the whole as state, for views that come later, unless no update can be that large."""
        if 16 * len(self._curves) < WHOLE:
            self.state = {"series": [
                {"name": name, "x": x.tobytes(), "y": y.tobytes()}
                for name in self._curves.names for x, y in [self._curves[name]]]}

    def _asked(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("type") == "snapshot":
            self.finish()
            self.send_state("state")
