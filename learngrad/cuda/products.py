"""Matrix products while a step is recorded: CuPy refuses cuBLAS then, so cuBLAS is asked directly.

cuBLAS itself may be recorded. CuPy's own calls check that nothing is (as of version 14), and this
module makes the one call that all products come down to, ``cublasGemmStridedBatchedEx``.
https://docs.nvidia.com/cuda/cublas/#cublasgemmstridedbatchedex
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.errors import DtypeError, MissingDependency

__all__ = ["direct", "get_ready", "product"]

# cudaDataType_t, cublasComputeType_t: sums of halves are kept in float32
_KINDS = {"float16": (2, 68), "bfloat16": (14, 68), "float32": (0, 68), "float64": (1, 70)}
_AS_IT_IS, _TRANSPOSED, _DEFAULT = 0, 1, -1


@functools.cache
def _library() -> Any:
    """The cuBLAS that CuPy has loaded."""
    importlib.import_module("cupy.cublas")  # finds the library where pip or conda put it, too
    version = devices.cupy().cuda.runtime.runtimeGetVersion() // 1000
    names = f"libcublas.so.{version}", f"cublas64_{version}.dll"
    for name in names:
        with contextlib.suppress(OSError):
            return ctypes.CDLL(name)
    raise MissingDependency(f"cuBLAS is not found: neither {names[0]} nor {names[1]}",
                            fix=f'pip install "cupy-cuda{version}x[ctk]"')


@functools.cache
def _handle(device: int) -> ctypes.c_void_p:
    """The state of cuBLAS on one GPU, ours alone."""
    handle = ctypes.c_void_p()
    _checked(_library().cublasCreate_v2(ctypes.byref(handle)), "cublasCreate")
    return handle


def _checked(status: int, call: str) -> None:
    if status:
        raise RuntimeError(f"{call} failed with cuBLAS' status {status}")


def product(a: Any, b: Any, out: Any = None) -> Any:
    """``a @ b`` of arrays on the GPU, as NumPy's matmul has it; into `out` if given."""
    if not (devices.is_floating(a.dtype) and devices.is_floating(b.dtype)):
        raise DtypeError(f"a recorded step multiplies matrices of floating numbers, not {a.dtype} "
                         f"and {b.dtype}", fix="x.float()")
    if a.dtype != b.dtype:
        dtype = devices.promote_types(a.dtype, b.dtype)
        a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
    row, column = a.ndim == 1, b.ndim == 1
    a, b = (a[None] if row else a), (b[:, None] if column else b)
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    shape = (*batch, a.shape[-2], b.shape[-1])
    empty = devices.array_module(a).empty
    made = out if out is not None and out.flags.c_contiguous and out.dtype == a.dtype and (
        out.shape == shape) else empty(shape, a.dtype)
    if made.size and a.shape[-1]:
        _multiply(a, b, made, batch)
    elif made.size:
        made.fill(0)
    if out is not None and made is not out:
        out[...] = made.reshape(out.shape)
        return out
    if row or column:
        return made.reshape((*batch, *shape[-2:][row:2 - column]))
    return made


def get_ready() -> None:
    """Let cuBLAS take what it needs in this stream, which it cannot while one is recorded."""
    one = devices.cupy().ones((1, 1), devices.float32)
    product(one, one)


def _multiply(a: Any, b: Any, out: Any, batch: tuple[int, ...]) -> None:
    (m, k), n, count = a.shape[-2:], b.shape[-1], int(np.prod(batch, dtype=int))
    (a, order_a, step_a, lead_a), (b, order_b, step_b, lead_b) = _laid(a, batch), _laid(b, batch)
    kind, compute = _KINDS[out.dtype.name]
    number = ctypes.c_double if out.dtype == np.float64 else ctypes.c_float
    one, zero = number(1), number(0)
    pointer, long, integer = ctypes.c_void_p, ctypes.c_longlong, ctypes.c_int
    device = out.device.id
    stream = devices.cupy().cuda.get_current_stream().ptr
    _checked(_library().cublasSetStream_v2(_handle(device), pointer(stream)), "cublasSetStream")
    # cuBLAS has columns where NumPy has rows: it is asked for the transposed product, b' a'.
    _checked(_library().cublasGemmStridedBatchedEx(
        _handle(device), integer(order_b), integer(order_a), integer(n), integer(m), integer(k),
        ctypes.byref(one), pointer(b.data.ptr), integer(kind), integer(lead_b), long(step_b),
        pointer(a.data.ptr), integer(kind), integer(lead_a), long(step_a), ctypes.byref(zero),
        pointer(out.data.ptr), integer(kind), integer(n), long(m * n), integer(count),
        integer(compute), integer(_DEFAULT)), "cublasGemmStridedBatchedEx")


def _laid(a: Any, batch: tuple[int, ...]) -> tuple[Any, int, int, int]:
    """How a matrix, or a stack of them, lies: order, elements from one to the next and a row."""
    rows, columns = a.shape[-2:]
    if a.ndim > 2:
        if a.shape[:-2] != batch:
            a = np.broadcast_to(a, (*batch, rows, columns))
        a = devices.array_module(a).ascontiguousarray(a)
        return a, _AS_IT_IS, rows * columns, columns
    down, along = (stride // a.itemsize for stride in a.strides)
    if (along == 1 or columns == 1) and down >= columns:
        return a, _AS_IT_IS, 0, down
    if (down == 1 or rows == 1) and along >= rows:
        return a, _TRANSPOSED, 0, along
    return devices.array_module(a).ascontiguousarray(a), _AS_IT_IS, 0, columns


@contextlib.contextmanager
def direct() -> Iterator[None]:
    """Let ``@``, ``dot`` and ``matmul`` of arrays on the GPU be `product`, in every thread."""
    array = devices.cupy().ndarray
    before = {name: getattr(array, name)
              for name in ("__matmul__", "__rmatmul__", "dot", "__array_ufunc__")}

    def ufunc(self: Any, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if function is np.matmul and method == "__call__":
            out = options.get("out")
            return product(inputs[0], inputs[1], out[0] if isinstance(out, tuple) else out)
        return before["__array_ufunc__"](self, function, method, *inputs, **options)

    array.__matmul__, array.__rmatmul__ = product, lambda self, other: product(other, self)
    array.dot, array.__array_ufunc__ = product, ufunc
    try:
        yield
    finally:
        for name, method in before.items():
            setattr(array, name, method)
