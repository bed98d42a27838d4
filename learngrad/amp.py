"""Mixed precision: `autocast` for the forward pass, `GradScaler` for the gradients.

PyTorch: `torch.amp`. https://docs.pytorch.org/docs/stable/amp.html
"""

from __future__ import annotations

import functools
from contextlib import ContextDecorator
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.autocast import casting
from learngrad.autograd.function import Function
from learngrad.autograd.mode import no_grad
from learngrad.autograd.observe import thread
from learngrad.errors import (
    ArgumentError,
    ArgumentTypeError,
    DtypeError,
    GraphError,
    MissingDependency,
)
from learngrad.ops import activations as bends
from learngrad.ops import (
    attention,
    convolve,
    cumulative,
    distances,
    einsum,
    elementwise,
    erfinv,
    exponential,
    likelihood,
    losses,
    matmul,
    norms,
    recurrent,
    reduce,
    statistics,
    trigonometry,
)
from learngrad.tensor import Tensor

__all__ = ["GradScaler", "autocast", "get_autocast_dtype", "is_autocast_available",
           "is_autocast_enabled"]

# PyTorch's lists for CUDA, as far as an operation of that name is one here.
# https://docs.pytorch.org/docs/stable/amp.html#cuda-op-specific-behavior
LOWER: tuple[type[Function], ...] = (
    matmul.MatMul, matmul.Linear, convolve.Conv, convolve.ConvTranspose, attention.Attention,
    einsum.Einsum, recurrent.Rnn, recurrent.RnnRelu, recurrent.Gru, recurrent.Lstm)
HIGHER: tuple[type[Function], ...] = (
    exponential.Exp, exponential.Expm1, exponential.Log, exponential.Log1p, exponential.Log2,
    exponential.Log10, exponential.Reciprocal, exponential.Rsqrt, elementwise.Pow,
    trigonometry.Acos, trigonometry.Asin, trigonometry.Cosh, trigonometry.Sinh, trigonometry.Tan,
    erfinv.ErfInv, bends.Softplus, losses.Softmax, losses.LogSoftmax, losses.MSE,
    distances.Huber, likelihood.CrossEntropy, likelihood.BCEWithLogits, norms.Normalise,
    reduce.Sum, reduce.LogSumExp, statistics.Norm, cumulative.Prod, cumulative.CumProd,
    cumulative.CumSum)

LARGEST = float(np.finfo(np.float32).max)  # that a scale may be

