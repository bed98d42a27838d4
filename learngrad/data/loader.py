"""`DataLoader`: batches of a data set, in this process or loaded ahead by workers."""

from __future__ import annotations

import itertools
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from learngrad.data import info
from learngrad.data.collate import default_collate, default_convert
from learngrad.data.dataset import IterableDataset
from learngrad.data.fetch import Plan, loading, streaming
from learngrad.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from learngrad.devices import Generator
from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.ops.draws import stream

__all__ = ["DataLoader"]


class DataLoader:
    """Batches of a data set, ready for a ``for`` loop.

    Parameters
    ----------
    dataset : Dataset or IterableDataset
        Anything with ``dataset[i]`` and ``len(dataset)``, or a stream.
    batch_size : int or None, default 1
        Items in a batch; None gives the items one by one, as they are.
    shuffle : bool, default False
        Whether each epoch has an order of its own.
    sampler : Sampler or iterable of int, optional
        The order, instead of `shuffle`.
    batch_sampler : Sampler or iterable of list of int, optional
        The batches, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers : int, default 0
        How many processes load batches while the loop works on earlier ones. They work for classes
        of a notebook's cells and need no ``if __name__ == "__main__"``. Starting them takes some
        tenths of a second for each epoch, or once with `persistent_workers`. Where loky
        is not installed workers are threads, with a warning; where there are no processes (in the
        browser) batches are loaded in this one.
    collate_fn : callable, default `default_collate`
        Makes a batch from a list of items (of one item: `default_convert`).
    pin_memory : bool, default False
        Accepted, and changes nothing: NumPy's memory is not pinned.
    drop_last : bool, default False
        Whether to leave out a last batch that is not full.
    timeout : float, default 0
        Seconds to wait for a worker's batch before `WorkerError`; 0 waits for ever.
    worker_init_fn : callable, optional
        Called in each worker with its number, before its first batch.
    multiprocessing_context : str or context, optional
        How workers are started: by default "loky"; "spawn", "forkserver" or "fork" of Python's
        multiprocessing; "thread" for threads, which suit work that waits (files, network) or is
        done inside NumPy, start at once and send nothing.
    generator : Generator, optional
        Draws the order and the workers' seeds; by default the one that `manual_seed` seeds.
    prefetch_factor : int, default 2 with workers
        How many batches each worker loads in advance. No more are ever waiting.
    persistent_workers : bool, default False
        Whether the workers go on living between epochs.
    in_order : bool, default True
        False gives batches as they are ready. Only with workers.

    Raises
    ------
    ArgumentError
        If arguments contradict each other.
    WorkerError
        While looping: a worker was killed, or is late. An error in the data set is raised as it
        is, with the worker's own traceback above it.

    Notes
    -----
    Draws in a worker repeat after `manual_seed`: before each batch `learngrad`'s, NumPy's and
    Python's own generators are seeded from the epoch's seed and the number of the batch, so that
    they are the same for any number of workers (of a stream: once an epoch, for each worker).
    Without workers, and in threads, they come from the program's generators as they stand.

    PyTorch: `torch.utils.data.DataLoader` seeds each worker once, so draws change with
    `num_workers`; and its context is the system's start method.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.data import DataLoader, TensorDataset
    >>> dataset = TensorDataset(learngrad.arange(10.0).reshape(5, 2), learngrad.arange(5))
    >>> loader = DataLoader(dataset, batch_size=2)
    >>> len(loader)
    3
    >>> for x, y in loader:
    ...     print(list(x.shape), y.tolist())
    [2, 2] [0, 1]
    [2, 2] [2, 3]
    [1, 2] [4]
    """

    def __class_getitem__(cls, item: Any) -> type:
        return cls

    def __init__(self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None,
                 sampler: Iterable[Any] | None = None,
                 batch_sampler: Iterable[Any] | None = None, num_workers: int = 0,
                 collate_fn: Callable[[Any], Any] | None = None, pin_memory: bool = False,
                 drop_last: bool = False, timeout: float = 0,
                 worker_init_fn: Callable[[int], None] | None = None,
                 multiprocessing_context: Any = None, generator: Generator | None = None, *,
                 prefetch_factor: int | None = None, persistent_workers: bool = False,
                 pin_memory_device: str = "", in_order: bool = True) -> None:
        self._streams = isinstance(dataset, IterableDataset)
        if not self._streams:
            _check_items(dataset, sampler is None and batch_sampler is None)
        if collate_fn is not None and not callable(collate_fn):
            raise ArgumentTypeError(f"collate_fn is a function of a list of items, not "
                                    f"{collate_fn!r:.60}", fix="collate_fn=list")
        _check_order(self._streams, shuffle, sampler, batch_sampler, batch_size, drop_last)
        _check_workers(num_workers, prefetch_factor, persistent_workers, multiprocessing_context,
                       timeout)
        if batch_sampler is not None:
            batch_size = None
        if sampler is None and not self._streams:
            sampler = (RandomSampler(dataset, generator=generator) if shuffle
                       else SequentialSampler(dataset))
        if batch_size is not None and not self._streams:
            assert sampler is not None
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        elif batch_size is not None:
            BatchSampler((), batch_size, drop_last)  # for its checks
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.sampler, self.batch_sampler, self.generator = sampler, batch_sampler, generator
        batched = batch_size is not None or batch_sampler is not None
        usual = default_collate if batched else default_convert
        self.collate_fn = usual if collate_fn is None else collate_fn
        self.num_workers, self.timeout, self.worker_init_fn = num_workers, timeout, worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers, self.in_order = persistent_workers, in_order
        self._batched = batched
        self._kept: Any = None  # persistent workers

    def __len__(self) -> int:
        if not self._streams:
            return len(self.sampler if self.batch_sampler is None  # type: ignore[arg-type]
                       else self.batch_sampler)
        number = len(self.dataset)
        if self.batch_size is None:
            return number
        return number // self.batch_size if self.drop_last else -(-number // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        # Drawn without workers too, so that the order after a seed does not depend on them.
        seed = int(stream(self.generator, None).integers(2**63))
        plan = Plan(self.dataset, self._streams, self.batch_size, self.drop_last, self._batched,
                    self.collate_fn)
        batches = self._ahead(plan, seed) if self._has_workers() else self._here(plan)
        return self._counted(batches) if self._streams else batches

    def _here(self, plan: Plan) -> Iterator[Any]:
        if self._streams:
            return streaming(plan)
        load = loading(plan)
        # Not `map`: a StopIteration that escapes from an item would end the epoch without a word.
        return (load(number) for number in self._numbers())

    def _numbers(self) -> Iterable[Any]:
        numbers = self.sampler if self.batch_sampler is None else self.batch_sampler
        assert numbers is not None
        return numbers

    def _has_workers(self) -> bool:
        if self.num_workers and not info.possible:
            warnings.warn("there are no processes here, so batches are loaded by the program "
                          "itself, as with num_workers=0", stacklevel=3)
        return bool(self.num_workers) and info.possible

    def _ahead(self, plan: Plan, seed: int) -> Iterator[Any]:
        """The batches, loaded by workers; one gets its next job before its batch is given."""
        crew, whole = self._kept or self._workers(plan, seed), False
        self._kept = None  # nobody else's while this loop runs
        try:
            crew.begin(seed)
            jobs: Iterator[Any] = enumerate(
                itertools.repeat(None) if self._streams else self._numbers())
            due: deque[int] = deque()  # the workers that owe a batch, in the order of the batches

            def give(which: int) -> None:
                for number, indices in itertools.islice(jobs, 1):
                    crew.give(which, number, indices)
                    due.append(which)

            for which in [*range(self.num_workers)] * (self.prefetch_factor or 1):
                give(which)
            while due:
                if not self.in_order:
                    due.remove(ready := crew.first(set(due), self.timeout))
                    due.appendleft(ready)
                which = due.popleft()
                there, batch = crew.take(which, self.timeout)
                if there:
                    give(which)
                    yield batch
                    del batch  # or it would live, and hold its memory, until the next one
            whole = True
        except GeneratorExit:  # the loop was left: workers that are kept are none the worse
            whole = self.persistent_workers
            raise
        finally:
            if not whole:
                crew.abandon()
            elif self.persistent_workers and self._kept is None:
                self._kept = crew
            else:
                crew.stop()

    def _workers(self, plan: Plan, seed: int) -> Any:
        from learngrad.data import workers  # here, as most loops have none
        start = workers.context(self.multiprocessing_context)
        if start == "thread":
            from learngrad.data.threads import Threads
            return Threads(plan, self.num_workers, self.worker_init_fn, seed)
        return workers.Processes(plan, self.num_workers, start, self.worker_init_fn, seed,
                                 self.prefetch_factor or 1)

    def _counted(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The batches; a word if a stream gives more than its own ``len``."""
        try:
            promised = len(self)
        except TypeError:  # it has none
            promised = None
        for number, batch in enumerate(batches):
            if number == promised:
                warnings.warn(f"the stream says that it makes {promised} batches and gives more: "
                              "do all workers read the same part of it? `get_worker_info()` says "
                              "which one runs", stacklevel=2)
            yield batch


def _check_items(dataset: Any, counted: bool) -> None:
    """A data set whose items cannot be asked for by number, or that does not say how many."""
    name = type(dataset).__name__
    if not hasattr(dataset, "__getitem__"):
        raise ArgumentTypeError(
            f"{name} has neither items by number nor the word that it is a stream",
            fix="list(dataset), or a subclass of Dataset or IterableDataset")
    if counted and not hasattr(dataset, "__len__"):
        raise ArgumentTypeError(f"{name} does not say how many items it has",
                                fix="def __len__(self): return ...")


def _check_order(streams: bool, shuffle: Any, sampler: Any, batch_sampler: Any, batch_size: Any,
                 drop_last: bool) -> None:
    """Arguments that say twice, or against each other, in which order items come."""
    given = {"shuffle": bool(shuffle), "sampler": sampler is not None,
             "batch_sampler": batch_sampler is not None}
    if streams and any(given.values()):
        names = ", ".join(name for name, is_given in given.items() if is_given)
        raise ArgumentError(f"a stream comes in its own order, so there is no {names} for it",
                            fix="shuffle where the stream is made: in its __iter__")
    if given["sampler"] and given["shuffle"]:
        raise ArgumentError("a sampler is an order, and so is shuffle=True",
                            fix="leave one of them out")
    if given["batch_sampler"] and (batch_size != 1 or drop_last or given["sampler"]
                                   or given["shuffle"]):
        raise ArgumentError("a batch_sampler says what is in each batch: batch_size, shuffle, "
                            "sampler and drop_last have no meaning beside it",
                            fix="DataLoader(dataset, batch_sampler=batches)")
    if batch_size is None and drop_last:
        raise ArgumentError("batch_size=None gives items one by one: there is no last batch to "
                            "drop", fix="a batch_size, or drop_last=False")


def _check_workers(number: Any, ahead: Any, persistent: bool, named: Any, timeout: Any) -> None:
    """Arguments that make sense with workers only, or never."""
    if not isinstance(number, int) or isinstance(number, bool):
        raise ArgumentTypeError(f"num_workers is an integer, not {number!r:.60}",
                                fix="num_workers=2")
    if number < 0:
        raise ArgumentError(f"num_workers is 0 or more, not {number}", fix="num_workers=0")
    if not timeout >= 0:
        raise ArgumentError(f"timeout is 0 or more seconds, not {timeout}", fix="timeout=60")
    if ahead is not None and (not isinstance(ahead, int) or ahead < 1):
        raise ArgumentError(f"prefetch_factor is an integer of at least 1, not {ahead!r:.60}",
                            fix="prefetch_factor=2")
    if number:
        return
    for name, is_given in (("prefetch_factor", ahead is not None),
                           ("persistent_workers", persistent),
                           ("multiprocessing_context", named is not None)):
        if is_given:
            raise ArgumentError(f"{name} is about workers, and num_workers=0 has none",
                                fix=f"num_workers=2, or no {name}")
