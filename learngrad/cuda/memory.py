"""How much of a GPU's memory is held, by what, and how much it was at most."""

from __future__ import annotations

import gc
from typing import Any

from learngrad import devices
from learngrad.cuda.device import _cuda, device_count, is_available, why_unavailable
from learngrad.memory import held, size

__all__ = [
    "empty_cache", "max_memory_allocated", "mem_get_info", "memory_allocated", "memory_reserved",
    "memory_summary", "reset_peak_memory_stats",
]


def empty_cache() -> None:
    """Give the GPU memory that no tensor uses any more back to others; without a GPU, nothing.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.empty_cache()
    """
    if is_available():
        gc.collect()  # what stands in a cycle, as after an error, is held by nobody
        devices.cupy().get_default_memory_pool().free_all_blocks()


def _pool(question: str, device: Any) -> int:
    """What CuPy's memory pool answers for one GPU; 0 without one."""
    if not is_available():
        return 0
    with _cuda(device):
        return int(getattr(devices.cupy().get_default_memory_pool(), question)())


def memory_allocated(device: Any = None) -> int:
    """Bytes of the GPU's memory that tensors and graphs hold now; 0 without a GPU.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.memory_allocated() >= 0
    True
    """
    return _pool("used_bytes", device)


def memory_reserved(device: Any = None) -> int:
    """Bytes that are held, or kept for the next tensors; `empty_cache` gives these back.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.memory_reserved() >= learngrad.cuda.memory_allocated()
    True
    """
    return _pool("total_bytes", device)


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Bytes that are free on the GPU, for all programs, and bytes that it has.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> if learngrad.cuda.is_available():
    ...     free, total = learngrad.cuda.mem_get_info()
    """
    free, total = _cuda(device).mem_info
    return int(free), int(total)


_peaks: Any = None


def _watched() -> Any:
    """What counts the memory of each GPU as it is taken and given back; begun when first asked."""
    global _peaks
    if _peaks is None:
        class Peaks(devices.cupy().cuda.MemoryHook):  # type: ignore[misc]
            name = "learngrad's peak of memory"

            def __init__(self) -> None:
                self.now: dict[int, int] = {}
                self.most: dict[int, int] = {}

            def count(self, device_id: int, change: int) -> None:
                self.now.setdefault(device_id, 0)
                self.now[device_id] += change
                self.most[device_id] = max(self.most.get(device_id, 0), self.now[device_id])

            def malloc_postprocess(self, **given: Any) -> None:
                self.count(given["device_id"], given["mem_size"])

            def free_postprocess(self, **given: Any) -> None:
                self.count(given["device_id"], -given["mem_size"])

        _peaks = Peaks()
        for index in range(device_count()):
            _peaks.count(index, memory_allocated(index))
        _peaks.__enter__()  # for good
    return _peaks


def reset_peak_memory_stats(device: Any = None) -> None:
    """Let `max_memory_allocated` count from now; without a GPU, nothing.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.reset_peak_memory_stats()
    """
    if is_available():
        peaks, index = _watched(), int(_cuda(device).id)
        peaks.now[index] = peaks.most[index] = memory_allocated(index)


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes that were held at once, in this thread; 0 without a GPU.

    PyTorch: `torch.cuda.max_memory_allocated` counts from the start of the program; here counting
    costs something, and starts when this or `reset_peak_memory_stats` is first called.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.max_memory_allocated() >= 0
    True
    """
    return int(_watched().most.get(int(_cuda(device).id), 0)) if is_available() else 0


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """How much memory is held and by what, as a text; one line if `abbreviated`.

    Examples
    --------
    >>> import learngrad
    >>> print(learngrad.cuda.memory_summary(abbreviated=True))  # doctest: +SKIP
    cuda:0: 1.5 GiB held, 2.0 GiB reserved
    """
    why = why_unavailable()
    if why is not None:
        return f"no GPU: {why}"
    place = f"cuda:{_cuda(device).id}"
    head = (f"{place}: {size(memory_allocated(device))} held, {size(memory_reserved(device))} "
            "reserved")
    return "\n".join([head] + ([] if abbreviated else [
        f"  {size(number)} in {count} array{'s' * (count != 1)} {why}"
        for number, count, where, why in held() if where == place]))
