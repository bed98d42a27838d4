"""Which GPUs there are, or why there is none; the current one; waiting for it; its seed."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace
from typing import Any

from learngrad import devices
from learngrad.devices import Device
from learngrad.errors import ArgumentRangeError, MissingDependency

__all__ = [
    "current_device", "device", "device_count", "get_device_capability", "get_device_name",
    "get_device_properties", "is_available", "is_bf16_supported", "is_initialized", "manual_seed",
    "manual_seed_all", "set_device", "synchronize", "why_unavailable",
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
        devices.count_gpus(devices.cupy())
    except MissingDependency as error:
        return f"{error.what}; {error.fix}"
    return None


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
    return devices.count_gpus(devices.cupy()) if is_available() else 0


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
    place = Device("cuda" if device is None else device)
    if place.type != "cuda":
        raise ArgumentRangeError(f"a GPU belongs here, not {device!r:.60}", fix='"cuda" or 0')
    return devices.gpu(place.index)


def _ours(device: Any) -> Any:
    """As `_cuda`, if the program computes on that one, or on none so far."""
    place = _cuda(device)
    return place if devices._home is None else devices.at_home(int(place.id))


def is_initialized() -> bool:
    """Whether a GPU has been used: CuPy has been imported and sees one.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.is_initialized() and not learngrad.cuda.is_available()
    False
    """
    return len(devices._array_types) > 1 and is_available()


class device:
    """A context in which ``device="cuda"`` means another GPU; None changes nothing.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.
    DtypeError
        If there are tensors on another GPU: a program has one.

    Examples
    --------
    >>> import learngrad
    >>> with learngrad.cuda.device(None):
    ...     x = learngrad.ones(2)
    """

    def __init__(self, device: Any) -> None:
        self._device = None if device is None else _ours(device)

    def __enter__(self) -> None:
        if self._device is not None:
            self._device.__enter__()

    def __exit__(self, *error: object) -> None:
        if self._device is not None:
            self._device.__exit__(*error)
            devices.come_home()


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

    PyTorch: it may be set again and again. Here all tensors of a program lie on one GPU.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.
    DtypeError
        If there are tensors on another GPU.

    Examples
    --------
    >>> import learngrad
    >>> if learngrad.cuda.is_available():
    ...     learngrad.cuda.set_device(0)
    """
    _ours(device).use()


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
    return str(get_device_properties(device).name)


def get_device_properties(device: Any = None) -> SimpleNamespace:
    """Name, memory in bytes, compute capability and multiprocessors of a GPU.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> if learngrad.cuda.is_available():
    ...     total = learngrad.cuda.get_device_properties().total_memory
    """
    known = devices.cupy().cuda.runtime.getDeviceProperties(_cuda(device).id)
    name = known["name"]
    return SimpleNamespace(
        name=name.decode() if isinstance(name, bytes) else str(name),
        total_memory=int(known["totalGlobalMem"]), major=int(known["major"]),
        minor=int(known["minor"]), multi_processor_count=int(known["multiProcessorCount"]))


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The GPU's compute capability: (9, 0) for an H100.

    Raises
    ------
    MissingDependency
        If CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> if learngrad.cuda.is_available():
    ...     major, minor = learngrad.cuda.get_device_capability()
    """
    found = get_device_properties(device)
    return found.major, found.minor


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


def is_bf16_supported() -> bool:
    """Whether tensors on the GPU can be bfloat16: where ml-dtypes is installed.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cuda.is_bf16_supported() and not learngrad.cuda.is_available()
    False
    """
    return is_available() and importlib.util.find_spec("ml_dtypes") is not None
