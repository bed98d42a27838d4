"""Devices, dtypes and promotion: the one place that knows NumPy from CuPy.

"cpu" is NumPy and "cuda" is CuPy, which is imported when a tensor is first asked for there. Dtypes
are NumPy's own; promotion is PyTorch's. https://docs.pytorch.org/docs/stable/tensor_attributes.html
"""

from __future__ import annotations

import importlib
import math
import threading
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from learngrad.errors import (
    ArgumentError,
    ArgumentRangeError,
    ArgumentTypeError,
    DtypeError,
    MissingDependency,
    OutOfRangeError,
    no_tensor,
)

__all__ = [
    "Device", "Generator", "arithmetic", "array_module", "as_array", "bool_", "device_of",
    "division", "floating", "float16", "float32", "float64", "get_default_device",
    "get_default_dtype", "int8", "int16", "int32", "int64", "is_array", "manual_seed",
    "result_type", "set_default_device", "set_default_dtype", "to_dtype", "uint8",
]

Array = Any  # numpy.ndarray or cupy.ndarray: CuPy is never imported only to name its type

float16, float32, float64 = np.dtype("float16"), np.dtype("float32"), np.dtype("float64")
int8, int16 = np.dtype("int8"), np.dtype("int16")
int32, int64 = np.dtype("int32"), np.dtype("int64")
uint8, bool_ = np.dtype("uint8"), np.dtype("bool")
FLOATING = "fV"  # the kinds of floating dtypes: V is that of bfloat16, which is not NumPy's own

_default_dtype = float32
_array_types: tuple[type, ...] = (np.ndarray,)

# Linux's C library gives the memory of a large array back to the system as soon as it is freed, and
# each page of the next one costs a fault: a sixth of the time of an LSTM's step. It keeps memory of
# up to the size of the largest array freed so far, so one is made and freed here, never touched.
np.empty(31 << 20, np.uint8)


def get_default_dtype() -> np.dtype[Any]:
    """The floating dtype of new tensors made from Python numbers; ``float32`` at first.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.get_default_dtype()
    dtype('float32')
    """
    return _default_dtype


def set_default_dtype(dtype: Any) -> None:
    """Set the floating dtype of new tensors made from Python numbers.

    Raises
    ------
    ArgumentTypeError
        If it is not floating.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.set_default_dtype(learngrad.float64)
    >>> learngrad.tensor(1.5).dtype
    dtype('float64')
    >>> learngrad.set_default_dtype(learngrad.float32)
    """
    global _default_dtype
    dtype = to_dtype(dtype)
    if not is_floating(dtype):
        raise ArgumentTypeError(f"the default dtype must be a floating one, and {dtype} is not",
                                fix="learngrad.set_default_dtype(learngrad.float64)")
    _default_dtype = dtype


def to_dtype(dtype: Any) -> np.dtype[Any]:
    """`dtype` as a NumPy dtype that tensors can have; complex and objects are refused."""
    try:
        result = bfloat16() if isinstance(dtype, str) and dtype == "bfloat16" else np.dtype(dtype)
    except TypeError:
        raise ArgumentTypeError(f"{dtype!r:.60} is not a dtype",
                                fix="dtype=learngrad.float32") from None
    if is_bfloat16(result):
        return result
    if result.kind not in "fiub" or result.itemsize > 8:
        why = ("complex numbers are not supported" if result.kind == "c" else
               "tensors hold numbers of up to 64 bits")
        raise ArgumentTypeError(f"a tensor cannot have dtype {result}: {why}",
                                fix="use a floating, integer or bool dtype")
    return np.dtype(result.type)  # in this machine's byte order


def chosen_dtype(dtype: Any) -> np.dtype[Any]:
    """The dtype that an argument ``dtype=`` means; None is the default."""
    return _default_dtype if dtype is None else to_dtype(dtype)


def is_floating(dtype: np.dtype[Any]) -> bool:
    """Whether numbers of a dtype can have gradients."""
    return dtype.kind in FLOATING


def is_half(dtype: np.dtype[Any]) -> bool:
    """Whether numbers of a dtype are floating, and take 16 bits."""
    return dtype.kind in FLOATING and dtype.itemsize == 2


at_bfloat16: list[Callable[[], None]] = []  # what is to be done before there can be such tensors
_preparing = threading.Lock()


