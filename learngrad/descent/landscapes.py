"""Classic surfaces to race on, and a user's own function of two variables."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from learngrad.autograd.mode import enable_grad, no_grad
from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError
from learngrad.ops.join import stack
from learngrad.ops.trigonometry import cos
from learngrad.tensor import Tensor, tensor
from learngrad.trace.text import number

__all__ = ["LANDSCAPES", "Landscape", "landscape", "pair"]

Function = Callable[..., Any]
Span = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Landscape:
    """A function of two variables, and where to look at it.

    Calling it takes points, a tensor of shape (2, n), to values, shape (n,).
    """

    name: str
    function: Function
    """Of two tensors, x and y, or of one of shape (2,)."""
    domain: Span
    """What is shown: ((lowest x, highest x), (lowest y, highest y))."""
    start: tuple[float, float]
    minima: tuple[tuple[float, float], ...] = ()
    about: str = ""
    """The formula, what is hard about it, and where it comes from."""
    settings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Optimisers that show what it teaches."""
    together: bool = True
    """Whether many points can be computed in one call; each by itself where not."""
    of_two: bool = True
    """Whether the function takes x and y, and not one tensor."""

    def __call__(self, points: Tensor) -> Tensor:
        """The values at points, shape (2, n): a tensor of shape (n,)."""
        if self.together:
            return self.function(points[0], points[1]) if self.of_two else self.function(points)
        return stack([self.at(points[:, i]) for i in range(points.shape[1])])

    def at(self, point: Tensor) -> Tensor:
        """The value at one point, shape (2,): a tensor of shape ().

        Raises
        ------
        ArgumentTypeError, ArgumentError, GraphError
            If the function gives no single number, or none that it has a slope of.
        """
        value = self.function(point[0], point[1]) if self.of_two else self.function(point)
        if not isinstance(value, Tensor):
            raise ArgumentTypeError(
                f"{self.name} returns {type(value).__name__}, not a tensor: what leads back to x "
                "and y is lost", fix="compute with learngrad's operations: learngrad.sin(x), not "
                                     "math.sin(x)")
        if value.numel() != 1:
            raise ArgumentError(f"{self.name} returns {value.numel()} numbers for one point, and a "
                                "loss is one", tensors={"value": value},
                                fix="return value.sum(), or another single number")
        if point.requires_grad and not value.requires_grad:
            raise GraphError(f"{self.name} does not depend on its point through operations that "
                             "were written down, so it has no slope there",
                             tensors={"value": value},
                             fix="no .item(), .detach(), int() or NumPy between x, y and the value")
        return value.reshape(())

    def grid(self, most: int = 61, seconds: float = 0.5) -> np.ndarray:
        """Values on a grid over the domain, float64, shape (n, n): rows go with y, columns with x.

        n is `most`, or less where the function is slow.
        """
        n = most
        if not self.together:
            began = perf_counter()
            self._values(np.array(self.start)[:, None])
            each = max(perf_counter() - began, 1e-6)
            n = max(15, min(most, int(math.sqrt(seconds / each))))
        x, y = (np.linspace(low, high, n) for low, high in self.domain)
        across, up = np.meshgrid(x, y)
        return self._values(np.stack([across.ravel(), up.ravel()])).reshape(n, n)

    def _values(self, points: np.ndarray) -> np.ndarray:
        with no_grad():
            return np.asarray(self(tensor(points)).numpy(), dtype=np.float64)


def landscape(what: str | Function | Landscape, *, domain: Any = None, start: Any = None
              ) -> Landscape:
    """A surface by its name, or that of a function.

    Parameters
    ----------
    what : str, callable or Landscape
        One of `LANDSCAPES`; or a function of two variables written with learngrad's operations,
        ``f(x, y)`` or ``f(p)`` with p of shape (2,), that returns one number.
    domain : ((float, float), (float, float)), optional
        What to show of it; a number stands for a square that reaches so far from 0.
    start : (float, float), optional
        Where the way begins.

    Raises
    ------
    ArgumentError, ArgumentTypeError, GraphError
        If there is no such surface, or the function is none that can be walked down.

    Examples
    --------
    >>> import learngrad
    >>> hill = landscape(lambda x, y: learngrad.sin(x) + y * y, start=(1.0, 1.0))
    >>> hill(learngrad.tensor([[0.0, 1.0], [2.0, 1.0]]))
    tensor([4.0000, 1.8415])
    """
    if isinstance(what, str):
        known = LANDSCAPES.get(what.lower())
        if known is None:
            raise ArgumentError(f"there is no surface called {what!r:.60}",
                                fix=f"one of {', '.join(LANDSCAPES)}; or a function f(x, y)")
        what = known
    elif not isinstance(what, Landscape):
        if not callable(what) or isinstance(what, type):
            raise ArgumentTypeError(f"a surface is a name or a function, not {what!r:.60}",
                                    fix="learngrad.race(lambda x, y: x ** 2 + 3 * y ** 2)")
        what = _of_function(what, start)
    if start is not None:
        what = _changed(what, start=pair("start", start))
    if domain is not None:
        what = _changed(what, domain=_span(domain))
    elif start is not None:
        what = _changed(what, domain=_around(what.domain, what.start))
    return what