_install = functools.cache(lambda: casting(LOWER, HIGHER))


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` knows this kind of device.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.amp.is_autocast_available("cuda")
    True
    """
    return device_type in ("cpu", "cuda")


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether `autocast` holds for this kind of device.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.is_autocast_enabled("cpu")
    False
    """
    return device_type in thread.autocast


def get_autocast_dtype(device_type: str) -> Any:
    """The dtype in which `autocast` computes on this kind of device, or would.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.get_autocast_dtype("cuda")
    dtype('float16')
    """
    usual = "bfloat16" if device_type == "cpu" else "float16"
    return devices.to_dtype(thread.autocast.get(device_type, usual))


class autocast(ContextDecorator):
    """Compute matrix products, convolutions and recurrent layers in 16 bits; the rest as it needs.

    Only the forward pass and the loss belong inside; backward follows by itself. Parameters stay
    float32. What is sensitive to rounding (exponentials, sums, norms, losses) runs in float32, and
    what is neither runs in the dtype that it is given. Of this thread.

    float16 has 11 bits of precision, and ends at 65,504: it wants a `GradScaler`. bfloat16 has 8,
    and float32's range, so that nothing needs scaling; it comes with ml-dtypes. On the CPU both are
    slower than float32, and are there to be looked at.

    PyTorch: `torch.autocast` has other lists for the CPU, on which sums and exponentials stay in
    bfloat16. Here one program gives the same dtypes everywhere: those of PyTorch's lists for CUDA.

    Parameters
    ----------
    device_type : {"cuda", "cpu"}
        For tensors on this kind of device.
    dtype : dtype, default float16 on "cuda", bfloat16 on the CPU
    enabled : bool, default True
        False switches it off, also inside of another block.
    cache_enabled : bool
        Accepted for PyTorch's sake: nothing is kept from call to call.

    Raises
    ------
    ArgumentError
        If there is no such kind of device.
    DtypeError
        If it is asked to compute in what has more or less than 16 bits.
    MissingDependency
        If it is bfloat16, and ml-dtypes is not installed.

    Examples
    --------
    >>> import learngrad
    >>> x, w = learngrad.ones(2, 2), learngrad.ones(2, 2, requires_grad=True)
    >>> with learngrad.autocast("cpu", dtype=learngrad.float16):
    ...     y = x @ w
    ...     loss = y.sum()
    >>> y.dtype, loss.dtype
    (dtype('float16'), dtype('float32'))
    >>> loss.backward()
    >>> w.grad.dtype
    dtype('float32')
    """

    def __init__(self, device_type: str, dtype: Any = None, enabled: bool = True,
                 cache_enabled: bool | None = None) -> None:
        if not isinstance(device_type, str) or not is_autocast_available(device_type):
            raise ArgumentError(f"autocast knows no device {device_type!r:.60}",
                                fix='learngrad.autocast("cuda")')
        if dtype is None:
            dtype = "bfloat16" if device_type == "cpu" else "float16"
        try:
            dtype = devices.to_dtype(dtype) if enabled else dtype
        except MissingDependency as error:
            raise MissingDependency(
                error.what, fix=f'pip install ml-dtypes, or autocast("{device_type}", '
                                "dtype=learngrad.float16)") from error
        if enabled and not devices.is_half(dtype):
            raise DtypeError(f"autocast computes in 16 bits, and {dtype} is no such dtype",
                             fix="dtype=learngrad.float16, or learngrad.bfloat16")
        self.device, self.fast_dtype, self._enabled = device_type, dtype, bool(enabled)
        self._before: list[dict[str, Any]] = []

    def __enter__(self) -> autocast:
        _install()
        self._before.append(thread.autocast)
        others = {k: v for k, v in thread.autocast.items() if k != self.device}
        thread.autocast = others | ({self.device: self.fast_dtype} if self._enabled else {})
        return self

    def __exit__(self, *error: object) -> None:
        thread.autocast = self._before.pop()


def _recording() -> Any:
    """The step that `cuda.graph` is recording, if one is."""
    from learngrad.cuda import capture  # here, for `cuda.amp` is made from this module

    return capture.recording()


class GradScaler:
    """Scales the loss up, so that small gradients survive in float16, and steps only if none broke.

    The factor halves whenever a gradient has become infinite or no number, and that step is left
    out; it doubles after so many good steps. Looking costs one wait for the GPU a step. In a step
    that `cuda.graph` records, `scale` follows the factor; `step` and `update` come after it.

    Parameters
    ----------
    device : {"cuda", "cpu"}, default "cuda"
    init_scale : float, default 65536.0
    growth_factor, backoff_factor : float, default 2.0 and 0.5
    growth_interval : int, default 2000
        Good steps before the factor grows.
    enabled : bool, default True
        False lets everything through as it is.

    Raises
    ------
    ArgumentError
        If there is no such kind of device, the scale is not more than 0, or a factor does not
        grow, or does not back off.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.tensor([1.0], requires_grad=True)
    >>> optimizer = learngrad.optim.SGD([w], lr=0.5)
    >>> scaler = learngrad.amp.GradScaler("cpu")
    >>> with learngrad.autocast("cpu"):
    ...     loss = (w * w).sum()
    >>> scaler.scale(loss).backward()
    >>> scaler.step(optimizer)
    >>> scaler.update()
    >>> w.item(), scaler.get_scale()
    (0.0, 65536.0)
    """

    def __init__(self, device: str = "cuda", init_scale: float = 2.0**16,
                 growth_factor: float = 2.0, backoff_factor: float = 0.5,
                 growth_interval: int = 2000, enabled: bool = True) -> None:
        if not isinstance(device, str) or not is_autocast_available(device):
            raise ArgumentError(f"GradScaler knows no device {device!r:.60}",
                                fix='learngrad.amp.GradScaler("cuda")')
        if enabled and not 0 < init_scale <= LARGEST:
            raise ArgumentError(f"a loss is scaled by more than 0, not {init_scale}",
                                fix="init_scale=65536.0")
        if enabled and not growth_factor > 1:
            raise ArgumentError(f"the growth factor must be more than 1, not {growth_factor}",
                                fix="growth_factor=2.0")
        if enabled and not backoff_factor < 1:
            raise ArgumentError(f"the backoff factor must be less than 1, not {backoff_factor}",
                                fix="backoff_factor=0.5")
        self._device, self._enabled = device, bool(enabled)
        self._scale, self._good = float(init_scale), 0
        self._growth, self._backoff, self._interval = growth_factor, backoff_factor, growth_interval
        self._seen: dict[int, bool] = {}  # by optimiser: whether a gradient broke
        self._stepped: set[int] = set()

    def is_enabled(self) -> bool:
        """Whether it does anything."""
        return self._enabled

    def get_scale(self) -> float:
        """The factor that losses are multiplied by now."""
        return self._scale if self._enabled else 1.0

    def scale(self, outputs: Any) -> Any:
        """A loss, or several in a list or tuple, times the factor."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):  # in float32: 65,536 is more than float16 can hold
            now = _recording()
            factor = self._scale if now is None else now.number(self.get_scale)
            return (outputs.float() if devices.is_half(outputs.dtype) else outputs) * factor
        if isinstance(outputs, (list, tuple)):
            scaled = [self.scale(o) for o in outputs]
            return type(outputs)(*scaled) if hasattr(outputs, "_fields") else type(outputs)(scaled)
        raise ArgumentTypeError(f"a loss is a tensor, not {outputs!r:.60}",
                                fix="scaler.scale(loss).backward()")

    @no_grad()
    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients by the factor in place: to clip them before `step`.

        Raises
        ------
        GraphError
            If it was done since the last `update`, or in a step that is being recorded.
        DtypeError
            If a gradient is float16: its parameter should be float32.
        """
        if not self._enabled:
            return
        if _recording() is not None:
            raise GraphError("GradScaler looks whether gradients are finite, and while a step is "
                             "recorded there are no values to look at",
                             fix="scaler.scale(loss).backward() in the recorded step, and after "
                                 "it scaler.step(optimizer); scaler.update()")
        if id(optimizer) in self._seen:
            after = "after step()" if id(optimizer) in self._stepped else "a second time"
            raise GraphError(f"unscale_() is called {after} since the last update()",
                             fix="backward, unscale_, step, update: each once, in this order")
        grads = [p.grad for group in optimizer.param_groups for p in group["params"]
                 if p.grad is not None]
        for g in grads:
            if g.dtype == devices.float16:
                raise DtypeError("a gradient to be unscaled is float16, and so is its parameter",
                                 tensors={"gradient": g},
                                 fix="keep the model in float32: autocast brings down what may be")
            g.mul_(1.0 / self._scale)
        # One number a gradient, looked at together: not finite if one of its elements is not.
        whole = thread.quietly(sum, ((g._data * 0).sum() for g in grads))
        self._seen[id(optimizer)] = bool(grads) and not np.isfinite(
            devices.as_array(whole, grads[0]._data)).item()

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """``optimizer.step()``, if all gradients are finite; unscales them first if need be.

        Raises
        ------
        GraphError
            If it was done since the last `update`.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs or args:
            raise ArgumentError("a scaled step takes no closure",
                                fix="compute the loss and its gradients before scaler.step")
        if id(optimizer) in self._stepped:
            raise GraphError("step() has been called since the last update()",
                             fix="scaler.update() after each scaler.step(optimizer)")
        if id(optimizer) not in self._seen:
            self.unscale_(optimizer)
        self._stepped.add(id(optimizer))
        return None if self._seen[id(optimizer)] else optimizer.step()

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Let the factor follow what the steps have found; or set it.

        Raises
        ------
        GraphError
            If there was no step since the last one.
        """
        if not self._enabled:
            return
        if new_scale is not None:
            self._scale = float(new_scale)
        elif not self._seen:
            raise GraphError("no gradients were looked at since the last update()",
                             fix="scaler.step(optimizer) before scaler.update()")
        elif any(self._seen.values()):
            self._scale, self._good = self._scale * self._backoff, 0
        else:
            self._good += 1
            if self._good == self._interval:
                grown = self._scale * self._growth
                self._scale, self._good = grown if grown <= LARGEST else self._scale, 0
        self._seen, self._stepped = {}, set()

    def get_growth_factor(self) -> float:
        """What the factor is multiplied by after enough good steps."""
        return self._growth

    def get_backoff_factor(self) -> float:
        """What the factor is multiplied by after a broken step."""
        return self._backoff

    def get_growth_interval(self) -> int:
        """How many good steps are enough."""
        return self._interval

    def state_dict(self) -> dict[str, Any]:
        """Factor, settings and count, with PyTorch's names; empty if it is not enabled."""
        return {"scale": self._scale, "growth_factor": self._growth,
                "backoff_factor": self._backoff, "growth_interval": self._interval,
                "_growth_tracker": self._good} if self._enabled else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave, here or in PyTorch.

        Raises
        ------
        ArgumentError
            If it is the state of one that was not enabled, or of something else.
        """
        if not self._enabled:
            return
        missing = self.state_dict().keys() - state_dict.keys()
        if missing:
            raise ArgumentError(f"this is no state of an enabled GradScaler: it has no "
                                f"{sorted(missing)[0]!r}", fix="what scaler.state_dict() returned")
        self._scale, self._good = float(state_dict["scale"]), int(state_dict["_growth_tracker"])
        self._growth, self._backoff = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._interval = state_dict["growth_interval"]

