"""Averages of weights: the mean of where training went is often better than where it ended.

Stochastic weight averaging (Izmailov et al. 2018, https://arxiv.org/abs/1803.05407) takes the plain
mean of the last epochs' weights; an exponential moving average (Polyak and Juditsky 1992,
https://doi.org/10.1137/0330046) forgets the old ones.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import learngrad.nn as nn
from learngrad.autograd.mode import no_grad
from learngrad.autograd.order import changed
from learngrad.devices import int64
from learngrad.errors import ArgumentError, ShapeError
from learngrad.nn.batchnorm import BatchNorm
from learngrad.optim.lr_scheduler.base import LRScheduler, per_group, whole
from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import pieces
from learngrad.tensor import Tensor

__all__ = ["SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn",
           "get_swa_multi_avg_fn", "update_bn"]

Average = Callable[[Tensor, Tensor, Any], Tensor]
Averages = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    r"""An exponential moving average: :math:`\bar{p} \leftarrow d \bar{p} + (1 - d) p`."""
    _check(decay)

    @no_grad()
    def average(averaged: Tensor, current: Tensor, count: Any) -> Tensor:
        return averaged * decay + current * (1 - decay)

    return average


def get_swa_avg_fn() -> Average:
    r"""The plain mean: :math:`\bar{p} \leftarrow \bar{p} + (p - \bar{p}) / (n + 1)`."""
    @no_grad()
    def average(averaged: Tensor, current: Tensor, count: Any) -> Tensor:
        return averaged + (current - averaged) / (count + 1)

    return average


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """As `get_ema_avg_fn`, for all parameters at once and in place."""
    _check(decay)

    def average(averaged: Sequence[Tensor], current: Sequence[Tensor], count: Any) -> None:
        for mean, p in zip(averaged, current):
            _approach(mean, p, 1 - decay)

    return average


def get_swa_multi_avg_fn() -> Averages:
    """As `get_swa_avg_fn`, for all parameters at once and in place."""
    def average(averaged: Sequence[Tensor], current: Sequence[Tensor], count: Any) -> None:
        for mean, p in zip(averaged, current):
            _approach(mean, p, 1 / (int(count) + 1))

    return average


def _check(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ArgumentError(f"decay={decay} is not between 0 and 1", fix="decay=0.999")


def _approach(mean: Tensor, p: Tensor, part: float) -> None:
    """Move `mean` towards `p` by a part of the way."""
    if not mean.is_floating_point():
        with no_grad():
            mean.copy_((mean + (p - mean) * part).to(mean.dtype))
        return
    for m, x in pieces(mean._data, p._data):
        s = x - m
        s *= part
        m += s
    changed(mean)


class AveragedModel(nn.Module):
    """A copy of a model whose parameters are averages of the model's.

    It is called like the model; `update_parameters` takes the model's parameters into the averages.

    Parameters
    ----------
    model : Module
        What to copy.
    device : Device or str, optional
        Where the averages live; by default where the model does.
    avg_fn : callable, optional
        From the average, the parameter and how many are in the average, to the new average; the
        plain mean by default.
    multi_avg_fn : callable, optional
        The same for lists of parameters, which changes the averages in place.
    use_buffers : bool, default False
        Average buffers too, such as running means. Otherwise they are the model's own.

    Raises
    ------
    ArgumentError
        If both functions are given.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.optim.swa_utils import AveragedModel
    >>> model = learngrad.nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for value in (1.0, 3.0):
    ...     with learngrad.no_grad():
    ...         _ = model.weight.fill_(value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item()
    2.0
    """

    n_averaged: Tensor

    def __init__(self, model: nn.Module, device: Any = None, avg_fn: Average | None = None,
                 multi_avg_fn: Averages | None = None, use_buffers: bool = False) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ArgumentError("two ways to average are given", fix="avg_fn or multi_avg_fn")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", Tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model computes."""
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Take the model's parameters into the averages.

        Raises
        ------
        ShapeError
            If its parameters are not those of the model that was copied.
        """
        ours, theirs = self._averaged(self.module), self._averaged(model)
        if [a.shape for a in ours] != [p.shape for p in theirs]:
            raise ShapeError("this model has other parameters than the one that was copied",
                             fix="update_parameters(model) with the model of AveragedModel(model)")
        current = [p.to(mean.device) for mean, p in zip(ours, theirs)]
        if not int(self.n_averaged):
            for mean, p in zip(ours, current):
                mean.copy_(p)
        elif self.avg_fn is not None:
            for mean, p in zip(ours, current):
                mean.copy_(self.avg_fn(mean, p, self.n_averaged))
        else:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(ours, current, self.n_averaged)
        if not self.use_buffers:
            for mine, given in zip(self.module.buffers(), model.buffers()):
                mine.copy_(given.to(mine.device))
        self.n_averaged += 1

    def _averaged(self, model: nn.Module) -> list[Tensor]:
        """What of a model is averaged, outside the graph."""
        buffers = model.buffers() if self.use_buffers else ()
        return [p.detach() for p in itertools.chain(model.parameters(), buffers)]


@no_grad()
def update_bn(loader: Iterable[Any], model: nn.Module, device: Any = None) -> None:
    """Measure the running means of batch norm layers anew, as averaged weights need it.

    Parameters
    ----------
    loader : iterable
        Batches; of a tuple or list, the first part is the input.
    model : Module
    device : Device or str, optional
        Where to bring the inputs.
    """
    layers = [module for module in model.modules() if isinstance(module, BatchNorm)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    training = model.training
    model.train()
    try:
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None  # the plain mean of all batches
        for batch in loader:
            x = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(x if device is None else x.to(device))
    finally:
        for layer, momentum in zip(layers, momenta):
            layer.momentum = momentum
        model.train(training)


class SWALR(LRScheduler):
    r"""From the rate of before to that of averaging, and then constant.

    .. math:: \eta_t = (1 - a_t)\, \eta_0 + a_t\, \eta_{\text{swa}}

    where a goes from 0 to 1 in the first n steps. The rate :math:`\eta_0` may itself be changed by
    another scheduler.

    Parameters
    ----------
    optimizer : Optimizer
    swa_lr : float, or list of float
        The rate at the end; one, or one for each parameter group.
    anneal_epochs : int, default 10
        The number n of steps.
    anneal_strategy : {"cos", "linear"}, default "cos"
        Along the cosine, or along a line.
    last_epoch : int, default -1
        As `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, swa_lr: float | list[float], anneal_epochs: int = 10,
                 anneal_strategy: str = "cos", last_epoch: int = -1) -> None:
        for group, lr in zip(optimizer.param_groups, per_group(optimizer, "swa_lr", swa_lr)):
            group["swa_lr"] = lr
        if anneal_strategy not in ("cos", "linear"):
            raise ArgumentError(f"there is no anneal_strategy {anneal_strategy!r}",
                                fix="'cos' or 'linear'")
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = whole("anneal_epochs", anneal_epochs, least=0)
        super().__init__(optimizer, last_epoch)

    def _part(self, step: int) -> float:
        part = max(0, min(1, step / max(1, self.anneal_epochs)))
        return part if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * part)) / 2

    def rate(self, k: int, lr: float, base: float) -> float:
        """The rate before is found from the rate now, so that another scheduler may change it."""
        goal: float = self.optimizer.param_groups[k]["swa_lr"]
        step = self._step_count - 1
        step = max(1, step) if self.anneal_epochs == 0 else step
        before, now = self._part(step - 1), self._part(step)
        first = goal if before == 1 else (lr - before * goal) / (1 - before)
        return goal * now + first * (1 - now)
