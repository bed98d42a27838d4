"""Old spellings of PyTorch's that programs still use, in terms of what is there today.

And names that ask what a tensor is, or set what PyTorch can be set to: settings that have no
meaning here are taken and change nothing.
"""

from __future__ import annotations

import os
import sys
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np

from learngrad import autograd, backends, cuda, devices
from learngrad.devices import Device
from learngrad.errors import ArgumentRangeError, ArgumentTypeError
from learngrad.linalg import svd as _svd
from learngrad.numbers import sizes_or_data
from learngrad.ops.making import OLD_TYPES, old_type, own
from learngrad.ops.results import results
from learngrad.tensor import Tensor

__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
    "IntTensor", "LongTensor", "ShortTensor", "Variable", "accelerator", "backends",
    "channels_last", "contiguous_format", "finfo", "get_float32_matmul_precision",
    "get_num_threads", "iinfo", "is_complex", "is_floating_point", "is_nonzero", "is_tensor",
    "numel", "preserve_format", "result_type", "set_default_tensor_type",
    "set_float32_matmul_precision", "set_num_threads", "strided", "svd",
    "use_deterministic_algorithms",
]

# How PyTorch may lay a tensor out in memory: taken, and without effect.
channels_last, contiguous_format, preserve_format, strided = (
    "channels_last", "contiguous_format", "preserve_format", "strided")

class OldType:
    """An old name as programs use it: it makes tensors, and tells whether something is one of them.

    ``FloatTensor(2, 3)`` is a tensor of that shape, to be filled, ``FloatTensor([2, 3])`` one of
    these numbers; ``isinstance(x, FloatTensor)`` looks at the dtype and the device of a tensor.
    """

    def __init__(self, name: str, dtype: Any, device: str = "cpu") -> None:
        self.name, self.dtype, self.device = name, dtype, device

    def __call__(self, *data: Any) -> Tensor:
        return own(sizes_or_data(data, self.dtype, self.device))

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, Tensor) and (
            value.dtype == self.dtype and value.device.type == self.device)

    def __repr__(self) -> str:
        return f"<type {'cuda.' * (self.device == 'cuda')}{self.name}>"


HalfTensor, FloatTensor, DoubleTensor, CharTensor, ShortTensor, IntTensor, LongTensor, \
    ByteTensor, BoolTensor = (OldType(name, dtype) for name, dtype in OLD_TYPES.items())
for _name, _dtype in OLD_TYPES.items():
    setattr(cuda, _name, OldType(_name, _dtype, "cuda"))


class _AnyTensor(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, Tensor)


class Variable(metaclass=_AnyTensor):
    """What a tensor with a gradient was called once; it shares the memory of `data`.

    Parameters
    ----------
    data : Tensor
    requires_grad : bool, default False
    volatile : bool, default False
        The old way to say `no_grad`: it has no effect, and a warning says so, as in PyTorch.

    Raises
    ------
    ArgumentTypeError
        If `data` is no tensor.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.autograd.Variable(learngrad.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Tensor, requires_grad: bool = False,  # type: ignore[misc]
                volatile: bool = False) -> Tensor:
        """`data` outside of the graph, or as a leaf of a new one."""
        if not isinstance(data, Tensor):
            raise ArgumentTypeError(f"a Variable is made of a tensor, not {data!r:.60}",
                                    fix="learngrad.tensor(data, requires_grad=True)")
        if volatile:
            warnings.warn("volatile has no effect: use `with learngrad.no_grad():`", stacklevel=2)
        variable = data.detach()
        return variable.requires_grad_() if requires_grad else variable


autograd.Variable = Variable  # type: ignore[attr-defined]
# Old programs import it from a file of PyTorch's: from torch.autograd.variable import Variable.
sys.modules["learngrad.autograd.variable"] = autograd


def set_default_tensor_type(t: Any) -> None:
    """Set the floating dtype of new tensors by an old name: ``torch.DoubleTensor``, or its text.

    Raises
    ------
    ArgumentTypeError
        If it is not floating, or one of the GPU.
    ArgumentError
        If there is no such type.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.set_default_tensor_type("torch.DoubleTensor")
    >>> learngrad.zeros(1).dtype
    dtype('float64')
    >>> learngrad.set_default_tensor_type(learngrad.FloatTensor)
    """
    device, dtype = (t.device, t.dtype) if isinstance(t, OldType) else old_type(str(t))
    devices.set_default_device(device)
    devices.set_default_dtype(dtype)


_Parts = results("svd", "U S V")


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.is_tensor(learngrad.ones(2)), learngrad.is_tensor([1.0, 1.0])
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype of `input` is a floating one.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.is_floating_point(learngrad.ones(2))
    True
    """
    return input.is_floating_point()


