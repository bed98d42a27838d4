"""New tensors: filled with one value, counted, or round memory that is there already."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.errors import ArgumentRangeError, ArgumentTypeError, kind_of
from learngrad.memory import explained
from learngrad.ops.making import filled, like, own, shape_of
from learngrad.ops.spelling import spelled
from learngrad.tensor import Tensor, tensor

__all__ = [
    "arange", "as_tensor", "asarray", "empty", "empty_like", "eye", "from_dlpack", "from_numpy",
    "full",
    "full_like", "linspace", "logspace", "ones", "ones_like", "scalar_tensor", "tril_indices",
    "triu_indices", "zeros", "zeros_like",
]


def making(many: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate what makes tensors: `spelled`, with words for memory that runs out."""
    return lambda function: spelled(many, memory=True)(explained(function))


def integer(value: Any, name: str) -> int:
    """`value` where an integer belongs; everything else is refused."""
    if not hasattr(value, "__index__") or isinstance(value, bool):
        raise ArgumentTypeError(f"{name} is an integer, not {value!r:.60}", fix=f"{name}=10")
    return operator.index(value)


def count(value: Any, name: str) -> int:
    """`value` where a number of things belongs."""
    if integer(value, name) < 0:
        raise ArgumentRangeError(f"{name} is 0 or more, not {value}", fix=f"{name}=10")
    return int(value)


@spelled(many="size", memory=True)
def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of shape `size`, by default float32.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return filled(size, 0, dtype, device, requires_grad)


@spelled(many="size", memory=True)
def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of shape `size`, by default float32.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.ones(3)
    tensor([1., 1., 1.])
    """
    return filled(size, 1, dtype, device, requires_grad)


@spelled(many="size", memory=True)
def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of shape `size` to be filled; it holds zeros until then.

    PyTorch: holds whatever lay in memory.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.empty(2, 3).shape
    learngrad.Size([2, 3])
    """
    return filled(size, 0, dtype, device, requires_grad)


@spelled(memory=True)
def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:
    """A tensor of shape `size` filled with one number, in the number's dtype.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.full((2,), 7)
    tensor([7, 7])
    """
    value = _number(fill_value)
    if dtype is None:
        dtype = devices.result_type(value)
    return filled((size,), value, dtype, device, requires_grad)


@spelled(memory=True)
def zeros_like(input: Tensor, *, dtype: Any = None, device: Any = None,
               requires_grad: bool = False) -> Tensor:
    """Zeros in the shape, dtype and place of `input`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.zeros_like(learngrad.tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    return zeros(input.shape, **like(input, dtype, device), requires_grad=requires_grad)


@spelled(memory=True)
def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None,
              requires_grad: bool = False) -> Tensor:
    """Ones in the shape, dtype and place of `input`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.ones_like(learngrad.tensor([3, 4]))
    tensor([1, 1])
    """
    return ones(input.shape, **like(input, dtype, device), requires_grad=requires_grad)


@spelled(memory=True)
def empty_like(input: Tensor, *, dtype: Any = None, device: Any = None,
               requires_grad: bool = False) -> Tensor:
    """A tensor to be filled, in the shape, dtype and place of `input`; zeros until then.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.empty_like(learngrad.tensor([3, 4])).dtype
    dtype('int64')
    """
    return empty(input.shape, **like(input, dtype, device), requires_grad=requires_grad)


@spelled(memory=True)
def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None,
              requires_grad: bool = False) -> Tensor:
    """One number in the shape, dtype and place of `input`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.full_like(learngrad.tensor([3.0, 4.0]), 7)
    tensor([7., 7.])
    """
    return full(input.shape, fill_value, **like(input, dtype, device), requires_grad=requires_grad)


def _number(value: Any) -> Any:
    """A number, or the number in a tensor of one element."""
    value = value.item() if isinstance(value, Tensor) else value
    if not isinstance(value, (int, float, np.generic)):
        raise devices.not_a_number(value)
    return value


@making()
def arange(start: Any = 0, end: Any = None, step: Any = 1, *, dtype: Any = None,
           device: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers from `start` (0 if one is given) up to, not including, `end`.

    With an integer `dtype` the three numbers lose their fractions first.

    PyTorch: `torch.arange` wants an `out` of the dtype of the result; here it may be any that holds
    it.

    Raises
    ------
    ArgumentRangeError
        If `step` is 0 or leads away from `end`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.arange(1, 7, 2)
    tensor([1, 3, 5])
    """
    if end is None:
        start, end = 0, start
    start, end, step = _number(start), _number(end), _number(step)
    dtype = devices.to_dtype(devices.result_type(start, end, step) if dtype is None else dtype)
    if dtype.kind in "iu" and math.isfinite(end - start):  # as in PyTorch
        start, end, step = int(start), int(end), int(step)
    if step == 0 or (end - start) / step < 0 or not math.isfinite(end - start):
        raise ArgumentRangeError(f"steps of {step} do not lead from {start} to {end}",
                                 fix="learngrad.arange(5, 0, -1) counts down")
    steps = math.ceil((end - start) / step)
    return own(devices.made_on(device, lambda xp: (start + step * xp.arange(steps)).astype(dtype)),
               requires_grad)


@making()
def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, evenly spaced.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    start, end, steps = _number(start), _number(end), count(steps, "steps")
    dtype = devices.chosen_dtype(dtype)
    return own(devices.made_on(device, lambda xp: xp.linspace(start, end, steps).astype(dtype)),
               requires_grad)