def is_bfloat16(dtype: np.dtype[Any]) -> bool:
    """Whether it is bfloat16; the first answer of yes prepares operations for it."""
    return dtype.kind == "V" and dtype.name == "bfloat16" and dtype == bfloat16()


def bfloat16() -> np.dtype[Any]:
    """The dtype bfloat16, from ml-dtypes, which is imported now: the first half of a float32.

    Tensors are stored in it; operations compute in float32 and round their results.
    """
    try:
        dtype = np.dtype(importlib.import_module("ml_dtypes").bfloat16)
    except ImportError as error:
        raise MissingDependency(
            f"dtype bfloat16 needs ml-dtypes, which cannot be imported ({error})",
            fix="pip install ml-dtypes, or use float16 or float32") from error
    if at_bfloat16:
        with _preparing:  # another thread waits until all is done
            for prepare in at_bfloat16:
                prepare()
            at_bfloat16.clear()
    return dtype


def limits(dtype: np.dtype[Any]) -> Any:
    """What NumPy's finfo says of a floating dtype, also of bfloat16."""
    return (importlib.import_module("ml_dtypes") if dtype.kind == "V" else np).finfo(dtype)


class Device:
    """Where a tensor lives: ``device("cpu")``, ``device("cuda")``, ``device("cuda:1")``.

    A number alone is a GPU's. As a context it is where new tensors are made that name no device of
    their own.

    Raises
    ------
    ArgumentRangeError
        If there is no such device.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.device("cuda", 1)
    device(type='cuda', index=1)
    >>> with learngrad.device("cpu"):
    ...     x = learngrad.ones(2)
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, device: str | int | Device, index: int | None = None) -> None:
        text = f"cuda:{device}" if is_index(device) else str(device)
        name, colon, number = text.partition(":")
        if name not in ("cpu", "cuda") or (colon and not (number.isdecimal() and index is None)):
            beside = "" if index is None else f" with the number {index!r}"
            raise ArgumentRangeError(
                f"there is no device {device!r:.60}{beside}",
                fix='"cpu", "cuda" (the current GPU), or "cuda:0" for the first GPU')
        if index is not None and not (is_index(index) and index >= 0):
            raise ArgumentRangeError(f"the number of a device is 0 or more, not {index!r:.60}",
                                     fix=f'device("{name}", 0)')
        self.type = name
        self.index = int(number) if colon else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type={self.type!r}" + (f", index={self.index})" if self.index is not None
                                                else ")")

    def __enter__(self) -> Device:
        _places.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        _places.pop()


def is_index(value: Any) -> bool:
    """Whether `value` is a number, as PyTorch's programs also name a GPU."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


CPU = Device("cpu")
_places = [CPU]  # where new tensors go: the default, and the contexts we are in


def get_default_device() -> Device:
    """Where new tensors are made that name no device.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.get_default_device()
    device(type='cpu')
    """
    return _places[-1]


def set_default_device(device: Any) -> None:
    """Make new tensors, and layers, on this device unless they name another; None is the CPU.

    For all threads. Random draws follow: those of a default device come from its own generator.

    Raises
    ------
    ArgumentRangeError
        If there is no such device.
    MissingDependency
        If it is a GPU, and CuPy is not installed.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.set_default_device("cuda" if learngrad.cuda.is_available() else "cpu")
    >>> learngrad.set_default_device("cpu")
    """
    chosen = CPU if device is None else Device(device)
    if chosen.type == "cuda":
        gpu(chosen.index)
    _places[0] = chosen


def place(device: Any) -> Device:
    """The device that an argument ``device=`` means; None is the default."""
    return _places[-1] if device is None else Device(device)


def destination(args: Iterable[Any], dtype: Any, device: Any) -> tuple[Any, Any]:
    """What the arguments of a ``to`` mean: a dtype, a device, or a tensor to be like."""
    for arg in args:
        if hasattr(arg, "_edge"):
            dtype, device = arg.dtype, arg.device
        elif isinstance(arg, Device) or is_index(arg) or (
                isinstance(arg, str) and not hasattr(np, arg) and arg != "bfloat16"):
            device = arg
        elif arg is not None:
            dtype = arg
    return dtype, device


