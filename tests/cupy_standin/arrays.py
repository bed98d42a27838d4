"""The stand-in's array, and the functions that its module offers."""

import math
import operator
import types

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tests.cupy_standin import facts, kernels, rawkernels, runtime

UFUNCS = [
    "absolute", "add", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "ceil", "conj", "copysign", "cos",
    "cosh", "divide", "equal", "exp", "exp2", "expm1", "floor", "floor_divide", "fmax", "fmin",
    "fmod", "greater", "greater_equal", "hypot", "invert", "isfinite", "isinf", "isnan",
    "left_shift", "less", "less_equal", "log", "log10", "log1p", "log2", "logaddexp",
    "logical_and", "logical_not", "logical_or", "logical_xor", "matmul", "maximum", "minimum",
    "mod", "multiply", "negative", "not_equal", "positive", "power", "reciprocal", "remainder",
    "right_shift", "rint", "sign", "sin", "sinh", "sqrt", "square", "subtract", "tan", "tanh",
    "true_divide", "trunc",
]
FUNCTIONS = [
    "all", "allclose", "amax", "amin", "any", "argmax", "argmin", "argsort", "around",
    "array_equal", "atleast_1d", "atleast_2d", "bincount", "broadcast_arrays", "broadcast_to",
    "clip",
    "concatenate", "copy", "count_nonzero", "cumprod", "cumsum", "delete", "diag", "diagonal",
    "dot", "einsum", "empty_like", "expand_dims", "eye", "flip", "full_like", "hstack", "indices",
    "interp", "isclose", "max", "mean", "median", "min", "moveaxis", "nan_to_num", "nonzero",
    "ones_like", "outer", "pad", "prod", "ravel", "repeat", "reshape", "roll", "rollaxis", "round",
    "searchsorted", "sort",
    "split", "squeeze", "stack", "std", "sum", "swapaxes", "take", "take_along_axis",
    "tensordot", "tile", "trace", "transpose", "tril", "triu", "unique", "var", "vstack",
    "where", "zeros_like",
]
CREATION = [
    "arange", "empty", "full", "linspace", "ones", "zeros",
]
LINALG = ["cholesky", "det", "inv", "norm", "pinv", "qr", "slogdet", "solve", "svd"]
SAME = [
    "bool_", "dtype", "e", "finfo", "float16", "float32", "float64", "generic", "iinfo", "inf",
    "int8", "int16", "int32", "int64", "integer", "floating", "nan", "newaxis", "pi",
    "promote_types", "uint8", "uint16", "uint32", "uint64", "intp",
]
METHODS = [
    "all", "any", "argmax", "argmin", "argsort", "clip", "cumprod", "cumsum", "diagonal", "dot",
    "max", "mean", "min", "nonzero", "prod", "ravel", "flatten", "repeat", "reshape", "round",
    "squeeze", "std", "sum", "swapaxes", "take", "trace", "transpose", "var",
]
DTYPES = "?bhilqBHILQefdFD"
ATOMIC = "iefdILQ"  # dtypes whose elements `add.at` can add to

JOINING, TOGETHER = {"concatenate", "stack", "hstack", "vstack"}, 8

BLAS = {np.matmul, np.dot, np.einsum, np.tensordot}

_SCALARS = (bool, int, float, complex, np.generic)


class Counts:
    """What crossed between the devices, and how often the host waited."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.to_host = self.to_device = self.waits = 0

    def __repr__(self):
        return f"{self.to_host} to host, {self.to_device} to device, {self.waits} waits"

    def __eq__(self, other):
        return (self.to_host, self.to_device, self.waits) == other


counts = Counts()


def _waited():
    counts.waits += 1


runtime.told_of_waits = _waited


def _supported(dtype):
    dtype = np.dtype(dtype)
    if (dtype.char not in DTYPES and dtype.name != "bfloat16") or not dtype.isnative:
        raise ValueError(f"Unsupported dtype {dtype}")
    return dtype


def _wrap(host, like=None):
    """NumPy's result as an array of the device."""
    if isinstance(host, (tuple, list)):
        wrapped = [_wrap(x, like) for x in host]
        return type(host)(*wrapped) if hasattr(host, "_fields") else type(host)(wrapped)
    if not isinstance(host, (np.ndarray, np.generic)):
        return host
    host = np.asarray(host)
    _supported(host.dtype)
    array = ndarray.__new__(ndarray)
    array._host = host
    shares = like is not None and np.may_share_memory(host, like._host)
    array._device = like._device if shares else runtime.current.ids[-1]
    array.base = (like if like.base is None else like.base) if shares else None
    if shares and like._host.flags.writeable and all(host.strides):
        host.setflags(write=True)  # CuPy's diagonal, too, can be written
    if not shares:
        runtime.pool.take(array, host.nbytes)
        if runtime.captured is not None:
            runtime.taken.append(host)
    return array


