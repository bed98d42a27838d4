"""Loading: what a batch costs beside the loading itself, and what a second worker is worth.

Workers go on living between epochs, so that starting them is not part of these times.
"""

from __future__ import annotations

import importlib
from time import perf_counter, thread_time
from typing import Any

import numpy as np

from benchmarks.work import LIBRARIES, Case, Run

BATCH = 32
WAYS = {"in the process": {}, "one worker": {"num_workers": 1, "persistent_workers": True},
        "two workers": {"num_workers": 2, "persistent_workers": True}}
ITEM_SECONDS = 0.002


def batches(library: str, tiny: bool) -> Run:
    """Shuffled batches of a TensorDataset, [32, 64] and [32], and nothing done with them."""
    lib = importlib.import_module(library)
    data = importlib.import_module(f"{library}.utils.data")
    count = 4 if tiny else 128
    X = np.random.default_rng(0).standard_normal((count * BATCH, 64), dtype=np.float32)
    dataset = data.TensorDataset(lib.from_numpy(X), lib.arange(len(X)))
    loaders = {way: data.DataLoader(dataset, BATCH, shuffle=True, **given)
               for way, given in WAYS.items()}

    def time(number: int) -> dict[str, float]:
        seconds = dict.fromkeys(loaders, 0.0)
        for _ in range(number):
            for way, loader in loaders.items():
                begun = perf_counter()
                for _ in loader:
                    pass
                seconds[way] += perf_counter() - begun
        return {way: spent / (number * count) for way, spent in seconds.items()}

    def answer() -> dict[str, Any]:
        found = {}
        for way, loader in loaders.items():
            order = np.concatenate([y.numpy() for _, y in loader])
            rows = np.concatenate([x.numpy() for x, _ in loader])
            found[f"numbers, {way}"] = np.sort(order)
            found[f"rows, {way}"] = rows[np.argsort(rows[:, 0])]
        return found

    return Run(time, answer)


class Augmented:
    """Items that cost 2 ms of a processor each: of its time, not of the clock's."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, i: int) -> tuple[Any, int]:
        end = thread_time() + ITEM_SECONDS
        while thread_time() < end:
            pass
        return np.full(256, i, np.float32), i


def augmented(given: dict[str, Any], tiny: bool) -> Run:
    """An epoch of costly items, loaded in one of the ways."""
    from learngrad.data import DataLoader
    count = 16 if tiny else 128
    loader = DataLoader(Augmented(count), 8, **given)

    def time(number: int) -> dict[str, float]:
        begun = perf_counter()
        for _ in range(number):
            for _ in loader:
                pass
        return {"load": (perf_counter() - begun) / (number * count)}

    def answer() -> dict[str, Any]:
        return {"items": np.concatenate([x.numpy().sum(axis=1) for x, _ in loader])}

    return Run(time, answer)


CASES = [
    Case("batches", "shuffled batches of 32 rows of a TensorDataset, nothing done with them",
         tuple(WAYS), "batch", "torch", (1,),
         {library: lambda tiny, library=library: batches(library, tiny)
          for library in LIBRARIES}),
    Case("augmentation", "items that cost 2 ms of a processor each, in batches of 8", ("load",),
         "item", "one worker", (1,),
         {way: lambda tiny, given=given: augmented(given, tiny)
          for way, given in WAYS.items()}),
]
