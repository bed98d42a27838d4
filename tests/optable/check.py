"""What is asked of every row: values, gradients, second derivatives, dtypes, spellings, errors.

Each check takes a device, so that the same rows are the CPU's column and the GPU's.
"""

import itertools
import zlib

import numpy as np
import pytest

import learngrad as lg
import learngrad.nn
from learngrad import errors
from learngrad.autograd.gradcheck import gradcheck, gradgradcheck
from tests import differences
from tests.optable.form import T, truth
from tests.optable.reference import dtype_name, to_numpy, torch

DTYPES = {char: np.dtype(char).name for char in "?Bbhilefd"}
TOLERANCE = {"float64": 1e-9, "float32": 2e-5, "float16": 4e-3}


def check_row(operation, sample, device):
    """Everything about one sample but its dtypes."""
    check_forward(operation, sample, device)
    check_gradient(operation, sample, device)
    check_second(operation, sample, device)
    check_spellings(operation, sample, device)


class Case:
    """A sample made real: the same arguments for learngrad, for PyTorch and for NumPy."""

    def __init__(self, operation, sample, device, dtypes=None):
        self.rng = np.random.default_rng(zlib.crc32(f"{operation} {sample}".encode()))
        self.operation, self.kwargs, self.device = operation, sample.kwargs, device
        self.leaves, self.torch_leaves = [], []
        self.ours, self.torch, self.numpy = [], [], []
        chars = iter(dtypes or ())
        for argument in sample.args:
            self._add(argument, chars)

    def _add(self, argument, chars):
        if not isinstance(argument, T):
            self.ours.append(swap(argument, lambda a: lg.tensor(a, device=self.device)))
            self.torch.append(torch and swap(argument, torch.tensor))
            self.numpy.append(argument)
            return
        base = argument.base(self.rng)
        if argument.values is not truth:
            base = in_dtype(base, next(chars, None))
        ours = argument.take(lg.tensor(base, device=self.device)).detach()
        host = np.ascontiguousarray(argument.take(base)).reshape(argument.shape)
        theirs = torch and torch.tensor(host)
        if argument.needs and base.dtype.kind == "f":
            self.leaves.append(ours.requires_grad_())
            self.torch_leaves.append(torch and theirs.requires_grad_())
        self.ours.append(ours)
        self.torch.append(theirs)
        self.numpy.append(host)

    def run(self):
        return listed(self.operation.call(lg, *self.ours, **self.kwargs))

    def run_torch(self):
        call = self.operation.torch or self.operation.call
        return listed(call(torch, *self.torch, **self.kwargs))

    def run_numpy(self):
        with np.errstate(all="ignore"):
            return listed(self.operation.numpy(*self.numpy, **self.kwargs))

    def function(self):
        """The operation as a function of its leaves alone, for finite differences."""
        def call(*leaves):
            given = iter(leaves)
            return tuple(listed(self.operation.call(lg, *[
                next(given) if any(a is leaf for leaf in self.leaves) else a for a in self.ours],
                **self.kwargs)))

        return call

    def weights(self, outs):
        """A gradient to begin with for each output that needs one."""
        return [self.rng.standard_normal(tuple(out.shape)).astype(dtype_name(out.dtype))
                for out in outs if out.requires_grad]


def swap(value, tensor):
    """Arrays of indices, also inside a tuple, as tensors."""
    if isinstance(value, tuple):
        return tuple(swap(v, tensor) for v in value)
    return tensor(value) if isinstance(value, np.ndarray) else value


def in_dtype(values, char):
    """Values in a dtype, so chosen that they differ from each other in integers too."""
    if char is None or char in "efd":
        return values.astype(char or values.dtype)
    if char == "?":
        return values > 0.5
    scaled = np.round(values * 2)
    return (np.abs(scaled) if char == "B" else scaled).astype(char)


def listed(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


def close(ours, theirs, what):
    """Equal shapes, and values as near as the coarser dtype lets them be."""
    ours, theirs = to_numpy(ours), to_numpy(theirs)
    assert ours.shape == theirs.shape, what
    tolerance = TOLERANCE.get(ours.dtype.name, 0)
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg=what)


def check_forward(operation, sample, device):
    case = Case(operation, sample, device)
    outs = case.run()
    for out in outs:
        assert out.device.type == (operation.lands or device)
    if torch is None:
        expected = case.run_numpy()
    else:
        expected = case.run_torch()
        for out, want in zip(outs, expected, strict=True):
            assert dtype_name(out.dtype) == dtype_name(want.dtype)
            assert out.requires_grad == want.requires_grad
    for out, want in zip(outs, expected, strict=True):
        close(out, want, "forward")
    for want, other in zip(case.run_numpy(), expected, strict=True):
        close(other, np.asarray(want, to_numpy(other).dtype), "NumPy's column of the row")


def by_differences(operation, sample, device):
    """Whether finite differences are asked: of all samples, or of some where PyTorch judges too."""
    if torch is None:
        return sample.smooth
    first = any(sample is s for s in operation.samples[:3])
    return sample.smooth and device == "cpu" and first


