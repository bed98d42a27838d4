"""Schedulers made of schedulers: one after another, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.optim.lr_scheduler.base import LRScheduler
from learngrad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from learngrad.optim.optimizer import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Several(LRScheduler):
    """Schedulers of one optimiser."""

    unsaved = ("optimizer", "_schedulers")
    _schedulers: Sequence[LRScheduler]

    def _take(self, optimizer: Optimizer | None, schedulers: Sequence[LRScheduler]) -> None:
        kind = type(self).__name__
        if not schedulers:
            raise ArgumentError(f"{kind} needs schedulers, and was given none",
                                fix=f"{kind}(..., [warmup, cosine])")
        for i, scheduler in enumerate(schedulers):
            if not isinstance(scheduler, LRScheduler):
                raise ArgumentTypeError(f"scheduler {i} of {kind} is {scheduler!r:.60}",
                                        fix="StepLR(optimizer, 10)")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ArgumentError(
                    f"scheduler {i} of {kind} is a ReduceLROnPlateau, whose step needs a "
                    "measurement", fix="step it by itself")
            if scheduler.optimizer is not (optimizer or schedulers[0].optimizer):
                raise ArgumentError(f"scheduler {i} of {kind} changes another optimiser's rates",
                                    fix="give all of them the same optimiser")
        self.optimizer = optimizer or schedulers[0].optimizer
        self._schedulers = schedulers

    def _initial_step(self) -> None:
        for scheduler in self._schedulers:
            scheduler._initial_step()
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _update_lr(self, epoch: int | None = None) -> None:
        # A `SequentialLR` hands over to it: from the beginning. (PyTorch's has no rates to give.)
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for scheduler in self._schedulers:
            scheduler.last_epoch = -1
        self._initial_step()

    def state_dict(self) -> dict[str, Any]:
        """Everything that it and its schedulers remember, but not the optimiser."""
        return {**super().state_dict(),
                "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of such a scheduler gave."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"]):
            scheduler.load_state_dict(state)


class SequentialLR(_Several):
    """One scheduler after another, each from its own beginning.

    Parameters
    ----------
    optimizer : Optimizer
    schedulers : list of LRScheduler
        In their order.
    milestones : list of int
        The steps at which the next one takes over: one less than there are schedulers.
    last_epoch : int, default -1
        As `LRScheduler`.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
    >>> sgd = learngrad.optim.SGD([learngrad.ones(1, requires_grad=True)], lr=1.0)
    >>> warmup, cosine = LinearLR(sgd, 0.25, total_iters=3), CosineAnnealingLR(sgd, T_max=10)
    >>> SequentialLR(sgd, [warmup, cosine], milestones=[3]).get_last_lr()
    [0.25]
    """

    def __init__(self, optimizer: Optimizer, schedulers: list[LRScheduler],
                 milestones: list[int], last_epoch: int = -1) -> None:
        self._take(optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise ArgumentError(f"{len(schedulers)} schedulers take over from each other "
                                f"{len(schedulers) - 1} times, and there are {len(milestones)} "
                                "milestones", fix="one milestone less than schedulers")
        self._milestones = milestones
        # Each scheduler has made a first step when it was made; only the first of them counts.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        _undo(schedulers)
        self._initial_step()
        self.last_epoch = last_epoch + 1

    def _initial_step(self) -> None:
        self.last_epoch = 0
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Set the next rates."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


def _undo(schedulers: Sequence[LRScheduler]) -> None:
    for scheduler in schedulers:
        if isinstance(scheduler, _Several):
            _undo(scheduler._schedulers)
        else:
            scheduler.last_epoch -= 1


class ChainedScheduler(_Several):
    """All schedulers at once: the rate is multiplied by what each of them would.

    Parameters
    ----------
    schedulers : sequence of LRScheduler
    optimizer : Optimizer, optional
        Theirs.
    """

    def __init__(self, schedulers: Sequence[LRScheduler],
                 optimizer: Optimizer | None = None) -> None:
        self._take(optimizer, schedulers)
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def step(self) -> None:  # type: ignore[override]
        """Set the next rates: each scheduler makes a step."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]