def _unwrap(value):
    """What NumPy is given for an argument; a NumPy array is refused as CuPy refuses it."""
    if isinstance(value, ndarray):
        if value._device != runtime.current.ids[-1]:  # CuPy warns, and reads from afar if it can
            raise ValueError(f"Array device must be same as the current device: array device = "
                             f"{value._device} while current = {runtime.current.ids[-1]}")
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (tuple, list)):
        return type(value)(_unwrap(x) for x in value)
    return value


def _call(function, args, kwargs, like=None):
    if function in BLAS:
        runtime.refuse_blas_in_capture()
    given = [x.dtype for x in (like, *args) if isinstance(x, ndarray)]
    # Products, and those with Python numbers: NumPy would make float32 of them.
    half = given[0] if {d.name for d in given} == {"bfloat16"} and "dtype" not in kwargs else None

    def compute():
        found = function(*_unwrap(args), **{k: _unwrap(v) for k, v in kwargs.items()})
        single = half is not None and getattr(found, "dtype", None) == np.float32
        return found.astype(half) if single else found

    return _done(compute, like)


def _done(compute, like=None):
    """What `compute` gives, as arrays of the device: now, or each time a captured graph runs."""
    with np.errstate(all="ignore"):
        found = compute()
    if runtime.captured is None or not isinstance(found, (np.ndarray, np.generic, tuple, list)):
        return _wrap(found, like)
    parts = [np.asarray(x) for x in (found if isinstance(found, (tuple, list)) else [found])]
    if like is not None and all(np.may_share_memory(x, like._host) for x in parts):
        return _wrap(found, like)  # views of what is there
    parts = [np.array(x) for x in parts]
    for part in parts:  # nothing has run yet
        part[...] = np.nan if part.dtype.kind == "f" else 0

    def again():
        new = compute()
        for part, x in zip(parts, new if isinstance(new, (tuple, list)) else [new]):
            part[...] = x

    runtime.captured.append(again)
    made = [_wrap(part) for part in parts]
    if not isinstance(found, (tuple, list)):
        return made[0]
    return type(found)(*made) if hasattr(found, "_fields") else type(found)(made)


def _change(write):
    """Write into an array: now, or each time a captured graph runs."""
    if runtime.captured is None:
        with np.errstate(all="ignore"):
            write()
    else:
        runtime.captured.append(write)


def _key(key, shape):
    """An index as NumPy takes it, its arrays wrapped round as CuPy wraps them."""
    parts = list(key) if isinstance(key, tuple) else [key]
    used = 0
    for part in parts:
        if isinstance(part, (np.ndarray, list)):
            raise TypeError(f"an index of {type(part)} would be copied to the device at each use")
        if isinstance(part, ndarray) and part.dtype.kind not in "biu":
            raise IndexError("arrays used as indices must be of integer or boolean type. (actual: "
                             f"{part.dtype.type})")
        if part is not None and part is not Ellipsis and not isinstance(part, bool):
            used += part.ndim if isinstance(part, ndarray) and part.dtype.kind == "b" else 1
    found, axis = [], 0
    for part in parts:
        if part is Ellipsis:
            axis += len(shape) - used
        if isinstance(part, ndarray):
            host = part._host
            if host.dtype.kind == "b":
                runtime.refuse_in_capture("D2H")
                counts.waits += 1  # how many are true decides the result's shape
                axis += host.ndim
            else:
                host = host % shape[axis] if axis < len(shape) and shape[axis] else host
                axis += 1
            part = host
        elif part is not None and part is not Ellipsis and not isinstance(part, bool):
            axis += 1
        found.append(part)
    return tuple(found) if isinstance(key, tuple) else found[0]


class Flags:
    def __init__(self, flags):
        self.c_contiguous, self.f_contiguous = flags.c_contiguous, flags.f_contiguous
        self.owndata = flags.owndata


class Device(runtime.Device):
    """A device, and the context in which it is the current one."""

    def synchronize(self):
        runtime.refuse_in_capture()
        counts.waits += 1


