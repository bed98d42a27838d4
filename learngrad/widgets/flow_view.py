"""What flows through a network, in a notebook: the widget. `flow` has what a program calls."""

from __future__ import annotations

import threading
from typing import Any

import traitlets

from learngrad.descent.flow import WHOLE, Flow, packed
from learngrad.descent.flow_moment import Moment
from learngrad.descent.flow_watch import FlowWatch
from learngrad.descent.progress import busy
from learngrad.widgets.front import View

__all__ = ["FlowView"]

MESSAGE = 60_000
"""Bytes of a message, about: where more has come, the newest moment and some of the others go."""


class FlowView(View):
    """Draws a `Flow`: moments go as binary buffers, and are put at the end.

    Only this side writes `state`. A message says which moments it stands for, ``[start, end)``: a
    view that missed some asks for the state.
    """

    title = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    def __init__(self, flow: Flow, watch: FlowWatch, title: str) -> None:
        self._flow, self._watch = flow, watch
        self._sent = 0
        self._sending = threading.Lock()
        super().__init__("flow", title=title)
        self.on_msg(self._asked)

    def flush(self) -> tuple[int, bool]:
        """Send what is new in one message; its bytes, and False: nothing is left."""
        began = busy()
        with self._sending:
            end = self._flow.count
            if end <= self._sent:
                return 0, False
            head, buffers = self._packed(self._flow.since(self._sent), MESSAGE, end)
            self.send({"type": "moments", "start": self._sent, **head}, buffers)
            self._sent = end
        self._watch.spent += busy() - began
        return sum(map(len, buffers)) + 80 * len(buffers), False

    def finish(self) -> None:
        """Set the whole, as far as it was sent, as state for views that come later."""
        with self._sending:
            found = [one for one in self._flow.since() if one[0] < self._sent]
            head, buffers = self._packed(found, WHOLE, self._sent)
            self.state = {**head, "start": 0, "buffers": buffers}

    def _packed(self, found: list[tuple[int, Moment]], most: int,
                end: int) -> tuple[dict[str, Any], list[bytes]]:
        head, buffers = packed(self._flow, found, most)
        status = {"share": self._watch.share, "steps": self._watch.steps}
        return {**head, "end": end, "status": status}, buffers

    def _asked(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("type") == "snapshot":
            self.finish()
            self.send_state("state")
