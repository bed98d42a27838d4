"""Samplers: in which order, and in which batches, the numbers of the items come."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any

import numpy as np

from learngrad.creation import as_tensor
from learngrad.devices import Generator, float64
from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError
from learngrad.random import multinomial, randint, randperm

__all__ = [
    "BatchSampler", "RandomSampler", "Sampler", "SequentialSampler", "SubsetRandomSampler",
    "WeightedRandomSampler",
]

DRAWN_AT_ONCE = 1024  # of draws with replacement, which may go on for ever


class Sampler:
    """Gives the numbers of the items in the order of one epoch: a subclass says ``__iter__``."""

    def __class_getitem__(cls, item: Any) -> type:
        return cls

    def __init__(self, data_source: Any = None) -> None:
        pass  # PyTorch's first samplers handed their data set to the base class

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not say its order: "
                                  "write `def __iter__(self)`")


class SequentialSampler(Sampler):
    """0, 1, 2 and so on, every time.

    Examples
    --------
    >>> from learngrad.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """All items in a new random order each time, or draws with replacement.

    Parameters
    ----------
    data_source : sized
        What is sampled from.
    replacement : bool, default False
        Whether one item may be drawn again before all others were.
    num_samples : int, default ``len(data_source)``
        How many numbers an epoch has.
    generator : Generator, optional
        Draws the order; by default the one that `manual_seed` seeds.

    Examples
    --------
    >>> from learngrad.data import RandomSampler
    >>> sorted(RandomSampler("abcd"))
    [0, 1, 2, 3]
    """

    def __init__(self, data_source: Sized, replacement: bool = False,
                 num_samples: int | None = None, generator: Generator | None = None) -> None:
        self.data_source, self.replacement = data_source, replacement
        self._num_samples, self.generator = num_samples, generator
        if not isinstance(replacement, bool):
            raise ArgumentTypeError(f"replacement is True or False, not {replacement!r:.60}",
                                    fix="replacement=True")
        if num_samples is not None or not len(data_source):
            _positive(self.num_samples, "num_samples")

    @property
    def num_samples(self) -> int:
        """How many numbers an epoch has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n, left = len(self.data_source), self.num_samples
        while left > 0:
            if self.replacement:
                several = randint(n, (min(left, DRAWN_AT_ONCE),), generator=self.generator,
                                  device="cpu")
            else:
                several = randperm(n, generator=self.generator, device="cpu")[:left]
            yield from several.tolist()
            left -= len(several)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """The numbers in `indices`, in a new random order each time.

    Examples
    --------
    >>> from learngrad.data import SubsetRandomSampler
    >>> sorted(SubsetRandomSampler([5, 7, 9]))
    [5, 7, 9]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        for i in randperm(len(self.indices), generator=self.generator, device="cpu").tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """Draws by weight: item i comes in proportion to ``weights[i]``.

    Gives rare classes their share: weight each item by one over the size of its class.

    Parameters
    ----------
    weights : sequence of float
        Not negative; they need not sum to 1.
    num_samples : int
        How many numbers an epoch has.
    replacement : bool, default True
        Whether an item may be drawn again.
    generator : Generator, optional

    Examples
    --------
    >>> from learngrad.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0.0, 3.0, 0.0], 4))
    [1, 1, 1, 1]
    """

    def __init__(self, weights: Sequence[float], num_samples: int, replacement: bool = True,
                 generator: Generator | None = None) -> None:
        _positive(num_samples, "num_samples")
        if not isinstance(replacement, bool):
            raise ArgumentError(f"replacement is True or False, not {replacement!r:.60}",
                                fix="replacement=True")
        self.weights = as_tensor(weights, dtype=float64)
        if self.weights.ndim != 1:
            raise ShapeError("there is one weight for each item", tensors={"weights": self.weights},
                             fix="weights.flatten()")
        self.num_samples, self.replacement = num_samples, replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        return iter(multinomial(self.weights, self.num_samples, self.replacement,
                                generator=self.generator).tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The numbers of another sampler in lists of `batch_size`.

    Parameters
    ----------
    sampler : Sampler or iterable
    batch_size : int
    drop_last : bool
        Whether to leave out a last batch that is not full.

    Examples
    --------
    >>> from learngrad.data import BatchSampler
    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        _positive(batch_size, "batch_size")
        if not isinstance(drop_last, bool):
            raise ArgumentError(f"drop_last is True or False, not {drop_last!r:.60}",
                                fix="drop_last=True")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        numbers = iter(self.sampler)
        while batch := list(itertools.islice(numbers, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        number = len(self.sampler)  # type: ignore[arg-type]
        return number // self.batch_size if self.drop_last else -(-number // self.batch_size)


def _positive(value: Any, name: str) -> None:
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        why = ": there is nothing to draw from" if value == 0 and name == "num_samples" else ""
        raise ArgumentError(f"{name} is an integer of at least 1, not {value!r:.60}{why}",
                            fix=f"{name}=32")