def _of_function(function: Function, start: Any) -> Landscape:
    name = getattr(function, "__name__", "") or type(function).__name__
    name = "your function" if name == "<lambda>" else name
    begin = pair("start", start) if start is not None else (1.0, 1.0)
    made = Landscape(name, function, ((-3.0, 3.0), (-3.0, 3.0)), begin,
                     of_two=_arguments(function, name) == 2, together=False)
    value = made.at(tensor(begin, requires_grad=True))
    if not math.isfinite(value.item()):
        raise ArgumentError(f"{name} is {number(value.item())} at the start "
                            f"({number(begin[0])}, {number(begin[1])}), from where no way leads "
                            "down", fix="start=(x, y) where it is a number")
    made = _changed(made, together=_fits_together(made))
    _check_slopes(made)
    return made


def _arguments(function: Function, name: str) -> int:
    """How many tensors it takes: 1 or 2."""
    try:
        given = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # built in
        return 2
    places = [p for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p for p in places if p.default is p.empty]
    if any(p.kind is p.VAR_POSITIONAL for p in given) and len(needed) <= 2:
        return 2
    if len(needed) not in (1, 2):
        raise ArgumentTypeError(f"{name} takes {len(needed)} arguments; a surface has two "
                                "variables", fix="def f(x, y): ..., or def f(p): ... with p[0] "
                                                 "and p[1]")
    return len(needed)


def _places(one: Landscape) -> np.ndarray:
    """Three places to try a function at, as columns."""
    (left, right), (low, high) = one.domain
    return np.array([[one.start[0], 0.7 * left + 0.3 * right, 0.2 * left + 0.8 * right],
                     [one.start[1], 0.6 * low + 0.4 * high, 0.1 * low + 0.9 * high]])


def _check_slopes(one: Landscape) -> None:
    """Refuse a function that depends on a variable behind the tape's back: none would move it.

    Its value then changes with the variable at all places, and its slope is zero at all of them.
    """
    slopes, changes = [], []
    try:
        with enable_grad():
            for place in _places(one).T:
                point = tensor(place, requires_grad=True)
                one.at(point).backward()
                slopes.append(np.zeros(2) if point.grad is None else point.grad.numpy())
                with no_grad():
                    beside = [[one.at(tensor(place + side * shift)).item() for side in (-1, 1)]
                              for shift in 1e-2 * np.eye(2)]
                changes.append([abs(right - left) > 1e-4 * max(1.0, abs(left))
                                for left, right in beside])
    except Exception:  # noqa: BLE001  it need not be a number everywhere; the race says where
        return
    lost = np.all(np.array(slopes) == 0, 0) & np.all(changes, 0)
    for axis in np.flatnonzero(lost)[:1]:
        name = (["x", "y"] if one.of_two else ["p[0]", "p[1]"])[axis]
        raise GraphError(f"{one.name} changes with {name}, and its slope along {name} is 0: "
                         "something between them was not written down",
                         fix="compute with learngrad's operations: learngrad.sin(x), not "
                             "math.sin(x); no .item(), .detach() or float() on the way")


def _fits_together(one: Landscape) -> bool:
    """Whether the function gives the same for many points at once as for each of them."""
    points = tensor(_places(one))
    with no_grad():
        try:
            together = _changed(one, together=True)(points)
        except Exception:  # noqa: BLE001  whatever it raises for many, it may do for one
            return False
        if not isinstance(together, Tensor) or tuple(together.shape) != (3,):
            return False
        each = [one.at(points[:, i]).item() for i in range(3)]
    return bool(np.allclose(together.numpy(), each, rtol=1e-6, equal_nan=True))


def _changed(one: Landscape, **parts: Any) -> Landscape:
    return Landscape(**{**vars(one), **parts})


def pair(what: str, value: Any) -> tuple[float, float]:
    """Two finite numbers from a list, an array or a tensor."""
    try:
        x, y = (float(v) for v in (value.tolist() if hasattr(value, "tolist") else value))
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(f"{what} is two numbers, not {value!r:.60}",
                                fix=f"{what}=(-1.5, 2.0)") from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ArgumentError(f"{what} is ({x}, {y}), which is no place", fix=f"{what}=(-1.5, 2.0)")
    return x, y


