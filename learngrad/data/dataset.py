"""Data sets: what can be asked for item by item, or read as a stream, and how they combine."""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from learngrad.devices import Generator
from learngrad.errors import (
    ArgumentError,
    ArgumentTypeError,
    OutOfRangeError,
    ShapeError,
)
from learngrad.random import randperm
from learngrad.tensor import Tensor

__all__ = [
    "ChainDataset", "ConcatDataset", "Dataset", "IterableDataset", "StackDataset", "Subset",
    "TensorDataset", "random_split",
]


class Dataset:
    """Items that are asked for by number: a subclass says what ``dataset[i]`` and ``len`` are.

    A subclass that can load many items at once cheaper than one by one may also have
    ``__getitems__(indices)``, which gives a list of items; `DataLoader` then calls that.

    Examples
    --------
    >>> from learngrad.data import Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, i):
    ...         return i * i
    >>> both = Squares() + Squares()
    >>> len(both), both[5]
    (8, 1)
    """

    def __class_getitem__(cls, item: Any) -> type:
        return cls  # `Dataset[int]` in a class line says what its items are

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what its items are: "
                                  "write `def __getitem__(self, index)`")

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Items that come as a stream: a subclass says what ``iter(dataset)`` is.

    With several workers each of them reads the whole stream, unless ``__iter__`` asks
    `get_worker_info` which part of it is its own.

    Examples
    --------
    >>> import itertools
    >>> from learngrad.data import DataLoader, IterableDataset, get_worker_info
    >>> class Count(IterableDataset):
    ...     def __iter__(self):
    ...         worker = get_worker_info()  # None where no workers are asked for
    ...         start, step = (worker.id, worker.num_workers) if worker else (0, 1)
    ...         return itertools.islice(range(6), start, None, step)
    >>> [batch.tolist() for batch in DataLoader(Count(), batch_size=4)]
    [[0, 1, 2, 3], [4, 5]]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not say what its stream is: "
                                  "write `def __iter__(self)`")

    def __add__(self, other: Dataset) -> Any:
        return ChainDataset([self, other])


class TensorDataset(Dataset):
    """Tensors side by side: item i is a tuple of their rows i.

    `DataLoader` takes a whole batch of rows at once, so this is the fastest data set there is.

    Raises
    ------
    ShapeError
        If the tensors do not have the same number of rows.

    PyTorch: `torch.utils.data.TensorDataset` raises AssertionError there.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.data import TensorDataset
    >>> dataset = TensorDataset(learngrad.ones(3, 2), learngrad.tensor([5, 6, 7]))
    >>> dataset[1]
    (tensor([1., 1.]), tensor(6))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ArgumentError("a TensorDataset needs a tensor", fix="TensorDataset(X, y)")
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise ArgumentTypeError(
                    f"a TensorDataset holds tensors, not {type(tensor).__name__}",
                    fix="learngrad.as_tensor(array) makes one")
        if len({tensor.shape[:1] for tensor in tensors}) > 1 or not tensors[0].ndim:
            raise ShapeError("the tensors of a TensorDataset have one row for each item, all of "
                             "them equally many", tensors=tensors,
                             fix="TensorDataset(X, y[:len(X)])")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])

    def _batch(self, indices: list[int]) -> list[Tensor]:
        """The default batch of these items: rows picked at once are items stacked."""
        index = np.array(indices) if str(self.tensors[0].device) == "cpu" else indices
        return [tensor[index] for tensor in self.tensors]


class StackDataset(Dataset):
    """Data sets side by side: item i is a tuple (or a dict, by name) of their items i.

    Examples
    --------
    >>> from learngrad.data import StackDataset
    >>> StackDataset(number=[1, 2], name=["one", "two"])[1]
    {'number': 2, 'name': 'two'}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ArgumentError("a StackDataset takes data sets either without or with names",
                                fix="StackDataset(images, labels), StackDataset(image=images)")
        self.datasets: Any = args or kwargs
        lengths = [len(dataset) for dataset in args or kwargs.values()]
        if len(set(lengths)) > 1:
            raise ArgumentError(f"the data sets have {lengths} items, and must have equally many",
                                fix="Subset(dataset, range(n)) shortens one")
        self._length = lengths[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple([dataset[index] for dataset in self.datasets])

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset):
    """Data sets one after another.

    Examples
    --------
    >>> from learngrad.data import ConcatDataset
    >>> both = ConcatDataset([["a", "b"], ["c"]])
    >>> len(both), both[2], both[-3]
    (3, 'c', 'a')
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ArgumentError("there is no data set to concatenate",
                                fix="ConcatDataset([first, second])")
        for dataset in self.datasets:
            if isinstance(dataset, IterableDataset):
                raise ArgumentTypeError("a stream has no numbers to go on from",
                                        fix="ChainDataset([first, second])")
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        which = index + len(self) if index < 0 else index
        if not 0 <= which < len(self):
            raise OutOfRangeError(f"there is no item {index}: the data sets have {len(self)} "
                                  "items together", fix="count from 0, or from -1 backwards")
        part = bisect.bisect_right(self.cumulative_sizes, which)
        return self.datasets[part][which - (self.cumulative_sizes[part - 1] if part else 0)]


class ChainDataset(IterableDataset):
    """Streams one after another.

    Examples
    --------
    >>> from learngrad.data import ChainDataset, IterableDataset
    >>> class Letters(IterableDataset):
    ...     def __iter__(self):
    ...         return iter("ab")
    >>> list(ChainDataset([Letters(), Letters()]))
    ['a', 'b', 'a', 'b']
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _streams(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise ArgumentTypeError(f"ChainDataset chains streams, and "
                                        f"{type(dataset).__name__} is none",
                                        fix="ConcatDataset([first, second])")
            yield dataset

    def __iter__(self) -> Iterator[Any]:
        for dataset in self._streams():
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self._streams())


