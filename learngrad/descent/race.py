"""Several optimisers from one start, side by side: every step is made by the optimiser itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from learngrad.autograd.mode import enable_grad
from learngrad.autograd.observe import thread
from learngrad.descent.checks import whole
from learngrad.descent.curves import Curves, single
from learngrad.descent.forms import Forms
from learngrad.descent.landscapes import Landscape, pair
from learngrad.descent.race_entrants import Entrant
from learngrad.errors import ArgumentError, ArgumentTypeError, LearngradError, UnknownNameError
from learngrad.ops.join import stack
from learngrad.random import get_rng_state, set_rng_state
from learngrad.tensor import Tensor, tensor

if TYPE_CHECKING:
    import matplotlib.axes

__all__ = ["Course", "OnSurface", "Race", "Walk", "told"]

FAR = 100
"""So many times the picture's size away from its middle, an optimiser is lost."""
MOST_STEPS = 20_000

Progress = Callable[["dict[str, Walk]"], None]


@dataclass
class Walk:
    """What one optimiser did."""

    loss: np.ndarray
    """Before the first step and after each, float64, shape (n + 1,)."""
    path: np.ndarray | None = None
    """Where it was then, float64, shape (n + 1, 2); None where there is no picture of the place."""
    diverged: int | None = None
    """The step after which it was nowhere, if there was one; the others end before it."""
    problem: str = ""
    """Why it did not run, or not to the end."""

    @property
    def steps(self) -> int:
        """How many steps it made."""
        return max(0, len(self.loss) - 1)

    def reached(self, loss: float) -> int | None:
        """After how many steps its loss was this low for the first time; None if never.

        Examples
        --------
        >>> Walk(np.array([4.0, 1.0, 2.0, 0.5])).reached(1.0)
        1
        """
        below = np.flatnonzero(self.loss <= single("reached", "loss", loss))
        return int(below[0]) if len(below) else None


class Course(Protocol):
    """What a race is run on."""

    start: tuple[float, float] | None

    def walk(self, entrants: Sequence[Entrant], steps: int,
             progress: Progress | None) -> dict[str, Walk]:
        """Let each make its steps."""