def cupy() -> Any:
    """CuPy, imported now; an error says why it is not there, or sees no GPU, and what to do."""
    global _array_types
    try:
        module = importlib.import_module("cupy")
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f'device "cuda" needs CuPy, which cannot be imported ({error})',
            fix='pip install "cupy-cuda13x[ctk]" (cupy-cuda12x where `nvidia-smi` says CUDA 12) on '
                'a machine with an NVIDIA GPU, or use device="cpu"') from error
    except ImportError as error:  # CuPy's own words fill a page, round those that matter
        raise MissingDependency(
            'device "cuda" needs CuPy, which is installed and cannot be loaded '
            f"({str(error.__cause__ or error).strip().partition(chr(10))[0]})",
            fix="take the package for the CUDA that `nvidia-smi` names, with its libraries: pip "
                'install "cupy-cuda13x[ctk]" or "cupy-cuda12x[ctk]", one of them alone') from error
    if module.ndarray not in _array_types:
        count_gpus(module)
        _array_types = (np.ndarray, module.ndarray)
    return module


def count_gpus(module: Any) -> int:
    """How many GPUs CuPy sees; an error says why there is none, and what to do."""
    try:
        count = int(module.cuda.runtime.getDeviceCount())
    except RuntimeError as error:
        raise _of_the_driver(str(error)) from error
    if not count:
        raise MissingDependency("CuPy is installed, and finds no GPU",
                                fix="look at what `nvidia-smi` lists and at CUDA_VISIBLE_DEVICES")
    return count


def _of_the_driver(said: str) -> MissingDependency:
    """What CUDA's error at the first question means, and what to do about it."""
    if "InsufficientDriver" in said:  # CUDA says so without any driver, too
        what = "finds no NVIDIA driver, or one older than its CUDA"
        fix = ("see what `nvidia-smi` says; install or update the driver, or take the package for "
               "an older CUDA, cupy-cuda12x")
    elif "NoDevice" in said:
        what = "finds a driver, and no NVIDIA GPU"
        fix = "look at what `nvidia-smi` lists and at CUDA_VISIBLE_DEVICES"
    elif "Mismatch" in said or "Compat" in said:
        what = "finds a driver that does not fit its libraries or the GPU"
        fix = "see that `nvidia-smi` works; after an update of the driver, start the machine anew"
    else:
        what = "finds no NVIDIA driver that works"
        fix = "install one, and see that `nvidia-smi` works"
    return MissingDependency(f"CuPy is installed, and {what} ({said})", fix=fix)


def gpu(index: int | None) -> Any:
    """CuPy's own device of a number, or the current one: a context."""
    module = cupy()
    if index is None:
        return module.cuda.Device()
    count = count_gpus(module)
    if not 0 <= index < count:
        raise ArgumentRangeError(
            f'there is no device "cuda:{index}": the GPUs here are '
            + ", ".join(f'"cuda:{k}"' for k in range(count)),
            fix=f'"cuda:{count - 1}", "cuda" (the current GPU) or "cpu"')
    return module.cuda.Device(index)


_home: int | None = None  # the GPU that this program computes on


def at_home(index: int | None = None) -> Any:
    """CuPy's device in which tensors are made: the first GPU that the program names, and no other.

    Operations run on CuPy's current device, wherever their arrays lie; with one GPU for all of a
    program there is nothing that could run beside them.

    Raises
    ------
    DtypeError
        If it is another one.
    """
    global _home
    if _home is None:
        place = gpu(index)
        _home = int(place.id)
        place.use()
        return place
    if index not in (None, _home):
        gpu(index)  # it may not exist, either
        raise DtypeError(
            f"this program computes on cuda:{_home}, and cuda:{index} is another GPU: all tensors "
            "of a program lie on one", fix=f'device="cuda:{_home}"; or start anew, and name '
            f"cuda:{index} first; or CUDA_VISIBLE_DEVICES={index} before Python starts")
    return cupy().cuda.Device(_home)


def come_home() -> None:
    """Let this thread compute where the program does: CuPy's threads begin on the first GPU."""
    if _home:
        gpu(_home).use()


def is_array(value: Any) -> bool:
    """Whether `value` is an array of a device we know."""
    return isinstance(value, _array_types)