class Subset(Dataset):
    """The items of `dataset` that `indices` names, in that order.

    PyTorch: `torch.utils.data.Subset` refuses a subclass with its own ``__getitem__`` and no
    ``__getitems__``; here such a subclass is asked item by item.

    Examples
    --------
    >>> from learngrad.data import Subset
    >>> list(Subset("abcdef", [4, 0]))
    ['e', 'a']
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self._place(i) for i in index]]
        return self.dataset[self._place(index)]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        if type(self).__getitem__ is not Subset.__getitem__:
            return [self[i] for i in indices]
        several = getattr(self.dataset, "__getitems__", None)
        chosen = [self._place(i) for i in indices]
        return several(chosen) if callable(several) else [self.dataset[i] for i in chosen]

    def _place(self, index: Any) -> Any:
        """Where in the data set the subset's item is."""
        try:
            return self.indices[index]
        except IndexError:
            raise OutOfRangeError(f"there is no item {index}: the subset has {len(self)} of them",
                                  fix="subset[0] to subset[len(subset) - 1]") from None

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Sequence[float],
                 generator: Generator | None = None) -> list[Subset]:
    """Parts of `dataset` that do not overlap, drawn at random.

    Parameters
    ----------
    dataset : Dataset
        Anything with a length.
    lengths : sequence of int, or of float
        The parts' lengths, or fractions that sum to 1; items that fractions leave over go to the
        parts in turn.
    generator : Generator, optional
        Makes the split repeatable: ``learngrad.Generator().manual_seed(0)``.

    Raises
    ------
    ArgumentError
        If the lengths do not sum to the data set's, or a fraction is not between 0 and 1.

    Examples
    --------
    >>> from learngrad.data import random_split
    >>> [len(part) for part in random_split(range(10), [0.8, 0.2])]
    [8, 2]
    """
    total = len(dataset)
    lengths = [length.item() if hasattr(length, "item") else length for length in lengths]
    if not all(isinstance(length, (int, float)) for length in lengths):
        raise ArgumentTypeError(f"the parts' lengths are numbers, not {list(lengths)!r:.60}",
                                fix="random_split(dataset, [0.8, 0.2])")
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _shares(lengths, total)
    if sum(lengths) != total or any(length < 0 or length % 1 for length in lengths):
        raise ArgumentError(f"parts of {list(lengths)} items do not make {total}, the number of "
                            "items there are", fix="random_split(dataset, [0.8, 0.2])")
    indices = randperm(total, generator=generator, device="cpu").tolist()
    ends = list(itertools.accumulate(int(length) for length in lengths))
    return [Subset(dataset, indices[start:end]) for start, end in zip([0, *ends], ends)]


def _shares(fractions: Sequence[float], total: int) -> list[int]:
    """How many of `total` items each fraction gets."""
    if any(not 0 <= f <= 1 for f in fractions):
        raise ArgumentError(f"fractions lie between 0 and 1, not {list(fractions)}",
                            fix="random_split(dataset, [0.8, 0.2])")
    lengths = [math.floor(total * f) for f in fractions]
    for i in range(total - sum(lengths)):
        lengths[i % len(lengths)] += 1
    for i, length in enumerate(lengths):
        if length == 0:
            warnings.warn(f"part {i} of the split is empty: {fractions[i]} of {total} items is "
                          "less than one", stacklevel=3)
    return lengths
