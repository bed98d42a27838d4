"""cuBLAS as it is asked directly: one call on the host's memory, columns first."""

import ctypes

import numpy as np

from learngrad.devices import to_dtype
from tests.cupy_standin import runtime

KINDS = {2: "float16", 0: "float32", 1: "float64", 14: "bfloat16"}


def cublasCreate_v2(handle):
    return 0


def cublasSetStream_v2(handle, stream):
    return 0 if any(stream.value == known.ptr for known in runtime.streams) else 7


def _matrices(pointer, kind, lead, step, rows, columns, count):
    """A stack of matrices [count, rows, columns] that lie by columns."""
    dtype = to_dtype(KINDS[kind.value])
    elements = max((count - 1) * step.value + (columns - 1) * lead.value + rows, 1)
    memory = (ctypes.c_char * (elements * dtype.itemsize)).from_address(pointer.value)
    size = dtype.itemsize
    return np.ndarray((count, rows, columns), dtype, memory,
                      strides=(step.value * size, size, lead.value * size))


def cublasGemmStridedBatchedEx(handle, order_a, order_b, m, n, k, alpha, a, kind_a, lead_a, step_a,
                               b, kind_b, lead_b, step_b, beta, c, kind_c, lead_c, step_c, count,
                               compute, algorithm):
    m, n, k, count = m.value, n.value, k.value, count.value
    for lead, rows in ((lead_a, k if order_a.value else m), (lead_b, n if order_b.value else k),
                       (lead_c, m)):
        if lead.value < max(rows, 1):
            return 7  # CUBLAS_STATUS_INVALID_VALUE
    shape_a, shape_b = ((k, m) if order_a.value else (m, k)), ((n, k) if order_b.value else (k, n))
    number = {68: ctypes.c_float, 70: ctypes.c_double}[compute.value]
    factors = [ctypes.cast(x, ctypes.POINTER(number)).contents.value for x in (alpha, beta)]

    def run():
        left = _matrices(a, kind_a, lead_a, step_a, *shape_a, count)
        right = _matrices(b, kind_b, lead_b, step_b, *shape_b, count)
        out = _matrices(c, kind_c, lead_c, step_c, m, n, count)
        found = np.matmul(left.swapaxes(1, 2) if order_a.value else left,
                          right.swapaxes(1, 2) if order_b.value else right) * factors[0]
        out[...] = found + factors[1] * out if factors[1] else found

    if runtime.captured is None:
        run()
    else:
        runtime.captured.append(run)
    return 0
