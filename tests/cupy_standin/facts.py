"""What CuPy's functions take, as `facts.json` beside this file keeps it; written by CuPy itself.

    python -m tests.cupy_standin.facts

reads the CuPy that is installed, which needs no GPU for that, and writes the file anew. The
stand-in refuses what does not stand there.
"""

import functools
import inspect
import json
import re
import sys
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("facts.json")


def parameters(function):
    """The names of a function's parameters; what Cython compiled has them in its first line."""
    try:
        found = inspect.signature(function).parameters.values()
    except ValueError:
        line = re.match(r"[\w.]+\((.*?)\)(?: ->.*)?$", function.__doc__.splitlines()[0])
        names = [re.split("[=:]", part)[0].split()[-1] for part in re.split(
            r",\s*(?![^(\[]*[)\]])", line[1]) if part.strip()]
    else:
        names = [{p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "") + p.name
                 for p in found]
    return [name for name in names if name not in ("self", "/", "*")]


def read(cupy):
    """The facts about what the stand-in has, from CuPy."""
    from tests.cupy_standin import arrays

    def of(place, names):
        return {name: parameters(getattr(place, name)) for name in names}

    return {
        "version": cupy.__version__,
        "cupy": of(cupy, [*arrays.FUNCTIONS, *arrays.CREATION, "array", "asarray", "asnumpy",
                          "ascontiguousarray", "may_share_memory"]),
        "linalg": of(cupy.linalg, arrays.LINALG),
        "ndarray": of(cupy.ndarray, [*arrays.METHODS, "astype", "copy", "fill", "get", "item",
                                     "tolist", "view"]),
        "Generator": of(cupy.random.Generator, ["random", "uniform", "standard_normal",
                                                "integers"]),
        "ufuncs": {name: list(dict.fromkeys(getattr(cupy, name).types)) for name in arrays.UFUNCS
                   if name != "matmul"},
        "names": sorted(name for name in arrays.namespace() if hasattr(cupy, name)),
        "cuda": sorted(name for name in vars(arrays.namespace()["cuda"])
                       if hasattr(cupy.cuda, name)),
    }


@functools.cache
def known():
    """The facts as they are kept."""
    return json.loads(FILE.read_text("utf-8"))


def check(kind, name, args, options):
    """Refuse what CuPy's function of this name does not take."""
    names = known()[kind].get(name)
    if names is None or any(n.startswith("**") for n in names):
        return
    unknown = options.keys() - {n for n in names if not n.startswith("*")}
    if unknown:
        raise TypeError(f"{name}() got an unexpected keyword argument {sorted(unknown)[0]!r}")
    if len(args) > len(names) and not any(n.startswith("*") for n in names):
        raise TypeError(f"{name}() takes {len(names)} positional arguments but {len(args)} were "
                        "given")


def loop(name, dtypes):
    """The dtypes in which CuPy's ufunc computes with arrays of these: the first that hold them."""
    for line in known()["ufuncs"].get(name, ()):
        takes = line.partition("->")[0]
        if all(dtype is None or _holds(take, dtype) for dtype, take in zip(dtypes, takes)):
            return line
    raise TypeError(f"Wrong type ({', '.join(map(str, dtypes))}) of arguments for cupy_{name}")


def _holds(char, dtype):
    """Whether a dtype goes into another, given by its letter: E is bfloat16's."""
    if char == "E":
        return dtype.name in ("bfloat16", "bool", "int8", "uint8")
    return np.can_cast(dtype, char)


if __name__ == "__main__":
    import cupy

    FILE.write_text(json.dumps(read(cupy), indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{FILE.name}: CuPy {cupy.__version__}\n")
