"""`race`: several optimisers from one start, side by side, to look at and to turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from learngrad.descent.checks import whole
from learngrad.descent.landscapes import Landscape, landscape
from learngrad.descent.race import OnSurface, Race
from learngrad.descent.race_entrants import entrants
from learngrad.descent.race_model import OnModel
from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.nn import Module
from learngrad.tensor import Tensor
from learngrad.widgets._live import Live
from learngrad.widgets._notebook import notebook
from learngrad.widgets._sender import Sender

if TYPE_CHECKING:
    from learngrad.widgets.race_view import RaceView

__all__ = ["LiveRace", "race"]

USUAL: dict[str, dict[str, float]] = {
    "SGD": {"lr": 0.01}, "SGD with momentum": {"lr": 0.01, "momentum": 0.9},
    "RMSprop": {"lr": 0.01}, "Adam": {"lr": 0.05}}
ON_MODEL: dict[str, dict[str, float]] = {
    "SGD": {"lr": 0.1}, "SGD with momentum": {"lr": 0.1, "momentum": 0.9},
    "RMSprop": {"lr": 0.002}, "Adam": {"lr": 0.005}}


def race(ground: str | Callable[..., Any] | Module | Landscape = "rosenbrock",
         optimizers: Any = None, *more: Any, start: Any = None, steps: int = 300,
         domain: Any = None, data: Any = None, loss_fn: Callable[..., Any] | None = None,
         batch_size: int = 32, seed: int = 0) -> LiveRace:
    """Let several optimisers walk down from one start, and show them side by side.

    In a notebook: the ways over the contours of the surface, played and scrubbed, the losses beside
    it, a slider for each setting, and a start to drag. Each step is made by the optimiser itself,
    when a slider moves as well. In a plain program the race is data: `runs`, `describe`, `svg`.

    Parameters
    ----------
    ground : str, callable or Module, default "rosenbrock"
        ``"bowl"``, ``"valley"``, ``"saddle"``, ``"beale"``, ``"rosenbrock"`` or ``"rastrigin"``;
        a function of two variables written with learngrad's operations, ``f(x, y)`` or ``f(p)``
        with p of shape (2,), that returns one number; or a model, of which each optimiser trains
        a copy, from the same weights on the same batches.
    optimizers : dict or iterable, optional
        For each name its settings, a learning rate, a pair of class and settings, or a function of
        the parameters that makes an optimiser: ``{"SGD": 0.1, "SGD with momentum": dict(lr=0.1,
        momentum=0.9), "mine": lambda params: learngrad.optim.Adam(params)}``. Where no class is
        given it is the name's first word. The function may return a scheduler of its optimiser,
        which then steps with it: ``lambda params: CosineAnnealingLR(SGD(params, lr=0.1), 300)``.
        By default four that suit the surface.
    start : (float, float), optional
        Where all begin; by default where the surface shows best what it teaches.
    *more
        Refused: everything else has its name.
    steps : int, default 300
        How many each makes.
    domain : ((float, float), (float, float)) or float, optional
        What is shown of the surface: a range of x and one of y, or a square around 0.
    data : (Tensor, Tensor) or iterable of (Tensor, Tensor), optional
        For a model: inputs and targets, or batches of them, as a DataLoader has.
    loss_fn : callable, optional
        For a model: ``loss_fn(model(x), y)`` is one number.
    batch_size, seed : int, default 32 and 0
        For a model: rows of a batch, and the seed of their drawing.

    Returns
    -------
    LiveRace
        With a `Walk` for each name in `runs`; of a model the trained copies in `models`.

    Raises
    ------
    ArgumentError, ArgumentTypeError, GraphError
        If the surface has no such name, the function gives no single number, no slope or no number
        at the start, or an optimiser or its settings make no sense.

    Examples
    --------
    >>> import learngrad
    >>> race = learngrad.race("bowl", {"SGD": 0.1, "Adam": 0.2}, steps=50)
    >>> race.describe()
    'A race of 2 on bowl from (−2.5, 1.5) to (0, 0). After 50 steps: SGD leads with ...'
    >>> race.runs["SGD"].path[0].tolist(), len(race.runs["SGD"].loss)
    ([-2.5, 1.5], 51)
    >>> on_mine = learngrad.race(lambda x, y: x ** 2 + learngrad.sin(3 * y), start=(2, 1))
    """
    on_model = "learngrad.race(model, data=(X, y), loss_fn=nn.CrossEntropyLoss())"
    if more or isinstance(optimizers, Tensor):
        raise ArgumentTypeError("a race is given its ground and its optimisers in this order, and "
                                "everything else by name", fix=on_model)
    whole("batch_size", batch_size)
    whole("seed", seed, 0)
    if isinstance(ground, Module):
        if start is not None or domain is not None:
            raise ArgumentError("a start and a domain are for a race on a surface; on a model all "
                                "begin with its weights", fix=on_model)
        return _on_model(ground, optimizers, steps, data, loss_fn, batch_size, seed)
    if data is not None or loss_fn is not None:
        raise ArgumentError("data and a loss are for a race on a model", fix=on_model)
    land = landscape(ground, domain=domain, start=start)
    chosen = entrants(optimizers if optimizers is not None else land.settings or USUAL)
    return LiveRace(OnSurface(land), chosen, steps, f"Race on {land.name}")


def _on_model(model: Module, optimizers: Any, steps: int, data: Any, loss_fn: Any,
              batch_size: int, seed: int) -> LiveRace:
    if data is None:
        raise ArgumentError("a model is trained on data, and none was given",
                            fix="learngrad.race(model, data=(X, y), loss_fn=nn.CrossEntropyLoss())")
    chosen = entrants(optimizers if optimizers is not None else ON_MODEL)
    Race.check(steps)
    course = OnModel(model, data, loss_fn, steps=steps, batch_size=batch_size, seed=seed)
    return LiveRace(course, chosen, steps, "Race on a model")


class LiveRace(Live, Race):
    """A race that shows itself; made by `race`."""

    lost = "the race cannot be drawn, what was run is kept"

    def __init__(self, course: Any, chosen: Any, steps: int, title: str) -> None:
        super().__init__(course, chosen, steps, title)
        self._turned = False
        if notebook() is None or self.landscape is not None:
            self.run()
        if notebook() is None:
            return
        # A model takes its time: its curves are there while they grow.
        self._open(None if self.runs else "racing ...", self._make,
                   lambda _: Sender(self._news, self._is_sent))
        if not self.runs:
            self.run(progress=self._tell)
            self._store()

    def __reduce_ex__(self, protocol: Any) -> Any:
        # In a plain program it is data.
        return super().__reduce_ex__(protocol) if self._place else object.__reduce_ex__(self,
                                                                                         protocol)

    def _make(self) -> RaceView:
        from learngrad.widgets.race_view import RaceView

        return RaceView(self, super().change, self._touched)

    @property
    def models(self) -> dict[str, Module]:
        """For each name the model that it has trained; empty for a race on a surface."""
        return self.course.models if isinstance(self.course, OnModel) else {}

    def change(self, *args: Any, **settings: Any) -> list[str]:
        """As `Race.change`; the view shows it, too."""
        names = super().change(*args, **settings)
        if self._view is not None:
            with self._drawing():
                self._view.tell(names)
        self._wait_for_end()
        return names

    def _tell(self, walked: Any) -> None:
        self.runs = {**self.runs, **walked}
        if self._view is not None:
            self._view.tell([name for name in walked if len(walked[name].loss)], done=False)

    def _touched(self) -> None:
        """The view's sliders have changed the race: when they rest, its picture is made again."""
        self._turned = True
        if self._sender is not None:
            self._sender.touch()
            if not self._sender.has_threads:
                self._store()

    def _news(self) -> tuple[int, bool]:
        """What `Sender` asks: nothing is left to send, but something was turned."""
        turned, self._turned = self._turned, False
        return int(turned), False
