"""A race of optimisers in a notebook: the widget, which runs it again as its sliders say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import traitlets

from learngrad.descent.race import Race, told
from learngrad.descent.race_print import ground
from learngrad.errors import ArgumentError
from learngrad.widgets.front import View

__all__ = ["RaceView"]


class RaceView(View):
    """Draws a race; what its sliders say comes as ``{"type": "race", "number", ...}``.

    An answer has the number of its question: the front end asks no second time before it.
    Only this side writes `state` (what does not change) and `ran` (the race as it was first run).
    """

    title = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    ran = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    def __init__(self, race: Race, change: Callable[..., list[str]],
                 changed: Callable[[], None] = lambda: None) -> None:
        self._race, self._change, self._changed = race, change, changed
        self._running = threading.Lock()
        self._number = 0
        super().__init__("race", title=race.title, state=_state(race))
        self.on_msg(self._asked)

    def finish(self) -> None:
        """Set the race as state, for views that come later."""
        head, buffers = _ran(self._race, list(self._race.runs), 0)
        self.ran = {"head": head, "buffers": buffers}

    def tell(self, names: Sequence[str] | None = None, *, done: bool = True) -> None:
        """Send what these have run, or all; `done` where it is the answer to a question."""
        names = list(self._race.runs) if names is None else names
        self.send(*_ran(self._race, names, self._number, done=done))

    def _asked(self, _: Any, content: Any, __: Any) -> None:
        kind = content.get("type") if isinstance(content, dict) else None
        # A view asks whether somebody is there; a new one, for what its state does not have.
        if kind == "snapshot" or (kind == "hello" and self._number):
            self.tell()
        elif kind == "race":
            with self._running:
                self._run(content)

    def _run(self, content: dict[str, Any]) -> None:
        self._number = content.get("number", 0)
        try:
            settings = content.get("settings")
            if not isinstance(settings, dict):  # nothing, to `change`, would be no change
                raise ArgumentError("these are no settings", fix='{"SGD": {"lr": 0.1}}')
            names = self._change(settings, content.get("start"), lambda walked: self.tell(
                [name for name in walked if len(walked[name].loss)], done=False))
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  kernel and view go on
            self.send({"type": "ran", "number": self._number, "done": True, "walks": [],
                       "start": self._race.start, "problem": told(error)})
            return
        self.tell(names)
        self._changed()


def _state(race: Race) -> dict[str, Any]:
    land = ground(race)
    if land is not None:
        land["values"] = _bytes(land["values"])
    return {"steps": race.steps, "start": race.start, "ground": land,
            "walks": [{"name": name, "kind": entrant.kind, "dials": entrant.dials()}
                      for name, entrant in race.entrants.items()]}


def _ran(race: Race, names: Sequence[str], which: int, *, done: bool = True
         ) -> tuple[dict[str, Any], list[bytes]]:
    """What these have run: heads, and for each its losses and its way, float32."""
    walks = [(name, race.runs[name]) for name in names]
    head = {"type": "ran", "number": which, "done": done, "start": race.start, "walks": [
        {"name": name, "diverged": walk.diverged, "problem": walk.problem,
         "settings": race.entrants[name].settings, "path": walk.path is not None}
        for name, walk in walks]}
    return head, [_bytes(part) for _, walk in walks for part in (walk.loss, walk.path)
                  if part is not None]


def _bytes(values: np.ndarray) -> bytes:
    with np.errstate(over="ignore"):
        return values.astype("<f4").tobytes()
