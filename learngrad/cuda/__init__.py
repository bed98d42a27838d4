"""The GPU: whether one is there and why not, its memory, waiting, timing. CuPy does the work.

PyTorch: `torch.cuda`. https://docs.pytorch.org/docs/stable/cuda.html
"""

from learngrad.cuda import amp
from learngrad.cuda.capture import graph
from learngrad.cuda.device import (
    current_device,
    device,
    device_count,
    get_device_capability,
    get_device_name,
    get_device_properties,
    is_available,
    is_bf16_supported,
    is_initialized,
    manual_seed,
    manual_seed_all,
    set_device,
    synchronize,
    why_unavailable,
)
from learngrad.cuda.memory import (
    empty_cache,
    max_memory_allocated,
    mem_get_info,
    memory_allocated,
    memory_reserved,
    memory_summary,
    reset_peak_memory_stats,
)
from learngrad.cuda.order import Event, Stream, current_stream, stream
from learngrad.errors import OutOfMemoryError

__all__ = [
    "Event", "OutOfMemoryError", "Stream", "amp", "current_device", "current_stream", "device",
    "device_count", "empty_cache", "get_device_capability", "get_device_name",
    "get_device_properties", "graph", "is_available", "is_bf16_supported", "is_initialized",
    "manual_seed", "manual_seed_all", "max_memory_allocated", "mem_get_info", "memory_allocated",
    "memory_reserved", "memory_summary", "reset_peak_memory_stats", "set_device", "stream",
    "synchronize", "why_unavailable",
]
