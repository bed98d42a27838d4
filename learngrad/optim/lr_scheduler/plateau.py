"""`ReduceLROnPlateau`: a smaller rate when what is measured gets no better."""

from __future__ import annotations

import math
from typing import Any

from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError
from learngrad.optim.lr_scheduler.base import LRScheduler, checked_optimizer, per_group
from learngrad.optim.optimizer import Optimizer

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    r"""Multiply the rate by a factor when a measurement has stopped getting better.

    Parameters
    ----------
    optimizer : Optimizer
    mode : {"min", "max"}, default "min"
        Whether less is better, as of a loss, or more, as of an accuracy.
    factor : float, default 0.1
        What the rate is multiplied by; below 1.
    patience : int, default 10
        So many steps without improvement are borne.
    threshold : float, default 1e-4
        What counts as better: by this part of the best, or by this much.
    threshold_mode : {"rel", "abs"}, default "rel"
        Which of the two.
    cooldown : int, default 0
        For so many steps after a reduction nothing is counted.
    min_lr : float, or list of float, default 0
        The lowest rate; one, or one for each parameter group.
    eps : float, default 1e-8
        A smaller change of the rate is not made.

    Examples
    --------
    >>> import learngrad
    >>> sgd = learngrad.optim.SGD([learngrad.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = learngrad.optim.lr_scheduler.ReduceLROnPlateau(sgd, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.1]
    """

    def __init__(self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1,
                 patience: int = 10, threshold: float = 1e-4, threshold_mode: str = "rel",
                 cooldown: int = 0, min_lr: float | list[float] = 0, eps: float = 1e-8) -> None:
        if factor >= 1:
            raise ArgumentError(f"factor={factor} makes the rate no smaller", fix="factor=0.1")
        for name, value, known in (("mode", mode, ("min", "max")),
                                   ("threshold_mode", threshold_mode, ("rel", "abs"))):
            if value not in known:
                raise ArgumentError(f"there is no {name} {value!r}", fix=" or ".join(known))
        self.optimizer = checked_optimizer(optimizer)
        self.min_lrs = per_group(optimizer, "min_lr", min_lr)
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.mode, self.factor, self.patience, self.cooldown = mode, factor, patience, cooldown
        self.threshold, self.threshold_mode, self.eps = threshold, threshold_mode, eps
        self.last_epoch = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]
        self._reset()

    def _reset(self) -> None:
        """Forget what was measured."""
        self.best = math.inf if self.mode == "min" else -math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Tell what was measured, a number or a tensor with one; the rates may fall."""
        if metrics is None or isinstance(metrics, str):
            raise ArgumentTypeError(f"what was measured is a number, not {metrics!r:.60}",
                                    fix="scheduler.step(validation_loss)")
        current = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    @property
    def in_cooldown(self) -> bool:
        """Whether it waits after a reduction."""
        return self.cooldown_counter > 0

    def _is_better(self, current: float) -> bool:
        sign = 1 if self.mode == "min" else -1
        if self.threshold_mode == "rel":
            return sign * current < sign * self.best * (1 - sign * self.threshold)
        return sign * current < sign * self.best - self.threshold

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise GraphError(f"there are {len(groups)} parameter groups now, and min_lr is "
                                 f"given for {len(self.min_lrs)}",
                                 fix="scheduler.min_lrs.append(0.0)")
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, least in zip(groups, self.min_lrs):
            lr = max(group["lr"] * self.factor, least)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr
