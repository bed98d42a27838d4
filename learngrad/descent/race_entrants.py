"""Who takes part in a race: an optimiser, its settings, and which of them can be turned."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from learngrad import optim
from learngrad.descent.checks import takes
from learngrad.descent.rates import set_rate
from learngrad.errors import ArgumentError, ArgumentTypeError, a_kind_of
from learngrad.nn import Module
from learngrad.optim import Optimizer
from learngrad.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from learngrad.tensor import Tensor, tensor

__all__ = ["Entrant", "entrants"]

MOST = 8
FIX = ('{"SGD": dict(lr=0.01), "SGD with momentum": dict(lr=0.01, momentum=0.9), '
       '"Adam": dict(lr=0.1)}')
LOG, LINEAR, NEAR_1, WHOLE, FLAG = "log", "linear", "near 1", "whole", "flag"
DIALS: dict[str, tuple[str, float, float]] = {
    "lr": (LOG, 1e-5, 10.0), "momentum": (LINEAR, 0.0, 0.995), "betas.0": (LINEAR, 0.0, 0.995),
    "betas.1": (NEAR_1, 0.0, 0.9999), "alpha": (NEAR_1, 0.0, 0.9999), "rho": (NEAR_1, 0.0, 0.9999),
    "etas.0": (LINEAR, 0.1, 0.95), "etas.1": (LINEAR, 1.01, 2.0), "nesterov": (FLAG, 0, 1),
    "weight_decay": (LOG, 1e-6, 1.0), "eps": (LOG, 1e-12, 1.0), "dampening": (LINEAR, 0.0, 1.0),
    "lr_decay": (LOG, 1e-6, 1.0), "momentum_decay": (LOG, 1e-6, 1.0), "lambd": (LOG, 1e-6, 1.0),
    "t0": (LOG, 1.0, 1e6), "max_iter": (WHOLE, 1, 40), "history_size": (WHOLE, 1, 100),
    "max_eval": (WHOLE, 1, 100), "tolerance_grad": (LOG, 1e-12, 1.0),
    "tolerance_change": (LOG, 1e-12, 1.0), "initial_accumulator_value": (LOG, 1e-3, 10.0),
    "step_sizes.0": (LOG, 1e-9, 0.1), "step_sizes.1": (LOG, 1e-3, 100.0),
    "amsgrad": (FLAG, 0, 1), "centered": (FLAG, 0, 1), "decoupled_weight_decay": (FLAG, 0, 1),
}
"""For each setting that is known its scale and its ends. A log scale has 0 as its lowest place, but
for the learning rate."""
FIRST = ("lr", "momentum", "nesterov", "betas.0", "betas.1", "alpha", "rho", "max_iter", "etas.0",
         "etas.1")
"""What is turned most often; the others are shown on demand."""


class Entrant:
    """One optimiser of a race.

    Parameters
    ----------
    name : str
        What it is called in the race.
    build : callable
        Takes a list of parameters and returns an optimiser of them, or a scheduler of one.
    """

    def __init__(self, name: str,
                 build: Callable[[list[Tensor]], Optimizer | LRScheduler]) -> None:
        self.name, self._build = name, build
        self._turned: dict[str, float] = {}
        trial = self._built([tensor([0.0, 0.0], requires_grad=True)])
        self.kind = type(trial).__name__
        self.needs_closure = isinstance(trial, optim.LBFGS)
        self.given = _settings(trial.param_groups[0])
        """Every setting that has a slider, as it was given."""

    @property
    def settings(self) -> dict[str, float]:
        """Every setting that has a slider, as it is now: ``{"lr": 0.1, "betas.0": 0.9}``."""
        return {**self.given, **self._turned}

    def turn(self, settings: Mapping[str, Any]) -> bool:
        """Take settings from sliders, in the place of all earlier ones; whether one differs."""
        turned: dict[str, float] = {}
        for name, value in settings.items():
            if name not in self.given:
                raise ArgumentError(f"{self.name} has no setting {name!r:.40}",
                                    fix=f"one of {', '.join(self.given)}")
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ArgumentTypeError(f"{name} of {self.name} is a number, not {value!r:.40}",
                                        fix=f"{name}=0.1")
            if value != self.given[name]:
                turned[name] = value
        changed, self._turned = turned != self._turned, turned
        return changed

    def optimizer(self, params: list[Tensor]) -> Optimizer:
        """A new optimiser of these parameters, with the settings as they are now.

        Raises
        ------
        ArgumentError, ArgumentTypeError
            If they make no sense together.
        """
        made = self._built(params)
        if "lr" in self._turned:
            set_rate([made], self._turned["lr"])  # of a schedule, too
        for group in made.param_groups:
            for name, value in self._turned.items():
                own, _, place = name.partition(".")
                scale = _dial(name, self.given[name])[0]
                value = bool(value) if scale == FLAG else int(value) if scale == WHOLE else value
                if place:
                    values = list(group[own])
                    values[int(place)] = value
                    group[own] = tuple(values)
                else:
                    group[own] = value
            made.check(group)
        return made

    def _built(self, params: list[Tensor]) -> Optimizer:
        made = self._build(params)
        if isinstance(made, LRScheduler):
            return _of_these(_scheduled(made), params)
        if not isinstance(made, Optimizer):
            raise ArgumentTypeError(
                f"what makes {self.name!r} returns {type(made).__name__}, not an optimiser",
                fix="lambda params: learngrad.optim.SGD(params, lr=0.1)")
        return _of_these(made, params)

    def dials(self) -> list[dict[str, Any]]:
        """Its sliders as plain data: name, scale, ends, value as given, and whether always seen."""
        return [{"name": name, "scale": scale, "low": low, "high": max(high, value),
                 "given": value, "first": name in FIRST or name not in DIALS}
                for name, value in self.given.items()
                for scale, low, high in [_dial(name, value)]]

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value:g}" for name, value in self.settings.items()
                         if name in FIRST)
        return f"<{self.name}: {self.kind}, {told}>"


def _of_these(made: Optimizer, params: list[Tensor]) -> Optimizer:
    """An optimiser that moves what it was given."""
    moved = {id(one) for group in made.param_groups for one in group["params"]}
    if moved.isdisjoint(map(id, params)):
        raise ArgumentError("the optimiser moves other parameters than those that it is given",
                            fix="lambda params: learngrad.optim.SGD(params, lr=0.1)")
    return made


def _scheduled(schedule: LRScheduler) -> Optimizer:
    """A scheduler's optimiser, after each of whose steps the scheduler makes its own."""
    if isinstance(schedule, ReduceLROnPlateau):
        raise ArgumentTypeError("a race has no validation for ReduceLROnPlateau to look at",
                                fix="a scheduler that counts steps, for instance "
                                    "CosineAnnealingLR(optimizer, 300)")
    # The hook keeps the scheduler alive, as long as its optimiser.
    schedule.optimizer.register_step_post_hook(lambda *_: schedule.step())
    return schedule.optimizer


