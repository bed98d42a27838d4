"""What an optimiser is given: parameters that it can move, and settings that make sense."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError
from learngrad.nn import Module, Parameter
from learngrad.tensor import Tensor

__all__ = ["AT_LEAST_0", "FRACTION", "Limits", "as_groups", "check", "misspelt", "number",
           "trainable"]

AT_LEAST_0 = (0.0, math.inf)
FRACTION = (0.0, 1.0)

Limits = Mapping[str, Any]
"""For a setting's name the least value and the first that is too large; a list for several."""

OTHER_NAMES = {"learning_rate": "lr", "eta": "lr", "decay": "weight_decay", "wd": "weight_decay",
               "l2": "weight_decay", "epsilon": "eps", "beta1": "betas", "beta2": "betas"}


class NoLeafError(GraphError, ValueError):
    """A tensor that an operation made, given to an optimiser."""


def number(name: str, value: Any, low: float = 0.0, below: float = math.inf) -> float:
    """A setting that is a number from `low` up to, not including, `below`."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        raise ArgumentTypeError(f"{name} is a number, not {value!r:.60}", fix=f"{name}=0.1")
    if not low <= value < below:
        most = "and finite" if below == math.inf else f"and less than {below:g}"
        raise ArgumentError(f"{name}={value} makes no sense: it is at least {low:g} {most}",
                            fix=f"{name}=0.1")
    return float(value)


def check(group: Mapping[str, Any], limits: Limits) -> None:
    """Refuse the settings of a group that make no sense."""
    for name, limit in limits.items():
        value = group[name]
        if isinstance(limit, tuple):
            number(name, value, *limit)
            continue
        if not isinstance(value, (tuple, list)) or len(value) != len(limit):
            raise ArgumentTypeError(f"{name} are two numbers, not {value!r:.60}",
                                    fix=f"{name}=(0.9, 0.999)")
        for i, (one, between) in enumerate(zip(value, limit)):
            number(f"{name}[{i}]", one, *between)
    if group.get("differentiable"):
        raise ArgumentError(
            "a step changes the parameters in place, outside the graph, so no gradient can flow "
            "through it", fix="write the step as an expression: w2 = w - lr * g, with g from "
                              "autograd.grad(loss, w, create_graph=True)")


def misspelt(group: Mapping[str, Any], settings: Iterable[str], kind: str) -> None:
    """Refuse a key of a parameter group that is a setting's name, misspelt.

    Other keys stay in the group: schedulers and programs keep things of their own there.
    """
    settings = list(settings)
    for key in group.keys() - set(settings):
        meant = OTHER_NAMES.get(key)
        near = [meant] if meant in settings else difflib.get_close_matches(key, settings, 1, 0.75)
        if near and not key.startswith(("initial_", "base_", "max_", "min_", "swa_")):
            raise ArgumentError(f"{kind} has no setting {key!r}, so it would change nothing",
                                fix=f"write {near[0]!r}; its settings: {', '.join(settings)}")


def as_groups(params: Any) -> list[dict[str, Any]]:
    """What an optimiser was given, as a list of parameter groups."""
    if isinstance(params, Module):
        raise ArgumentTypeError("an optimiser takes a module's parameters, not the module",
                                fix="model.parameters()")
    if isinstance(params, Tensor):
        raise ArgumentTypeError("an optimiser takes several parameters, and this is one tensor",
                                tensors={"this": params}, fix="in a list: [w]")
    if not isinstance(params, Iterable) or isinstance(params, (str, bytes)):
        raise ArgumentTypeError(f"an optimiser takes parameters, not {params!r:.60}",
                                fix="model.parameters(), or a list of tensors: [w, b]")
    given = list(params)
    if not given:
        raise ArgumentError(
            "an optimiser needs parameters, and this one was given none",
            fix="model.parameters(); layers in a plain list are not found: use nn.Sequential")
    return given if all(isinstance(g, dict) for g in given) else [{"params": given}]


def trainable(p: Any, role: str) -> None:
    """Refuse what an optimiser cannot move."""
    if not isinstance(p, Tensor):
        raise ArgumentTypeError(f"{role} of an optimiser is a tensor, not {p!r:.60} of type "
                                f"{type(p).__name__}", fix="model.parameters(), or [w, b]")
    if not p.is_leaf:
        raise NoLeafError("an optimiser moves leaves, and an operation made this tensor",
                          tensors={role: p}, fix="give the tensor it was computed from, or "
                                                 "x.detach().requires_grad_()")
    # A frozen Parameter may be thawed later; a plain tensor was forgotten.
    if not p.requires_grad and not isinstance(p, Parameter):
        raise ArgumentError("this tensor needs no gradient, so it would never be moved",
                            tensors={role: p}, fix="make it with requires_grad=True")
