"""`Optimizer`: what all optimisers share; a rule of their own is all that the others add."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from learngrad import devices
from learngrad.autograd.handle import RemovableHandle
from learngrad.autograd.mode import enable_grad
from learngrad.autograd.observe import thread
from learngrad.autograd.order import RISING, latest
from learngrad.cuda.capture import recorded
from learngrad.errors import ArgumentError, ArgumentTypeError, DtypeError, a_kind_of
from learngrad.memory import out_of_memory
from learngrad.optim import settings
from learngrad.optim.notices import FirstSteps
from learngrad.tensor import Tensor

__all__ = ["Optimizer"]

Hook = Callable[["Optimizer", tuple[Any, ...], dict[str, Any]], None]


class Optimizer:
    """Base of the optimisers.

    A subclass names the ``limits`` of its settings and gives its rule in ``update``, which moves
    one parameter's array in place; or it overrides ``step``, as in PyTorch. `param_groups` is a
    list of dicts, each with ``"params"`` and the settings of those parameters, which may be changed
    between steps; `state` holds for each parameter what the rule remembers.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move, maybe with their names; or parameter groups, each with settings of its own.
    defaults : dict
        The settings of groups that have none of their own.

    Raises
    ------
    ArgumentTypeError, ArgumentError, GraphError
        As `add_param_group`; and if there are no parameters.

    Examples
    --------
    >>> import learngrad
    >>> import numpy as np
    >>> class SignDescent(learngrad.optim.Optimizer):
    ...     def __init__(self, params, lr):
    ...         super().__init__(params, {"lr": lr})
    ...     def update(self, group, state, param, grad):
    ...         param -= group["lr"] * np.sign(grad)
    >>> w = learngrad.tensor([1.0, -1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> SignDescent([w], lr=0.25).step()
    >>> w.tolist()
    [0.75, -0.75]
    """

    limits: ClassVar[settings.Limits] = {}
    counts: ClassVar[tuple[str, ...]] = ()
    """What a rule remembers as Python numbers, and a state dict holds as tensors, as PyTorch's."""

    defaults: dict[str, Any]
    param_groups: list[dict[str, Any]]
    state: defaultdict[Tensor, dict[str, Any]]

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups = []
        self.state = defaultdict(dict)
        self._before: dict[int, Hook] = {}
        self._after: dict[int, Hook] = {}
        for group in settings.as_groups(params):
            self.add_param_group(group)
        FirstSteps(self)

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
            frozen `Parameter`, or is not a leaf; or a setting makes no sense or is misspelt.
            (PyTorch keeps a misspelt setting without a word.)
        """
        if not isinstance(param_group, dict):
            raise ArgumentTypeError(f"a parameter group is a dict, not {param_group!r:.60}",
                                    fix='{"params": [w, b], "lr": 0.01}')
        if "params" not in param_group:
            raise ArgumentError(f'parameter group {len(self.param_groups)} has no "params"',
                                fix='{"params": model.parameters(), "lr": 0.01}')
        given = param_group["params"]
        if isinstance(given, (set, frozenset)):
            raise ArgumentTypeError("a set has no order, and a state dict counts parameters in "
                                    "theirs", fix="a list: [w, b]")
        params = [given] if isinstance(given, Tensor) else list(given)
        group = {**param_group}
        if params and all(isinstance(p, tuple) and len(p) == 2 for p in params):
            group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        known = {id(p) for group in self.param_groups for p in group["params"]}
        for i, p in enumerate(params):
            settings.trainable(p, f"parameter {i}")
            if id(p) in known:
                raise ArgumentError("a parameter is given twice: it would be moved twice in a step",
                                    tensors={f"parameter {i}": p}, fix="leave one of them out")
            known.add(id(p))
        settings.misspelt(param_group, ["params", "param_names", *self.defaults],
                          type(self).__name__)
        group["params"] = params
        for name, default in self.defaults.items():
            value = group.setdefault(name, default)
            # NumPy's numbers would promote what a rule computes with them.
            group[name] = value.item() if isinstance(value, np.generic) else value
        self.check(group)
        self.param_groups.append(group)

    def check(self, group: dict[str, Any]) -> None:
        """Refuse settings of a parameter group that make no sense."""
        settings.check(group, self.limits)

    # ---- A step ----------------------------------------------------------------------------------

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """Move a parameter's array in place, by its gradient's array; the optimiser's rule."""
        raise NotImplementedError(f"{type(self).__name__} has no rule: def update(self, ...)")

    def descend(self, group: dict[str, Any]) -> None:
        """Apply the rule to every parameter of a group that has a gradient."""
        now = latest[0] = next(RISING)  # as `changed` does it, once for all
        for p in group["params"]:
            if p._grad is not None:
                self.update(group, self.state[p], p._data, p._grad._data)
                p._cell[0] = now
                p._cell[2] += 1

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; the others stay.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss and its gradients again; what it returns is returned.

        Warns
        -----
        UserWarning
            Once, in the first three steps: if no parameter has had a gradient so far, so that
            nothing has moved; if some have and others have not, after the third; if a step uses
            the sum of new gradients and of those that the step before had used already.
        """
        if closure is not None and not callable(closure):
            raise ArgumentTypeError(f"step takes a function that computes the loss, not "
                                    f"{a_kind_of(closure)}", tensors=(),
                                    fix="loss.backward(); optimizer.step()")
        if self._before:
            self._call(self._before, closure)
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        try:
            for group in self.param_groups:
                thread.quietly(self.descend, group)
        except (MemoryError, TypeError) as error:
            raise self._explained(error) from error
        if recorded:
            recorded[-1].stepped(self)
        if thread.watchers:
            self._tell_watchers()
        if self._after:
            self._call(self._after, closure)
        return loss

    def _explained(self, error: MemoryError | TypeError) -> Exception:
        """What to raise for an error of a rule: no memory left, or its memory lies elsewhere."""
        name = f"{type(self).__name__}.step"
        if isinstance(error, MemoryError):
            return out_of_memory(error, name)
        for p, state in self.state.items():
            for key, kept in state.items():
                if isinstance(kept, Tensor) and kept.device != p.device:
                    return DtypeError(
                        f"{name}: a parameter is on {p.device}, and {key}, what is remembered of "
                        f"it, on {kept.device}", tensors={"parameter": p, key: kept},
                        fix="model.to(device) before the optimiser's first step; or let its "
                            "memory follow: optimizer.load_state_dict(optimizer.state_dict())")
        return error

    def _tell_watchers(self) -> None:
        for watcher in thread.watchers:
            for p in self._params():
                if p._grad is not None:
                    watcher.changed(p)

    def _call(self, hooks: dict[int, Hook], closure: Callable[[], Any] | None) -> None:
        for hook in [*hooks.values()]:
            hook(self, () if closure is None else (closure,), {})

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; what it returns is not used.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.
        """
        return RemovableHandle(self._before, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.
        """
        return RemovableHandle(self._after, hook)

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
            ``{"state": {number: {...}}, "param_groups": [{..., "params": [numbers]}]}``, as
            PyTorch's, with the same names. Tensors share memory with the optimiser.

        Examples
        --------
        >>> import learngrad
        >>> w = learngrad.tensor(1.0, requires_grad=True)
        >>> sgd = learngrad.optim.SGD([w], lr=0.5, momentum=0.9)
        >>> w.backward()
        >>> sgd.step()
        >>> sgd.state_dict()["state"]
        {0: {'momentum_buffer': tensor(1.)}}
        """
        numbers = {p: i for i, p in enumerate(self._params())}
        return {
            "state": {numbers[p]: {name: self._kept(name, value) for name, value in state.items()}
                      for p, state in self.state.items() if state},
            "param_groups": [{**{name: value for name, value in group.items() if name != "params"},
                              "params": [numbers[p] for p in group["params"]]}
                             for group in self.param_groups],
        }

    def _kept(self, name: str, value: Any) -> Any:
        """What a state dict holds; a count as PyTorch's, other numbers with all their digits."""
        if name not in self.counts:
            return value
        return Tensor(float(value), dtype=devices.float32 if name == "step" else devices.float64)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of such an optimiser gave, here or in PyTorch.

        The values are copied; those of a parameter get its dtype and move to its device.

        Raises
        ------
        ArgumentError
            If the groups, or the shapes of what is remembered, do not fit these parameters; then
            nothing has changed.
        """
        if not isinstance(state_dict, Mapping):
            raise ArgumentTypeError(f"an optimiser's state is a dict, not {state_dict!r:.60}",
                                    fix="what optimizer.state_dict() returned")
        missing = {"state", "param_groups"} - set(state_dict)
        if missing:
            raise ArgumentError(f"this is no optimiser's state: it has no {sorted(missing)[0]!r}",
                                fix="what optimizer.state_dict() returned")
        groups, state = state_dict["param_groups"], state_dict["state"]
        if [len(g["params"]) for g in groups] != [len(g["params"]) for g in self.param_groups]:
            raise ArgumentError("this state belongs to other parameter groups: their number or "
                                "sizes differ", fix="build the optimiser as the one that was saved")
        params = dict(zip((i for g in groups for i in g["params"]), self._params()))
        loaded: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for i, memory in state.items():
            if int(i) not in params:
                raise ArgumentError(f"this state remembers parameter {i}, which no group has",
                                    fix="load it as optimizer.state_dict() returned it")
            p = params[int(i)]
            loaded[p] = {name: self._loaded(p, i, name, value) for name, value in memory.items()}
        new = [{**old, **{name: copy.deepcopy(value) for name, value in group.items()},
                "params": old["params"]} for old, group in zip(self.param_groups, groups)]
        for group in new:
            # A schedule that goes down to 0 ends at -1e-17, as PyTorch's do.
            low = isinstance(group.get("lr"), float) and -1e-12 < group["lr"] < 0
            self.check({**group, "lr": 0.0} if low else group)
        self.state, self.param_groups = loaded, new

    def _loaded(self, p: Tensor, number: Any, name: str, value: Any) -> Any:
        """What is remembered of a parameter, copied from a state dict."""
        if name in self.counts:
            count = value.item() if hasattr(value, "item") else value
            return int(count) if name == "step" else count
        if not isinstance(value, Tensor):
            return copy.deepcopy(value)
        if value.shape != p.shape:
            raise ArgumentError(f"{name} of parameter {number} does not fit it",
                                tensors={name: value, f"parameter {number}": p},
                                fix="build the optimiser as the one that was saved")
        return value.detach().to(p.dtype).to(p.device).clone()

    def __getstate__(self) -> dict[str, Any]:
        # Hooks and schedules stay with the optimiser that they were made for.
        own = ("_opt_called", "_schedules")
        kept = {name: value for name, value in vars(self).items() if name not in own}
        return {**kept, "_before": {}, "_after": {}}

    def _params(self) -> Iterator[Tensor]:
        return (p for group in self.param_groups for p in group["params"])

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines += [""] * (i > 0) + [f"Parameter Group {i}"]
            lines += [f"    {name}: {group[name]}" for name in sorted(group.keys() - {"params"})]
        return "\n".join([*lines, ")"])
