"""A person's own operations on the GPU: by formula, by kernel, and by a Function that calls one."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors


def made(forward="out = x * x * x;", backward="grad = g * T(3) * x * x;"):
    @lg.autograd.operation(cuda=forward)
    def cube(x):
        return x * x * x

    @cube.backward(cuda=backward)
    def cube_back(g, x):
        return g * 3 * x * x

    return cube


def test_a_formula_runs_on_both_and_a_kernel_on_the_gpu():
    cube = made()
    for device in ("cpu", "cuda"):
        x = lg.tensor([1.0, -2.0], dtype=lg.float64, device=device, requires_grad=True)
        y = cube(x)
        assert y.device.type == device
        y.sum().backward()
        assert y.tolist() == [1.0, -8.0]
        assert x.grad.tolist() == [3.0, 12.0]
        assert lg.autograd.gradcheck(cube, (x,))


def test_it_is_the_kernel_that_runs():
    cube = made("out = x + T(100);", "grad = g * T(7);")
    x = lg.tensor([1.0], device="cuda", requires_grad=True)
    y = cube(x)
    y.backward()
    assert (y.item(), x.grad.item()) == (101.0, 7.0)
    with pytest.raises(lg.autograd.GradcheckError):  # the checker looks at the kernel
        lg.autograd.gradcheck(cube, (x.detach().double().requires_grad_(),))


def squares(square):
    """An operation of one's own that calls a kernel."""
    class Square(lg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return lg.as_tensor(square(x))

        @staticmethod
        def backward(ctx, g):
            x, = ctx.saved_tensors
            return 2 * x * g

    return Square


@pytest.mark.parametrize("taken", [lambda x: x.detach()._data, lambda x: x],
                         ids=["its array", "the tensor"])
def test_a_function_may_call_a_kernel_of_its_own(cupy, taken):
    kernel = cupy.ElementwiseKernel("T x", "T out", "out = x * x;", "square")
    Square = squares(lambda x: kernel(taken(x)))
    x = lg.tensor([3.0], dtype=lg.float64, device="cuda", requires_grad=True)
    Square.apply(x).backward()
    assert x.grad.tolist() == [6.0]
    assert lg.autograd.gradcheck(Square.apply, (x,))


def test_a_kernel_takes_tensors_as_they_are(cupy):
    """By the interface that PyTorch's tensors have as well."""
    square = cupy.ElementwiseKernel("T x", "T out", "out = x * x;", "square")
    x = lg.tensor([3.0], dtype=lg.float64, device="cuda", requires_grad=True)
    there = cupy.asarray(x.detach())
    there += 1
    assert x.tolist() == [4.0]  # one memory
    assert lg.as_tensor(there)._data is there
    with pytest.raises(errors.GraphError, match="record no graph") as caught:
        square(x)
    assert "x.detach()" in caught.value.fix
    assert not hasattr(lg.ones(2), "__cuda_array_interface__")


@pytest.mark.parametrize("wrong", ["out = x * nothing;", "out = x *;"])
def test_a_kernel_that_does_not_compile_shows_the_compilers_words(wrong):
    cube = made(wrong)
    x = lg.tensor([1.0], device="cuda")
    with pytest.raises(errors.KernelError) as caught:
        cube(x)
    text = str(caught.value)
    assert "CUDA kernel of cube" in text
    assert "error" in text
    assert wrong.rstrip(";") in text
    assert "test_custom.py" in text
    assert np.allclose(cube(x.cpu()).item(), 1.0)  # the formula is there still