def numel(input: Tensor) -> int:
    """The number of elements.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.numel(learngrad.ones(2, 3))
    6
    """
    return input.numel()


def is_complex(input: Tensor) -> bool:
    """False: all numbers are real.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.is_complex(learngrad.ones(2))
    False
    """
    return input.is_complex()


def is_nonzero(input: Tensor) -> bool:
    """Whether the one element of `input` is not 0.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.is_nonzero(learngrad.tensor([0.0]))
    False
    """
    return input.is_nonzero()


def result_type(tensor1: Any, tensor2: Any) -> np.dtype[Any]:
    """The dtype that comes out of an operation of the two, tensors or numbers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.result_type(learngrad.tensor([1, 2]), 1.0)
    dtype('float32')
    """
    return devices.result_type(*(getattr(x, "_data", x) for x in (tensor1, tensor2)))


def set_num_threads(n: int) -> None:
    """Taken, and without effect: NumPy's library of matrix products has threads of its own.

    PyTorch: `torch.set_num_threads` sets them. Here the environment does, before Python starts:
    ``OPENBLAS_NUM_THREADS=1``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.set_num_threads(1)
    """


def get_num_threads() -> int:
    """The number of processors, which is how many threads NumPy's matrix products use by default.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.get_num_threads() >= 1
    True
    """
    return os.cpu_count() or 1


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Taken, and without effect: on the CPU every operation gives the same numbers each time.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.use_deterministic_algorithms(True)
    """


_precision = "highest"


def set_float32_matmul_precision(precision: str) -> None:
    """Taken, and without effect: products of float32 are computed in float32.

    Raises
    ------
    ArgumentRangeError
        If there is no such precision.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.set_float32_matmul_precision("high")
    """
    global _precision
    if precision not in ("highest", "high", "medium"):
        raise ArgumentRangeError(f"there is no precision {precision!r:.60}",
                                 fix='"highest", "high" or "medium"')
    _precision = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was given, "highest" before.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.get_float32_matmul_precision() in ("highest", "high", "medium")
    True
    """
    return _precision


def finfo(dtype: Any = None) -> Any:
    """The limits of a floating dtype, by default the default one, as Python numbers.

    Raises
    ------
    ArgumentTypeError
        If it is not floating.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.finfo(learngrad.float32).max
    3.4028234663852886e+38
    """
    dtype = devices.chosen_dtype(dtype)
    if not devices.is_floating(dtype):
        raise ArgumentTypeError(f"{dtype} is not floating", fix="learngrad.iinfo(dtype)")
    info = devices.limits(dtype)
    return SimpleNamespace(dtype=str(dtype), bits=info.bits, resolution=10.0**-info.precision, **{
        name: float(getattr(info, name))
        for name in ("eps", "max", "min", "tiny", "smallest_normal")})


def iinfo(dtype: Any) -> Any:
    """The limits of an integer dtype.

    Raises
    ------
    ArgumentTypeError
        If its numbers are no integers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.iinfo(learngrad.uint8).max
    255
    """
    dtype = devices.to_dtype(dtype)
    if dtype.kind not in "iu":
        raise ArgumentTypeError(f"{dtype} numbers are no integers", fix="learngrad.finfo(dtype)")
    info = np.iinfo(dtype)
    return SimpleNamespace(dtype=str(dtype), bits=info.bits, max=int(info.max), min=int(info.min))


def svd(input: Tensor, some: bool = True) -> Any:
    """The singular value decomposition ``U, S, V`` with ``input = U @ diag(S) @ V.mT``.

    The old spelling of `linalg.svd`, which gives V transposed.

    PyTorch: ``torch.svd`` gives full matrices too, with ``some=False``, without a gradient.

    Examples
    --------
    >>> import learngrad
    >>> U, S, V = learngrad.svd(learngrad.tensor([[3.0, 0.0], [0.0, 4.0]]))
    >>> S
    tensor([4., 3.])
    """
    U, S, Vh = _svd(input, full_matrices=not some)
    return _Parts(U, S, Vh.mT)


def _current_accelerator() -> Device | None:
    """The GPU as a device, or None."""
    return Device("cuda") if cuda.is_available() else None


accelerator = SimpleNamespace(
    is_available=cuda.is_available, current_accelerator=_current_accelerator,
    device_count=cuda.device_count)
