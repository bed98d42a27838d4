"""Whether a GPU is there, why not, and the little that programs ask of it; CuPy does the work."""

from __future__ import annotations

from typing import Any

from learngrad import devices
from learngrad.devices import Device
from learngrad.errors import MissingDependency

__all__ = [
    "current_device", "device_count", "empty_cache", "get_device_name", "is_available",
    "is_bf16_supported", "manual_seed", "manual_seed_all", "set_device", "synchronize",
    "why_unavailable",
]


def why_unavailable() -> str | None:
    """Why there is no GPU to compute on, in one line; None where there is one.

    PyTorch: has nothing like it.

    Examples
    --------
    >>> import learngrad
    >>> (learngrad.cuda.why_unavailable() is None) == learngrad.cuda.is_available()
    True
    """
    try:
        count = devices.cupy().cuda.runtime.getDeviceCount()
    except MissingDependency as error:
        return error.what
    except RuntimeError as error:  # of the driver
        return f"CuPy is installed, and finds no driver for a GPU: {error}"
    return None if count else "CuPy is installed, and finds no GPU"


def is_available() -> bool:
    """Whether a GPU is there; `why_unavailable` says why not.

    Examples
    --------
    >>> import learngrad
    >>> device = "cuda" if learngrad.cuda.is_available() else "cpu"
    """
    return why_unavailable() is None


def device_count() -> int:
    """How many GPUs are there.

    Examples
    --------
    >>> import learngrad
    >>> (learngrad.cuda.device_count() > 0) == learngrad.cuda.is_available()
    True
    """
    return int(devices.cupy().cuda.runtime.getDeviceCount()) if is_available() else 0


def manual_seed(seed: int) -> None:
    """Seed the current GPU's default generator; nothing where there is none.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.manual_seed(0)
    """
    if is_available():
        devices.default_generator(Device("cuda", current_device())).manual_seed(seed)


def manual_seed_all(seed: int) -> None:
    """Seed every GPU's default generator; nothing where there is none.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.manual_seed_all(0)
    """
    for index in range(device_count()):
        devices.default_generator(Device("cuda", index)).manual_seed(seed)


def _cuda(device: Any = None) -> Any:
    """CuPy's own device; an error says why there is none."""
    module = devices.cupy()
    index = device if device is None or isinstance(device, int) else Device(device).index
    return module.cuda.Device() if index is None else module.cuda.Device(index)


def current_device() -> int:
    """The number of the GPU that ``device="cuda"`` means.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> index = learngrad.cuda.current_device() if learngrad.cuda.is_available() else None
    """
    return int(_cuda().id)


def set_device(device: Any) -> None:
    """Let ``device="cuda"`` mean another GPU: a number or a device.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> if learngrad.cuda.is_available():
    ...     learngrad.cuda.set_device(0)
    """
    _cuda(device).use()


def get_device_name(device: Any = None) -> str:
    """What the GPU is called.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> name = learngrad.cuda.get_device_name() if learngrad.cuda.is_available() else "none"
    """
    name = devices.cupy().cuda.runtime.getDeviceProperties(_cuda(device).id)["name"]
    return name.decode() if isinstance(name, bytes) else str(name)


def synchronize(device: Any = None) -> None:
    """Wait until the GPU has done all that it was asked to do: before a clock is read.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> if learngrad.cuda.is_available():
    ...     learngrad.cuda.synchronize()
    """
    _cuda(device).synchronize()


def empty_cache() -> None:
    """Give the GPU memory that no tensor uses any more back to others; without a GPU, nothing.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.empty_cache()
    """
    if is_available():
        devices.cupy().get_default_memory_pool().free_all_blocks()


def is_bf16_supported() -> bool:
    """False: bfloat16 is for storage alone.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.is_bf16_supported()
    False
    """
    return False