def on_gpu(value: Any) -> bool:
    """Whether `value` is an array on a GPU, also one from before anything of ours was there."""
    if type(value).__module__.partition(".")[0] != "cupy":
        return False
    cupy()
    return is_array(value)


def array_module(array: Array) -> Any:
    """The module whose functions serve `array`: NumPy or CuPy."""
    return cupy() if is_array(array) and not isinstance(array, np.ndarray) else np


_constants: dict[tuple[Any, ...], Array] = {}
CONSTANTS = 64 << 20  # bytes of them that are kept


def constant(array: Array, like: Array) -> Array:
    """What follows from shapes alone, beside `like`: copied to a GPU once, and kept there.

    A copy at each use would hold up a training step, and is not allowed in a recorded one.
    """
    if isinstance(like, np.ndarray):
        return array
    key = like.device.id, array.dtype, array.shape, array.tobytes()
    found = _constants.get(key)
    if found is None:
        found = cupy().asarray(array)
        if sum(kept.nbytes for kept in _constants.values()) + found.nbytes <= CONSTANTS:
            _constants[key] = found  # for good: a recorded step knows its address
    return found


def ones_like(array: Array) -> Array:
    """Ones in the shape and dtype of `array`, on its device."""
    if isinstance(array, np.ndarray) and not array.ndim:
        return np.array(1, array.dtype)  # several times faster, and every backward pass needs it
    return array_module(array).ones(array.shape, array.dtype)


def device_of(array: Array) -> Device:
    """The device that `array` lives on."""
    return CPU if isinstance(array, np.ndarray) else Device("cuda", array.device.id)


def as_array(value: Any, like: Array | None = None) -> Array:
    """A result as an array: NumPy hands out scalars where an array has no dimensions."""
    if isinstance(value, np.generic) or not isinstance(value, _array_types):
        return np.asarray(value) if like is None else array_module(like).asarray(value)
    return value


def to_device(array: Array, device: Device) -> Array:
    """`array` on `device`; the same array where it is there already."""
    if device.type == "cpu":
        return array if isinstance(array, np.ndarray) else cupy().asnumpy(array)
    return made_on(device, lambda xp: xp.asarray(array))


# ---- Promotion -----------------------------------------------------------------------------------
# Operands fall in three ranks: arrays with dimensions, arrays without, and Python numbers. A lower
# rank only decides where its category (bool < integer < floating) is the higher one.

_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2, "V": 2}


