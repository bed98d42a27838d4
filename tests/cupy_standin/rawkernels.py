"""The stand-in's raw kernels: their very text, compiled for the host, each thread a fiber.

`include/threads.h` says how. It takes g++ on Linux; `why_not` says what is missing elsewhere, and
then the formulas run in the kernels' place.
"""

import atexit
import ctypes
import functools
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.cupy_standin.kernels import CompileException

COMPILE = ["g++", "-std=c++17", "-O1", "-ffp-contract=off", "-w", "-fPIC"]
INCLUDE = Path(__file__).with_name("include")
LETTERS = {"b": "b", "i": "i", "u": "i", "f": "f"}


def why_not():
    """Why CUDA C cannot run here, or None."""
    if not sys.platform.startswith("linux"):
        return "kernels run on the host of Linux alone"
    return None if shutil.which("g++") else "kernels need g++ to run on the host (apt install g++)"


@functools.cache
def _folder():
    """Where this process compiles; the header, the most of the work, is compiled now and once."""
    made = Path(tempfile.mkdtemp(prefix="learngrad-kernels-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    shutil.copy(INCLUDE / "threads.h", made)
    subprocess.run([*COMPILE, "-x", "c++-header", made / "threads.h"], check=True)
    return made


@functools.cache
def compiled(code, name):
    """The kernel as a function of the host, and the letters of what it takes."""
    text = (f'#include "threads.h"\n#line 1 "{name}.cu"\n{code}\n'
            f'extern "C" int host_run(void** a, const unsigned* grid, const unsigned* block, '
            f'int backwards) {{ return host::run({name}, a, grid, block, backwards); }}\n'
            f'extern "C" const char* host_takes() {{ return host::takes({name}); }}\n')
    at = _folder() / hashlib.sha256(text.encode()).hexdigest()[:20]
    at.with_suffix(".cpp").write_text(text, "utf-8")
    ended = subprocess.run(
        [*COMPILE, "-shared", "-I", _folder(), "-I", INCLUDE, at.with_suffix(".cpp"), "-o",
         at.with_suffix(".so")], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise CompileException(f"{name}: {ended.stderr}", code)
    library = ctypes.CDLL(str(at.with_suffix(".so")))
    library.host_takes.restype = ctypes.c_char_p
    return library.host_run, library.host_takes().decode().split()


class RawKernel:
    """As CuPy's, run on the host."""

    backwards = False  # whether the last thread goes first

    def __init__(self, code, name, options=(), backend="nvrtc", *, translate_cucomplex=False,
                 enable_cooperative_groups=False, jitify=False):
        self.code, self.name = code, name

    def __call__(self, grid, block, args, *, shared_mem=0):
        from tests.cupy_standin.arrays import _change, ndarray

        run, takes = compiled(self.code, self.name)
        if len(args) != len(takes):  # a GPU would read what lies behind the last one
            raise TypeError(f"{self.name} takes {len(takes)} arguments, not {len(args)}")
        kept = []
        for k, (value, wanted) in enumerate(zip(args, takes)):
            if isinstance(value, ndarray):
                given, value = "p", np.uint64(value._host.ctypes.data)
            elif isinstance(value, (bool, int, float, np.generic)):
                # As CuPy packs them: an int has 8 bytes, a float 8, a NumPy scalar its own.
                value = np.asarray(value)[()]
                given = LETTERS[value.dtype.kind] + str(value.itemsize)
                given = "p" if given == "i8" and wanted == "p" and not value else given
            else:
                raise TypeError(f"Unsupported type {type(value)}")
            if given != wanted:  # a GPU would take the bytes for something else
                raise TypeError(f"argument {k + 1} of {self.name} is {given}, not {wanted}")
            kept.append(np.array([value]))
        pointers = (ctypes.c_void_p * len(kept))(*(x.ctypes.data for x in kept))
        sizes = [(ctypes.c_uint * 3)(*(tuple(size) + (1, 1))[:3]) for size in (grid, block)]

        def launch(arrays=args, kept=kept):  # the kernel's memory lives as long as it may run
            failed = run(pointers, *sizes, int(self.backwards))
            if failed:
                raise RuntimeError(f"{self.name}: " + (
                    "threads wait for others that never come" if failed == 1 else
                    f"cudaErrorInvalidConfiguration: {grid} blocks of {block} threads"))

        _change(launch)
