"""PyTorch's own database of operations, run over learngrad.

`torch.testing` keeps, for every operation of PyTorch, samples of its arguments and arguments that
it must refuse. Here each is put to both libraries, and what comes out differently is told as
``operation/dtype/what``.
"""

import functools
import inspect
import itertools
import warnings
import zlib

import numpy as np

import learngrad as lg
import learngrad.nn.functional
from learngrad import errors
from tests.optable.reference import dtype_name, to_numpy, torch

try:
    from torch.testing._internal.common_methods_invocations import op_db
except ImportError:  # PyTorch or expecttest is not installed
    op_db = []

SAMPLES = 20
DTYPES = "float64", "float32", "int64", "bool"
TOLERANCE = {"float64": (1e-7, 1e-9), "float32": (1e-4, 1e-5)}
FAMILIES = IndexError, TypeError, ValueError, RuntimeError
SPACES = {"nn.functional.": lg.nn.functional, "linalg.": lg.linalg, "": lg}
counts = {"operations": 0, "samples": 0, "errors": 0}
# Where PyTorch's database says it otherwise than a user does.
SAID = {
    "einsum": lambda operands, equation: lg.einsum(equation, operands),
    "meshgrid.variadic_tensors": lambda first, *more, **kw: lg.meshgrid(first, *more, **kw),
    "meshgrid.list_of_tensors": lambda first, *more, **kw: lg.meshgrid(first, **kw),
    "normal.in_place": lambda x, *args, **kw: x.clone().normal_(*args, **kw),
    "zero_": lambda x: x.clone().zero_(),
    "nn.functional.embedding": lambda weight, x, **kw: lg.nn.functional.embedding(x, weight, **kw),
    "nn.functional.embedding_bag": lambda weight, x, **kw: lg.nn.functional.embedding_bag(
        x, weight, **kw),
    "where": lambda x, condition, other: lg.where(condition, x, other),
}


def title(info):
    return f"{info.name}.{info.variant_test_name}" if info.variant_test_name else info.name


def resolve(info):
    """What a user of learngrad would call for it, or None."""
    if title(info) in SAID:
        return SAID[title(info)]
    prefix = next(p for p in SPACES if info.name.startswith(p))
    name = info.name[len(prefix):]
    if inspect.isfunction(found := vars(SPACES[prefix]).get(name)):
        return found
    method = getattr(lg.Tensor, name, None) if not prefix and not name.startswith("_") else None
    return (lambda x: getattr(x, name)) if isinstance(method, property) else method


OFFERED = {title(info): info for info in op_db if resolve(info) is not None}
LACKING = {info.name for info in op_db if resolve(info) is None}


# Where the numbers lie in memory: said to PyTorch alone, it changes none of them.
HINTS = "memory_format", "layout"
UNSET = "empty", "empty_like", "new_empty"  # their numbers are whatever the memory held


class Untranslatable(Exception):
    """An argument of a kind that learngrad does not have."""


def translate(value, leaves):
    """An argument of PyTorch's for learngrad, and a copy of it for PyTorch; leaves are gathered."""
    if isinstance(value, torch.Tensor):
        if value.is_complex():
            raise Untranslatable("complex")
        if value.ndim > 64:
            raise Untranslatable("dimensions")
        theirs = value.detach().clone()
        mine = lg.from_numpy(np.copy(value.detach().numpy(), order="K"))
        if value.requires_grad:
            leaves.append((mine.requires_grad_(), theirs.requires_grad_()))
        return mine, theirs
    if isinstance(value, (tuple, list)) and not isinstance(value, torch.Size):
        pairs = [translate(v, leaves) for v in value]
        return tuple(type(value)(pair[k] for pair in pairs) for k in (0, 1))
    if isinstance(value, dict):
        pairs = {k: translate(v, leaves) for k, v in value.items()}
        return tuple({name: pair[k] for name, pair in pairs.items() if k or name not in HINTS}
                     for k in (0, 1))
    if isinstance(value, (torch.memory_format, torch.layout)):
        return value, value
    if isinstance(value, complex):
        raise Untranslatable("complex")
    if isinstance(value, torch.dtype):
        if value.is_complex:
            raise Untranslatable("complex")
        return getattr(lg, dtype_name(value)), value
    if isinstance(value, torch.device):
        return str(value), value
    if isinstance(value, torch.Size):
        return tuple(value), value
    return value, value


def flat(result):
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in flat(part)]
    return [result]


def tensors(results):
    return [r for r in results if isinstance(r, (lg.Tensor, torch.Tensor))]


def call(function, error, sample):
    """What it gives, as a flat list, or the error that it raised."""
    first, args, kwargs = sample
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # both may warn; what they say is not compared here
            return function(first, *args, **kwargs)
    except error as raised:
        return raised


def near(mine, theirs):
    mine, theirs = to_numpy(mine), to_numpy(theirs)
    rtol, atol = TOLERANCE.get(theirs.dtype.name, (0, 0))
    return mine.shape == theirs.shape and np.allclose(mine, theirs, rtol, atol, equal_nan=True)


