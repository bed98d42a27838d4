"""What a plot's buttons do: a training in the background, and the loop of a cell that runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from learngrad.descent import Progress
from learngrad.descent.rates import checked_rate
from learngrad.descent.train import ENDED, Training
from learngrad.errors import LearngradError

__all__ = ["PlotControls"]


class PlotControls:
    """Trainings of a plot, by number, and the loop of the cell.

    Parameters
    ----------
    progress : Progress
        Of the cell's loop.
    in_cell : callable
        Whether a cell runs that logged to the plot, or made it.
    """

    def __init__(self, progress: Progress, in_cell: Callable[[], bool]) -> None:
        self._progress, self._in_cell = progress, in_cell
        self.trainings: list[Training] = []

    def is_looping(self) -> bool:
        """Whether the cell's own loop logs, and not only trainings in the background."""
        alone = all(run.state in ENDED for run in self.trainings)
        return self._in_cell() and (alone or self._progress.is_tracking)

    def status(self) -> dict[str, Any]:
        """The trainings that run, failed, or ended last; and the cell's loop."""
        loop = "stopping" if self._progress.is_halting else "running"
        return {"loop": loop if self.is_looping() else "", "runs": [
            {"id": number, **run.status()} for number, run in enumerate(self.trainings)
            if run.state not in ENDED or run.state == "failed" or run is self.trainings[-1]]}

    def ask(self, content: dict[str, Any]) -> None:
        """Do what a button says: ``{"do": "pause", "run": 0}``, ``{"lr": 0.1, "run": 0}``."""
        number, do = content.get("run"), content.get("do")
        if number is None:
            if do == "stop" and self.is_looping():
                self._progress.stopping = True
            return
        if not isinstance(number, int) or not 0 <= number < len(self.trainings):
            return
        run = self.trainings[number]
        if do in ("pause", "resume", "step", "stop"):
            run.ask(do)
        elif "lr" in content:
            try:
                run.lr = checked_rate(content["lr"])
            except LearngradError:
                run.tell()  # the view shows again what holds

    def closed(self) -> None:
        """The view is gone, and with it the buttons: what runs ends."""
        for run in self.trainings:
            run.ask("stop")