def check_gradient(operation, sample, device):
    case = Case(operation, sample, device)
    outs = [out for out in case.run() if out.requires_grad]
    if not outs:
        assert operation.flat or not case.leaves or any(
            out.dtype.kind != "f" for out in case.run()), "its gradient is lost"
        return
    weights = case.weights(outs)
    lg.autograd.backward(outs, [lg.tensor(w, device=o.device) for o, w in zip(outs, weights)])
    for leaf in case.leaves:
        assert leaf.grad is not None
        assert (leaf.grad.dtype, leaf.grad.device) == (leaf.dtype, leaf.device)
    if torch is not None:
        theirs = [out for out in case.run_torch() if out.requires_grad]
        torch.autograd.backward(theirs, [torch.tensor(w) for w in weights])
        for leaf, other in zip(case.leaves, case.torch_leaves, strict=True):
            close(leaf.grad, other.grad, "gradient")
    if by_differences(operation, sample, device) and outs[0].dtype == lg.float64:
        assert gradcheck(case.function(), case.leaves)


def check_second(operation, sample, device):
    """Second derivatives: of the gradient, by the inputs and by the gradient it began with."""
    case = Case(operation, sample, device)
    outs = [out for out in case.run() if out.requires_grad]
    if not outs:
        return
    weights = case.weights(outs)
    if not operation.twice:
        with pytest.raises(errors.GraphError):
            lg.autograd.grad(outs, case.leaves, [lg.tensor(w, device=device) for w in weights],
                             create_graph=True)
        return
    ours = second(lg.autograd.grad, outs, case.leaves, [
        lg.tensor(w, device=o.device, requires_grad=True) for o, w in zip(outs, weights)])
    if torch is not None:
        theirs = second(torch.autograd.grad, [o for o in case.run_torch() if o.requires_grad],
                        case.torch_leaves, [torch.tensor(w, requires_grad=True) for w in weights])
        for mine, other in zip(ours, theirs, strict=True):
            zero = np.zeros(to_numpy(mine if other is None else other).shape)
            close(zero if mine is None else mine, zero if other is None else other, "second")
    if by_differences(operation, sample, "cpu") and device == "cpu" and (
            outs[0].dtype == lg.float64):
        assert gradgradcheck(case.function(), case.leaves)


def second(grad, outs, leaves, weights):
    first = grad(outs, leaves, weights, create_graph=True, allow_unused=True)
    total = sum((f * k).sum() for k, f in enumerate(first, 2) if f is not None and f.requires_grad)
    if not hasattr(total, "requires_grad"):
        return [None] * (len(leaves) + len(weights))
    return grad(total, [*leaves, *weights], allow_unused=True)


def check_spellings(operation, sample, device):
    """Every way to say it gives the same."""
    case = Case(operation, sample, device)
    for label, call in operation.also.items():
        for out, want in zip(listed(call(lg, *case.ours, **case.kwargs)), case.run(), strict=True):
            assert out.dtype == want.dtype, label
            np.testing.assert_array_equal(to_numpy(out), to_numpy(want), label)


def check_dtypes(operation, device):
    """The first sample in every combination of dtypes: PyTorch's result, or an error as there."""
    first = operation.samples[0]
    varied = sum(isinstance(a, T) and a.values is not truth for a in first.args)
    wrong = []
    for chars in itertools.product(operation.dtypes, repeat=varied):
        name = "/".join([operation.name, *(DTYPES[c] for c in chars)])
        mine, theirs = outcome(Case(operation, first, device, chars))
        known = differences.find("dtypes", name)
        if alike(mine, theirs) != (known is None):
            wrong.append(f"{name}: {short(mine)}, PyTorch {short(theirs)}"
                         + (f" (no longer a difference: {known['why']})" if known else ""))
    assert not wrong, "\n".join(wrong)


def outcome(case):
    try:
        mine = [to_numpy(out) for out in case.run()]
    except errors.LearngradError:
        mine = "an error"
    try:
        with np.errstate(all="ignore"):
            theirs = [to_numpy(out) for out in case.run_torch()]
    except (RuntimeError, TypeError, IndexError, ValueError):
        theirs = "an error"
    return mine, theirs


def alike(mine, theirs):
    if isinstance(mine, str) or isinstance(theirs, str):
        return isinstance(mine, str) and isinstance(theirs, str)
    return all(a.dtype == b.dtype and a.shape == b.shape and np.allclose(
        a, b, rtol=TOLERANCE.get(a.dtype.name, 0), atol=1e-12, equal_nan=True)
        for a, b in zip(mine, theirs, strict=True))


def short(result):
    if isinstance(result, str):
        return result
    return ", ".join(f"{a.dtype} {a.ravel()}" for a in result)


def check_wrong(wrong, device):
    def make(*shape, dtype="float32"):
        return lg.ones(shape, dtype=dtype, device=device)

    if device != "cpu" and not wrong.gpu:
        pytest.skip("a GPU does not look at the values")
    with pytest.raises(getattr(errors, wrong.error)) as caught:
        wrong.call(lg, make)
    text = str(caught.value)
    for word in wrong.words:
        assert word in text, f"{word!r} is not in:\n{text}"
    assert caught.value.fix, "an error without a fix"
    assert "tests" in caught.value.where.filename, f"not the user's line: {caught.value.where}"