@making()
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None,
             device: Any = None, requires_grad: bool = False) -> Tensor:
    """`steps` numbers from ``base**start`` to ``base**end``, evenly spaced as powers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    dtype = devices.chosen_dtype(dtype)
    powers = linspace(start, end, steps, dtype=devices.float64, device=device)._data
    return own((float(base) ** powers).astype(dtype), requires_grad)


@making()
def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None,
        requires_grad: bool = False) -> Tensor:
    """The unit matrix: ones on the diagonal; `n` rows and `m` columns (by default `n`).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows, columns = shape_of((n, n if m is None else m))
    dtype = devices.chosen_dtype(dtype)
    return own(devices.made_on(device, lambda xp: xp.eye(rows, columns, dtype=dtype)),
               requires_grad)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = devices.int64,
                 device: Any = None) -> Tensor:
    """The places of the lower triangle of a matrix: a row of row numbers, one of column numbers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return tensor(np.stack(np.tril_indices(row, offset, col)), dtype=dtype, device=device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = devices.int64,
                 device: Any = None) -> Tensor:
    """The places of the upper triangle of a matrix: a row of row numbers, one of column numbers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return tensor(np.stack(np.triu_indices(row, offset, col)), dtype=dtype, device=device)


def as_tensor(data: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor; a tensor or an array shares its memory where it can.

    Examples
    --------
    >>> import learngrad, numpy as np
    >>> a = np.zeros(2)
    >>> t = learngrad.as_tensor(a); a[0] = 5
    >>> t
    tensor([5., 0.], dtype=learngrad.float64)
    """
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    if isinstance(data, np.ndarray) and data.dtype.isnative and (
            dtype in (None, data.dtype) and device in (None, "cpu")):
        return from_numpy(data)
    if devices.on_gpu(data) and dtype in (None, data.dtype) and (
            device is None or devices.place(device) == devices.device_of(data)):
        devices.at_home(data.device.id)
        return own(data)
    return tensor(data, dtype=dtype, device=device)


def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
            requires_grad: bool = False) -> Tensor:
    """`obj` as a tensor: `as_tensor`, or with `copy` a tensor in memory of its own.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.asarray([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    made = as_tensor(obj, dtype=dtype, device=device)
    made = made.clone() if copy else made
    return made.requires_grad_() if requires_grad else made


def scalar_tensor(s: float, *, dtype: Any = None, device: Any = None,
                  requires_grad: bool = False) -> Tensor:
    """One number as a tensor without dimensions, floating unless `dtype` says otherwise.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.scalar_tensor(3)
    tensor(3.)
    """
    return full((), s, dtype=devices.get_default_dtype() if dtype is None else dtype,
                device=device, requires_grad=requires_grad)


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor that shares the memory of a NumPy array, in its dtype.

    A change made to the array cannot be seen by the graph: do not change it between a forward and a
    backward pass.

    Examples
    --------
    >>> import learngrad, numpy as np
    >>> learngrad.from_numpy(np.arange(3))
    tensor([0, 1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise ArgumentTypeError(f"from_numpy takes a NumPy array, not {type(ndarray).__name__}",
                                fix="learngrad.tensor(data)")
    if devices.to_dtype(ndarray.dtype) != ndarray.dtype:
        raise ArgumentTypeError(f"the bytes of this array ({ndarray.dtype}) are in the other order "
                                "than this machine's", fix="learngrad.tensor(array), a copy")
    if hasattr(ndarray, "mask"):
        raise ArgumentTypeError("a masked array would lose its mask: tensors have none",
                                fix="learngrad.from_numpy(array.filled(0.0))")
    return own(np.asarray(ndarray))


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares the memory of another library's, through DLPack.

    Parameters
    ----------
    ext_tensor : object with ``__dlpack__`` and ``__dlpack_device__``
        A tensor of PyTorch, an array of NumPy, CuPy and others, on the CPU or an NVIDIA GPU.
        Before NumPy 2.1 what another library than NumPy lends is read-only.

    Raises
    ------
    ArgumentTypeError
        If the object does not speak DLPack.

    Examples
    --------
    >>> import learngrad, numpy as np
    >>> a = np.zeros(2)
    >>> t = learngrad.from_dlpack(a); a[0] = 5
    >>> t
    tensor([5., 0.], dtype=learngrad.float64)
    """
    if not hasattr(ext_tensor, "__dlpack__") or not hasattr(ext_tensor, "__dlpack_device__"):
        raise ArgumentTypeError(f"{type(ext_tensor).__name__} does not speak DLPack",
                                fix="learngrad.tensor(data)")
    if isinstance(ext_tensor, np.ndarray):  # NumPy 2.0 would lend it to itself read-only
        return from_numpy(ext_tensor)
    gpu = ext_tensor.__dlpack_device__()[0] == 2  # kDLCUDA
    try:
        array = devices.made_on("cuda" if gpu else "cpu", lambda xp: xp.from_dlpack(ext_tensor))
    except (BufferError, RuntimeError) as error:
        if "dtype" not in str(error):
            raise
        raise ArgumentTypeError(
            f"the memory of this {kind_of(ext_tensor)} cannot be shared ({error})",
            fix="convert it there first, bfloat16 to float32: x.float()") from error
    devices.to_dtype(array.dtype)
    if gpu:
        devices.at_home(array.device.id)
    return own(array)
