"""`LRScheduler`: what all schedulers share; a formula for one group's rate is all they add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from weakref import WeakSet

import numpy as np

from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.nn.notices import tell
from learngrad.optim.optimizer import Optimizer

__all__ = ["LRScheduler", "ResumeError", "checked_optimizer", "per_group", "whole"]


class ResumeError(ArgumentError, KeyError):
    """A scheduler is to go on where another stopped, and the optimiser does not know where."""

    __str__ = ArgumentError.__str__


class LRScheduler:
    """Base of the schedulers.

    A subclass gives ``rate``, the new rate of one parameter group, or ``get_lr``, those of all of
    them, as in PyTorch. Making a scheduler sets the first rates.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates to change.
    last_epoch : int, default -1
        The number of the last step of a scheduler that this one goes on for; -1 begins anew.

    Raises
    ------
    ArgumentTypeError, ArgumentError
        If `optimizer` is none, or does not know what its rates were at first.

    Examples
    --------
    >>> import learngrad
    >>> class Halving(learngrad.optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / 2**self.last_epoch for lr in self.base_lrs]
    >>> w = learngrad.tensor(1.0, requires_grad=True)
    >>> sgd = learngrad.optim.SGD([w], lr=1.0)
    >>> scheduler = Halving(sgd)
    >>> for _ in range(2):
    ...     sgd.zero_grad()
    ...     (w * w).backward()
    ...     sgd.step()
    ...     scheduler.step()
    ...     print(scheduler.get_last_lr())
    [0.5]
    [0.25]
    """

    unsaved: ClassVar[tuple[str, ...]] = ("optimizer",)
    resumed: ClassVar[tuple[str, ...]] = ("initial_lr",)
    """What one that goes on finds in a parameter group."""
    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = checked_optimizer(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif missing := [name for name in self.resumed if name not in group]:
                raise ResumeError(
                    f"parameter group {i} has no {missing[0]!r}, so a scheduler cannot go on in it "
                    f"from last_epoch={last_epoch}",
                    fix="load the optimiser's state first; or last_epoch=-1 to begin anew")
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        _listen(optimizer)
        _announce(self)
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def rate(self, k: int, lr: float, base: float) -> float:
        """The new rate of group `k`, from its rate `lr` now and its first, `base`."""
        raise NotImplementedError(f"{type(self).__name__} has no formula: def get_lr(self): ...")

    def get_lr(self) -> list[float]:
        """The rates that the step which is being made leads to.

        Outside of a step they are the next ones to come, and it says so: `get_last_lr` gives those
        that hold.
        """
        if not self._get_lr_called_within_step:
            tell("get_lr() gives the rates of a step that has not been made: get_last_lr() gives "
                 "those that the optimiser uses now")
        groups = self.optimizer.param_groups
        return [self.rate(k, group["lr"], base)
                for k, (group, base) in enumerate(zip(groups, self.base_lrs))]

    def get_last_lr(self) -> list[float]:
        """The rates that the last step set, one for each parameter group."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Set the next rates.

        Parameters
        ----------
        epoch : int, optional
            Jump to this step instead, where the scheduler knows a formula for its rate.
            (PyTorch: `torch.optim.lr_scheduler` says that this is deprecated.)

        Warns
        -----
        UserWarning
            If the optimiser has made no step since the scheduler was made: the order is
            ``optimizer.step()``, ``scheduler.step()``, or the first rate is never used.
        """
        if self._step_count == 1 and not getattr(self.optimizer, "_opt_called", True):
            tell("scheduler.step() comes before optimizer.step(), so the first learning rate is "
                 "never used: call optimizer.step() first, then scheduler.step()")
        self._step_count += 1
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self._get_lr_called_within_step = True
        try:
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            jump = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
            rates = self.get_lr() if jump is None else jump()
        finally:
            self._get_lr_called_within_step = False
        self._set(rates)

    def _set(self, rates: list[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates):
            group["lr"] = lr
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Everything that it remembers, but not the optimiser."""
        return {name: value for name, value in vars(self).items() if name not in self.unsaved}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of such a scheduler gave, here or in PyTorch.

        The optimiser's rates travel in the optimiser's own state.
        """
        vars(self).update(state_dict)


class _LRScheduler(LRScheduler):
    """The old name."""


def checked_optimizer(optimizer: Any) -> Optimizer:
    """The optimiser, if it is one."""
    if not isinstance(optimizer, Optimizer):
        raise ArgumentTypeError(
            f"a scheduler changes an optimiser's rates, and this is {optimizer!r:.60} of type "
            f"{type(optimizer).__name__}", fix="StepLR(optimizer, step_size=10)")
    return optimizer


def per_group(optimizer: Any, name: str, value: Any) -> list[Any]:
    """A setting for each parameter group: as many as there are, or one for all."""
    count = len(checked_optimizer(optimizer).param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ArgumentError(f"{name} has {len(value)} values, and there are {count} parameter "
                            "groups", fix=f"{name}=value, or one for each group")
    return list(value)


def whole(name: str, value: Any, least: int = 1) -> int:
    """A setting that counts steps; 10.0, a count that was divided, is 10."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer, float)) or not (
            value >= least and value % 1 == 0):
        raise ArgumentError(f"{name} is a whole number from {least} up, not {value!r:.60}",
                            fix=f"{name}=10")
    return int(value)


def _listen(optimizer: Any) -> None:
    """Note on the optimiser that it has made a step; once it has, this costs nothing."""
    if hasattr(optimizer, "_opt_called"):
        return
    own = type(optimizer).step.__module__.startswith("learngrad.")
    optimizer._opt_called = not own  # a step that somebody else wrote may call no hooks

    def note(optimizer: Any, args: Any, kwargs: Any) -> None:
        optimizer._opt_called = True
        handle.remove()

    handle = optimizer.register_step_post_hook(note)


def _announce(schedule: LRScheduler) -> None:
    """Let the optimiser know its schedules: who changes a rate by hand changes theirs, too."""
    vars(schedule.optimizer).setdefault("_schedules", WeakSet()).add(schedule)
