"""The stand-in's side of the driver: devices, one memory pool, streams, events."""

import contextlib
import threading
import time
import types
import weakref

import numpy as np

BLOCK = 512  # bytes: CuPy's pool hands out multiples of it


class OutOfMemoryError(MemoryError):
    """As CuPy raises it."""


count = 1  # devices that there are


class _Current(threading.local):
    """The current device of a thread, and those that come after it."""

    def __init__(self):
        self.ids = [0]


current = _Current()


class Device:
    def __init__(self, device=None):
        self.id = current.ids[-1] if device is None else int(device)
        if not 0 <= self.id < count:
            raise RuntimeError("cudaErrorInvalidDevice: invalid device ordinal")

    mem_info = property(lambda self: (pool.limit - pool.used_bytes(), pool.limit))

    def use(self):
        current.ids[-1] = self.id
        return self

    def __enter__(self):
        current.ids.append(self.id)
        return self

    def __exit__(self, *error):
        current.ids.pop()


class MemoryHook:
    """Told of every block that is taken and given back while it is entered."""

    def __enter__(self):
        pool.hooks.append(self)
        return self

    def __exit__(self, *error):
        pool.hooks.remove(self)


class Pool:
    """What arrays hold, and what was held and is kept."""

    limit = 80 << 30

    def __init__(self):
        self._used = self._kept = 0
        self.hooks = []

    def take(self, array, size):
        size = -(-size // BLOCK) * BLOCK
        if self._used + size > self.limit:
            raise OutOfMemoryError(f"Out of memory allocating {size:,} bytes (allocated so far: "
                                   f"{self._used:,} bytes).")
        self._used += size
        self._kept = max(self._kept, self._used)
        weakref.finalize(array, self._give_back, size).atexit = False
        for hook in self.hooks:
            hook.malloc_postprocess(device_id=0, size=size, mem_size=size, mem_ptr=0, pmem_id=0)

    def _give_back(self, size):
        self._used -= size
        for hook in self.hooks:
            hook.free_postprocess(device_id=0, mem_size=size, mem_ptr=0, pmem_id=0)

    def used_bytes(self):
        return self._used

    def total_bytes(self):
        return self._kept

    def free_all_blocks(self):
        self._kept = self._used


pool = Pool()


def told_of_waits():
    """Called where the host waits; who counts puts something else here."""


captured = None  # what the graph that is being captured will do
taken = []  # the memory that was taken meanwhile


def refuse_in_capture(transfer=None):
    """Nothing may wait, or cross between the devices, while a graph is captured."""
    if captured is None:
        return
    if transfer is not None:  # CuPy looks before it copies
        raise RuntimeError(f"the current stream is capturing, so {transfer} transfers are "
                           "disallowed")
    raise RuntimeError("cudaErrorStreamCaptureUnsupported: operation not permitted when stream is "
                       "capturing")


def refuse_blas_in_capture():
    """CuPy's own calls of cuBLAS look whether a graph is captured."""
    if captured is not None:
        raise NotImplementedError("calling cuBLAS API during stream capture is currently "
                                  "unsupported")


class MemoryPool:
    """A pool of its own for what is captured."""

    def malloc(self, size):
        raise NotImplementedError("the stand-in's arrays take their memory from the host")


@contextlib.contextmanager
def using_allocator(allocator):
    if not callable(allocator):
        raise TypeError(f"{allocator!r} is no allocator")
    yield


class Graph:
    """Work that was captured. Nothing that lies in memory taken meanwhile lasts from one launch to
    the next: the pool gives it to several in turn."""

    def __init__(self, work, taken):
        self.work, self.taken = work, taken

    def launch(self, stream=None):
        refuse_in_capture()
        with np.errstate(all="ignore"):
            for array in self.taken:
                array.fill(np.nan if array.dtype.kind == "f" else 99)
            for run in self.work:
                run()


class Stream:
    def __init__(self, non_blocking=False):
        self.done, self.non_blocking, self.ptr = True, non_blocking, id(self)

    def synchronize(self):
        refuse_in_capture()

    def record(self, event=None):
        return Event()

    def begin_capture(self, mode=None):
        global captured, taken
        if not self.non_blocking or captured is not None:
            raise RuntimeError("cudaErrorStreamCaptureUnsupported: operation not permitted when "
                               "stream is capturing")
        captured, taken = [], []

    def end_capture(self):
        global captured
        work, captured = captured, None
        return Graph(work, taken)

    def wait_event(self, event):
        if not isinstance(event, Event):
            raise TypeError(f"{event!r} is no event")

    def __enter__(self):
        streams.append(self)
        return self

    def __exit__(self, *error):
        streams.pop()


streams = [Stream()]


class Event:
    def __init__(self, block=False, disable_timing=False, interprocess=False):
        self.timed, self.at, self.done = not disable_timing, None, True

    def record(self, stream=None):
        self.at, self.stream = time.perf_counter(), stream or streams[-1]

    def synchronize(self):
        refuse_in_capture()
        told_of_waits()


def get_elapsed_time(start, end):
    if not (start.timed and end.timed):
        raise RuntimeError("cudaErrorInvalidResourceHandle: invalid resource handle")
    return (end.at - start.at) * 1e3


def namespace(device):
    """``cupy.cuda``."""
    properties = {"name": b"stand-in", "totalGlobalMem": pool.limit, "major": 0, "minor": 0,
                  "multiProcessorCount": 1}
    return types.SimpleNamespace(
        Device=device, Event=Event, MemoryHook=MemoryHook, Stream=Stream,
        get_current_stream=lambda: streams[-1], get_elapsed_time=get_elapsed_time,
        is_available=lambda: True, using_allocator=using_allocator, MemoryPool=MemoryPool,
        memory=types.SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
        runtime=types.SimpleNamespace(
            getDeviceCount=lambda: count, getDeviceProperties=lambda index: properties))