def promote_types(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """The smallest dtype that holds both, by PyTorch's table: any floating dtype beats integers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.promote_types(learngrad.int64, learngrad.float16)
    dtype('float16')
    """
    if a == b:
        return a
    if is_floating(a) != is_floating(b):
        return a if is_floating(a) else b
    if "V" in (a.kind, b.kind):  # neither half holds the other
        return np.promote_types(float32, a if b.kind == "V" else b)
    return np.promote_types(a, b)


def result_type(*operands: Any) -> np.dtype[Any]:
    """The dtype in which PyTorch computes with `operands` (arrays and Python numbers)."""
    ranks: list[np.dtype[Any] | None] = [None, None, None]
    for x in operands:
        if is_array(x):
            rank, dtype = (0 if x.ndim else 1), x.dtype
            if dtype.kind == "V":  # it may be NumPy's, and the first one
                dtype = bfloat16()
        elif isinstance(x, (bool, np.bool_)):
            rank, dtype = 2, bool_
        elif isinstance(x, (int, np.integer)):
            rank, dtype = 2, int64
        elif isinstance(x, (float, np.floating)) or (
                isinstance(x, np.generic) and is_bfloat16(x.dtype)):
            rank, dtype = 2, _default_dtype
        else:
            raise not_a_number(x)
        known = ranks[rank]
        ranks[rank] = dtype if known is None else promote_types(known, dtype)
    result: np.dtype[Any] | None = None
    for dtype in ranks:
        if result is None or (dtype is not None and _CATEGORY[dtype.kind] > _CATEGORY[result.kind]):
            result = dtype
    assert result is not None
    return result


def not_a_number(value: Any) -> ArgumentTypeError:
    """The error for text, None and the like where a number belongs."""
    fix = {
        str: "convert the text first: float(text)", bytes: "convert the text first: float(text)",
        complex: "complex numbers are not supported: keep real and imaginary part apart",
    }.get(type(value), "learngrad.tensor(value) makes a tensor of numbers and lists of numbers")
    return ArgumentTypeError(
        f"a number or a tensor belongs here, not {value!r:.60} of type {type(value).__name__}",
        fix=fix)


_NUMBERS = frozenset((float, int))


def arithmetic(inputs: list[Any]) -> list[Any]:
    """The first two inputs brought to their common dtype, as for ``+ - *``."""
    a, b = inputs[0], inputs[1]
    left = getattr(a, "dtype", None)
    # The two usual cases need no table: a floating tensor with a Python number, and equal dtypes.
    if left is not None and (left.kind in FLOATING if type(b) in _NUMBERS
                             else left is getattr(b, "dtype", None)):
        return inputs
    return [*cast_to(inputs[:2], result_type(a, b)), *inputs[2:]]


def division(inputs: list[Any]) -> list[Any]:
    """The first two inputs brought to a common floating dtype, as for ``/``."""
    a, b = inputs[0], inputs[1]
    dtype = getattr(a, "dtype", None)
    if dtype is not None and dtype.kind in FLOATING and dtype is getattr(b, "dtype", None):
        return inputs
    dtype = result_type(a, b)
    return [*cast_to(inputs[:2], dtype if dtype.kind in FLOATING else _default_dtype), *inputs[2:]]


def floating(inputs: list[Any]) -> list[Any]:
    """The first input in a floating dtype, as for exp and log."""
    x = inputs[0]
    if not hasattr(x, "dtype"):
        raise no_tensor("this", x)
    return inputs if x.dtype.kind in FLOATING else [converted(x, _default_dtype), *inputs[1:]]


def recast(array: Array, dtype: np.dtype[Any]) -> Array:
    """A copy in another dtype; what is expanded, which would lie in columns, in rows."""
    return array.astype(dtype, order="C" if 0 in array.strides else "K")


def converted(array: Array, dtype: np.dtype[Any]) -> Array:
    """As `recast`; what is too large for the dtype becomes infinite, without a warning."""
    with np.errstate(all="ignore"):
        return recast(array, dtype)


def fitting(value: Any, dtype: np.dtype[Any]) -> Any:
    """A number as a dtype holds it, -1 as 255 in uint8; what it cannot hold is refused."""
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, (int, float)):
        return value
    if dtype.kind == "b":
        return bool(value)
    if dtype.kind == "u" and isinstance(value, int) and -np.iinfo(dtype).max <= value < 0:
        return _in_bits(value, dtype)
    try:
        if dtype.kind in "iu":
            return dtype.type(value)
        number = float(value)
        # What float16 holds they all do. Infinities and nan are meant as they are.
        if abs(number) > 65504 and math.isfinite(number):
            largest = float(limits(dtype).max)
            if abs(number) > largest:
                raise OverflowError(f"its largest number is {largest:.5g}")
        return number
    except (OverflowError, ValueError) as error:
        wide = ("dtype=learngrad.float64, x.double()" if dtype.kind in FLOATING else
                "dtype=learngrad.float32, x.float()")
        raise DtypeError(f"{value!r:.60} does not fit in {dtype} ({error})",
                         fix=f"{wide}, or another value") from error


def in_rows(array: Array) -> Array:
    """A result with its rows one after another in memory, which NumPy lays out as its operands."""
    return array if array.ndim < 2 or array.flags.c_contiguous else array.copy()


def cast_to(arrays: list[Any], dtype: np.dtype[Any]) -> list[Any]:
    """Arrays in `dtype`; Python numbers stay numbers unless they would decide NumPy's dtype."""
    wrapped = []
    for x in arrays:
        if is_array(x):
            wrapped.append(x if x.dtype == dtype else converted(x, dtype))
        else:
            # NumPy knows Python numbers as weak; a NumPy scalar would be a strong float64.
            wrapped.append(float(x) if dtype.kind in FLOATING else _in_bits(int(x), dtype)
                           if dtype.kind in "iu" else bool(x))
    return wrapped


def _in_bits(number: int, dtype: np.dtype[Any]) -> int:
    """An integer as the bits of `dtype` hold it: -1 is 255 in uint8. NumPy would refuse it."""
    bits = 8 * dtype.itemsize
    number %= 2**bits
    return number - 2**bits if dtype.kind == "i" and number >= 2**(bits - 1) else number


