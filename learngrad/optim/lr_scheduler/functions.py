"""Schedulers whose rate a function of the user's gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from learngrad.errors import ArgumentTypeError
from learngrad.optim.lr_scheduler.base import LRScheduler, per_group
from learngrad.optim.optimizer import Optimizer

__all__ = ["LambdaLR", "MultiplicativeLR"]


class LambdaLR(LRScheduler):
    r"""The first rate times a function of the step.

    .. math:: \eta_t = \eta_0\, f(t)

    A state holds no functions: give the same ones again. Of objects that are called like functions
    it holds the attributes.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or list of callables
        f, from the number of the step to a factor; one, or one for each parameter group.
    last_epoch : int, default -1
        As `LRScheduler`.

    Examples
    --------
    >>> import learngrad
    >>> sgd = learngrad.optim.SGD([learngrad.ones(1, requires_grad=True)], lr=0.5)
    >>> warm = learngrad.optim.lr_scheduler.LambdaLR(sgd, lambda t: min(1, (t + 1) / 10))
    >>> warm.get_last_lr()
    [0.05]
    """

    unsaved = ("optimizer", "lr_lambdas")

    def __init__(self, optimizer: Optimizer,
                 lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
                 last_epoch: int = -1) -> None:
        self.lr_lambdas = per_group(optimizer, "lr_lambda", lr_lambda)
        for f in self.lr_lambdas:
            if not callable(f):
                raise ArgumentTypeError(f"lr_lambda is a function of the step, not {f!r:.60}",
                                        fix="lambda t: 0.95 ** t")
        super().__init__(optimizer, last_epoch)

    def rate(self, k: int, lr: float, base: float) -> float:
        """The first rate by the function's value."""
        return base * self.lr_lambdas[k](self.last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Everything that it remembers, but not the optimiser and not the functions."""
        return {**super().state_dict(), "lr_lambdas": [
            None if isinstance(f, FunctionType) else dict(vars(f)) for f in self.lr_lambdas]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of such a scheduler gave."""
        functions = self.lr_lambdas
        super().load_state_dict(state_dict)
        self.lr_lambdas = functions
        for f, attributes in zip(functions, state_dict["lr_lambdas"]):
            if attributes is not None:
                vars(f).update(attributes)


class MultiplicativeLR(LambdaLR):
    r"""The rate before times a function of the step.

    .. math:: \eta_t = \eta_{t-1}\, f(t)

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or list of callables
        f, from the number of the step to a factor; one, or one for each parameter group.
    last_epoch : int, default -1
        As `LRScheduler`.
    """

    def rate(self, k: int, lr: float, base: float) -> float:
        """The rate by the function's value."""
        return lr if self._is_initial else lr * self.lr_lambdas[k](self.last_epoch)
