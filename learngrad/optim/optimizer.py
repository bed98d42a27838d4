"""`Optimizer`: what all optimisers share; a rule of their own is all that the others add."""

from __future__ import annotations

import copy
import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.mode import enable_grad
from learngrad.autograd.observe import thread
from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError
from learngrad.nn import Module, Parameter
from learngrad.tensor import Tensor

__all__ = ["Optimizer", "downhill", "number", "pieces", "zeros_like"]

PIECE = 32_768  # elements: 128 kB of float32


def number(name: str, value: Any, low: float = 0.0, below: float = math.inf) -> float:
    """A setting that is a number from `low` up to, not including, `below`."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        raise ArgumentTypeError(f"{name} is a number, not {value!r:.60}", fix=f"{name}=0.1")
    if not low <= value < below:
        most = "and finite" if below == math.inf else f"and less than {below:g}"
        raise ArgumentError(f"{name}={value} makes no sense: it is at least {low:g} {most}",
                            fix=f"{name}=0.1")
    return float(value)


class Optimizer:
    """Base of the optimisers.

    A subclass refuses senseless settings in ``check`` and gives its rule in ``update``, which moves
    one parameter's array in place; or it overrides ``step``, as in PyTorch. `param_groups` is a
    list of dicts, each with ``"params"`` and the settings of those parameters, which may be changed
    between steps; `state` holds for each parameter what the rule remembers.
    """

    defaults: dict[str, Any]
    param_groups: list[dict[str, Any]]
    state: defaultdict[Tensor, dict[str, Any]]

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups = []
        self.state = defaultdict(dict)
        self._moved = False  # whether a step ever found a gradient, or said that it found none
        groups = _groups(params)
        if not groups:
            raise ArgumentError(
                "an optimiser needs parameters, and this one was given none",
                fix="model.parameters(); layers in a plain list are not found: use nn.Sequential")
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with settings of their own; those left out are the optimiser's.

        Parameters
        ----------
        param_group : dict
            ``{"params": tensors, "lr": 0.01, ...}``

        Raises
        ------
        ArgumentTypeError, ArgumentError, GraphError
            If something in it is no tensor, was given before, needs no gradient though it is not a
            frozen `Parameter`, or is not a leaf; or a setting makes no sense.
        """
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        known = {id(p) for group in self.param_groups for p in group["params"]}
        for i, p in enumerate(params):
            _trainable(p, f"parameter {i}")
            if id(p) in known:
                raise ArgumentError("a parameter is given twice: it would be moved twice in a step",
                                    tensors={f"parameter {i}": p}, fix="leave one of them out")
            known.add(id(p))
        unknown = param_group.keys() - self.defaults.keys() - {"params"}
        if unknown:
            raise ArgumentError(f"{type(self).__name__} has no setting {sorted(unknown)[0]!r}",
                                fix=f"its settings: {', '.join(self.defaults)}")
        group = {**self.defaults, **param_group, "params": params}
        self.check(group)
        self.param_groups.append(group)

    def check(self, group: dict[str, Any]) -> None:
        """Refuse settings of a parameter group that make no sense."""

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """Move a parameter's array in place, by its gradient's array; the optimiser's rule."""
        raise NotImplementedError(f"{type(self).__name__} has no rule: def update(self, ...)")

    def descend(self, group: dict[str, Any]) -> None:
        """Apply the rule to every parameter of a group that has a gradient."""
        for p in group["params"]:
            if p._grad is not None:
                self.update(group, self.state[p], p._data, p._grad._data)
                p._version[0] += 1

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; the others stay.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss and its gradients again; what it returns is returned.

        Warns
        -----
        UserWarning
            Once, if no parameter has had a gradient so far: then nothing has moved.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if not self._moved:
            self._say_if_nothing_moves()
        for group in self.param_groups:
            thread.quietly(self.descend, group)
        if thread.watchers:
            for watcher in thread.watchers:
                for p in self._params():
                    if p._grad is not None:
                        watcher.changed(p)
        return loss

    def _say_if_nothing_moves(self) -> None:
        if all(p._grad is None for p in self._params()):
            warnings.warn(
                f"{type(self).__name__}.step() moved nothing: none of its parameters has a "
                "gradient. Call loss.backward() before step(), and build the optimiser from the "
                "parameters of the model that the loss is computed with.", stacklevel=3)
        self._moved = True

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, so that the next backward pass begins anew.

        Parameters
        ----------
        set_to_none : bool, default True
            With False, fill them with zeros; the rule is then applied to zeros.
        """
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p._grad is not None:
                    p._grad = p._grad.detach().zero_()

    # ---- State -----------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Settings and memory, with parameters replaced by numbers counted through the groups.

        Returns
        -------
        dict
            ``{"state": {number: {...}}, "param_groups": [{..., "params": [numbers]}]}``. Tensors
            share memory with the optimiser.
        """
        numbers = {p: i for i, p in enumerate(self._params())}
        return {
            "state": {numbers[p]: dict(state) for p, state in self.state.items()},
            "param_groups": [{**group, "params": [numbers[p] for p in group["params"]]}
                             for group in self.param_groups],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of such an optimiser gave; the values are copied.

        Raises
        ------
        ArgumentError
            If the groups, or the shapes of what is remembered, do not fit these parameters.
        """
        groups, state = state_dict["param_groups"], state_dict["state"]
        if [len(g["params"]) for g in groups] != [len(g["params"]) for g in self.param_groups]:
            raise ArgumentError("this state belongs to other parameter groups: their number or "
                                "sizes differ", fix="build the optimiser as the one that was saved")
        params = dict(zip((i for g in groups for i in g["params"]), self._params(), strict=True))
        for i, memory in state.items():
            for name, value in memory.items():
                if isinstance(value, Tensor) and value.shape != params[i].shape:
                    raise ArgumentError(
                        f"{name} of parameter {i} does not fit it",
                        tensors={name: value, f"parameter {i}": params[i]},
                        fix="build the optimiser as the one that was saved")
        self.state = defaultdict(dict, (
            (params[i], copy.deepcopy(dict(memory))) for i, memory in state.items()))
        self.param_groups = [{**old, **copy.deepcopy(dict(new)), "params": old["params"]}
                             for old, new in zip(self.param_groups, groups, strict=True)]

    def _params(self) -> Iterable[Tensor]:
        return (p for group in self.param_groups for p in group["params"])

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group.keys() - {"params"})]
        return "\n".join([*lines, ")"])


def _groups(params: Any) -> list[dict[str, Any]]:
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
    if given and all(isinstance(g, dict) for g in given):
        missing = [i for i, g in enumerate(given) if "params" not in g]
        if missing:
            raise ArgumentError(f'parameter group {missing[0]} has no "params"',
                                fix='{"params": model.parameters(), "lr": 0.01}')
        return given
    return [{"params": given}] if given else []


def _trainable(p: Any, role: str) -> None:
    if not isinstance(p, Tensor):
        raise ArgumentTypeError(f"{role} of an optimiser is a tensor, not {p!r:.60} of type "
                                f"{type(p).__name__}", fix="model.parameters(), or [w, b]")
    if not p.is_leaf:
        raise GraphError("an optimiser moves leaves, and an operation made this tensor",
                         tensors={role: p}, fix="give the tensor it was computed from, or "
                                                "x.detach().requires_grad_()")
    # A frozen Parameter may be thawed later; a plain tensor was forgotten.
    if not p.requires_grad and not isinstance(p, Parameter):
        raise ArgumentError("this tensor needs no gradient, so it would never be moved",
                            tensors={role: p}, fix="make it with requires_grad=True")


def pieces(*arrays: Any) -> Iterable[tuple[Any, ...]]:
    """Arrays of one shape in pieces that fit the processor's cache; on a GPU they stay whole.

    Each operation of a rule then finds in the cache what the one before it left there, and what a
    rule needs beside its memory is as large as a piece, not as a parameter. A piece has at least
    one dimension: of arrays without, NumPy would make scalars.
    """
    first = arrays[0]
    if first.ndim and (first.size <= PIECE or type(first) is not np.ndarray):
        return (arrays,)
    return _cut(arrays)


def _cut(arrays: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if all(a.flags.c_contiguous for a in arrays):
        arrays = tuple(a.reshape(-1) for a in arrays)
    length = len(arrays[0])
    rows = max(1, PIECE * length // arrays[0].size)
    for start in range(0, length, rows):
        yield tuple([a[start:start + rows] for a in arrays])


def downhill(p: Any, g: Any, group: dict[str, Any]) -> Any:
    """The gradient to go down by, for a group with ``maximize`` or ``weight_decay``."""
    s = p * group["weight_decay"]
    return np.subtract(s, g, out=s) if group["maximize"] else np.add(s, g, out=s)


def zeros_like(p: Any) -> Tensor:
    """Zeros in the shape of a parameter's array, as a tensor to remember."""
    return Tensor._from_array(devices.array_module(p).zeros_like(p), None)
