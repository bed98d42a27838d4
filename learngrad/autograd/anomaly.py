"""Find the first NaN or infinity, forward or backward: a watcher that raises."""

from __future__ import annotations

from contextlib import ContextDecorator
from typing import Any

from learngrad import devices, source
from learngrad.autograd.engine import Step
from learngrad.autograd.observe import Watcher, thread
from learngrad.errors import AnomalyError

__all__ = ["detect_anomaly", "set_detect_anomaly"]


class detect_anomaly(ContextDecorator, Watcher):
    """Raise where the first NaN or infinity comes out of an operation, forward or backward.

    For finding a mistake, not for training: every value is looked at, which costs a pass over each
    array, and on a GPU waits for it.

    PyTorch: ``torch.autograd.detect_anomaly`` looks at the backward pass and at NaN alone.

    Parameters
    ----------
    check_nan : bool, default True
        Whether to look at all.

    Raises
    ------
    AnomalyError
        Names the operation, its line, and what went in.

    Examples
    --------
    >>> import learngrad
    >>> with learngrad.autograd.detect_anomaly():
    ...     try:
    ...         learngrad.tensor(0.0).log()
    ...     except learngrad.errors.AnomalyError as error:
    ...         print(error.what)
    log gave -inf where every input was finite
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._check = check_nan

    def __enter__(self) -> None:
        thread.watchers = (*thread.watchers, self)

    def __exit__(self, *raised: object) -> None:
        # The last entry: one context may be entered again inside itself.
        at = len(thread.watchers) - 1 - thread.watchers[::-1].index(self)
        thread.watchers = thread.watchers[:at] + thread.watchers[at + 1:]

    def operation(self, node: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...],
                  made: Any) -> None:
        """Look at what an operation gave."""
        for out in outputs if self._check else ():
            bad = _not_finite(out._data)
            if bad is not None:
                came = any(_not_finite(t._data) is not None for t in inputs if hasattr(t, "_data"))
                raise AnomalyError(
                    f"{type(node).__name__.lower()} gave {bad} where "
                    + ("an input was not finite either" if came else "every input was finite"),
                    tensors=node.named(inputs), where=source.resolve(made),
                    fix="look at the values that went in: log of 0, division by 0, exp of a large "
                        "number, or a learning rate that is too high")

    def step(self, step: Step) -> None:
        """Look at what a backward formula gave."""
        for c in step.contributions if self._check else ():
            bad = _not_finite(getattr(c.value, "_data", c.value))
            if bad is not None:
                node: Any = step.node
                raise AnomalyError(
                    f"the backward of {type(node).__name__.lower()} gave {bad} for input "
                    f"{c.operand}", where=source.resolve(node.made),
                    fix="its local derivative is infinite there: sqrt or a power at 0, log near 0, "
                        "or a norm of zeros; add a small number inside")


class set_detect_anomaly:
    """Look for NaN and infinity from now on (or no longer), or inside a ``with`` block.

    Parameters
    ----------
    mode : bool
    check_nan : bool, default True
        As `detect_anomaly` has it.

    Examples
    --------
    >>> import learngrad
    >>> with learngrad.autograd.set_detect_anomaly(True):
    ...     try:
    ...         learngrad.tensor(0.0).log()
    ...     except learngrad.errors.AnomalyError as error:
    ...         print(error.what)
    log gave -inf where every input was finite
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = thread.watchers
        others = tuple(w for w in thread.watchers if not isinstance(w, detect_anomaly))
        thread.watchers = (*others, detect_anomaly(check_nan)) if mode else others

    def __enter__(self) -> None:
        pass

    def __exit__(self, *raised: object) -> None:
        thread.watchers = self._before


def _not_finite(array: Any) -> float | None:
    """The first element that is no finite number, or None."""
    if not devices.is_floating(array.dtype):
        return None
    bad = ~devices.array_module(array).isfinite(array)
    return float(array[bad].reshape(-1)[0]) if bool(bad.any()) else None
