"""Check a gradient against finite differences: the referee for every backward formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd import function
from learngrad.autograd.engine import grad
from learngrad.errors import ArgumentTypeError, LearngradError

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(LearngradError, RuntimeError):
    """A gradient that is not the derivative."""


def gradcheck(func: Callable[..., Any], inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5,
              rtol: float = 1e-3, raise_exception: bool = True) -> bool:
    """Compare the gradients of `func` with central differences, element by element.

    Parameters
    ----------
    func : callable
        Takes `inputs` and returns a tensor or a tuple of tensors.
    inputs : Tensor or sequence
        Those that need a gradient are checked. They are converted to float64 for the check.
    eps : float, default 1e-6
        The step of the difference.
    atol, rtol : float, default 1e-5 and 1e-3
        An element passes where ``|analytic - numeric| <= atol + rtol * |numeric|``.
    raise_exception : bool, default True
        Raise on a difference; otherwise return False.

    Raises
    ------
    GradcheckError
        Names the worst element, its two values and a likely cause.
    ArgumentTypeError
        If no input needs a gradient: then nothing would be checked. If `func` is no function, or
        returns something else than tensors.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.randn(3, requires_grad=True)
    >>> learngrad.autograd.gradcheck(lambda x: x.tanh(), [x])
    True
    """
    Tensor = function.Tensor  # registered by tensor.py
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    args = [Tensor(x._data, dtype=np.float64, requires_grad=True)
            if isinstance(x, Tensor) and x.requires_grad else x for x in given]
    checked = [(i, x) for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
    if not callable(func):
        raise ArgumentTypeError(f"gradcheck calls a function, and {type(func).__name__} is none",
                                fix="gradcheck(lambda x: (x * x).sum(), x)")
    if not checked:
        raise ArgumentTypeError("gradcheck needs an input with requires_grad=True",
                                fix="x.requires_grad_()")
    try:
        for out_number, out in enumerate(_outputs(func, args)):
            for i, x in checked:
                _compare(func, args, i, x, out, out_number, eps, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(func: Callable[..., Any], inputs: Any, **options: Any) -> bool:
    """Check second derivatives: `gradcheck` of the gradient of a weighted sum of the outputs.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.randn(3, requires_grad=True)
    >>> learngrad.autograd.gradgradcheck(lambda x: x.tanh(), [x])
    True
    """
    def first(*args: Any) -> tuple[Any, ...]:
        needing = [x for x in args if getattr(x, "requires_grad", False)]
        total = None
        for out in _outputs(func, args):
            weights = np.cos(np.arange(out.numel())).reshape(out.shape)
            term = (out * type(out)(weights, dtype=out.dtype, device=out.device)).sum()
            total = term if total is None else total + term
        if total is None or not total.requires_grad:
            return (needing[0] * 0,)  # nothing to differentiate twice
        results = grad(total, needing, create_graph=True, allow_unused=True)
        return tuple(r for r in results if r is not None and r.requires_grad) or (
            needing[0] * 0,)  # linear: the second derivative is 0, and so is this one's gradient

    return gradcheck(first, inputs, **options)


def _outputs(func: Callable[..., Any], args: Sequence[Any]) -> list[Any]:
    """The outputs that may have a derivative; one outside the graph must prove to be flat."""
    out = func(*args)
    outs = list(out) if isinstance(out, (list, tuple)) else [out]
    for o in outs:
        if not isinstance(o, function.Tensor):
            raise ArgumentTypeError(
                f"gradcheck needs a function that returns tensors, and this one returned "
                f"{type(o).__name__}", fix="return the tensor itself, not its item() or numpy()")
    return [o for o in outs if devices.is_floating(o.dtype)]


def _host(x: Any) -> Any:
    """A tensor's elements in a row, as NumPy's."""
    return devices.to_device(x._data, devices.CPU).reshape(-1)


def _compare(func: Callable[..., Any], args: list[Any], i: int, x: Any, out: Any, number: int,
             eps: float, atol: float, rtol: float) -> None:
    """Compare the whole Jacobian of one output with respect to one input."""
    analytic = np.zeros((out.numel(), x.numel()))
    for row in range(out.numel()):
        seed = np.zeros(out.shape)
        seed.reshape(-1)[row] = 1
        if out.requires_grad:
            found, = grad(out, x, type(out)(seed, dtype=out.dtype, device=out.device),
                          retain_graph=True, allow_unused=True)
            analytic[row] = 0 if found is None else _host(found)
    numeric = np.zeros_like(analytic)
    data = _host(x)
    for column in range(x.numel()):
        before = data[column]
        shifted = []
        for step in (eps, -eps):
            moved = data.copy()
            moved[column] = before + step
            at = list(args)
            at[i] = type(x)(moved.reshape(x.shape), dtype=x.dtype, device=x.device,
                                requires_grad=True)
            shifted.append(_host(_outputs(func, at)[number]))
        numeric[:, column] = (shifted[0] - shifted[1]) / (2 * eps)
    wrong = ~(np.abs(analytic - numeric) <= atol + rtol * np.abs(numeric))
    if not wrong.any():
        return
    badness = np.where(wrong, np.abs(analytic - numeric) / (atol + rtol * np.abs(numeric)), 0)
    badness[np.isnan(badness)] = np.inf
    row, column = divmod(int(badness.argmax()), badness.shape[1])
    raise GradcheckError(
        f"the gradient of input {i} is wrong in {int(wrong.sum())} of {wrong.size} elements. "
        f"Worst: d out[{row}] / d input[{column}] is {analytic[row, column]:.6g} by backward and "
        f"{numeric[row, column]:.6g} by finite differences" + _cause(analytic, numeric, wrong),
        tensors={f"input {i}": x, "output": out},
        fix="compare the formula in backward with forward")


def _cause(analytic: Any, numeric: Any, wrong: Any) -> str:
    """What usually makes such a difference."""
    a, n = analytic[wrong], numeric[wrong]
    if np.isnan(a).any():
        return "; backward gives nan: look for 0/0 or 0 times infinity"
    if np.isinf(a).any():
        return "; backward gives infinity: look for a division by 0"
    right = int((~wrong & ((analytic != 0) | (np.abs(numeric) > 1e-9))).sum())
    if right:
        return f"; {right} others are right: look at which element gets which gradient"
    flat = np.abs(n) < 1e-9
    if (flat & (a != 0)).any() and (~flat & (a == 0)).any():
        return "; the gradients stand at other elements: look at indices and transposes"
    if np.allclose(a, -n, rtol=1e-3):
        return "; the sign is wrong"
    if not a.any():
        return "; backward gives 0: a path is missing"
    ratio = a[~flat] / n[~flat]
    if ratio.size and ratio.std() < 1e-3 * abs(ratio.mean()):
        return (f"; all are {ratio.mean():.4g} times what they should be: a factor is wrong, or "
                "one of several paths is missing")
    return ""
