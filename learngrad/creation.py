"""New tensors: filled with one value, counted, or drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.devices import Device, Generator
from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError
from learngrad.ops.shape import _sizes
from learngrad.tensor import Tensor, tensor

__all__ = ["arange", "as_tensor", "from_numpy", "full", "linspace", "ones", "ones_like", "rand",
           "randint", "randn", "randperm", "zeros", "zeros_like"]


def _new(array: Any, device: Any, requires_grad: bool) -> Tensor:
    place = devices.CPU if device is None else Device(device)
    return Tensor(array if isinstance(array, np.ndarray) and place.type == "cpu"
                  else devices.to_device(np.asarray(array), place), requires_grad=requires_grad)


def _filled(shape: tuple[Any, ...], value: Any, dtype: Any, device: Any,
            requires_grad: bool) -> Tensor:
    dtype = devices.get_default_dtype() if dtype is None else devices.to_dtype(dtype)
    devices.result_type(value)  # refuses what is no number
    return _new(np.full(_shape(shape), value, dtype), device, requires_grad)


def _shape(size: tuple[Any, ...]) -> tuple[int, ...]:
    sizes = _sizes(size)
    if any(s < 0 for s in sizes):
        raise ShapeError(f"a size is 0 or more, and this shape is {list(sizes)}",
                         fix="learngrad.zeros(2, 3)")
    return sizes


def _integer(value: Any, name: str) -> int:
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise ArgumentTypeError(f"{name} is an integer, not {value!r:.60}", fix=f"{name}=10")
    return int(value)


def _count(value: Any, name: str) -> int:
    count = _integer(value, name)
    if count < 0:
        raise ArgumentError(f"{name} is 0 or more, not {count}", fix=f"{name}=10")
    return count


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of shape `size`, by default float32.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return _filled(size, 0, dtype, device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of shape `size`, by default float32.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.ones(3)
    tensor([1., 1., 1.])
    """
    return _filled(size, 1, dtype, device, requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:
    """A tensor of shape `size` filled with one number, in the number's dtype.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.full((2,), 7)
    tensor([7, 7])
    """
    if dtype is None:
        dtype = devices.result_type(fill_value)
    return _filled((size,), fill_value, dtype, device, requires_grad)


def zeros_like(input: Tensor, *, dtype: Any = None, device: Any = None,
               requires_grad: bool = False) -> Tensor:
    """Zeros in the shape, dtype and place of `input`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.zeros_like(learngrad.tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    return zeros(input.shape, dtype=dtype or input.dtype, device=device or input.device,
                 requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None,
              requires_grad: bool = False) -> Tensor:
    """Ones in the shape, dtype and place of `input`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.ones_like(learngrad.tensor([3, 4]))
    tensor([1, 1])
    """
    return ones(input.shape, dtype=dtype or input.dtype, device=device or input.device,
                requires_grad=requires_grad)


def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None,
           requires_grad: bool = False) -> Tensor:
    """Numbers from `start` (0 if one is given) up to, not including, `end`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.arange(1, 7, 2)
    tensor([1, 3, 5])
    """
    if end is None:
        start, end = 0, start
    for value in (start, end, step):
        if not isinstance(value, (int, float, np.generic)):
            raise devices.not_a_number(value)
    if step == 0:
        raise ArgumentError("steps of 0 never reach the end", fix="step=1")
    if dtype is None:
        dtype = devices.result_type(start, end, step)
    return _new(np.arange(start, end, step).astype(devices.to_dtype(dtype)), device, requires_grad)


def linspace(start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, evenly spaced.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    dtype = devices.get_default_dtype() if dtype is None else devices.to_dtype(dtype)
    devices.result_type(start, end)  # refuses what is no number
    values = np.linspace(start, end, _count(steps, "steps"))
    return _new(values.astype(dtype), device, requires_grad)


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
    if isinstance(data, np.ndarray) and dtype in (None, data.dtype) and device in (None, "cpu"):
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


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
    t = Tensor(0.0)
    t._data = ndarray
    return t


def _draw(generator: Generator | None, device: Any) -> Any:
    place = devices.CPU if device is None else Device(device)
    return (generator or devices.default_generator(place)).stream


def _drawn(array: Any, requires_grad: bool) -> Tensor:
    t = Tensor(0.0)
    t._data = devices.as_array(array)
    return t.requires_grad_() if requires_grad else t


def _floats(dtype: Any) -> np.dtype[Any]:
    dtype = devices.get_default_dtype() if dtype is None else devices.to_dtype(dtype)
    if dtype.kind != "f":
        raise ArgumentTypeError(f"these draws are fractions, and {dtype} holds none",
                                fix="use randint for integers")
    return dtype


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:
    """Draws from the uniform distribution on [0, 1).

    Reproducible after `manual_seed`; the numbers are not PyTorch's.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.rand(2, 3).shape
    learngrad.Size([2, 3])
    """
    draws = _draw(generator, device).random(_shape(size))
    return _drawn(devices.as_array(draws).astype(_floats(dtype)), requires_grad)


def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
          requires_grad: bool = False) -> Tensor:
    """Draws from the normal distribution with mean 0 and variance 1.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.randn(2, 3).shape
    learngrad.Size([2, 3])
    """
    draws = _draw(generator, device).standard_normal(_shape(size))
    return _drawn(devices.as_array(draws).astype(_floats(dtype)), requires_grad)


def randint(low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None,
            dtype: Any = None, device: Any = None) -> Tensor:
    """Integers drawn evenly from `low` (0 if left out) up to, not including, `high`.

    Examples
    --------
    >>> import learngrad
    >>> bool((learngrad.randint(10, (100,)) < 10).sum() == 100)
    True
    """
    if size is None:
        low, high, size = 0, low, high
    if size is None:
        raise ArgumentTypeError("randint needs a shape to fill", fix="learngrad.randint(10, (3,))")
    low, high = _integer(low, "low"), _integer(high, "high")
    if low >= high:
        raise ArgumentError(f"there is no integer from {low} up to, not including, {high}",
                            fix="low must be less than high")
    draws = _draw(generator, device).integers(low, high, _shape((size,)))
    return _drawn(devices.as_array(draws).astype(devices.to_dtype(dtype or np.int64)), False)


def randperm(n: int, *, generator: Generator | None = None, device: Any = None) -> Tensor:
    """The integers 0 to ``n - 1`` in random order.

    Examples
    --------
    >>> import learngrad
    >>> sorted(learngrad.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    n, place = _count(n, "n"), devices.CPU if device is None else Device(device)
    if place.type == "cuda":  # CuPy's generator has no permutation: the order of n draws is one
        return _drawn(_draw(generator, device).random(n).argsort(), False)
    return _drawn(_draw(generator, device).permutation(n), False)
