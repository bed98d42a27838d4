"""A tensor's methods that make tensors like it, convert it, or lend its memory to others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices, source
from learngrad.autograd import function
from learngrad.errors import ArgumentError, GraphError, ShapeError
from learngrad.memory import out_of_memory
from learngrad.ops.elementwise import cast
from learngrad.ops.shape import _sizes
from learngrad.ops.spelling import spelled

__all__: list[str] = []  # no operations: methods alone

# The dtypes by the names that C gives them, as PyTorch's methods have it: `x.long()`.
KINDS = {
    "half": devices.float16, "float": devices.float32, "double": devices.float64,
    "char": devices.int8, "short": devices.int16, "int": devices.int32, "long": devices.int64,
    "byte": devices.uint8, "bool": devices.bool_,
}
# PyTorch's old names of a dtype, which `Tensor.type` still gives and takes.
OLD_TYPES = {f"{kind.title()}Tensor": dtype for kind, dtype in KINDS.items()}


def old_type(name: str) -> tuple[str, Any]:
    """The device and the dtype of an old name: ``"torch.cuda.FloatTensor"``."""
    *prefix, kind = name.split(".")
    if kind not in OLD_TYPES or prefix not in ([], ["torch"], ["torch", "cuda"]):
        raise ArgumentError(f"there is no type {name!r:.60}", fix='x.type("torch.FloatTensor")')
    return "cuda" if "cuda" in prefix else "cpu", OLD_TYPES[kind]


def _to(kind: str) -> Callable[..., Any]:
    def convert(self, memory_format=None):
        return cast(self, KINDS[kind])

    convert.__name__ = convert.__qualname__ = kind
    convert.__doc__ = f"In {KINDS[kind]}; `memory_format` is accepted and changes nothing."
    return convert


def like(input: Any, dtype: Any, device: Any) -> dict[str, Any]:
    """The options of what is made in the image of `input`: its dtype and device, unless given."""
    return {"dtype": input.dtype if dtype is None else dtype,
            "device": input.device if device is None else device}


def own(array: Any, requires_grad: bool = False) -> Any:
    """A tensor round an array that was just made: nothing is copied."""
    t = function.Tensor._from_array(devices.as_array(array), None)
    t._made = source.caller()
    return t.requires_grad_() if requires_grad else t


def shape_of(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes given one by one or as one sequence; a negative one is refused."""
    shape = _sizes(size)
    if any(s < 0 for s in shape):
        raise ShapeError(f"a size is 0 or more, and shape {list(shape)} has a negative one",
                         fix="learngrad.zeros(2, 3)")
    return shape


def filled(size: tuple[Any, ...], value: Any, dtype: Any, device: Any, requires_grad: bool) -> Any:
    """A tensor of one number."""
    dtype = devices.chosen_dtype(dtype)
    shape = shape_of(size)
    value = devices.fitting(value, dtype)
    try:
        array = devices.made_on(device, lambda xp: xp.full(shape, value, dtype))
    except MemoryError as error:
        raise out_of_memory(error, f"a tensor of shape {list(shape)}") from error
    return own(array, requires_grad)


class Making:
    """Methods of a tensor. What they make has its dtype and device, unless others are given."""

    __slots__ = ()

    dtype: Any
    device: Any
    to: Any
    numel: Any
    _data: Any
    _edge: Any

    @spelled(memory=True)
    def new_full(self, size, fill_value, *, dtype=None, device=None, requires_grad=False):
        """A tensor of shape `size` filled with one number."""
        return filled((size,), fill_value, **like(self, dtype, device), requires_grad=requires_grad)

    @spelled(many="size", memory=True)
    def new_zeros(self, *size, dtype=None, device=None, requires_grad=False):
        """Zeros of shape `size`."""
        return self.new_full(_sizes(size), 0, dtype=dtype, device=device,
                             requires_grad=requires_grad)

    @spelled(many="size", memory=True)
    def new_ones(self, *size, dtype=None, device=None, requires_grad=False):
        """Ones of shape `size`."""
        return self.new_full(_sizes(size), 1, dtype=dtype, device=device,
                             requires_grad=requires_grad)

    @spelled(many="size", memory=True)
    def new_empty(self, *size, dtype=None, device=None, requires_grad=False):
        """A tensor of shape `size` to be filled; it holds zeros until then."""
        return self.new_zeros(*size, dtype=dtype, device=device, requires_grad=requires_grad)

    def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
        """A tensor of the numbers in `data`."""
        return function.Tensor(data, **like(self, dtype, device), requires_grad=requires_grad)

    def new(self, *data):
        """The old way to make a tensor like it: zeros of a shape, to be filled, or of numbers."""
        shape = data[0] if data and hasattr(data[0], "numel") else data
        if isinstance(shape, tuple) and all(isinstance(size, int) for size in shape):
            return self.new_zeros(shape or 0)
        return self.new_tensor(*data)

    def type(self, dtype=None, non_blocking=False):
        """Its old name, ``"torch.FloatTensor"``; or the tensor in `dtype`, an old name or a new."""
        if dtype is None:
            kind = next((k for k, d in OLD_TYPES.items() if d == self.dtype), str(self.dtype))
            return f"torch.cuda.{kind}" if self.is_cuda else f"torch.{kind}"
        if isinstance(dtype, str) and dtype.endswith("Tensor"):
            device, dtype = old_type(dtype)
            return self.to(device, dtype)
        return cast(self, getattr(dtype, "dtype", dtype))

    half, float, double, char, short, int, long, byte, bool = map(_to, KINDS)

    def type_as(self, other):
        """In the dtype of another tensor, and on its device."""
        return self.to(other)

    def bfloat16(self):
        """In bfloat16; needs ml-dtypes."""
        return cast(self, devices.bfloat16())

    @property
    def is_cuda(self):
        """Whether it lives on a GPU."""
        return self.device.type == "cuda"

    @property
    def is_cpu(self):
        """Whether it lives on the CPU."""
        return self.device.type == "cpu"

    @property
    def itemsize(self):
        """The bytes of one element."""
        return self.dtype.itemsize

    @property
    def nbytes(self):
        """The bytes of all elements."""
        return self.numel() * self.dtype.itemsize

    def get_device(self):
        """The number of its GPU; -1 on the CPU."""
        return self._data.device.id if self.is_cuda else -1

    def nelement(self):
        """The number of elements."""
        return self.numel()

    def data_ptr(self):
        """Where in memory its first element lies."""
        return _address(self._data)

    def storage_offset(self):
        """How many elements after the first one of its memory a view begins."""
        whole = self._data
        while isinstance(whole.base, type(whole)):
            whole = whole.base
        return (_address(self._data) - _address(whole)) // self.dtype.itemsize

    def element_size(self):
        """The bytes of one element."""
        return self.dtype.itemsize

    def stride(self, dim=None):
        """How many elements apart in memory neighbours along each dimension lie, or along one."""
        steps = tuple(s // self.dtype.itemsize for s in self._data.strides)
        return steps if dim is None else steps[dim]

    def __dlpack__(self, **options):
        """The memory, for another library that speaks DLPack; nothing is copied."""
        if self._edge is not None:
            raise GraphError("another library knows nothing of this graph, so a tensor that needs "
                             "a gradient is not lent out", fix="x.detach()")
        return self._data.__dlpack__(**{k: v for k, v in options.items() if v is not None})

    def __dlpack_device__(self):
        return self._data.__dlpack_device__()


def _address(array: Any) -> int:
    return array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr
