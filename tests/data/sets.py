"""Data sets of the worker tests, in a module that a worker process imports quickly."""

import itertools
import os
import random
import signal
import threading
import time
from pathlib import Path

import numpy as np

import learngrad
from learngrad.data import Dataset, IterableDataset, get_worker_info


class Big(Dataset):
    """Item i: 32 kB full of i, and i; large enough to be shared."""

    def __init__(self, length=40):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return np.full((64, 128), i, np.float32), i


class Drawn(Dataset):
    """Draws from each generator that an augmentation may use."""

    def __len__(self):
        return 24

    def __getitem__(self, i):
        return learngrad.rand(1).item(), np.random.rand(), random.random()  # noqa: NPY002


class Told(Dataset):
    """Does at item 5 what it is told, which is one of its methods."""

    def __init__(self, what):
        self.what = what

    def __len__(self):
        return 12

    def __getitem__(self, i):
        if i == 5:
            getattr(self, self.what)()
        return i

    def fail(self):
        raise LookupError("item 5 is bad")  # the line that the traceback shows

    def odd(self):
        raise Odd(threading.Lock())

    def kill(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def exit(self):
        os._exit(3)

    def leave(self):
        raise SystemExit("enough")

    def sleep(self):
        time.sleep(1000)


class Odd(Exception):
    """An error that cannot be pickled."""


class Workers(Dataset):
    """Item i: the process that loads it and the worker it thinks it is."""

    def __len__(self):
        return 8

    def __getitem__(self, i):
        info = get_worker_info()
        return (os.getpid(), *((info.id, info.num_workers, info.seed) if info else (-1, 0, 0)))


class Noted(Dataset):
    """Writes down each item that is loaded."""

    def __init__(self, file):
        self.file = file

    def __len__(self):
        return 30

    def __getitem__(self, i):
        with open(self.file, "ab") as file:
            file.write(b".")
        return i


class Waiting(Dataset):
    """Item 0 is there when a file is."""

    def __init__(self, file):
        self.file = Path(file)

    def __len__(self):
        return 6

    def __getitem__(self, i):
        while i == 0 and not self.file.exists():
            time.sleep(0.01)
        return i


class Stubborn(Waiting):
    """Item 1 cannot be terminated and takes for ever."""

    def __getitem__(self, i):
        if i == 1:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self.file.touch()
            time.sleep(1000)
        return i


class Words(Dataset):
    """Text, which is not shared but sent."""

    def __len__(self):
        return 60_000

    def __getitem__(self, i):
        return f"word number {i}"


class Count(IterableDataset):
    """0 to n - 1, each worker its part; it may say that it is shorter than it is."""

    def __init__(self, n, shared=True, promised=None):
        self.n, self.shared, self.promised = n, shared, promised

    def __iter__(self):
        info = get_worker_info() if self.shared else None
        first, step = (info.id, info.num_workers) if info else (0, 1)
        return itertools.islice(range(self.n), first, None, step)

    def __len__(self):
        if self.promised is None:
            raise TypeError("it has no length")
        return self.promised


class Unreadable(Dataset):
    """Cannot be made in another process."""

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return i

    def __reduce__(self):
        return _refuse, ()


def _refuse():
    raise RuntimeError("not in this process")


def refuse(number):
    raise RuntimeError(f"worker {number} cannot begin")


def listing(items):
    return list(items)
