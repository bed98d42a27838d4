"""The stand-in's side of the driver: one device, its memory pool, streams, events."""

import time
import types
import weakref

BLOCK = 512  # bytes: CuPy's pool hands out multiples of it


class OutOfMemoryError(MemoryError):
    """As CuPy raises it."""


class Device:
    def __init__(self, device=0):
        self.id = int(device)
        if self.id != 0:
            raise RuntimeError("cudaErrorInvalidDevice: invalid device ordinal")

    mem_info = property(lambda self: (pool.limit - pool.used_bytes(), pool.limit))

    def use(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


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


class Stream:
    def __init__(self, non_blocking=False):
        self.done = True

    def synchronize(self):
        pass

    def wait_event(self, event):
        if not isinstance(event, Event):
            raise TypeError(f"{event!r} is no event")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


class Event:
    def __init__(self, block=False, disable_timing=False, interprocess=False):
        self.timed, self.at, self.done = not disable_timing, None, True

    def record(self, stream=None):
        self.at = time.perf_counter()

    def synchronize(self):
        pass


def get_elapsed_time(start, end):
    if not (start.timed and end.timed):
        raise RuntimeError("cudaErrorInvalidResourceHandle: invalid resource handle")
    return (end.at - start.at) * 1e3


def namespace(device):
    """``cupy.cuda``."""
    stream = Stream()
    properties = {"name": b"stand-in", "totalGlobalMem": pool.limit, "major": 0, "minor": 0,
                  "multiProcessorCount": 1}
    return types.SimpleNamespace(
        Device=device, Event=Event, MemoryHook=MemoryHook, Stream=Stream,
        get_current_stream=lambda: stream, get_elapsed_time=get_elapsed_time,
        is_available=lambda: True, memory=types.SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
        runtime=types.SimpleNamespace(
            getDeviceCount=lambda: 1, getDeviceProperties=lambda index: properties))
