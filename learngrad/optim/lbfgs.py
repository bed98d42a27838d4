"""L-BFGS: steps by a picture of the curvature, drawn from the last gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from learngrad import devices
from learngrad.autograd.mode import enable_grad
from learngrad.autograd.observe import thread
from learngrad.autograd.order import changed
from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.optim.optimizer import Optimizer
from learngrad.optim.settings import AT_LEAST_0, Limits
from learngrad.optim.wolfe import strong_wolfe
from learngrad.tensor import Tensor

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    r"""L-BFGS (Nocedal 1980, https://doi.org/10.1090/S0025-5718-1980-0572855-7; with a line search,
    Nocedal and Wright, "Numerical Optimization", algorithms 7.4 and 3.5).

    .. math:: p \leftarrow p + t\, d,\quad d = -H g

    H stands for the inverse of the matrix of second derivatives. It is never written down: the last
    few differences of points, :math:`s_i = t_i d_i`, and of gradients,
    :math:`y_i = g_{i+1} - g_i`, say how it multiplies g.

    One step makes up to `max_iter` such moves, all on the same loss, and so needs a closure that
    computes it: for whole data sets, not for small batches. Each move looks at values, so on a GPU
    it waits for them.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move, in one group.
    lr : float, default 1
        The step length t; with a line search, its first guess.
    max_iter : int, default 20
        The moves of a step.
    max_eval : int, optional
        How often the closure may be called in a step; 1.25 times `max_iter` by default.
    tolerance_grad : float, default 1e-7
        Where no element of the gradient is larger, the step ends.
    tolerance_change : float, default 1e-9
        A smaller change of the parameters, or of the loss, ends the step.
    history_size : int, default 100
        How many differences are kept.
    line_search_fn : {None, "strong_wolfe"}, default None
        Find a length t by which the loss falls enough and the slope gets flat enough.

    Raises
    ------
    ArgumentTypeError, ArgumentError, GraphError
        If there are no parameters, several groups, one of them cannot be moved, or a setting makes
        no sense.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.tensor([-1.2, 1.0], requires_grad=True)
    >>> lbfgs = learngrad.optim.LBFGS([w], max_iter=50, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     lbfgs.zero_grad()
    ...     loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2  # Rosenbrock's valley
    ...     loss.backward()
    ...     return loss
    >>> _ = lbfgs.step(closure)
    >>> [round(x, 3) for x in w.tolist()]
    [1.0, 1.0]
    """

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "max_iter": (1, np.inf), "max_eval": (1, np.inf),
        "tolerance_grad": AT_LEAST_0, "tolerance_change": AT_LEAST_0, "history_size": (1, np.inf)}

    def __init__(self, params: Any, lr: float = 1, max_iter: int = 20, max_eval: int | None = None,
                 tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9,
                 history_size: int = 100, line_search_fn: str | None = None) -> None:
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        super().__init__(params, {
            "lr": lr, "max_iter": max_iter, "max_eval": max_eval, "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take the one group that there may be."""
        if self.param_groups:
            raise ArgumentError("LBFGS moves all parameters in one direction: they are one group",
                                fix="LBFGS(model.parameters())")
        super().add_param_group(param_group)

    def check(self, group: dict[str, Any]) -> None:
        """Refuse settings that make no sense."""
        super().check(group)
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ArgumentError(f"there is no line search {group['line_search_fn']!r}",
                                fix='line_search_fn="strong_wolfe", or None')

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make up to `max_iter` moves.

        Parameters
        ----------
        closure : callable
            Clears the gradients, computes the loss, calls its backward, and returns it.

        Returns
        -------
        Tensor
            The loss before the step.

        Raises
        ------
        ArgumentTypeError
            If there is no closure.
        """
        if not callable(closure):
            raise ArgumentTypeError(
                "LBFGS computes the loss several times in a step, so it needs a function for it",
                fix="def closure(): optimizer.zero_grad(); loss = measure(model(X), y); "
                    "loss.backward(); return loss")
        if self._before:
            self._call(self._before, closure)
        measure = enable_grad()(closure)
        first = measure()
        self._moves(measure, float(first))
        if self._after:
            self._call(self._after, closure)
        return first

    def _moves(self, measure: Callable[[], Any], loss: float) -> None:
        group = self.param_groups[0]
        params = group["params"]
        lr, tolerance = float(group["lr"]), group["tolerance_change"]
        memory = self.state[params[0]]
        memory.setdefault("func_evals", 0)
        memory.setdefault("n_iter", 0)
        memory["func_evals"] += 1
        evaluations, moves = 1, 0
        g = _gradient(params)
        while _largest(g) > group["tolerance_grad"]:
            moves += 1
            memory["n_iter"] += 1
            begins = memory["n_iter"] == 1
            d = thread.quietly(_direction, memory, g, group["history_size"])
            before = loss
            t = min(1.0, 1.0 / float(abs(g).sum())) * lr if begins else lr
            slope = float(g @ d)
            memory["d"], memory["t"] = _tensor(d), t
            memory["prev_flat_grad"], memory["prev_loss"] = _tensor(g), loss
            if slope > -tolerance:
                break
            if group["line_search_fn"] is not None and t:  # at a rate of 0 there is no line
                loss, g, t, count = strong_wolfe(
                    _along(params, d, measure), t, d, loss, g, slope, tolerance,
                    group["max_eval"] - evaluations)
                memory["t"] = t
                _move(params, d, t)
            else:
                _move(params, d, t)
                if moves == group["max_iter"]:
                    break  # nobody asks for the loss there
                loss, g, count = float(measure()), _gradient(params), 1
            evaluations += count
            memory["func_evals"] += count
            if (moves == group["max_iter"] or evaluations >= group["max_eval"]
                    or _largest(d * t) <= tolerance or abs(loss - before) < tolerance):
                break

    def _loaded(self, p: Tensor, number: Any, name: str, value: Any) -> Any:
        if isinstance(value, Tensor):
            if not value.ndim:
                return value.item()
            return value.detach().to(p.dtype).to(p.device).clone()
        if isinstance(value, list):
            return [self._loaded(p, number, name, v) for v in value]
        return value


def _direction(memory: dict[str, Any], g: Any, size: int) -> Any:
    """The direction to move in: minus the gradient, multiplied by the inverse curvature."""
    if memory["n_iter"] == 1:
        memory.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
        return -g
    y = g - memory["prev_flat_grad"]._data
    s = memory["d"]._data * memory["t"]
    ys = float(y @ s)
    differences, moves, inverses = memory["old_dirs"], memory["old_stps"], memory["ro"]
    if ys > 1e-10:  # curved upwards: what a minimum has
        if len(moves) == size:
            for kept in (differences, moves, inverses):
                kept.pop(0)
        differences.append(_tensor(y))
        moves.append(_tensor(s))
        inverses.append(1 / ys)
        memory["H_diag"] = ys / float(y @ y)
    # The two loops of algorithm 7.4: back through the history, and forward again.
    q = -g
    factors = []
    for y, s, ro in zip(differences[::-1], moves[::-1], inverses[::-1]):
        factors.append(float(s._data @ q) * ro)
        q -= y._data * factors[-1]
    q *= memory["H_diag"]
    for y, s, ro, factor in zip(differences, moves, inverses, factors[::-1]):
        q += s._data * (factor - float(y._data @ q) * ro)
    return q


def _tensor(array: Any) -> Tensor:
    return Tensor._from_array(array, None)


def _largest(array: Any) -> float:
    return float(abs(array).max()) if array.size else 0.0


def _gradient(params: list[Tensor]) -> Any:
    """All gradients in one row; 0 where there is none."""
    module = devices.array_module(params[0]._data)
    return module.concatenate([
        (module.zeros(p._data.size, p._data.dtype) if p._grad is None
         else p._grad._data.reshape(-1)) for p in params])


def _along(params: list[Tensor], d: Any,
           measure: Callable[[], Any]) -> Callable[[float], tuple[float, Any]]:
    """A function for the loss and its gradient at a length along the direction."""
    points = [p._data.copy() for p in params]

    def at(t: float) -> tuple[float, Any]:
        _move(params, d, t)
        try:
            return float(measure()), _gradient(params)
        finally:  # also when the closure raises, or somebody stops it
            for p, point in zip(params, points):
                p._data[...] = point
                changed(p)

    return at


def _move(params: list[Tensor], d: Any, t: float) -> None:
    """Move all parameters by `t` times the direction."""
    start = 0
    for p in params:
        part = d[start:start + p._data.size].reshape(p._data.shape)
        thread.quietly(np.add, p._data, part * t, p._data)
        changed(p)
        start += p._data.size
