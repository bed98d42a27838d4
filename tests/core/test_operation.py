"""Operations of one's own by decorator: on the CPU; tests/gpu has their kernels."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors
from learngrad.trace import Recorder


@lg.autograd.operation
def swish(x, beta):
    """The input times a sigmoid of it."""
    return x / (1 + np.exp(-beta * x))


@swish.backward
def swish_back(g, x, beta, out):
    s = 1 / (1 + np.exp(-beta * x))
    return g * (s + beta * out * (1 - s)), g * x * out * (1 - s)


def test_values_and_derivatives():
    x = lg.tensor([-1.0, 0.5, 2.0], dtype=lg.float64, requires_grad=True)
    beta = lg.tensor(1.5, dtype=lg.float64, requires_grad=True)
    np.testing.assert_allclose(swish(x, beta).detach().numpy(),
                               (x * (x * beta).sigmoid()).detach().numpy())
    assert lg.autograd.gradcheck(swish, (x, beta))
    assert lg.autograd.gradgradcheck(swish, (x, beta))
    swish(x, beta).sum().backward()  # beta's gradient is summed over what it was repeated for
    assert beta.grad.shape == ()


def test_a_number_may_stand_for_a_tensor():
    x = lg.tensor([1.0], requires_grad=True)
    swish(x, 1.0).backward()
    assert x.grad.item() == pytest.approx(0.9277, abs=1e-4)
    assert x.grad.dtype == lg.float32


def test_it_is_drawn_with_its_name():
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    with Recorder() as tape:
        swish(x, 2.0).sum().backward()
    assert "swish" in tape.describe()
    assert swish(x, 1.0).grad_fn.name() == "SwishBackward0"
    assert repr(swish) == "<operation swish(x, beta)>"
    assert swish.__doc__ == "The input times a sigmoid of it."


def test_without_a_backward_it_cannot_be_differentiated():
    @lg.autograd.operation
    def plus_one(x):
        return x + 1

    x = lg.tensor([1.0], requires_grad=True)
    assert plus_one(x).item() == 2.0
    with pytest.raises(errors.GraphError, match="no backward"):
        plus_one(x).backward()


def test_a_wrong_gradient_is_found():
    @lg.autograd.operation
    def cube(x):
        return x * x * x

    @cube.backward
    def cube_back(g, x):
        return g * 2 * x * x

    with pytest.raises(errors.LearngradError):
        lg.autograd.gradcheck(cube, (lg.tensor([2.0], dtype=lg.float64, requires_grad=True),))


def test_wrong_definitions_say_what_is_wrong():
    @lg.autograd.operation
    def both(x, y):
        return x * y

    with pytest.raises(errors.ArgumentError, match="asks for z"):
        @both.backward
        def asks(g, z):
            return g, g
    with pytest.raises(errors.ArgumentError, match="one gradient"):
        @both.backward(cuda="grad = g;")
        def kernel(g, x, y):
            return g * y, g * x
    with pytest.raises(errors.ArgumentTypeError, match="takes 2 inputs"):
        both(lg.ones(1))
    with pytest.raises(errors.ArgumentTypeError, match="without a place"):
        lg.autograd.operation(lambda *x: x)

    @both.backward
    def too_few(g, x):
        return g

    x = lg.ones(2, requires_grad=True)
    with pytest.raises(errors.GraphError, match="1 gradient"):
        both(x, lg.ones(2, requires_grad=True)).sum().backward()
