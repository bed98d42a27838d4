"""One kernel on a GPU for a formula that NumPy goes through in several passes.

A formula is written in NumPy, which is what a reader reads, what the CPU runs and what the tests
compare with. Where it is worth it, `fused` puts a kernel of the same meaning beside it, and the
arrays choose: NumPy's get the formula, a GPU's the kernel. CuPy compiles a kernel at its first use.
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

__all__ = ["KERNELS", "Fused", "does_not_compile", "fused"]

KERNELS: dict[str, Fused] = {}


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
        try:
            return self.kernel(*args)
        except Exception as error:
            if not hasattr(error, "get_message"):
                raise
            code = self.formula.__code__
            raise does_not_compile(error, self.name, source.resolve((code, 0)),
                                   self.body) from error


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
