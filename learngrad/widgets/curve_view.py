"""Live curves in a notebook: the widget. `plot` has what a loop calls."""

from __future__ import annotations

import threading
from typing import Any, Protocol

import traitlets

from learngrad.descent import Curves, Progress
from learngrad.descent.memory import Memory
from learngrad.descent.progress import busy
from learngrad.descent.thin import thin
from learngrad.widgets._control import hear
from learngrad.widgets.front import View

__all__ = ["Controls", "CurveView"]

WHOLE = 900_000
"""Bytes of the whole as an update: one larger than a million the notebook server would drop."""
MOST = 6_000
"""Points of one message."""
POINT = 16
"""Bytes of a point: two float64."""


class Controls(Protocol):
    """What a view's buttons do."""

    def status(self) -> dict[str, Any]:
        """What can be controlled, and how it stands, as plain data."""

    def ask(self, content: dict[str, Any]) -> None:
        """A button was pressed; returns at once."""

    def closed(self) -> None:
        """The view is gone."""


class CurveView(View):
    """Draws curves; new points go as binary buffers and are put at the end.

    Only this side writes `state`. A view that missed points asks for it. Where more points come
    than a message or the state can take, they are thinned to those that shape the curve: each
    part of a series says which points it stands for, ``[start, end)``.
    """

    title = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    live = traitlets.Bool(False).tag(sync=True)
    """Whether a training runs in the background: a page that was reloaded asks how it stands."""
    control = traitlets.Bool(False).tag(sync=True)
    """Whether the kernel's control channel is heard, on which a view reaches a cell that runs."""

    def __init__(self, curves: Curves, title: str, progress: Progress | None = None,
                 controls: Controls | None = None) -> None:
        self._curves, self._progress = curves, progress or Progress()
        self._controls, self._memory = controls, Memory()
        self._sent: list[int] = []
        self._told: dict[str, Any] = {}
        self._sending = threading.Lock()
        super().__init__("plot", title=title)
        self.on_msg(self._asked)
        self.control = hear(self.uid, self._heard)

    def flush(self) -> tuple[int, bool]:
        """Send what is new in one message: its bytes, 0 for nothing; and that nothing is left."""
        started = busy()
        with self._sending:
            known = self._sent + [0] * (len(self._curves.series) - len(self._sent))
            parts = _parts(self._curves, known, MOST)
            told = self._state_of_things()
            if not parts and told == self._told:
                return 0, False
            self._told = told
            self._sent = known
            self.send({"type": "points", "series": [head for head, _, _ in parts],
                       "status": self._status(told)},
                      [buffer for _, x, y in parts for buffer in (x, y)])
        self._progress.spent += busy() - started
        return 200 + sum(len(x) + len(y) for _, x, y in parts), False

    def finish(self) -> None:
        """Set the whole, as far as it was sent, as state for views that come later."""
        with self._sending:
            series = list(self._curves.series)[:len(self._sent)]
            most = max(5, WHOLE // POINT // max(1, len(series)))
            self.state = {"series": [
                {"name": one.name, "run": one.run, "end": end, "x": x[kept].tobytes(),
                 "y": y[kept].tobytes()}
                for one, end in zip(series, self._sent)
                for x, y in [[column[:end] for column in one.since()]]
                for kept in [thin(y, most)]],
                "status": self._status(self._state_of_things())}

    def close(self) -> None:
        """Close it; what is controlled through it ends."""
        if self._controls is not None:
            self._controls.closed()
        super().close()

    def _state_of_things(self) -> dict[str, Any]:
        return {"text": self._progress.describe(), "share": self._progress.share,
                **(self._controls.status() if self._controls is not None else {})}

    def _status(self, told: dict[str, Any]) -> dict[str, Any]:
        return {**told, "cost": self._progress.cost, "steps": self._progress.steps,
                "memory": self._memory.describe()}

    def _asked(self, _: Any, content: Any, __: Any) -> None:
        """The view says something as widgets do: heard when no cell runs."""
        if isinstance(content, dict):
            self._heard(content)

    def _heard(self, content: dict[str, Any]) -> None:
        """The view says something. It may come while a cell runs, and must not wait for it."""
        if content.get("type") == "snapshot":
            self.finish()
            self.send_state("state")
        elif content.get("type") == "control" and self._controls is not None:
            self._controls.ask(content)


def _parts(curves: Curves, known: list[int], most: int
           ) -> list[tuple[dict[str, Any], bytes, bytes]]:
    """What is new of each series: its head, x and y. `known` counts what is sent, and is raised."""
    new = [(at, one, *one.since(known[at])) for at, one in enumerate(curves.series[:len(known)])]
    share = min(1.0, most / max(1, sum(len(y) for *_, y in new)))
    parts = []
    for at, one, x, y in new:
        if not len(y):
            continue
        start, end = known[at], known[at] + len(y)
        known[at] = end
        if share < 1:
            kept = thin(y, max(5, int(share * len(y))))
            x, y = x[kept], y[kept]
        parts.append(({"name": one.name, "run": one.run, "start": start, "end": end},
                      x.tobytes(), y.tobytes()))
    return parts
