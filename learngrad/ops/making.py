"""A tensor's methods that make tensors like it, convert it, or lend its memory to others."""

from __future__ import annotations

from typing import Any

from learngrad import devices
from learngrad.autograd import function
from learngrad.errors import GraphError
from learngrad.ops.elementwise import cast
from learngrad.ops.shape import _sizes

__all__: list[str] = []  # no operations: methods alone


class Making:
    """Methods of a tensor. What they make has its dtype and device, unless others are given."""

    __slots__ = ()

    dtype: Any
    device: Any
    to: Any
    _data: Any
    _edge: Any

    def new_full(self, size, fill_value, *, dtype=None, device=None, requires_grad=False):
        """A tensor of shape `size` filled with one number."""
        dtype = self.dtype if dtype is None else devices.to_dtype(dtype)
        device = self.device if device is None else device
        array = devices.made_on(device, lambda xp: xp.full(_sizes((size,)), fill_value, dtype))
        return function.Tensor(array, requires_grad=requires_grad)

    def new_zeros(self, *size, dtype=None, device=None, requires_grad=False):
        """Zeros of shape `size`."""
        return self.new_full(_sizes(size), 0, dtype=dtype, device=device,
                             requires_grad=requires_grad)

    def new_ones(self, *size, dtype=None, device=None, requires_grad=False):
        """Ones of shape `size`."""
        return self.new_full(_sizes(size), 1, dtype=dtype, device=device,
                             requires_grad=requires_grad)

    def new_empty(self, *size, dtype=None, device=None, requires_grad=False):
        """A tensor of shape `size` to be filled; it holds zeros until then."""
        return self.new_zeros(*size, dtype=dtype, device=device, requires_grad=requires_grad)

    def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
        """A tensor of the numbers in `data`."""
        return function.Tensor(data, dtype=self.dtype if dtype is None else dtype,
                               device=self.device if device is None else device,
                               requires_grad=requires_grad)

    def type_as(self, other):
        """In the dtype of another tensor."""
        return cast(self, other.dtype)

    def half(self):
        """In float16."""
        return cast(self, devices.float16)

    def bfloat16(self):
        """In bfloat16, which is for storage alone; needs ml-dtypes."""
        return cast(self, devices.bfloat16())

    def short(self):
        """In int16."""
        return cast(self, devices.int16)

    def char(self):
        """In int8."""
        return cast(self, devices.int8)

    def byte(self):
        """In uint8."""
        return cast(self, devices.uint8)

    @property
    def is_cuda(self):
        """Whether it lives on a GPU."""
        return self.device.type == "cuda"

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
                             "a gradient is not lent out", tensors={"this": self},
                             fix="x.detach()")
        return self._data.__dlpack__(**{k: v for k, v in options.items() if v is not None})

    def __dlpack_device__(self):
        return self._data.__dlpack_device__()