class Race(Forms):
    """The ways of several optimisers, kept as data; `learngrad.race` makes one and shows it.

    `runs` has for each name a `Walk`; after a change of `start` or of a setting it is another.

    Parameters
    ----------
    course : Course
        What it is run on.
    entrants : sequence of Entrant
    steps : int
        How many each of them makes.
    title : str, default "Race"
        The heading of its pictures.
    """

    kind, heading = "race", "The race"

    def __init__(self, course: Course, entrants: Sequence[Entrant], steps: int,
                 title: str = "Race") -> None:
        self.check(steps)
        self.course, self.steps, self.title = course, int(steps), title
        self.entrants = {entrant.name: entrant for entrant in entrants}
        self.runs: dict[str, Walk] = {}
        self._behind: set[str] = set()  # whose walk is not what the settings say, as it was stopped

    @staticmethod
    def check(steps: int) -> None:
        """Refuse a number of steps that cannot be made."""
        if whole("steps", steps, fix="steps=300") > MOST_STEPS:
            raise ArgumentError(f"a race of {steps:,} steps is too long to be looked at",
                                fix=f"steps=300; at most {MOST_STEPS:,}")

    @property
    def landscape(self) -> Landscape | None:
        """The surface it is run on; None where a model is trained."""
        return self.course.landscape if isinstance(self.course, OnSurface) else None

    @property
    def start(self) -> tuple[float, float] | None:
        """Where all begin; None where a model is trained."""
        return self.course.start

    def run(self, names: Sequence[str] | None = None, progress: Progress | None = None) -> None:
        """Let all of them walk, or those of these names, and keep what they did."""
        names = list(self.entrants) if names is None else names
        self._known(names)
        chosen = [self.entrants[name] for name in names]
        walked = self.course.walk(chosen, self.steps, progress)
        known = self.runs | walked
        self.runs = {name: known[name] for name in self.entrants if name in known}

    def change(self, settings: Mapping[str, Mapping[str, Any]] | None = None,
               start: tuple[float, float] | None = None,
               progress: Progress | None = None) -> list[str]:
        """Take what sliders say, and let those walk again whom it concerns; their names.

        Parameters
        ----------
        settings : dict, optional
            For a name all settings that differ from those it was given: ``{"SGD": {"lr": 0.1}}``.
            What makes no sense stands as `problem` in its walk, and ends nothing.
        start : (float, float), optional
            Where all begin.

        Raises
        ------
        UnknownNameError
            If one of the names does not take part.
        ArgumentError, ArgumentTypeError
            If the start is no place, or the settings are none.
        """
        settings = {} if settings is None else settings
        if not isinstance(settings, Mapping) or not all(
                isinstance(one, Mapping) for one in settings.values()):
            raise ArgumentTypeError("the settings are a dict for each name, not "
                                    f"{settings!r:.60}", fix='race.change({"SGD": {"lr": 0.1}})')
        self._known(settings)
        if start is not None:
            if self.course.start is None:
                raise ArgumentError("on a model all begin with its weights, and have no start to "
                                    "move", fix='race.change({"SGD": {"lr": 0.1}})')
            start = pair("start", start)
        moved = start is not None and start != self.course.start
        if moved:
            self.course.start = start
        again, problems = [], {}
        for name, entrant in self.entrants.items():
            try:
                turned = name in settings and entrant.turn(settings[name])
            except (ArgumentError, ArgumentTypeError) as error:
                problems[name] = told(error)
                continue
            known = self.runs.get(name)
            if turned or moved or name in self._behind or known is None or known.problem:
                again.append(name)
        self._behind.update(again)
        try:
            self.run(again, progress)
        except Exception:  # noqa: BLE001  one that fails must not take the others along
            for name in again:
                try:
                    self.run([name])
                except Exception as error:  # noqa: BLE001  it stands where the slider is
                    problems[name] = told(error)
        self._behind.clear()
        for name, problem in problems.items():
            self.runs[name] = Walk(np.empty(0), problem=problem)
        return [name for name in self.entrants if name in again or name in problems]

    def _known(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.entrants:
                raise UnknownNameError(f"{name!r:.60} does not take part in this race",
                                       fix=f"one of {', '.join(self.entrants)}")

    @property
    def curves(self) -> Curves:
        """The losses as curves, a run each: to compare, to export, to draw."""
        made = Curves()
        for name, walk in self.runs.items():
            for step, loss in enumerate(walk.loss.tolist()):
                made.append("loss", step, loss, name)
            if walk.diverged is not None and walk.diverged == len(walk.loss):
                made.append("loss", walk.diverged, math.inf, name)
        return made

    def describe(self, step: int | None = None) -> str:
        """Who stands where after so many steps, or at the end, in words."""
        from learngrad.descent.race_words import describe

        return describe(self, step)

    def svg(self) -> str:
        """The race as a static picture."""
        from learngrad.descent.race_picture import draw

        return draw(self)

    def to_dict(self) -> dict[str, Any]:
        """The whole race as plain data: title, steps, start, ground and walks."""
        from learngrad.descent.race_print import to_dict

        return to_dict(self)

    def columns(self) -> dict[str, Any]:
        """A row for each step of each: optimiser, step, loss, and where it was (NaN of a model)."""
        walks = [(name, walk, len(walk.loss)) for name, walk in self.runs.items()]
        sizes = [size for *_, size in walks]
        at = np.concatenate([np.empty((0, 2)), *(
            np.full((size, 2), np.nan) if walk.path is None else walk.path
            for _, walk, size in walks)])
        return {
            "optimiser": np.repeat(np.array([name for name, *_ in walks], dtype=object), sizes),
            "step": np.concatenate([np.empty(0, int), *(np.arange(size) for size in sizes)]),
            "loss": np.concatenate([np.empty(0), *(walk.loss for _, walk, _ in walks)]),
            "x": at[:, 0], "y": at[:, 1]}

    def to_matplotlib(self, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
        """Draw the ways over the surface's contours with Matplotlib; the losses, of a model.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        MissingDependency
            If Matplotlib is not installed.
        """
        from learngrad.descent.race_print import to_matplotlib

        return to_matplotlib(self, ax)

    def __repr__(self) -> str:
        return f"<race of {', '.join(self.entrants)}: {self.steps} steps>"


class OnSurface:
    """A race from one point of a surface.

    Parameters
    ----------
    landscape : Landscape
    """

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        self.start: tuple[float, float] | None = landscape.start

    def walk(self, entrants: Sequence[Entrant], steps: int,
             progress: Progress | None = None) -> dict[str, Walk]:
        """As `Course.walk`."""
        racers, walked = [], {}
        for entrant in entrants:
            point = tensor(self.start, requires_grad=True)
            try:
                racers.append(_Racer(entrant, point))
            except (ArgumentError, ArgumentTypeError) as error:  # as sliders set it, it cannot run
                walked[entrant.name] = Walk(np.empty(0), problem=told(error))
        together = [one for one in racers
                    if self.landscape.together and not one.entrant.needs_closure]
        apart = [one for one in racers if one not in together]
        watchers, thread.watchers = thread.watchers, ()  # thousands of steps make no picture
        random = get_rng_state()
        try:
            with enable_grad():
                self._together(together, steps)
                for racer in apart:
                    set_rng_state(random)  # what the function draws is the same for all
                    self._alone(racer, steps)
        finally:
            thread.watchers = watchers
            set_rng_state(random)
        return walked | {racer.entrant.name: racer.walk() for racer in racers}

    def _together(self, racers: list[_Racer], steps: int) -> None:
        """All in one graph: a step of five is then hardly slower than two."""
        for step in range(steps + 1):
            if not racers:
                return
            points = stack([racer.point for racer in racers], 1)
            values = self.landscape(points)
            kept = [one for one, loss, place in zip(racers, values.tolist(), points.T.tolist())
                    if self._note(one, step, loss, place)]
            if step == steps:
                return
            if len(kept) < len(racers):  # their gradients would be no numbers
                racers = kept
                if not racers:
                    return
                values = self.landscape(stack([racer.point for racer in racers], 1))
            for racer in racers:
                racer.optimizer.zero_grad()
            values.sum().backward()
            for racer in racers:
                racer.optimizer.step()

    def _alone(self, racer: _Racer, steps: int) -> None:
        point, optimizer = racer.point, racer.optimizer

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = self.landscape.at(point)
            loss.backward()
            return loss

        for step in range(steps + 1):
            loss = self.landscape.at(point)
            if not self._note(racer, step, loss.item(), point.tolist()) or step == steps:
                return
            if racer.entrant.needs_closure:
                optimizer.step(closure)
            else:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    def _note(self, racer: _Racer, step: int, loss: float, place: list[float]) -> bool:
        """Write down where it is; False where it is nowhere, and goes no further."""
        lost = not math.isfinite(loss) or any(
            not abs(at - (low + high) / 2) <= FAR * (high - low)
            for at, (low, high) in zip(place, self.landscape.domain))
        if lost:
            racer.diverged = step
            return False
        racer.places.append(place)
        racer.losses.append(loss)
        return True


class _Racer:
    """An entrant on its way."""

    def __init__(self, entrant: Entrant, point: Tensor) -> None:
        self.entrant, self.point, self.optimizer = entrant, point, entrant.optimizer([point])
        self.places: list[list[float]] = []
        self.losses: list[float] = []
        self.diverged: int | None = None

    def walk(self) -> Walk:
        path = np.array(self.places, dtype=np.float64).reshape(-1, 2)
        return Walk(np.array(self.losses, dtype=np.float64), path, self.diverged)


def told(error: BaseException) -> str:
    """An error in one line, for who turns a slider."""
    if isinstance(error, LearngradError):
        return error.what + (f" ({error.fix})" if error.fix else "")
    return f"{type(error).__name__}: {error}".removesuffix(": ")
