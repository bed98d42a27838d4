"""Schedulers that go up and down by the batch, and with the rate move the momentum."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from learngrad.errors import ArgumentError
from learngrad.optim.lr_scheduler.base import LRScheduler, per_group, whole
from learngrad.optim.optimizer import Optimizer

__all__ = ["CyclicLR", "OneCycleLR"]


class _WithMomentum(LRScheduler):
    """Moves the momentum, or Adam's first beta, against the rate."""

    cycle_momentum: bool
    use_beta1: bool

    def momentum(self, k: int) -> float:
        """The momentum of group `k`."""
        raise NotImplementedError

    def _begin(self, optimizer: Any, cycle_momentum: bool, base_momentum: Any,
               max_momentum: Any, last_epoch: int) -> None:
        self.cycle_momentum = cycle_momentum
        self.optimizer = optimizer
        if not cycle_momentum:
            return
        if not {"momentum", "betas"} & optimizer.defaults.keys():
            raise ArgumentError(f"{type(optimizer).__name__} has no momentum to move",
                                fix="cycle_momentum=False")
        self.use_beta1 = "betas" in optimizer.defaults
        self.base_momentums = per_group(optimizer, "base_momentum", base_momentum)
        self.max_momentums = per_group(optimizer, "max_momentum", max_momentum)
        if last_epoch == -1:
            for group, low, high in zip(optimizer.param_groups, self.base_momentums,
                                        self.max_momentums):
                self._set_momentum(group, high)
                group["max_momentum"], group["base_momentum"] = high, low

    def _set_momentum(self, group: dict[str, Any], value: float) -> None:
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value

    def _set(self, rates: list[float]) -> None:
        if self.cycle_momentum:
            for k, group in enumerate(self.optimizer.param_groups):
                self._set_momentum(group, self.momentum(k))
        super()._set(rates)


# How high a cycle's peak is, by the number of the cycle from 1, or of the step.
PEAKS: dict[str, tuple[str, Callable[[float, float], float]]] = {
    "triangular": ("cycle", lambda gamma, cycle: 1.0),
    "triangular2": ("cycle", lambda gamma, cycle: 1 / 2.0 ** (cycle - 1)),
    "exp_range": ("iterations", lambda gamma, step: gamma**step),
}