def compare(mine, theirs, leaves):
    """Yield what differs: number, shape, dtype, requires_grad, value or gradient."""
    if len(mine) != len(theirs):
        yield "number", f"{len(mine)} results, PyTorch {len(theirs)}"
        return
    for a, b in zip(mine, theirs, strict=True):
        if not isinstance(b, torch.Tensor):
            if type(a) is not type(b) or a != b:
                yield "value", f"{a!r}, PyTorch {b!r}"
        elif not isinstance(a, lg.Tensor):
            yield "value", f"{a!r}, PyTorch a tensor"
        elif tuple(a.shape) != tuple(b.shape):
            yield "shape", f"{tuple(a.shape)}, PyTorch {tuple(b.shape)}"
        elif dtype_name(a.dtype) != dtype_name(b.dtype):
            yield "dtype", f"{a.dtype}, PyTorch {b.dtype}"
        elif a.requires_grad != b.requires_grad:
            yield "requires_grad", f"{a.requires_grad}, PyTorch {b.requires_grad}"
        elif not near(a, b):
            yield "value", f"{to_numpy(a)}\nPyTorch {to_numpy(b)}"
        else:
            continue
        return
    yield from compare_gradients(tensors(mine), tensors(theirs), leaves)


def compare_gradients(mine, theirs, leaves):
    mine, theirs = ([t for t in side if t.requires_grad] for side in (mine, theirs))
    if not mine:
        return
    rng = np.random.default_rng(0)
    seeds = [rng.standard_normal(tuple(t.shape)) for t in theirs]
    torch.autograd.backward(theirs, [torch.tensor(s).to(t.dtype) for s, t in zip(seeds, theirs)])
    try:
        with np.errstate(all="ignore"):
            lg.autograd.backward(mine, [lg.tensor(s).to(t.dtype) for s, t in zip(seeds, mine)])
    except errors.LearngradError as raised:
        yield "gradient", f"{type(raised).__name__}: {raised}"
        return
    for k, (a, b) in enumerate(leaves):
        x, y = (np.zeros(tuple(b.shape)) if t.grad is None else t.grad for t in (a, b))
        if not near(x, y):
            yield "gradient", f"of leaf {k}: {to_numpy(x)}\nPyTorch {to_numpy(y)}"
            return


def run_sample(info, sample):
    leaves = []
    try:
        ours, theirs = translate((sample.input, sample.args, sample.kwargs), leaves)
    except Untranslatable as kind:
        yield str(kind), str(sample)[:300]
        return
    counts["samples"] += 1
    expected = call(info.op, (), theirs)
    got = call(resolve(info), errors.LearngradError, ours)
    if isinstance(got, Exception):
        yield "refused", f"{type(got).__name__}: {got}"
        return
    if info.name in UNSET:
        got.zero_()
        expected.zero_()
    process = sample.output_process_fn_grad
    yield from compare(flat(process(got)), flat(process(expected)), leaves)


def run_error(info, wrong):
    """The family of what PyTorch raises has to be a base of what is raised here."""
    sample = wrong.sample_input
    if info.name == "multinomial" and "out" in sample.kwargs:
        return  # its weights are memory that nobody has written: refused or not, as it happens
    try:
        ours, theirs = translate((sample.input, sample.args, sample.kwargs), [])
    except Untranslatable as kind:
        yield str(kind), ""
        return
    expected = call(info.op, Exception, theirs)
    if not isinstance(expected, Exception):
        return  # only some devices or builds of PyTorch refuse it
    counts["errors"] += 1
    family = next((f for f in FAMILIES if isinstance(expected, f)), Exception)
    got = call(resolve(info), errors.LearngradError, ours)
    if not isinstance(got, Exception):
        yield "accepted", f"PyTorch {family.__name__}: {expected}"
    elif not isinstance(got, family):
        yield "family", f"{type(got).__name__}: {got}\nPyTorch {family.__name__}: {expected}"


def described(what, sample, text):
    text = text if len(text) < 1200 else text[:1200] + " ..."
    return f"{what}: {sample.input}, {sample.args}, {sample.kwargs}"[:1200] + f"\n    {text}"


@functools.cache
def run(name):
    """What differs for one entry of the database: ``operation/dtype/what`` and how."""
    info, found = OFFERED[name], []
    counts["operations"] += 1
    for dtype in DTYPES:
        theirs = getattr(torch, dtype)
        if theirs not in info.dtypes:
            continue
        grad = dtype == "float64" and info.supports_autograd
        seed(f"{name} {dtype}")
        for sample in itertools.islice(info.sample_inputs("cpu", theirs, grad), SAMPLES):
            found += [(f"{name}/{dtype}/{what}", described(what, sample, text))
                      for what, text in raised_too(run_sample, info, sample)]
    seed(f"{name} errors")
    if info.error_inputs_func is not None:
        for wrong in info.error_inputs("cpu"):
            found += [(f"{name}/error/{what}", described(what, wrong.sample_input, text))
                      for what, text in raised_too(run_error, info, wrong)]
    return found


def raised_too(check, info, sample):
    """An error outside of learngrad's family is a difference as well."""
    try:
        return list(check(info, sample))
    except Exception as raised:  # noqa: BLE001 - told with its class, and the test fails by it
        return [("crashed", f"{type(raised).__name__}: {raised}")]


def seed(text):
    number = zlib.crc32(text.encode())
    torch.manual_seed(number)
    lg.manual_seed(number)
    np.random.seed(number)  # noqa: NPY002 - some of PyTorch's samples come from there


def told():
    return (f"{counts['operations']} of {len(op_db)} entries, {counts['samples']} samples, "
            f"{counts['errors']} refusals; {len(LACKING)} operations are not offered")
