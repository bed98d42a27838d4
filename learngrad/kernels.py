"""One kernel on a GPU for a formula that NumPy goes through in several passes.

A formula is written in NumPy, which is what a reader reads, what the CPU runs and what the tests
compare with. Where it is worth it, `fused` puts a kernel of the same meaning beside it, and the
arrays choose: NumPy's get the formula, a GPU's the kernel. CuPy compiles a kernel at its first use.
What goes by rows, as a softmax does, is no matter of single elements: `rows` is for that.
https://docs.cupy.dev/en/stable/user_guide/kernel.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices, source
from learngrad.errors import KernelError

__all__ = ["KERNELS", "ROWS", "Fused", "Rows", "does_not_compile", "fused", "rows"]

KERNELS: dict[str, Fused] = {}
ROWS: dict[str, Rows] = {}


class Fused:
    """A formula, and the kernel that stands for it on a GPU.

    Parameters
    ----------
    formula : callable
        Takes the inputs in their order, then outputs that exist and are written in place; gives
        the outputs that do not exist yet.
    inputs, outputs : str
        Names and types as CuPy takes them: ``"T x, T y"``, where T is the arrays' common dtype. A
        Python number may stand for an input.
    body : str
        What happens to one element, in CUDA C. It may read an output that exists.
    """

    def __init__(self, formula: Callable[..., Any], inputs: str, outputs: str, body: str) -> None:
        functools.update_wrapper(self, formula)
        self.formula, self.inputs, self.outputs, self.body = formula, inputs, outputs, body
        self.name = formula.__name__.strip("_")

    @functools.cached_property
    def kernel(self) -> Any:
        """The kernel, compiled when it is first called with these dtypes."""
        return devices.cupy().ElementwiseKernel(
            self.inputs, self.outputs, self.body, f"learngrad_{self.name}")

    def __call__(self, *args: Any) -> Any:
        """The formula of NumPy's arrays and of tensors, the kernel of a GPU's arrays."""
        first = args[0]
        if type(first) is np.ndarray or not devices.is_array(first):
            return self.formula(*args)
        return _run(self, *args)

    def _launched(self, *args: Any) -> Any:
        return self.kernel(*args)


def _run(what: Fused | Rows, *args: Any) -> Any:
    """Call a kernel; the compiler's words, if it has any, beside the line that they are about."""
    if any(type(x) is np.ndarray for x in args):  # as CuPy says it; nothing moves by itself
        raise TypeError(f"{what.name}: unsupported type {np.ndarray}")
    try:
        return what._launched(*args)
    except Exception as error:
        if not hasattr(error, "get_message"):
            raise
        raise does_not_compile(error, what.name, source.resolve((what.formula.__code__, 0)),
                               what.body) from error


def does_not_compile(error: Any, name: str, where: source.Place | None,
                     body: str = "") -> KernelError:
    """The error for a kernel that the compiler refuses: its words, beside the line they are about.

    `error` is CuPy's CompileException: the compiler's message, and all of what was compiled.
    """
    lines, said = error.source.splitlines(), []
    for line in error.get_message().splitlines():
        found = re.search(r"\((\d+)\): (error: .*)|(error: .*)", line)
        if found is None:
            continue
        at = int(found[1] or 0)
        text = lines[at - 1].strip() if 0 < at <= len(lines) else ""
        said.append((found[2] or found[3]) + (f"\n    {text}" if text else ""))
    if body and not any("\n" in words for words in said):
        said.append("the kernel:\n" + "\n".join(f"    {line.strip()}"
                                                for line in body.strip().splitlines()))
    return KernelError(f"the CUDA kernel of {name} does not compile\n  " + "\n  ".join(said),
                       where=where, fix="a kernel's body is CUDA C: each statement ends with ;, "
                                        "numbers are T(0.5), and every name is an input, an "
                                        "output, or declared as in T y = x * x;")


def fused(inputs: str, outputs: str, body: str) -> Callable[[Callable[..., Any]], Fused]:
    """Put a kernel beside a formula; see `Fused`.

    >>> @fused("T x, T y", "T out", "out = x * x + y;")
    ... def squared_and(x, y):
    ...     return x * x + y
    >>> squared_and(np.array([1.0, 2.0]), 3.0)
    array([4., 7.])
    """
    def beside(formula: Callable[..., Any]) -> Fused:
        made = Fused(formula, inputs, outputs, body)
        KERNELS[f"{formula.__module__}.{formula.__name__}"] = made
        return made

    return beside


# ---- Kernels that go by rows ---------------------------------------------------------------------

# A row of up to so many columns belongs to one warp, 32 threads that hear each other without
# waiting; a longer one to a block of threads.
SHORT = 1024
WARP, WARPS = 32, 8  # threads in a warp, and rows in a block where each has a warp
C_TYPES = {"T": "T", "S": "S", "bool": "bool", "int64": "long long", "float64": "double"}
NAMES = {"e": "__half", "f": "float", "d": "double"}

