"""Every kernel beside the formula that it stands for."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import nn, optim
from learngrad.kernels import KERNELS, fused
from tests import cupy_standin

SETTINGS = {  # what is no array, by the name that kernels give it
    "p": [0.3], "scale": [1.4], "lr": [0.1], "decay": [0, 0.2], "maximize": [False, True],
    "momentum": [0.9], "factor": [1, 0.5], "nesterov": [False, True], "shrink": [1.0, 0.99],
    "new1": [0.1], "beta2": [0.99], "new2": [0.01], "amsgrad": [False, True], "eps": [1e-8],
    "log1": [np.log(0.9)], "log2": [np.log(0.99)], "t": [1, 7]}


def arguments(kernel, dtype, rng, pick):
    """Arrays and settings for a kernel; the outputs too, if the formula writes into them."""
    values = []
    for part in kernel.inputs.split(","):
        kind, name = part.split()
        if name in SETTINGS:
            values.append(SETTINGS[name][pick % len(SETTINGS[name])])
        else:
            values.append(rng.random((3, 5), np.float32) if kind == "float32" else
                          (2 * rng.standard_normal((3, 5))).astype(dtype))
    names = [part.split()[1] for part in kernel.outputs.split(",")]
    if kernel.formula.__code__.co_argcount > len(values):
        values += [np.abs(rng.standard_normal((3, 5))).astype(dtype) for _ in names]
        if names[-1] == "top" and not SETTINGS["amsgrad"][pick % 2]:
            values[-1] = values[-2]  # Adam's largest square is the square itself
    return values


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64], ids=str)
@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_means_its_formula(cupy, name, dtype):
    kernel = KERNELS[name]
    rng = np.random.default_rng(0)
    for pick in range(4):
        here = arguments(kernel, dtype, rng, pick)
        there = [lg.tensor(x, device="cuda")._data if isinstance(x, np.ndarray) else x
                 for x in here]
        mine, theirs = kernel(*here), kernel(*there)
        outs = len(kernel.outputs.split(","))
        if mine is None:  # in place
            mine, theirs = tuple(here[-outs:]), tuple(there[-outs:])
        for a, b in zip(*(x if isinstance(x, tuple) else (x,) for x in (mine, theirs)),
                        strict=True):
            assert b.dtype == a.dtype == dtype
            rtol, atol = {np.float16: (1e-2, 1e-2), np.float32: (1e-5, 1e-6),
                          np.float64: (1e-12, 1e-12)}[dtype]
            np.testing.assert_allclose(cupy.asnumpy(b), a, rtol, atol)


def test_there_are_kernels():
    assert {name.rpartition(".")[2] for name in KERNELS} >= {
        "_gelu", "_gelu_back", "_silu", "_dropped", "_plain", "_with_momentum", "_rule"}


def test_tensors_take_the_formula():
    """Second derivatives go through the formula, which is made of operations."""
    x = lg.tensor([0.5, -1.0], device="cuda", requires_grad=True)
    g, = lg.autograd.grad(nn.functional.gelu(x).sum(), x, create_graph=True)
    second, = lg.autograd.grad(g.sum(), x)
    here = x.detach().cpu().requires_grad_()
    expected, = lg.autograd.grad(lg.autograd.grad(nn.functional.gelu(here).sum(), here,
                                                  create_graph=True)[0].sum(), here)
    np.testing.assert_allclose(second.cpu().numpy(), expected.numpy(), rtol=1e-5)


def test_one_kernel_is_one_call(cupy, monkeypatch):
    """An optimiser's rule, GELU and dropout are one kernel each, whatever they are made of."""
    if cupy.ndarray is not cupy_standin.ndarray:
        pytest.skip("the stand-in counts")
    calls = []
    original = cupy.ElementwiseKernel.__call__
    monkeypatch.setattr(cupy.ElementwiseKernel, "__call__",
                        lambda self, *a: calls.append(self.name) or original(self, *a))
    w = lg.ones(4, 3, device="cuda", requires_grad=True)
    adam = optim.AdamW([w], lr=0.1)
    nn.functional.gelu(w).sum().backward()
    adam.step()
    assert calls == ["learngrad_gelu", "learngrad_gelu_back", "learngrad_rule"]


def test_a_wrong_kernel_is_refused_when_it_is_compiled(cupy):
    @fused("T x", "T out", "out = x * nothing;")
    def double(x):
        return x * 2

    del KERNELS[f"{__name__}.double"]
    with pytest.raises(Exception, match="nothing"):
        double(lg.ones(2, device="cuda")._data)