class ndarray(NDArrayOperatorsMixin):
    """An array of the device. Not a subclass of NumPy's: nothing may take it for one."""

    __slots__ = ("__weakref__", "_device", "_host", "base")
    __array_priority__ = 100
    __hash__ = None
    __module__ = "cupy"

    def __init__(self, shape, dtype=float):
        self._host, self.base = np.empty(shape, _supported(dtype)), None
        self._device = runtime.current.ids[-1]

    shape = property(lambda self: self._host.shape)
    strides = property(lambda self: self._host.strides)
    dtype = property(lambda self: self._host.dtype)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    nbytes = property(lambda self: self._host.nbytes)
    itemsize = property(lambda self: self._host.itemsize)
    flags = property(lambda self: Flags(self._host.flags))
    device = property(lambda self: Device(self._device))
    data = property(lambda self: types.SimpleNamespace(ptr=self._host.ctypes.data))
    T = property(lambda self: _wrap(self._host.T, self))

    @property
    def __cuda_array_interface__(self):
        return {**self._host.__array_interface__, "version": 3}

    # ---- To the host: each of these copies and waits

    def get(self):
        runtime.refuse_in_capture("D2H")
        counts.to_host += 1
        counts.waits += 1
        return self._host.copy()

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()` "
                        "to construct a NumPy array explicitly.")

    def item(self):
        return self.get().item()

    def tolist(self):
        return self.get().tolist()

    def __bool__(self):
        return bool(self.get())

    def __int__(self):
        return int(self.get())

    def __float__(self):
        return float(self.get())

    def __index__(self):
        return operator.index(self.get())

    def __repr__(self):
        return repr(self.get())

    def __format__(self, spec):
        return format(self.get(), spec)

    def __reduce__(self):
        return asarray, (self.get(),)

    # ---- As an array

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key):
        parts = key if isinstance(key, tuple) else (key,)
        if all(part is not Ellipsis for part in parts):  # one element is a view of it, as others
            parts = (*parts, Ellipsis)
        return _done(lambda: self._host[_key(parts, self.shape)], self)

    def __setitem__(self, key, value):
        _change(lambda: operator.setitem(self._host, _key(key, self.shape), _unwrap(value)))

    def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
        if not copy and self.dtype == dtype:
            return self
        return _done(lambda: self._host.astype(_supported(dtype), order=order))

    def copy(self, order="C"):
        return _done(lambda: self._host.copy(order))

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return self.copy()

    def view(self):
        return _wrap(self._host.view(), self)

    def fill(self, value):
        value = value.item() if isinstance(value, ndarray) else value  # CuPy fetches it
        _change(lambda: self._host.fill(value))

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        name = ufunc.__name__
        if method != "__call__" or name not in UFUNCS:
            return NotImplemented
        if set(kwargs) - {"out", "dtype", "casting"}:
            raise TypeError(f"Wrong arguments {kwargs}")
        out = kwargs.pop("out", ())
        for x in (*inputs, *out):
            if not isinstance(x, (ndarray, np.ndarray, *_SCALARS)):
                return NotImplemented
        for x in (*inputs, *out):
            _unwrap(x)
        if name != "matmul":
            facts.loop(name, [x.dtype if isinstance(x, ndarray) else None for x in inputs])
        if name == "power":
            ufunc = _power
        if not out:
            return _call(ufunc, inputs, kwargs)
        if ufunc in BLAS:
            runtime.refuse_blas_in_capture()
        given = {k: _unwrap(v) for k, v in {**kwargs, "out": out[0]}.items()}
        _change(lambda: ufunc(*_unwrap(inputs), **given))
        return out[0]

    def __array_function__(self, func, types, args, kwargs):
        if func.__name__ not in FUNCTIONS or any(t not in (ndarray, np.ndarray) for t in types):
            return NotImplemented
        return _functions[func.__name__](*args, **kwargs)


def _shape_of_values(name):
    """The result's size is in the values: CuPy waits, and looks."""
    if name in ("nonzero", "unique", "bincount"):
        runtime.refuse_in_capture("D2H")
        counts.waits += 1


def _method(name):
    def method(self, *args, **kwargs):
        facts.check("ndarray", name, args, kwargs)
        _shape_of_values(name)
        return _call(getattr(self._host, name), args, kwargs, self)

    method.__name__ = name
    return method


for _name in METHODS:
    setattr(ndarray, _name, _method(_name))


def _power(a, b, **kwargs):
    """Powers, where an integer to a negative power is truncated and not refused."""
    if np.result_type(a, b).kind in "iu" and np.any(np.less(b, 0)):
        return np.trunc(np.float_power(a, b)).astype(np.result_type(a, b))
    return np.power(a, b, **kwargs)


class Ufunc:
    """A ufunc of the module: called, and for addition `at`."""

    def __init__(self, ufunc):
        self.ufunc, self.__name__ = ufunc, ufunc.__name__

    def __call__(self, *args, **kwargs):
        like = next((a for a in args if isinstance(a, ndarray)), None)
        if like is None:
            return _call(self.ufunc, args, kwargs)
        return like.__array_ufunc__(self.ufunc, "__call__", *args, **(
            kwargs | {"out": (kwargs["out"],)} if "out" in kwargs else kwargs))

    def at(self, a, indices, b=None):
        if self.__name__ != "add":
            raise NotImplementedError(f"`{self.__name__}.at` is not supported yet")
        if a.dtype.char not in ATOMIC:
            raise TypeError("scatter_add only supports int32, float16, float32, float64, uint32, "
                            "uint64, as data type")
        _change(lambda: np.add.at(a._host, _key(indices, a.shape), _unwrap(b)))


def _function(name, module=np):
    kind = "cupy" if module is np else "linalg"

    def function(*args, **kwargs):
        facts.check(kind, name, args, kwargs)
        if name == "where" and not isinstance(args[0], ndarray):
            raise AttributeError(f"{type(args[0]).__name__!r} object has no attribute 'astype'")
        like = next((a for a in args if isinstance(a, ndarray)), None)
        if name in JOINING and len(args[0]) > TOGETHER and len({a.dtype for a in args[0]}) == 1:
            runtime.refuse_in_capture("H2D")  # their addresses are sent to the kernel
            counts.to_device += 1
        _shape_of_values(name)
        if name.startswith("empty"):  # takes memory, and starts no kernel
            return _wrap(getattr(module, name)(*_unwrap(args), **kwargs))
        return _call(getattr(module, name), args, kwargs, like)

    function.__name__ = name
    return function


_functions = {name: _function(name) for name in (*FUNCTIONS, *CREATION)}


class _Lent:
    """Memory of the device that something else holds, as NumPy takes it."""

    def __init__(self, holder):
        self.holder, self.__array_interface__ = holder, holder.__cuda_array_interface__


def lent(value):
    """`value`, or the array of the device that it says it has, in its memory."""
    if isinstance(value, ndarray) or not hasattr(value, "__cuda_array_interface__"):
        return value
    array = ndarray.__new__(ndarray)
    array._host, array.base = np.asarray(_Lent(value)), None
    array._device = runtime.current.ids[-1]
    return array


def asarray(value, dtype=None):
    """An array of the device: the same one, or a copy of what lies on the host."""
    value = lent(value)
    if isinstance(value, ndarray):
        return value if dtype is None or value.dtype == dtype else value.astype(dtype)
    host = np.array(value, dtype=dtype)
    if not host.ndim:  # one number travels with the kernel that fills the array
        return _done(host.copy)
    runtime.refuse_in_capture("H2D")
    counts.to_device += 1
    return _wrap(host)


def in_order(value, dtype=None):
    """The same array, or a copy if its elements do not lie row by row."""
    made = asarray(value, dtype)
    return made if made.flags.c_contiguous else made.copy()


def array(value, dtype=None, copy=True):
    made = asarray(value, dtype)
    return made.copy() if copy and made is value else made


def asnumpy(value):
    return value.get() if isinstance(value, ndarray) else np.asarray(value)


def may_share_memory(a, b):
    return np.may_share_memory(a._host, b._host)


class _OpenGrid:
    def __getitem__(self, key):
        return _wrap(np.ogrid[key])


class Generator:
    """Draws on the device; the methods that CuPy's generator has."""

    def __init__(self, seed):
        self._stream = np.random.default_rng(seed)

    def random(self, size=None, dtype=float):
        return _done(lambda: np.asarray(self._stream.random(size)).astype(dtype))

    def uniform(self, low=0.0, high=1.0, size=None, dtype=float):
        return _done(lambda: np.asarray(self._stream.uniform(low, high, size)).astype(dtype))

    def standard_normal(self, size=None, dtype=float):
        return _done(lambda: np.asarray(self._stream.standard_normal(size)).astype(dtype))

    def integers(self, low, high=None, size=None, dtype=np.int64, endpoint=False):
        return _done(lambda: np.asarray(
            self._stream.integers(low, high, size, dtype, endpoint)))


def erf(x):
    """The error function of ``cupyx.scipy.special``."""
    kind = np.float64 if x.dtype == np.float16 else x.dtype
    return _done(lambda: np.vectorize(math.erf, otypes=[kind])(x._host))


def namespace():
    """Everything that ``import cupy`` offers."""
    return {
        **{name: getattr(np, name) for name in SAME},
        **{name: Ufunc(getattr(np, name)) for name in UFUNCS}, "abs": Ufunc(np.absolute),
        **_functions,
        "array": array, "asarray": asarray, "ascontiguousarray": in_order, "asnumpy": asnumpy,
        "may_share_memory": may_share_memory, "ndarray": ndarray, "ogrid": _OpenGrid(),
        "ElementwiseKernel": kernels.ElementwiseKernel, "RawKernel": rawkernels.RawKernel,
        "can_cast": np.can_cast,
        "result_type": lambda *a: np.result_type(*map(_unwrap, a)),
        "linalg": types.SimpleNamespace(**{name: _function(name, np.linalg) for name in LINALG}),
        "is_available": lambda: True,
        "random": types.SimpleNamespace(Generator=Generator, default_rng=Generator),
        "get_default_memory_pool": lambda: runtime.pool, "cuda": runtime.namespace(Device),
    }
