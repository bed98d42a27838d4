"""Every kernel through NVIDIA's compiler, which needs no GPU for that.

    python -m tests.cupy_standin.compile

takes the CuPy that is installed, for the compiler and for the headers that it puts before a kernel.
"""

import importlib
import sys
from pathlib import Path

from learngrad.kernels import KERNELS, ROWS

ARCHITECTURES = ["compute_75", "compute_90"]
TYPES = {"e": "float16", "f": "float", "d": "double"}
NAMES = {"int32": "int", "int64": "long long", "float16": "float16", "float32": "float",
         "float64": "double", "bool": "bool"}
FILES = ["learngrad.optim.sgd", "learngrad.optim.adam", "learngrad.nn"]  # besides what ops has


def elementwise(kernel, char):
    """The text that CuPy makes of an elementwise kernel, of contiguous arrays."""
    def parts(text):
        return [part.split() for part in text.split(",")]

    given, made = parts(kernel.inputs), parts(kernel.outputs)
    names = {**NAMES, "T": TYPES[char]}
    takes = [f"const CArray<{names[kind]}, 1, 1, 1> raw_{name}" for kind, name in given]
    takes += [f"CArray<{names[kind]}, 1, 1, 1> raw_{name}" for kind, name in made]
    reads = [f"const {names[kind]} &{name} = raw_{name}[ind.get()];" for kind, name in given]
    reads += [f"{names[kind]} &{name} = raw_{name}[ind.get()];" for kind, name in made]
    return "\n".join([
        "#include <cupy/complex.cuh>", "#include <cupy/carray.cuh>",
        "#include <cupy/float16.cuh>" if char == "e" else "", f"typedef {TYPES[char]} T;",
        f'extern "C" __global__ void learngrad_{kernel.name}({", ".join(takes)}, CIndexer<1, 1> '
        "ind) {", "CUPY_FOR(i, ind.size()) { ind.set(i);", *reads, kernel.body + "; } }"])


def texts():
    """Name and text of each kernel, for each dtype."""
    for name in FILES:
        importlib.import_module(name)
    for name, kernel in KERNELS.items():
        for char in TYPES:
            yield f"{name}, {TYPES[char]}", elementwise(kernel, char)
    for name, kernel in ROWS.items():
        for char in TYPES:
            yield f"{name}, {TYPES[char]}", kernel.source(char)


def lacking(what):
    """End the command, not as a failure: something that it needs is not there."""
    sys.stderr.write(f'{what}: pip install "cupy-cuda13x[ctk]"\n')
    raise SystemExit(3)


def includes():
    """Where CuPy's headers are, and CUDA's."""
    import cupy
    from cuda import pathfinder

    own = Path(cupy.__file__).parent / "_core" / "include"
    within = own / "cupy" / "_cccl"
    cuda = pathfinder.find_nvidia_header_directory("cudart") or lacking(
        "CUDA's headers are not found")
    return [f"-I{path}" for path in (own, within / "libcudacxx", within / "cub", within / "thrust",
                                     cuda)]


def main():
    from cupy_backends.cuda.libs import nvrtc

    try:
        version = ".".join(map(str, nvrtc.getVersion()))
    except RuntimeError as error:
        lacking(str(error))
    options, count = ["--std=c++17", "-ftz=true", "--device-as-default-execution-space",
                      *includes()], 0
    for name, text in texts():
        for architecture in ARCHITECTURES:
            program = nvrtc.createProgram(text, "kernel.cu", (), ())
            try:
                nvrtc.compileProgram(program, (*options, f"-arch={architecture}"))
            except nvrtc.NVRTCError:
                raise SystemExit(f"{name}, {architecture}:\n{nvrtc.getProgramLog(program)}"
                                 ) from None
            nvrtc.destroyProgram(program)
            count += 1
    sys.stdout.write(f"{count} kernels compile, with NVRTC {version}\n")


if __name__ == "__main__":
    main()