def _span(domain: Any) -> Span:
    fix = "domain=((-2, 2), (-1, 3)), or domain=3 for a square around 0"
    if isinstance(domain, (int, float)) and not isinstance(domain, bool):
        if not domain > 0:
            raise ArgumentError(f"the domain reaches {domain} from 0, which is nowhere", fix=fix)
        domain = ((-domain, domain), (-domain, domain))
    if not isinstance(domain, Sequence) or len(domain) != 2:
        raise ArgumentTypeError(f"the domain is two pairs of numbers, not {domain!r:.60}", fix=fix)
    x, y = (pair("domain", side) for side in domain)
    if not (x[0] < x[1] and y[0] < y[1]):
        raise ArgumentError(f"the domain {domain!r:.60} is empty: a side's first number is the "
                            "lower one", fix=fix)
    return x, y


def _around(domain: Span, place: Sequence[float]) -> Span:
    """The domain, widened where a place would lie outside of it or on its edge."""
    sides = []
    for (low, high), at in zip(domain, place):
        room = 0.06 * (high - low)
        sides.append((min(low, at - room), max(high, at + room)))
    return sides[0], sides[1]


# ---- Classic surfaces ----------------------------------------------------------------------------

def bowl(x: Any, y: Any) -> Any:
    """Round: every direction is as steep as every other."""
    return (x**2 + y**2) / 2


def valley(x: Any, y: Any) -> Any:
    """Fifty times as steep across as along."""
    return (x**2 + 50 * y**2) / 2


def saddle(x: Any, y: Any) -> Any:
    """Level in the middle, between two minima."""
    return x**2 + (y**2 / 2 - 1) ** 2


def beale(x: Any, y: Any) -> Any:
    """A flat floor between steep corners."""
    return ((1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2)


def rosenbrock(x: Any, y: Any) -> Any:
    """A valley that bends."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def rastrigin(x: Any, y: Any) -> Any:
    """A bowl full of dents."""
    return 20 + x**2 - 10 * cos(2 * math.pi * x) + y**2 - 10 * cos(2 * math.pi * y)


def _settings(sgd: float, momentum: float, rmsprop: float, adam: float
              ) -> dict[str, dict[str, float]]:
    return {"SGD": {"lr": sgd}, "SGD with momentum": {"lr": momentum, "momentum": 0.9},
            "RMSprop": {"lr": rmsprop}, "Adam": {"lr": adam}}


_ROOT2 = math.sqrt(2)
LANDSCAPES: dict[str, Landscape] = {one.name: one for one in [
    Landscape("bowl", bowl, ((-3.0, 3.0), (-3.0, 3.0)), (-2.5, 1.5), ((0.0, 0.0),),
              "(x² + y²) / 2: as steep in every direction, so the slope points straight to the "
              "minimum", _settings(0.1, 0.1, 0.05, 0.2)),
    Landscape("valley", valley, ((-3.0, 3.0), (-2.0, 2.0)), (-2.6, 1.2), ((0.0, 0.0),),
              "(x² + 50 y²) / 2: a narrow valley, fifty times as steep across as along, so the "
              "slope points mostly at the other side (G. Goh, \"Why Momentum Really Works\", 2017)",
              _settings(0.03, 0.01, 0.03, 0.1)),
    Landscape("saddle", saddle, ((-2.2, 2.2), (-2.2, 2.2)), (-1.8, 0.02),
              ((0.0, _ROOT2), (0.0, -_ROOT2)),
              "x² + (y²/2 − 1)²: at (0, 0) the slope is zero and it is no minimum; the ways down "
              "lie to both sides", _settings(0.05, 0.05, 0.02, 0.05)),
    Landscape("beale", beale, ((-4.5, 4.5), (-4.5, 4.5)), (1.0, 2.5), ((3.0, 0.5),),
              "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²: a flat floor between "
              "steep corners (E. Beale 1958)", _settings(0.0005, 0.0005, 0.02, 0.1)),
    Landscape("rosenbrock", rosenbrock, ((-2.0, 2.0), (-1.0, 3.0)), (-1.5, 2.5), ((1.0, 1.0),),
              "(1 − x)² + 100 (y − x²)²: easy to get into the bent valley, slow to follow it "
              "(H. Rosenbrock 1960, doi.org/10.1093/comjnl/3.3.175)",
              _settings(0.001, 0.001, 0.01, 0.1)),
    Landscape("rastrigin", rastrigin, ((-5.12, 5.12), (-5.12, 5.12)), (-3.6, 3.4), ((0.0, 0.0),),
              "20 + x² − 10 cos 2πx + y² − 10 cos 2πy: a hundred minima, one of which is the "
              "lowest (L. Rastrigin 1974)", _settings(0.002, 0.002, 0.02, 0.3)),
]}
"""By name; each with its start, its minima and optimisers that show what it teaches."""
