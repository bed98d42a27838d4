"""How a view of a descent stands in a notebook: at once, in its cell, with a picture to keep."""

from __future__ import annotations

import sys
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from learngrad.descent.forms import Forms
from learngrad.errors import ArgumentTypeError, a_kind_of
from learngrad.widgets._notebook import apart, frame, has_widgets, notebook, publish
from learngrad.widgets._sender import Sender

__all__ = ["Live"]

LARGEST_PAGE = 3_000_000
"""Characters of a page in an output: a notebook is saved with all of them."""
SOON, SELDOM = 3.0, 30.0
"""Seconds between two pictures that are stored while something happens: at first, and later."""
SHARE = 0.002
"""Of the time, what making them may take."""


class Live(Forms):
    """What is displayed in the cell that makes it, and drawn on while something happens.

    The picture and the words beside the live view are stored again when a cell that changed it
    ends, and where no cell runs, when nothing has changed for a while: a saved notebook shows what
    was there last. While something happens they are stored now and then, for the notebook that is
    saved meanwhile, or whose kernel dies. What goes wrong with the drawing is a warning.
    """

    lost = "it cannot be drawn, its numbers are kept"
    """What is said where the drawing fails."""
    _view: Any = None
    _sender: Sender | None = None
    _place = ""
    _shown_in: int | None = None
    _waiting_for_end = _ending = False
    _stored = ("", "")
    _pause, _due = SOON, 0.0

    def __reduce_ex__(self, protocol: Any) -> Any:
        """It belongs to its cell and to the loop that it looks at: nobody would draw a copy."""
        raise ArgumentTypeError(f"{a_kind_of(self)} cannot be copied or pickled: it belongs to the "
                                "cell and the loop that it shows",
                                fix='.to_dict() has its numbers, and .save("page.html") keeps what '
                                    "it shows")

    # ---- What a view does at these times ---------------------------------------------------------

    def _finish(self) -> None:
        """Set all that a view that comes later needs."""
        if self._view is not None:
            self._view.finish()

    def _is_sent(self, running: bool) -> None:
        """The sending begins or ends: where no cell will do it, the picture is stored now."""
        if not running and not self._waiting_for_end and not self._ending:
            self._store()

    def _end_of_cell(self) -> None:
        """A cell that changed it has ended: bring it to its end."""

    def _static(self) -> tuple[str, str]:
        """The words and the picture as things stand."""
        return " ".join(filter(None, (self.describe(), self._now()))), self.svg()

    def _alone(self) -> str | None:
        """The page that stands in for a live view where widgets are apart from each other."""
        page = self.to_html()
        return page if len(page) < LARGEST_PAGE else None

    def _now(self) -> str:
        """What goes on as things stand, as a sentence; "" where nothing does."""
        return ""

    # ---- What all of them do ---------------------------------------------------------------------

    def _open(self, waiting: str | None, view: Callable[[], Any],
              sender: Callable[[Any], Sender]) -> None:
        """Display it in the cell that runs: with these words for now, or as it is already."""
        self._place, self._shown_in = uuid.uuid4().hex, notebook().execution_count
        with self._drawing():
            if has_widgets():
                self._view = view()
                self._sender = sender(self._view)
            if waiting is None:
                self._finish()
                self._stored = self._static()
                self._publish(self._place, self._stored)
            else:
                publish(waiting, None, self._view, self._place)

    @contextmanager
    def _drawing(self) -> Iterator[None]:
        """What fails here ends no loop, and loses nothing."""
        try:
            yield
        except Exception as problem:  # noqa: BLE001  no drawing, but the numbers are kept
            warnings.warn(f"{self.lost}: {problem!r}", RuntimeWarning, stacklevel=4)

    def _wait_for_end(self) -> None:
        """Ask to be called when the running cell ends, however it ends."""
        shell = notebook()
        if shell is not None and not self._waiting_for_end:
            shell.events.register("post_run_cell", self._cell_ended)
            self._waiting_for_end = True

    def _cell_ended(self, _: Any = None) -> None:
        shell = notebook()
        if shell is not None and self._waiting_for_end:
            shell.events.unregister("post_run_cell", self._cell_ended)
        self._waiting_for_end, self._ending = False, True
        with self._drawing():
            self._end_of_cell()
            if self._sender is not None:
                self._sender.close()
        self._ending = False
        self._store()

    def _store(self, *, whole: bool = True) -> None:
        """Bring the static picture up to what there is, and as a `whole` the view's state, too."""
        # Without a place in a plain program; closed where its cell ran again and shows another.
        if self._place and (self._view is None or self._view.comm is not None):
            with self._drawing():
                if whole:
                    self._finish()
                static = self._static()
                if static != self._stored:  # else the notebook would draw the same again
                    self._stored = static
                    self._publish(self._place, static, update=True)

    def _keeping(self, flush: Callable[[], tuple[int, bool]]) -> Callable[[], tuple[int, bool]]:
        """The same, which also stores the picture from time to time, if something was sent."""
        self._due = monotonic() + self._pause

        def send() -> tuple[int, bool]:
            sent = flush()
            if sent[0] and monotonic() >= self._due:
                self._keep()
            return sent

        return send

    def _keep(self) -> None:
        """Store the picture while something happens, at growing intervals."""
        began = monotonic()
        # In a frame of its own the picture is a page, which would begin anew.
        if self._now() and not apart():
            self._store(whole=False)
        now = monotonic()
        self._pause = min(SELDOM, 2 * self._pause)
        self._due = now + max(self._pause, (now - began) / SHARE)

    def _publish(self, place: str, static: tuple[str, str], *, update: bool = False) -> None:
        publish(*static, self._view, place, update=update,
                page=self._alone() if apart() else None)

    def _ipython_display_(self) -> None:
        """Nothing in the cell that shows it already; in another cell, a view of its own."""
        shell = notebook()
        if shell is None:
            sys.stdout.write(self.describe() + "\n")
        elif self._shown_in != shell.execution_count:
            self._shown_in = shell.execution_count
            self._finish()
            self._publish(uuid.uuid4().hex, self._static())

    def _mime_(self) -> tuple[str, str]:
        """What marimo shows of it: the stand-alone page."""
        return "text/html", frame(self.to_html())
