"""Schedulers whose rate falls along a half wave of the cosine."""

from __future__ import annotations

import math

from learngrad.errors import ArgumentError
from learngrad.optim.lr_scheduler.base import LRScheduler, whole
from learngrad.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


def _falling(part: float) -> float:
    """From 1 to 0 along the cosine, as `part` goes from 0 to 1."""
    return (1 + math.cos(math.pi * part)) / 2


class CosineAnnealingLR(LRScheduler):
    r"""Down along the cosine, and up again after that (Loshchilov and Hutter 2017,
    https://arxiv.org/abs/1608.03983, without its restarts).

    .. math:: \eta_t = \eta_{\min}
              + \frac{\eta_0 - \eta_{\min}}{2} \left(1 + \cos \frac{\pi t}{T}\right)

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
        The number T of steps to the lowest point.
    eta_min : float, default 0
        The rate there.
    last_epoch : int, default -1
        As `LRScheduler`.

    Examples
    --------
    >>> import learngrad
    >>> sgd = learngrad.optim.SGD([learngrad.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = learngrad.optim.lr_scheduler.CosineAnnealingLR(sgd, T_max=100)
    >>> scheduler.get_last_lr()
    [1.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0,
                 last_epoch: int = -1) -> None:
        self.T_max = whole("T_max", T_max)
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, k: int, lr: float, base: float) -> float:
        """By the quotient of two neighbours on the wave, so that other schedulers may join in."""
        if self._is_initial:
            return lr
        t, T = self.last_epoch, self.T_max
        if self._step_count == 1 and t > 0:
            return self.eta_min + (base - self.eta_min) * _falling(t / T)
        if (t - 1 - T) % (2 * T) == 0:  # the neighbour is 0
            return lr + (base - self.eta_min) * (1 - _falling(1 / T))
        return _falling(t / T) / _falling((t - 1) / T) * (lr - self.eta_min) + self.eta_min

    def _get_closed_form_lr(self) -> list[float]:
        part = _falling(self.last_epoch / self.T_max)
        return [self.eta_min + (base - self.eta_min) * part for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Down along the cosine again and again (SGDR: Loshchilov and Hutter 2017,
    https://arxiv.org/abs/1608.03983).

    .. math:: \eta_t = \eta_{\min}
              + \frac{\eta_0 - \eta_{\min}}{2} \left(1 + \cos \frac{\pi t_i}{T_i}\right)

    with :math:`t_i` steps since the last start.

    Parameters
    ----------
    optimizer : Optimizer
    T_0 : int
        The number of steps to the first new start.
    T_mult : int, default 1
        By what that number grows with each start.
    eta_min : float, default 0
        The lowest rate.
    last_epoch : int, default -1
        As `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0,
                 last_epoch: int = -1) -> None:
        self.T_0 = self.T_i = whole("T_0", T_0)
        self.T_mult = whole("T_mult", T_mult)
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def rate(self, k: int, lr: float, base: float) -> float:
        """The rate at this place of the wave."""
        return self.eta_min + (base - self.eta_min) * _falling(self.T_cur / self.T_i)

    def step(self, epoch: float | None = None) -> None:
        """Set the next rates, or those of a place between two: ``epoch + batch / batches``."""
        if epoch is None and not self._is_initial:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = self.last_epoch + 1 if epoch is None else epoch
            self._jump(epoch)
        self._update_lr(math.floor(epoch))

    def _jump(self, epoch: float) -> None:
        if epoch < 0:
            raise ArgumentError(f"epoch={epoch} is before the beginning", fix="step(0)")
        self.T_cur, self.T_i = epoch, self.T_0
        if epoch >= self.T_0 and self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        elif epoch >= self.T_0:
            ratio = self.T_mult - 1
            starts = int(math.log(epoch / self.T_0 * ratio + 1, self.T_mult))
            self.T_i = self.T_0 * self.T_mult**starts
            self.T_cur = epoch - self.T_0 * (self.T_mult**starts - 1) / ratio
