"""Schedulers whose rate goes one way: in stairs, by a factor, along a line or a power."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.optim.lr_scheduler.base import LRScheduler, whole
from learngrad.optim.optimizer import Optimizer

__all__ = ["ConstantLR", "ExponentialLR", "LinearLR", "MultiStepLR", "PolynomialLR", "StepLR"]


class StepLR(LRScheduler):
    r"""Multiply the rate by γ every so many steps.

    .. math:: \eta_t = \eta_0\, \gamma^{\lfloor t / n \rfloor}

    Parameters
    ----------
    optimizer : Optimizer
    step_size : int
        The length n of a stair.
    gamma : float, default 0.1
        The factor γ between two stairs.
    last_epoch : int, default -1
        As `LRScheduler`.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.tensor(1.0, requires_grad=True)
    >>> sgd = learngrad.optim.SGD([w], lr=1.0)
    >>> scheduler = learngrad.optim.lr_scheduler.StepLR(sgd, step_size=2, gamma=0.5)
    >>> rates = []
    >>> for epoch in range(6):
    ...     w.grad = learngrad.tensor(1.0)
    ...     sgd.step()
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1,
                 last_epoch: int = -1) -> None:
        self.step_size = whole("step_size", step_size)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, k: int, lr: float, base: float) -> float:
        """By γ where a stair begins."""
        begins = self.last_epoch != 0 and self.last_epoch % self.step_size == 0
        return lr * self.gamma if begins else lr

    def _get_closed_form_lr(self) -> list[float]:
        factor = self.gamma ** (self.last_epoch // self.step_size)
        return [base * factor for base in self.base_lrs]


class MultiStepLR(LRScheduler):
    r"""Multiply the rate by γ at each milestone.

    Parameters
    ----------
    optimizer : Optimizer
    milestones : iterable of int
        The steps at which it falls; one that is named twice counts twice.
    gamma : float, default 0.1
        The factor γ.
    last_epoch : int, default -1
        As `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1,
                 last_epoch: int = -1) -> None:
        if not isinstance(milestones, Iterable):
            raise ArgumentTypeError(f"milestones are several steps, not {milestones!r:.60}",
                                    fix="milestones=[30, 80]")
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, k: int, lr: float, base: float) -> float:
        """By γ at a milestone."""
        times = self.milestones[self.last_epoch]
        return lr * self.gamma**times if times else lr

    def _get_closed_form_lr(self) -> list[float]:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [base * self.gamma**passed for base in self.base_lrs]

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of such a scheduler gave."""
        super().load_state_dict(state_dict)
        self.milestones = Counter(self.milestones)  # a file gives a plain dict back


class ExponentialLR(LRScheduler):
    r"""Multiply the rate by γ at every step.

    .. math:: \eta_t = \eta_0\, \gamma^t

    Parameters
    ----------
    optimizer : Optimizer
    gamma : float
        The factor γ.
    last_epoch : int, default -1
        As `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, k: int, lr: float, base: float) -> float:
        """By γ."""
        return lr if self._is_initial else lr * self.gamma

    def _get_closed_form_lr(self) -> list[float]:
        return [base * self.gamma**self.last_epoch for base in self.base_lrs]


class ConstantLR(LRScheduler):
    r"""A rate times a factor for the first steps, and then the rate itself.

    Parameters
    ----------
    optimizer : Optimizer
    factor : float, default 1/3
        The factor, above 0 and at most 1. (PyTorch takes 0, and divides by it at the end.)
    total_iters : int, default 5
        For so many steps.
    last_epoch : int, default -1
        As `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5,
                 last_epoch: int = -1) -> None:
        if not 0 < factor <= 1:
            raise ArgumentError(f"factor={factor} is not above 0 and at most 1: the rate is "
                                "divided by it again", fix="factor=0.5")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, k: int, lr: float, base: float) -> float:
        """By the factor at first, and by its inverse at the end."""
        if self.last_epoch == 0:
            return lr * self.factor
        return lr * (1 / self.factor) if self.last_epoch == self.total_iters else lr

    def _get_closed_form_lr(self) -> list[float]:
        factor = 1.0 if self.last_epoch >= self.total_iters else self.factor
        return [base * factor for base in self.base_lrs]


class LinearLR(LRScheduler):
    r"""From one factor to another along a line, as for a warm-up.

    .. math:: \eta_t = \eta_0 \left(a + (b - a) \frac{\min(t, n)}{n}\right)

    Parameters
    ----------
    optimizer : Optimizer
    start_factor : float, default 1/3
        The factor a at first, above 0 and at most 1.
    end_factor : float, default 1
        The factor b at the end, from 0 to 1.
    total_iters : int, default 5
        The number n of steps between them.
    last_epoch : int, default -1
        As `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0,
                 total_iters: int = 5, last_epoch: int = -1) -> None:
        if not 0 < start_factor <= 1:
            raise ArgumentError(f"start_factor={start_factor} is not above 0 and at most 1",
                                fix="start_factor=0.1")
        if not 0 <= end_factor <= 1:
            raise ArgumentError(f"end_factor={end_factor} is not between 0 and 1",
                                fix="end_factor=1.0")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, k: int, lr: float, base: float) -> float:
        """By the quotient of two neighbours on the line."""
        if self.last_epoch == 0:
            return lr * self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return lr * (1 + rise / before)

    def _get_closed_form_lr(self) -> list[float]:
        part = min(self.total_iters, self.last_epoch) / max(1, self.total_iters)
        factor = self.start_factor + (self.end_factor - self.start_factor) * part
        return [base * factor for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    r"""Down to 0 by a power of what is left of the way.

    .. math:: \eta_t = \eta_0 \left(1 - \frac{\min(t, n)}{n}\right)^{p}

    Parameters
    ----------
    optimizer : Optimizer
    total_iters : int, default 5
        The number n of steps.
    power : float, default 1
        The power p; 1 is a line.
    last_epoch : int, default -1
        As `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0,
                 last_epoch: int = -1) -> None:
        self.total_iters = whole("total_iters", total_iters)
        self.power = power
        super().__init__(optimizer, last_epoch)

    def rate(self, k: int, lr: float, base: float) -> float:
        """By the quotient of two neighbours on the curve."""
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        now, before = (1 - t / self.total_iters for t in (self.last_epoch, self.last_epoch - 1))
        return lr * (now / before) ** self.power

    def _get_closed_form_lr(self) -> list[float]:
        left = 1 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * left**self.power for base in self.base_lrs]
