"""From what a person has (numbers, nested lists, arrays, tensors) to an array of our own."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.errors import ArgumentError, ArgumentRangeError, ArgumentTypeError, kind_of
from learngrad.memory import out_of_memory

__all__ = ["sizes_or_data", "to_array"]


def to_array(data: Any, dtype: Any, device: Any) -> Any:
    """Numbers, nested lists, arrays and tensors as an array of our own."""
    place = devices.place(device)
    if dtype is not None:
        dtype = devices.to_dtype(dtype)
    if hasattr(data, "_edge"):  # a tensor's array
        data = data._data
    if devices.on_gpu(data):
        place = devices.device_of(data) if device is None else place
        array = data
    else:
        array = _numbers(data)
    if dtype is None:
        python = not devices.is_array(data) and not isinstance(data, np.generic)
        own = python and array.dtype.kind == "f" and not _given_as(data, array.dtype)
        dtype = devices.get_default_dtype() if own else array.dtype
        dtype = devices.to_dtype(dtype)
    elif dtype.kind in "iu" and array.size and array.dtype != dtype and not devices.is_array(data):
        for extreme in (array.min(), array.max()):
            devices.fitting(extreme.item(), dtype)
    if array is data or dtype != array.dtype:
        array = devices.converted(array, dtype)
    if place.type == "cpu" and isinstance(array, np.ndarray):
        return array
    try:
        return devices.to_device(array, place)
    except MemoryError as error:
        raise out_of_memory(error, f"a tensor of shape {list(array.shape)}") from error


def sizes_or_data(given: tuple[Any, ...], dtype: Any, device: Any) -> Any:
    """An array from what stands in ``Tensor(2, 3)``, sizes, or in ``Tensor([2, 3])``, the elements.

    As PyTorch's oldest constructor takes them; without a `dtype` the default floating one is meant.
    """
    data = given[0] if len(given) == 1 else given
    array = getattr(data, "_data", None)
    if array is not None:
        if dtype not in (None, array.dtype):
            raise ArgumentTypeError(
                f"this tensor is {array.dtype}, and one of {dtype} was asked for",
                tensors={"this": data}, fix="x.float(), x.to(dtype)")
        return array
    dtype = devices.get_default_dtype() if dtype is None else dtype
    if isinstance(data, tuple) and hasattr(data, "numel"):  # a shape
        given = data
    if all(isinstance(s, int) and not isinstance(s, bool) for s in given):
        if any(s < 0 for s in given):
            raise ArgumentRangeError(f"a size is 0 or more, and {list(given)} has a negative one",
                                     fix="learngrad.zeros(2, 3)")
        shape = given or (0,)
        return devices.made_on(device, lambda xp: xp.zeros(shape, devices.to_dtype(dtype)))
    if isinstance(data, (bool, float, np.generic)) or len(given) > 1:
        raise ArgumentTypeError(
            f"Tensor takes sizes or a list of numbers, not {', '.join(map(repr, given)):.60}",
            fix=f"learngrad.tensor({data!r:.60})")
    return to_array(data, dtype, device)


def _numbers(data: Any) -> Any:
    """`data` as a NumPy array of numbers, or an error that shows what is wrong with it."""
    if isinstance(data, np.ndarray) and hasattr(data, "mask"):
        raise ArgumentTypeError("a masked array would lose its mask: tensors have none",
                                fix="learngrad.tensor(array.filled(0.0)), or the mask as a tensor")
    if isinstance(data, (np.ndarray, np.generic)) and (
            data.dtype.kind in "fiub" or devices.is_bfloat16(data.dtype)):
        return np.asarray(data)
    if isinstance(data, (str, bytes, complex)) or data is None:
        raise devices.not_a_number(data)
    try:
        array = np.array(_plain(data))
    except ValueError as error:
        raise ArgumentError("the rows of this list are not of one length, so they make no tensor "
                            f"({error})",
                            fix="give each row the same number of elements") from error
    except OverflowError as error:
        raise _too_large() from error
    except TypeError as error:
        if not hasattr(data, "__array__"):
            raise
        raise ArgumentTypeError(f"this {kind_of(data)} cannot be read ({error})",
                                fix="convert it there first, bfloat16 to float32: x.float()"
                                ) from error
    if array.dtype.kind not in "fiub" and array.size and not devices.is_bfloat16(array.dtype):
        elements = array.astype(object).ravel().tolist()
        wrong = [x for x in elements if not isinstance(x, (bool, int, float))]
        if not wrong and isinstance(data, np.ndarray):
            raise ArgumentTypeError("this array holds Python objects, not numbers of one dtype",
                                    fix="learngrad.tensor(array.astype(float))")
        raise devices.not_a_number(wrong[0]) if wrong else _too_large()
    if array.dtype == np.uint64 and (array > np.iinfo(np.int64).max).any():
        raise _too_large()
    return array if array.size else array.astype(devices.get_default_dtype())


_OWN = {float, int, bool}


def _given_as(data: Any, dtype: Any) -> bool:
    """Whether a number in nested lists is NumPy's (or a tensor's) of this dtype, not Python's."""
    if isinstance(data, (list, tuple)):
        if set(map(type, data)) <= _OWN:  # Python's numbers alone, seen at once
            return False
        return any(_given_as(x, dtype) for x in data)
    return hasattr(data, "dtype") and data.dtype == dtype  # None would be float64 to NumPy


def _too_large() -> ArgumentError:
    return ArgumentError("an integer is too large for a tensor: int64 ends at 9.2e18",
                         fix="write it as a float: 1e20")


def _plain(data: Any) -> Any:
    """Nested lists with any tensors in them as NumPy's arrays."""
    if isinstance(data, (list, tuple)):
        return [_plain(x) for x in data]
    array = getattr(data, "_data", None)
    return data if array is None else devices.to_device(array, devices.CPU)