def _dial(name: str, value: float) -> tuple[str, float, float]:
    """Scale and ends of a setting; of one that an optimiser of the user's has, around its value."""
    if name in DIALS:
        return DIALS[name]
    return (LOG, value / 1000, value * 1000) if value > 0 else (LINEAR, min(value, 0.0), 1.0)


def _settings(group: Mapping[str, Any]) -> dict[str, float]:
    """The numbers among a group's settings, pairs one by one, the most important first."""
    found: dict[str, float] = {}
    own_to_it = [name for name, value in group.items()
                 if isinstance(value, (int, float)) and not isinstance(value, bool)]
    for name in dict.fromkeys([*DIALS, *own_to_it]):
        own, _, place = name.partition(".")
        value = group.get(own)
        if place and isinstance(value, (tuple, list)):
            value = value[int(place)]
        if isinstance(value, (bool, int, float)):
            found[name] = float(value) if not isinstance(value, bool) else int(value)
    return found


def entrants(given: Any) -> list[Entrant]:
    """Who takes part, from what a user wrote.

    Parameters
    ----------
    given : dict, or iterable
        For each name settings, a learning rate, an optimiser, a class of them, or a function of the
        parameters that makes one. Where the settings stand alone, the name's first word is the
        class. In a list, classes, names of classes or optimisers.

    Examples
    --------
    >>> import learngrad
    >>> entrants({"SGD with momentum": dict(lr=0.1, momentum=0.9),
    ...           "Adam": 0.5,
    ...           "mine": lambda params: learngrad.optim.SGD(params, lr=1.0)})
    [<SGD with momentum: SGD, lr=0.1, momentum=0.9, nesterov=0>, <Adam: ...>, <mine: SGD, ...>]
    """
    if isinstance(given, Mapping):
        pairs = list(given.items())
    elif isinstance(given, (str, Optimizer)) or callable(given):
        pairs = [(_named(given), given)]
    elif not isinstance(given, Iterable) or hasattr(given, "dtype"):
        raise ArgumentTypeError("the optimisers are a dict of names and settings, or a list, not "
                                f"{a_kind_of(given)}", fix=FIX)
    else:
        pairs = [(_named(one), one) for one in given]
    if not pairs:
        raise ArgumentError("nobody takes part in this race", fix=FIX)
    if len(pairs) > MOST:
        raise ArgumentError(f"{len(pairs)} take part, and more than {MOST} cannot be told apart",
                            fix="two races")
    names = [str(name) for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ArgumentError(f"two of the race have one name: {', '.join(names)}",
                            fix='give each its own: {"slow": ("SGD", dict(lr=0.01)), ...}')
    return [Entrant(name, _builder(name, one)) for name, (_, one) in zip(names, pairs)]


def _named(one: Any) -> str:
    if isinstance(one, partial):
        return _named(one.func)
    if isinstance(one, (str, type)):
        return one if isinstance(one, str) else one.__name__
    return type(one).__name__ if isinstance(one, Optimizer) else getattr(
        one, "__name__", type(one).__name__)


def _builder(name: str, one: Any) -> Callable[[list[Tensor]], Any]:
    if isinstance(one, (int, float, np.number)) and not isinstance(one, bool):
        return partial(_class(name), lr=float(one))
    if isinstance(one, Mapping):
        return _with(_class(name), one)
    if isinstance(one, tuple) and len(one) == 2 and isinstance(one[1], Mapping) and (
            isinstance(one[0], str) or callable(one[0])):
        return _with(_class(one[0]) if isinstance(one[0], str) else one[0], one[1])
    if isinstance(one, str):
        return _class(one)
    if isinstance(one, Optimizer):
        group = {key: value for key, value in one.param_groups[0].items()
                 if key in inspect.signature(type(one)).parameters and key != "params"}
        return partial(type(one), **group)
    if callable(one) and not isinstance(one, Module):
        if not takes(one, 1):
            raise ArgumentTypeError(
                f"what makes {name!r:.40} is called with the parameters alone, and takes "
                + ("more" if takes(one, 2) or takes(one, 3) else "no argument"),
                fix="lambda params: learngrad.optim.SGD(params, lr=0.1)")
        return one
    raise ArgumentTypeError(f"{name!r:.40} takes part as {one!r:.60}, which is neither settings "
                            "nor an optimiser", fix=FIX)


def _with(kind: Callable[..., Any], settings: Mapping[str, Any]) -> Callable[..., Any]:
    known = inspect.signature(kind).parameters
    wrong = [key for key in settings if key not in known]
    if wrong and not any(p.kind is p.VAR_KEYWORD for p in known.values()):
        raise ArgumentError(f"{getattr(kind, '__name__', kind)} has no setting {wrong[0]!r:.40}",
                            fix=f"one of {', '.join(key for key in known if key != 'params')}")
    return partial(kind, **settings)


def _class(name: str) -> Callable[..., Any]:
    """The optimiser that a name begins with."""
    word = name.split()[0].strip(",:") if name.split() else ""
    known = {kind.lower(): kind for kind in optim.__all__
             if kind[0].isupper() and kind != "Optimizer"}
    if word.lower() not in known:
        raise ArgumentError(f"{name!r:.60} begins with the name of no optimiser",
                            fix=f'"SGD with momentum": dict(lr=0.01, momentum=0.9); there are '
                                f"{', '.join(known.values())}; or {name!r:.30}: (\"SGD\", "
                                "dict(lr=0.01))")
    made: Callable[..., Any] = getattr(optim, known[word.lower()])
    return made
