"""From the items of a batch to tensors: numbers and arrays are stacked, containers are entered."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from learngrad.devices import to_dtype
from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError, a_kind_of
from learngrad.ops.join import stack
from learngrad.ops.making import own
from learngrad.tensor import Tensor, tensor

__all__ = ["default_collate", "default_convert"]

NUMBERS = (bool, int, float, np.number, np.bool_)
Make = Callable[[tuple[int, ...], Any], Any]


class _MakeWith(threading.local):
    """Where a batch's arrays are made: a worker process sets it to memory that it shares."""

    def __init__(self) -> None:
        self.make: Make = np.empty


make_with = _MakeWith()


def default_collate(batch: Sequence[Any]) -> Any:
    """The items of a batch as one: their tensors stacked along a new first dimension.

    Tensors, arrays and numbers become one tensor (Python floats one of float64, as in PyTorch);
    text stays as it is; of dicts, tuples, named tuples and lists each entry is collated on its own,
    and a plain tuple becomes a list.

    Raises
    ------
    ShapeError
        If the items' arrays differ in shape, or their lists in length.
    ArgumentTypeError
        If an item is of another kind, None for instance.

    Examples
    --------
    >>> from learngrad.data import default_collate
    >>> default_collate([([1, 2], "a"), ([3, 4], "b")])
    [[tensor([1, 3]), tensor([2, 4])], ('a', 'b')]
    >>> default_collate([{"x": 1}, {"x": 2}])
    {'x': tensor([1, 2])}
    """
    if not len(batch):
        raise ArgumentError("there is no item to make a batch of",
                            fix="leave empty lists out of batch_sampler")
    first = batch[0]
    if isinstance(first, Tensor):
        if all(type(item) is Tensor and item._edge is None and type(item._data) is np.ndarray
               for item in batch):
            return own(_stacked([item._data for item in batch]))
        _same_shape(batch)
        return stack(list(batch))
    if isinstance(first, np.ndarray) and _is_plain(first):
        return own(_stacked(batch))
    if isinstance(first, NUMBERS):
        return _numbers(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        _same_keys(batch)
        entries = {key: default_collate([item[key] for item in batch]) for key in first}
        return entries if type(first) is dict else _like(first, entries)
    if isinstance(first, Sequence):
        return _sequences(batch)
    kind = ("None (does `__getitem__` end without `return`?)" if first is None else
            f"{a_kind_of(first)} of {first.dtype}" if isinstance(first, np.ndarray) else
            f"of type {type(first).__name__}")
    raise ArgumentTypeError(
        "a batch is made of tensors, arrays of numbers, numbers, text, dicts, tuples and lists, "
        f"and an item is {kind}",
        fix="return one of those from `__getitem__`, or collate_fn=list to get the items as "
            "they are")


def default_convert(data: Any) -> Any:
    """Arrays in `data` as tensors; all else as it is. What happens under ``batch_size=None``.

    Examples
    --------
    >>> import numpy as np
    >>> from learngrad.data import default_convert
    >>> default_convert({"x": np.arange(2), "name": "a"})
    {'x': tensor([0, 1]), 'name': 'a'}
    """
    if isinstance(data, (np.ndarray, np.generic)) and _is_plain(data):
        return own(np.asarray(data, to_dtype(data.dtype)))
    if isinstance(data, Mapping):
        entries = {key: default_convert(value) for key, value in data.items()}
        return entries if type(data) is dict else _like(data, entries)
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, (list, tuple)):
        return [default_convert(value) for value in data]
    return data


def _is_plain(array: Any) -> bool:
    """Whether it holds numbers, and all of them: a masked array would lose its mask."""
    return array.dtype.kind in "fiub" and not hasattr(array, "mask")


def _stacked(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The arrays one upon the other, in memory that a worker can hand over."""
    _same_shape(arrays)
    first = arrays[0]
    dtype = first.dtype if all(a.dtype is first.dtype for a in arrays) else np.result_type(*arrays)
    out = make_with.make((len(arrays), *first.shape), to_dtype(dtype))
    if first.ndim:  # several times faster than np.stack
        np.concatenate(arrays, out=out.reshape(len(arrays) * len(first), *first.shape[1:]),
                       casting="unsafe")
    else:
        out[...] = arrays
    return out


def _numbers(batch: Sequence[Any]) -> Tensor:
    kind = type(batch[0])
    for i, item in enumerate(batch):
        if type(item) is not kind and not isinstance(item, NUMBERS):
            raise ArgumentTypeError(f"item 0 of the batch is a number and item {i} is of type "
                                    f"{type(item).__name__}", fix="return numbers for all items")
    array = np.array(batch)
    return own(array) if array.dtype.kind in "fiub" else tensor(list(batch))


def _sequences(batch: Sequence[Any]) -> Any:
    first, kind = batch[0], type(batch[0])  # to compare types is ten times faster than to ask
    lengths = [len(item) if type(item) is kind or isinstance(item, Sequence) else None
               for item in batch]
    for i, length in enumerate(lengths):
        if length != lengths[0]:
            raise ShapeError(f"item 0 of the batch has {lengths[0]} entries and item {i} has "
                             f"{length}", fix="pad them in `__getitem__`, or collate_fn=list to "
                             "get the items as they are")
    entries = [default_collate(entry) for entry in zip(*batch)]
    if hasattr(first, "_fields"):
        return type(first)(*entries)
    return entries if isinstance(first, (tuple, list)) else _like(first, entries)


def _like(container: Any, entries: Any) -> Any:
    """`entries` in a container of the same type, where that can be made from them."""
    try:
        return type(container)(entries)
    except TypeError:  # a class with a constructor of its own, `range` for instance
        if not isinstance(container, MutableMapping):
            return entries
        same = copy.copy(container)  # a `defaultdict` keeps its default
        same.update(entries)
        return same


def _same_shape(arrays: Sequence[Any]) -> None:
    shape = arrays[0].shape
    for i, array in enumerate(arrays):
        if getattr(array, "shape", None) != shape:
            other = getattr(array, "shape", None)
            found = f"of type {type(array).__name__}" if other is None else f"{list(other)}"
            raise ShapeError(
                f"the items of a batch are stacked, so their shapes must be equal: item 0 is "
                f"{list(shape)} and item {i} is {found}",
                fix="crop or pad them in `__getitem__`, or give a collate_fn: collate_fn=list "
                    "gets the items as they are")


def _same_keys(batch: Sequence[Any]) -> None:
    for i, item in enumerate(batch):
        if not isinstance(item, Mapping) or not item.keys() >= batch[0].keys():
            raise ShapeError(f"item 0 of the batch has the keys {list(batch[0])} and item {i} "
                             f"{list(item) if isinstance(item, Mapping) else 'is no dict'}",
                             fix="return the same keys for all items")
