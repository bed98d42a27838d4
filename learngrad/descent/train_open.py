"""The trainings that have not ended, and what becomes of them when the program does."""

from __future__ import annotations

import atexit
import traceback
from typing import TYPE_CHECKING

from learngrad.trace.text import elide

if TYPE_CHECKING:
    from learngrad.descent.train import Training

__all__ = ["from_the_users_lines", "in_a_line", "open_runs", "running", "untold"]

PATIENCE = 2.0
"""Seconds that a program which ends leaves a step to end."""
_OWN = __file__.removesuffix("_open.py")

open_runs: set[Training] = set()
untold: set[Training] = set()
"""Those that failed, and nobody has heard of it."""


def running() -> tuple[Training, ...]:
    """The trainings that have not ended."""
    return tuple(open_runs)


@atexit.register
def _leave() -> None:
    """At the end of the program: let what lingers end, stop the rest, tell what nobody heard."""
    for run in running():
        if run.lingers and run.state != "paused":
            try:
                run.wait()
            except BaseException as error:  # noqa: BLE001  told, whatever it is
                traceback.print_exception(error)
        else:
            run.leave(PATIENCE)
    for run in tuple(untold):
        if run.error is not None:
            traceback.print_exception(run.error)


def from_the_users_lines(error: BaseException | None) -> BaseException | None:
    """An error whose traceback begins where the user's code does."""
    trace = error.__traceback__ if error else None
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OWN):
        trace = trace.tb_next
    return error and error.with_traceback(trace)


def in_a_line(error: BaseException) -> str:
    """An error's kind and the first line of what it says."""
    return elide(f"{type(error).__name__}: {error}".split("\n", 1)[0], 300)
