"""learngrad: a small tensor and autograd core, and the views that show it at work.

    >>> import learngrad
    >>> w = learngrad.tensor(3.0, requires_grad=True)
    >>> loss = (w * 2 - 1) ** 2
    >>> loss.backward()
    >>> w.grad
    tensor(20.)

Names and semantics are PyTorch's. `record` and `show` draw the graph, `LivePlot` the descent.
"""

import importlib as _importlib
import sys as _sys
from math import e, inf, nan, pi
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from numpy import dtype

from learngrad import amp, autograd, cuda, errors, linalg
from learngrad.amp import autocast, get_autocast_dtype, is_autocast_enabled
from learngrad.autograd.mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from learngrad.compat import (
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
    accelerator,
    backends,
    channels_last,
    contiguous_format,
    finfo,
    get_float32_matmul_precision,
    get_num_threads,
    iinfo,
    is_complex,
    is_floating_point,
    is_nonzero,
    is_tensor,
    numel,
    preserve_format,
    result_type,
    set_default_tensor_type,
    set_float32_matmul_precision,
    set_num_threads,
    strided,
    svd,
    use_deterministic_algorithms,
)
from learngrad.creation import (
    arange,
    as_tensor,
    asarray,
    empty,
    empty_like,
    eye,
    from_dlpack,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    scalar_tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from learngrad.devices import (
    Device as device,
)
from learngrad.devices import (
    Generator,
    float16,
    float32,
    float64,
    get_default_device,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    set_default_device,
    set_default_dtype,
    uint8,
)
from learngrad.devices import bool_ as bool
from learngrad.ops.activations import celu, hardshrink, prelu, selu, threshold
from learngrad.ops.bounds import (
    clamp,
    clamp_max,
    clamp_min,
    maximum,
    minimum,
)
from learngrad.ops.broadcast import broadcast_tensors, broadcast_to, meshgrid
from learngrad.ops.convolve import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from learngrad.ops.cumulative import (
    cummax,
    cummin,
    cumprod,
    cumsum,
    prod,
)
from learngrad.ops.diagonal import diag, diag_embed, diagonal, tril, triu
from learngrad.ops.distances import cdist, cosine_similarity, pairwise_distance
from learngrad.ops.dropout import dropout
from learngrad.ops.einsum import einsum, kron, outer, tensordot
from learngrad.ops.elementwise import (
    absolute,
    add,
    addcdiv,
    addcmul,
    clone,
    div,
    lerp,
    mul,
    neg,
    pow,
    relu,
    sign,
    square,
    sub,
    where,
)
from learngrad.ops.erfinv import erfinv
from learngrad.ops.exponential import (
    exp,
    exp2,
    expm1,
    hypot,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    reciprocal,
    rsqrt,
    sigmoid,
    sqrt,
)
from learngrad.ops.extrema import (
    amax,
    amin,
    argmax,
    argmin,
    max,
    median,
    min,
)
from learngrad.ops.gather import (
    gather,
    index_select,
    masked_fill,
    masked_select,
    take,
    take_along_dim,
)
from learngrad.ops.histogram import histc, histogram
from learngrad.ops.index import narrow, select
from learngrad.ops.join import cat, chunk, dstack, hstack, split, stack, unbind, vstack
from learngrad.ops.logical import (
    allclose,
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    eq,
    equal,
    ge,
    gt,
    isclose,
    isfinite,
    isinf,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from learngrad.ops.losses import log_softmax, softmax
from learngrad.ops.matmul import matmul
from learngrad.ops.norms import group_norm, layer_norm, rms_norm
from learngrad.ops.patches import pixel_shuffle, pixel_unshuffle

# What PyTorch has in `nn.functional` and here as well.
from learngrad.ops.pool import (
    adaptive_avg_pool1d,
    adaptive_max_pool1d,
    avg_pool1d,
    max_pool1d,
    max_pool2d,
)
from learngrad.ops.products import addmm, baddbmm, bmm, cross, dot, mm, mv
from learngrad.ops.rearrange import flip, fliplr, flipud, repeat_interleave, roll, rot90, tile
from learngrad.ops.reduce import (
    all,
    any,
    count_nonzero,
    logsumexp,
    mean,
    sum,
)
from learngrad.ops.rounding import (
    ceil,
    floor,
    floor_divide,
    fmod,
    frac,
    remainder,
    round,
    trunc,
)
from learngrad.ops.scatter import (
    index_add,
    index_copy,
    index_fill,
    index_put,
    index_reduce,
    scatter,
    scatter_add,
    scatter_reduce,
)
from learngrad.ops.shape import (
    flatten,
    movedim,
    permute,
    ravel,
    reshape,
    squeeze,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from learngrad.ops.sorting import (
    argsort,
    bincount,
    bucketize,
    nonzero,
    searchsorted,
    sort,
    topk,
    unique,
)
from learngrad.ops.special import (
    erf,
)
from learngrad.ops.statistics import (
    norm,
    std,
    std_mean,
    var,
    var_mean,
)
from learngrad.ops.trigonometry import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    sin,
    sinh,
    tan,
    tanh,
)
from learngrad.printing import set_printoptions
from learngrad.random import (
    bernoulli,
    get_rng_state,
    initial_seed,
    manual_seed,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)
from learngrad.tensor import Size, Tensor, tensor

__version__ = "0.1.0"

abs = absolute
subtract, multiply, divide, true_divide, negative = sub, mul, div, div, neg
clip, fix = clamp, trunc
arcsin, arccos, arctan, arctan2, arcsinh, arccosh, arctanh = (
    asin, acos, atan, atan2, asinh, acosh, atanh)
not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
concat = concatenate = cat
moveaxis, swapaxes, swapdims = movedim, transpose, transpose
newaxis = None
# In place by a function, as PyTorch has them: torch.relu_(x).
abs_, ceil_, cos_, erf_, exp_, fill_, floor_, log_, neg_, reciprocal_ = (
    Tensor.abs_, Tensor.ceil_, Tensor.cos_, Tensor.erf_, Tensor.exp_, Tensor.fill_, Tensor.floor_,
    Tensor.log_, Tensor.neg_, Tensor.reciprocal_)
relu_, round_, rsqrt_, sigmoid_, sin_, sqrt_, square_, tanh_, trunc_, zero_ = (
    Tensor.relu_, Tensor.round_, Tensor.rsqrt_, Tensor.sigmoid_, Tensor.sin_, Tensor.sqrt_,
    Tensor.square_, Tensor.tanh_, Tensor.trunc_, Tensor.zero_)
det, inverse, cholesky = linalg.det, linalg.inv, linalg.cholesky
float, double, half = float32, float64, float16
int, long, short = int32, int64, int16

# Loaded when they are first used: they need more than NumPy, or a person may never need them.
_LAZY = {
    "bfloat16": "learngrad.devices",
    "GradientFlow": "learngrad.widgets.flow",
    "LivePlot": "learngrad.widgets.plot",
    "LossSurface": "learngrad.widgets.surface",
    "Trajectory": "learngrad.descent.trajectory",
    "plot_boundary": "learngrad.descent.boundary",
    "race": "learngrad.widgets.race",
    "record": "learngrad.widgets.display",
    "show": "learngrad.widgets.display",
    "train": "learngrad.widgets.train",
    "step": "learngrad.trace.stepper",
    "load_ipython_extension": "learngrad.widgets.magics",
    "unload_ipython_extension": "learngrad.widgets.magics",
    "cli": "learngrad.cli",
    "load": "learngrad.saving",
    "save": "learngrad.saving",
    "data": "learngrad.data",
    "distributions": "learngrad.distributions",
    "nn": "learngrad.nn",
    "optim": "learngrad.optim",
    "saving": "learngrad.saving",
    "trace": "learngrad.trace",
    "utils": "learngrad.utils",
    "widgets": "learngrad.widgets",
}

# What PyTorch has and a learner may look for.
_NOT_HERE = {
    "there are no complex numbers; keep real and imaginary part apart":
        "complex64 complex128 cfloat cdouble complex fft view_as_complex",
    "programs run as they are written; leave the compilation away": "compile jit",
    "tensors are dense": "sparse sparse_coo_tensor",
    "it runs in one process on one machine": "distributed multiprocessing",
    "it writes no such format; learngrad.save writes safetensors": "onnx",
}

if _TYPE_CHECKING:
    from learngrad import data, distributions, nn, optim, saving, trace, utils, widgets
    from learngrad.descent.boundary import plot_boundary
    from learngrad.descent.trajectory import Trajectory
    from learngrad.saving import load, save
    from learngrad.trace.stepper import step
    from learngrad.widgets.display import record, show
    from learngrad.widgets.flow import GradientFlow
    from learngrad.widgets.plot import LivePlot
    from learngrad.widgets.race import race
    from learngrad.widgets.surface import LossSurface
    from learngrad.widgets.train import train


def __getattr__(name: str) -> _Any:
    if name not in _LAZY:
        why = "".join(f": {why}" for why, names in _NOT_HERE.items() if name in names.split())
        # With the module, so that Python can say: did you mean 'zeros'?
        raise AttributeError(f"module 'learngrad' has no attribute {name!r}{why}", name=name,
                             obj=_sys.modules[__name__])
    module = _importlib.import_module(_LAZY[name])
    value: _Any = module if _LAZY[name] == f"learngrad.{name}" else getattr(module, name)
    if name == "bfloat16":  # a dtype that another package brings
        try:
            value = value()
        except errors.MissingDependency as error:  # so that hasattr and help() get on
            raise AttributeError(str(error)) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
