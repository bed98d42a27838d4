"""How a batch is loaded: the same in this process, in a thread and in a worker process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from learngrad.data.collate import default_collate
from learngrad.data.dataset import Subset, TensorDataset

__all__ = ["Plan", "loading", "streaming"]


class Plan(NamedTuple):
    """What a loader loads, as it is sent to its workers."""

    dataset: Any
    stream: bool  # whether the data set is read from its beginning, not by number
    batch_size: int | None  # of a stream; None: item by item
    drop_last: bool
    batched: bool  # whether one load is of several items
    collate: Callable[[Any], Any]


def loading(plan: Plan) -> Callable[[Any], Any]:
    """The function that loads the items of these numbers as one batch."""
    dataset, collate = plan.dataset, plan.collate
    if not plan.batched:
        return lambda index: collate(dataset[index])
    at_once = _whole(dataset) if collate is default_collate else None
    if at_once is not None:
        return at_once
    several = getattr(dataset, "__getitems__", None)
    if callable(several):
        return lambda indices: collate(several(indices))
    return lambda indices: collate([dataset[i] for i in indices])


def streaming(plan: Plan) -> Iterator[Any]:
    """The batches of a stream, from its beginning."""
    items, collate, size = iter(plan.dataset), plan.collate, plan.batch_size
    if size is None:
        for item in items:
            yield collate(item)
        return
    while batch := list(itertools.islice(items, size)):
        if len(batch) == size or not plan.drop_last:
            yield collate(batch)


def _whole(dataset: Any) -> Callable[[list[int]], Any] | None:
    """A shorter way to the default batch, of tensors whose rows can be picked all at once."""
    kind = type(dataset)
    if isinstance(dataset, TensorDataset) and kind.__getitem__ is TensorDataset.__getitem__:
        return dataset._batch
    if not isinstance(dataset, Subset) or (kind.__getitem__, kind.__getitems__) != (
            Subset.__getitem__, Subset.__getitems__):
        return None
    inner, chosen = _whole(dataset.dataset), dataset.indices
    return None if inner is None else lambda indices: inner([chosen[i] for i in indices])
