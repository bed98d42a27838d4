"""A strict stand-in for CuPy, for machines without a GPU: NumPy's arrays with CuPy's manners.

It is installed as the module ``cupy`` (see `installed`), so that the tests that run on a GPU run
anywhere. What it refuses is what CuPy refuses, or what costs a copy between the devices:

- implicit conversion to NumPy (``__array__`` raises TypeError, as CuPy's does);
- NumPy arrays as operands, as outputs and as indices (CuPy raises for the first two, and copies the
  third to the GPU);
- functions and methods that are not on the lists below, all of which CuPy has;
- dtypes outside ``?bhilqBHILQefdFD``; ``add.at`` on dtypes that CuPy has no atomic addition for.

What it does as CuPy does: results are arrays of no dimensions where NumPy gives scalars; an index
array that is out of bounds wraps round; a negative power of an integer is no error; nothing ever
warns. And it counts what a training step should not do (`counts`): copies between the devices, and
waiting.

Facts: https://docs.cupy.dev/en/stable/user_guide/difference.html and CuPy's sources
(`_core/core.pyx`, `_core/_kernel.pyx`, `_core/_routines_indexing.pyx`,
`random/_generator_api.pyx`).
"""

import contextlib
import sys
import types

from tests.cupy_standin import arrays, blas, rawkernels
from tests.cupy_standin.arrays import counts, ndarray

__all__ = ["counts", "installed", "ndarray", "real"]


def real():
    """CuPy itself where it is installed and sees a GPU, else None."""
    try:
        import cupy
        genuine = cupy.ndarray is not ndarray and cupy.cuda.runtime.getDeviceCount()
        return cupy if genuine else None
    except Exception:  # noqa: BLE001 - a broken driver has many ways to say so
        return None


def _module():
    cupy = types.ModuleType("cupy", __doc__)
    cupy.__version__ = "0 (stand-in)"
    vars(cupy).update(arrays.namespace())
    return cupy


def _extras():
    """``cupyx``, as far as it is used."""
    special = types.ModuleType("cupyx.scipy.special")
    special.erf = arrays.erf
    return {"cupyx": types.ModuleType("cupyx"), "cupyx.scipy": types.ModuleType("cupyx.scipy"),
            special.__name__: special}


@contextlib.contextmanager
def installed():
    """``import cupy`` gives CuPy where there is a GPU, and the stand-in elsewhere."""
    from learngrad import devices, kernels
    from learngrad.cuda import products

    genuine = real()
    if genuine is not None:
        yield genuine
        return
    known, generators = devices._array_types, dict(devices._generators)
    home, devices._home = devices._home, None
    stand_ins = {"cupy": _module(), **_extras()}
    library, products._library = products._library, lambda: blas
    launched = kernels.Rows._launched
    if rawkernels.why_not() is not None:  # the formula is what a kernel means
        kernels.Rows._launched = lambda self, *args: self.formula(*args)
    before = {name: sys.modules.get(name) for name in stand_ins}
    sys.modules.update(stand_ins)
    try:
        yield stand_ins["cupy"]
    finally:
        products._library, kernels.Rows._launched = library, launched
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
        devices._array_types, devices._home = known, home
        devices._generators.clear()
        devices._generators.update(generators)