# ---- Random numbers ------------------------------------------------------------------------------


class Generator:
    """A stream of random numbers of our own; NumPy's global state is never touched.

    Reproducible from its seed on one device; the draws are not PyTorch's.

    Examples
    --------
    >>> import learngrad
    >>> g = learngrad.Generator().manual_seed(3)
    >>> g.initial_seed()
    3
    """

    def __init__(self, device: str | Device = "cpu") -> None:
        self.device = Device(device)
        self._seed = 0
        self.manual_seed(_entropy())

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream again from `seed`; returns the generator itself."""
        if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool):
            raise ArgumentTypeError(f"a seed is an integer, not {seed!r:.60}", fix="manual_seed(0)")
        self._seed = int(seed)
        entropy = self._seed % 2**64  # PyTorch takes negative seeds too
        if self.device.type == "cpu":
            self.stream: Any = np.random.default_rng(entropy)
        else:
            with gpu(self.device.index):  # of a GPU that the program may not compute on
                self.stream = cupy().random.default_rng(entropy)
        return self

    def initial_seed(self) -> int:
        """The seed that the stream was started from."""
        return self._seed

    def seed(self) -> int:
        """Start the stream again from a seed that nobody knows, and return that."""
        return self.manual_seed(_entropy())._seed

    def get_state(self) -> dict[str, Any]:
        """The stream's position, as plain data for a checkpoint (CPU only)."""
        if self.device.type != "cpu":
            raise DtypeError("the state of a GPU generator cannot be read",
                             fix="seed it again with manual_seed")
        return {"seed": self._seed, "stream": self.stream.bit_generator.state}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue from a position that `get_state` gave; anything else changes nothing."""
        trial = np.random.PCG64(0)
        try:
            trial.state, seed = state["stream"], state["seed"]
            self.manual_seed(seed)
        except (IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise ArgumentError(f"this is no state of a generator: {state!r:.60}",
                                fix="generator.set_state(generator.get_state())") from error
        self.stream.bit_generator.state = trial.state


def _entropy() -> int:
    return int(np.random.SeedSequence().entropy) % 2**63  # type: ignore[arg-type]


def made_on(device: Any, make: Any) -> Array:
    """``make(module)``, called with the module of a device; None is the default."""
    where = place(device)
    if where.type == "cpu":
        return make(np)
    with at_home(where.index):
        return make(cupy())


_generators: dict[str, Generator] = {}
_seed: int | None = None  # what `manual_seed` was given: a device that comes later starts from it


def default_generator(device: Device = CPU) -> Generator:
    """The generator that draws use when none is given: one for each device."""
    name = f"cuda:{_home or 0}" if str(device) == "cuda" else str(device)
    if name not in _generators:
        _generators[name] = Generator(device)
        if _seed is not None:
            _generators[name].manual_seed(_seed)
    return _generators[name]


def manual_seed(seed: int) -> Generator:
    """Seed the default generators, so that a program's draws can be repeated.

    PyTorch: `torch.manual_seed` takes text that is a number, too.

    Examples
    --------
    >>> import learngrad
    >>> _ = learngrad.manual_seed(0); a = learngrad.rand(2)
    >>> _ = learngrad.manual_seed(0); b = learngrad.rand(2)
    >>> (a == b).tolist()
    [True, True]
    """
    global _seed
    first = default_generator().manual_seed(seed)
    for generator in _generators.values():
        generator.manual_seed(seed)
    _seed = seed
    return first


def normalise_dim(dim: Any, ndim: int, what: str = "dim") -> int:
    """A dimension counted from the front; a taught error where there is none such."""
    if not isinstance(dim, (int, np.integer)) or isinstance(dim, bool):
        raise ArgumentTypeError(f"{what} must be an integer, not {dim!r:.60}", fix=f"{what}=0")
    size = max(ndim, 1)  # a 0-d tensor answers to dim 0 and -1, as in PyTorch
    if not -size <= dim < size:
        raise OutOfRangeError(f"{what}={dim} does not exist: a tensor of {ndim} dimensions has "
                              f"{what} {-size} to {size - 1}", fix=f"{what}=-1 is the last one")
    return int(dim) % size