class CyclicLR(_WithMomentum):
    r"""Up and down between two rates (Smith 2017, https://arxiv.org/abs/1506.01186).

    Step it after every batch.

    Parameters
    ----------
    optimizer : Optimizer
    base_lr, max_lr : float, or list of float
        The lowest and the highest rate; one, or one for each parameter group.
    step_size_up : int, default 2000
        The steps from the lowest to the highest.
    step_size_down : int, optional
        The steps back; as many by default.
    mode : {"triangular", "triangular2", "exp_range"}, default "triangular"
        Peaks of one height; each half as high as the one before; or falling as
        :math:`\gamma^t`.
    gamma : float, default 1
        For "exp_range".
    scale_fn : callable, optional
        How high the peaks are, instead of `mode`: a function of the number of the cycle, from 1,
        or of the step.
    scale_mode : {"cycle", "iterations"}, default "cycle"
        Which of them `scale_fn` takes.
    cycle_momentum : bool, default True
        Whether the momentum (or Adam's first beta) goes down as the rate goes up.
    base_momentum, max_momentum : float, default 0.8 and 0.9
        Its bounds.
    last_epoch : int, default -1
        As `LRScheduler`.
    """

    unsaved = ("optimizer", "_scale_fn_custom")

    def __init__(self, optimizer: Optimizer, base_lr: float | list[float],
                 max_lr: float | list[float], step_size_up: int = 2000,
                 step_size_down: int | None = None, mode: str = "triangular", gamma: float = 1.0,
                 scale_fn: Callable[[float], float] | None = None, scale_mode: str = "cycle",
                 cycle_momentum: bool = True, base_momentum: float = 0.8,
                 max_momentum: float = 0.9, last_epoch: int = -1) -> None:
        lowest = per_group(optimizer, "base_lr", base_lr)
        self.max_lrs = per_group(optimizer, "max_lr", max_lr)
        if mode not in PEAKS and scale_fn is None:
            raise ArgumentError(f"there is no mode {mode!r}", fix=f"one of {', '.join(PEAKS)}")
        if not step_size_up > 0:
            raise ArgumentError(f"step_size_up={step_size_up} leaves no way up", fix="2000")
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        self.mode, self.gamma = mode, gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else PEAKS[mode][0]
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, lowest):
                group["lr"] = lr
        self._begin(optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lowest

    def scale_fn(self, x: float) -> float:
        """How high the peak is."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return PEAKS[self.mode][1](self.gamma, x)

    def _height(self) -> float:
        """Where between the two rates: 0 is the lower one, 1 the higher."""
        turns = self.last_epoch / self.total_size
        cycle = math.floor(1 + turns)
        x = 1 + turns - cycle
        rising = x <= self.step_ratio
        part = x / self.step_ratio if rising else (x - 1) / (self.step_ratio - 1)
        return part * self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)

    def rate(self, k: int, lr: float, base: float) -> float:
        """The rate at this height."""
        return base + (self.max_lrs[k] - base) * self._height()

    def momentum(self, k: int) -> float:
        """The momentum of group `k`: high where the rate is low."""
        high = self.max_momentums[k]
        return high - (high - self.base_momentums[k]) * self._height()

    def state_dict(self) -> dict[str, Any]:
        """Everything that it remembers, but not the optimiser and not a function."""
        own = self._scale_fn_custom
        return {**super().state_dict(), "_scale_fn_custom": (
            None if own is None or isinstance(own, FunctionType) else dict(vars(own)))}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of such a scheduler gave."""
        own = self._scale_fn_custom
        super().load_state_dict(state_dict)
        self._scale_fn_custom = own
        if state_dict.get("_scale_fn_custom") is not None:
            vars(own).update(state_dict["_scale_fn_custom"])


# From where to where a phase goes, by the names under which a group keeps its rates.
RISE, FALL = ("initial_lr", "max_lr"), ("max_lr", "initial_lr")


class OneCycleLR(_WithMomentum):
    r"""Up once and down once, ending far below the beginning (Smith and Topin 2018,
    https://arxiv.org/abs/1708.07120).

    Step it after every batch.

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float, or list of float
        The highest rate; one, or one for each parameter group.
    total_steps : int, optional
        The number of steps; else it is ``epochs * steps_per_epoch``.
    epochs, steps_per_epoch : int, optional
    pct_start : float, default 0.3
        The part of the steps that goes up.
    anneal_strategy : {"cos", "linear"}, default "cos"
        Along the cosine, or along lines.
    cycle_momentum : bool, default True
        Whether the momentum (or Adam's first beta) goes down as the rate goes up.
    base_momentum, max_momentum : float, default 0.85 and 0.95
        Its bounds; one, or one for each parameter group.
    div_factor : float, default 25
        The first rate is the highest divided by it.
    final_div_factor : float, default 10000
        The last rate is the first divided by it.
    three_phase : bool, default False
        Go down to the first rate in as many steps as up, and to the last one after that.
    last_epoch : int, default -1
        As `LRScheduler`.

    Raises
    ------
    ArgumentError
        If the number of steps is not given, or more are made.

    Examples
    --------
    >>> import learngrad
    >>> sgd = learngrad.optim.SGD([learngrad.ones(1, requires_grad=True)], lr=0.1, momentum=0.9)
    >>> scheduler = learngrad.optim.lr_scheduler.OneCycleLR(sgd, max_lr=0.5, total_steps=100)
    >>> round(scheduler.get_last_lr()[0], 9), sgd.param_groups[0]["momentum"]
    (0.02, 0.95)
    """

    resumed = ("initial_lr", "max_lr", "min_lr")

    def __init__(self, optimizer: Optimizer, max_lr: float | list[float],
                 total_steps: int | None = None, epochs: int | None = None,
                 steps_per_epoch: int | None = None, pct_start: float = 0.3,
                 anneal_strategy: str = "cos", cycle_momentum: bool = True,
                 base_momentum: float | list[float] = 0.85,
                 max_momentum: float | list[float] = 0.95, div_factor: float = 25.0,
                 final_div_factor: float = 1e4, three_phase: bool = False,
                 last_epoch: int = -1) -> None:
        highest = per_group(optimizer, "max_lr", max_lr)
        if total_steps is not None:
            self.total_steps = whole("total_steps", total_steps)
        elif epochs is not None and steps_per_epoch is not None:
            self.total_steps = whole("epochs", epochs) * whole("steps_per_epoch", steps_per_epoch)
        else:
            raise ArgumentError("the length of the cycle is not known",
                                fix="total_steps=..., or epochs=... and steps_per_epoch=...")
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ArgumentError(f"pct_start={pct_start!r:.60} is not a float between 0 and 1",
                                fix="pct_start=0.3")
        if anneal_strategy not in ("cos", "linear"):
            raise ArgumentError(f"there is no anneal_strategy {anneal_strategy!r}",
                                fix="'cos' or 'linear'")
        self._anneal_func_type = anneal_strategy
        top, end = pct_start * self.total_steps - 1, self.total_steps - 1
        self._phases = [(top, *RISE), (end, "max_lr", "min_lr")]
        if three_phase:
            self._phases = [(top, *RISE), (2 * top, *FALL), (end, "initial_lr", "min_lr")]
        if last_epoch == -1:
            for group, high in zip(optimizer.param_groups, highest):
                group["initial_lr"], group["max_lr"] = high / div_factor, high
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self._begin(optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _phase(self) -> tuple[str, str, float]:
        """From where to where it goes now, and how far it has come."""
        t, last = self.last_epoch, len(self._phases) - 1
        if t > self.total_steps:
            raise ArgumentError(f"this is step {t}, and the cycle has {self.total_steps}",
                                fix="total_steps=..., as many as scheduler.step() is called")
        i = next((i for i, (end, *_) in enumerate(self._phases) if t <= end), last)
        start = self._phases[i - 1][0] if i else 0.0
        end, source, target = self._phases[i]
        return source, target, (t - start) / (end - start) if end != start else 1.0

    def _between(self, start: float, end: float, part: float) -> float:
        if self._anneal_func_type == "linear":
            return start + (end - start) * part
        return end + (start - end) / 2 * (1 + math.cos(math.pi * part))

    def rate(self, k: int, lr: float, base: float) -> float:
        """The rate at this place of the cycle."""
        source, target, part = self._phase()
        group = self.optimizer.param_groups[k]
        return self._between(group[source], group[target], part)

    def momentum(self, k: int) -> float:
        """The momentum of group `k`: low where the rate is highest."""
        source, target, part = self._phase()
        group = self.optimizer.param_groups[k]
        start, end = (group["base_momentum" if name == "max_lr" else "max_momentum"]
                      for name in (source, target))
        return self._between(start, end, part)