# S is what sums are kept in. Every thread of a row calls row_sum and row_max, and all get the
# answer: the warps' threads add up in a butterfly, then the warps through memory that they share.
PRELUDE = """
#define COLUMNS(j) for (long long j = threadIdx.x; j < m; j += blockDim.x)
#define OVER_ROW(name, combined) \\
__device__ S name(S a) { \\
    for (int k = 16; k > 0; k /= 2) { \\
        const S b = __shfl_xor_sync(0xffffffff, a, k); \\
        a = combined; \\
    } \\
    if (blockDim.x > 32) { \\
        __shared__ S parts[32]; \\
        __syncthreads(); \\
        if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = a; \\
        __syncthreads(); \\
        a = parts[0]; \\
        for (int k = 1; k < blockDim.x / 32; k++) { \\
            const S b = parts[k]; \\
            a = combined; \\
        } \\
    } \\
    return a; \\
}
OVER_ROW(row_sum, a + b)
OVER_ROW(row_max, (a > b ? a : b))
"""
BY_ROW = """
    const long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= n) return;
"""


class Rows:
    """A formula of the rows of a matrix, and the kernel that stands for it on a GPU.

    Parameters
    ----------
    formula : callable
        Takes the inputs in their order and gives the outputs; None stands for an array that is
        not there.
    inputs, outputs : str
        Types, names and sizes: ``"T x[n,m], int64 target[n], float64 eps"``. T is the dtype of the
        first, S what sums are kept in: float32, or float64 where T is. What has no size is a
        number.
    body : str
        CUDA C: what the threads of one row do, or, `by` columns, those of a block. It knows `n`,
        `m` and all other sizes; of a row `row`, ``COLUMNS(j)``, ``row_sum`` and ``row_max``.
    by : {"rows", "columns"}
        By columns, a block has 32 of them, and 32 threads for each.
    """

    def __init__(self, formula: Callable[..., Any], inputs: str, outputs: str, body: str,
                 by: str) -> None:
        functools.update_wrapper(self, formula)
        self.formula, self.body, self.by = formula, body, by
        self.name = formula.__name__.strip("_")
        self.inputs, self.outputs = _declared(inputs), _declared(outputs)
        self.sizes = sorted({s for _, _, shape in self.inputs + self.outputs for s in shape})
        self._kernels: dict[str, Any] = {}

    def source(self, char: str) -> str:
        """The kernel's whole text in CUDA C, T being the dtype of this character."""
        given = [f"const {C_TYPES[kind]}{'*' * bool(shape)} {name}"
                 for kind, name, shape in self.inputs]
        made = [f"{C_TYPES[kind]}* {name}" for kind, name, _ in self.outputs]
        sizes = [f"const long long {name}" for name in self.sizes]
        return "\n".join([
            "#include <cuda_fp16.h>" if char == "e" else "", f"typedef {NAMES[char]} T;",
            f"typedef {'double' if char == 'd' else 'float'} S;", PRELUDE,
            f'extern "C" __global__ void learngrad_{self.name}({", ".join(given + made + sizes)})',
            "{" + BY_ROW * (self.by == "rows") + self.body + "}", ""])

    def __call__(self, *args: Any) -> Any:
        """The formula of NumPy's arrays and of tensors, the kernel of a GPU's arrays."""
        first = args[0]
        if type(first) is np.ndarray or not devices.is_array(first) or not first.size:
            return self.formula(*args)
        return _run(self, *args)

    def _launched(self, *args: Any) -> Any:
        cupy, T = devices.cupy(), args[0].dtype
        dtypes = {"T": T, "S": np.promote_types(T, devices.float32)}
        found: dict[str, int] = {}
        values: list[Any] = []
        for (kind, _, shape), value in zip(self.inputs, args, strict=True):
            if not shape:
                value = np.dtype(kind).type(value)  # a kernel takes its numbers by their size
            elif value is None:
                value = np.intp(0)  # a pointer to nothing
            else:
                found |= zip(shape, value.shape, strict=True)
                value = cupy.ascontiguousarray(value, dtypes.get(kind, kind))
            values.append(value)
        outs = [cupy.empty(tuple(found[s] for s in shape), dtypes[kind])
                for kind, _, shape in self.outputs]
        if T.char not in self._kernels:
            self._kernels[T.char] = cupy.RawKernel(self.source(T.char), f"learngrad_{self.name}")
        sizes = [np.int64(found.get(name, 0)) for name in self.sizes]
        self._kernels[T.char](*self._threads(found["n"], found["m"]), (*values, *outs, *sizes))
        return outs[0] if len(outs) == 1 else tuple(outs)

    def _threads(self, n: int, m: int) -> tuple[tuple[int], tuple[int, int]]:
        """How many blocks of how many threads."""
        if self.by == "columns":
            return (-(-m // WARP),), (WARP, WARP)
        if m <= SHORT:
            return (-(-n // WARPS),), (WARP, WARPS)
        return (n,), (256 if m <= 8 * SHORT else 1024, 1)


def _declared(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Type, name and the names of the sizes of each parameter."""
    return [(kind, name, tuple(shape.split(",")) if shape else ())
            for kind, name, shape in re.findall(r"(\w+) (\w+)(?:\[([\w,]+)\])?", text)]


def rows(inputs: str, outputs: str, body: str, by: str = "rows") -> Callable[..., Rows]:
    """Put a kernel that goes by rows beside a formula; see `Rows`.

    >>> @rows("T x[n,m]", "T out[n]",
    ...       "S sum = 0; COLUMNS(j) sum += S(x[row * m + j]);"
    ...       "sum = row_sum(sum); if (threadIdx.x == 0) out[row] = T(sum);")
    ... def sums(x):
    ...     return x.sum(axis=1)
    >>> sums(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([3., 7.])
    """
    def beside(formula: Callable[..., Any]) -> Rows:
        made = Rows(formula, inputs, outputs, body, by)
        ROWS[f"{formula.__module__}.{formula.__name__}"] = made
        return made

    return beside
