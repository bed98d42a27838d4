"""The referee refereed: wrong gradients of every kind must be caught, and their cause named."""

import numpy as np
import pytest

import learngrad as lg
from learngrad.autograd import Function, gradcheck, gradgradcheck
from learngrad.autograd.gradcheck import GradcheckError
from learngrad.errors import ArgumentTypeError


class Cube(Function):
    """x³, with a gradient that a test puts in."""

    wrong = None

    def forward(self, x):
        self.x = x
        return x * x * x

    def backward(self, g):
        right = g * 3 * self.x * self.x
        return type(self).wrong(right, g, self.x)


def element(right, g, x):
    right = right.copy()
    right.reshape(-1)[1] *= 3
    return right


def nan(right, g, x):
    return right * np.nan


WRONG = {
    "sign": (lambda right, g, x: -right, ["the sign is wrong"]),
    "factor": (lambda right, g, x: right * 2, ["2 times what they should be", "factor"]),
    "small factor": (lambda right, g, x: right * 1.01, ["1.01 times"]),
    "half": (lambda right, g, x: right / 2, ["0.5 times", "paths is missing"]),
    "missing path": (lambda right, g, x: right * 0, ["backward gives 0", "path is missing"]),
    "no gradient": (lambda right, g, x: None, ["backward gives 0", "path is missing"]),
    "nan": (nan, ["nan", "0/0"]),
    "infinite": (lambda right, g, x: np.where(g == 0, 0, np.inf), ["infinity", "division by 0"]),
    "one element": (element, ["wrong in 1 of 16 elements", "3 others are right",
                              "d out[1] / d input[1]"]),
    "other elements": (lambda right, g, x: np.roll(right, 1), ["stand at other elements"]),
    "transposed": (lambda right, g, x: right.T.copy(), ["others are right"]),
    "upstream forgotten": (lambda right, g, x: 3 * x * x, ["wrong in"]),
    "added": (lambda right, g, x: right + 1, ["wrong in"]),
}


@pytest.fixture
def x():
    return lg.tensor([[1.0, -2.0], [0.5, 1.5]], requires_grad=True)


def test_a_right_gradient_passes(x):
    Cube.wrong = staticmethod(lambda right, g, x: right)
    assert gradcheck(Cube.apply, x)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_is_caught_and_its_cause_named(x, name):
    wrong, words = WRONG[name]
    Cube.wrong = staticmethod(wrong)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(Cube.apply, x)
    text = str(caught.value)
    for word in [*words, "input 0", "by finite differences"]:
        assert word in text
    assert isinstance(caught.value, RuntimeError)
    assert gradcheck(Cube.apply, x, raise_exception=False) is False


@pytest.mark.parametrize("name", WRONG)
def test_it_is_caught_inside_a_larger_function(x, name):
    wrong, _ = WRONG[name]
    Cube.wrong = staticmethod(wrong)
    assert not gradcheck(lambda x: (Cube.apply(x.tanh()) * 2).sum(), x, raise_exception=False)


def test_one_of_two_paths_is_missing(x):
    with pytest.raises(GradcheckError, match=r"0\.5 times .* paths is missing"):
        gradcheck(lambda x: x * x.detach(), x)


def test_a_function_that_leaves_the_graph(x):
    """Nothing to compare is no reason to pass."""
    with pytest.raises(GradcheckError, match="path is missing"):
        gradcheck(lambda x: x.detach() * 2, x)
    assert gradcheck(lambda x: x.detach() * 0 + 1, x)


def test_the_second_of_two_inputs_and_outputs(x):
    y = lg.tensor([[2.0, 3.0], [1.0, 4.0]], requires_grad=True)
    with pytest.raises(GradcheckError, match="input 1"):
        gradcheck(lambda x, y: (x * 2, x * y.detach() + y * 0), [x, y])
    assert gradcheck(lambda x, y: (x * 2, x * y), [x, y])


def test_inputs_that_need_no_gradient_are_left_alone(x):
    assert gradcheck(lambda x, n, c: x * n + c, [x, 3, lg.tensor(2.0)])
    with pytest.raises(ArgumentTypeError, match="requires_grad=True"):
        gradcheck(lambda x: x * 2, lg.tensor(2.0))


def test_the_inputs_are_as_before(x):
    before = x.tolist()
    gradcheck(lambda x: x.exp(), x)
    assert x.tolist() == before
    assert x.grad is None
    assert x.dtype == lg.float32


def test_outputs_that_are_integers_have_no_derivative(x):
    assert gradcheck(lambda x: x.max(1), x)
    assert gradcheck(lambda x: x > 0, x)


def test_what_cannot_be_checked_is_refused(x):
    with pytest.raises(ArgumentTypeError, match="returned int"):
        gradcheck(lambda x: 3, x)
    with pytest.raises(ArgumentTypeError, match="Tensor is none"):
        gradcheck(x * 2, x)


def test_empty_inputs_and_numbers():
    assert gradcheck(lambda x: x * 2, lg.zeros(0, 3, requires_grad=True))
    assert gradcheck(lambda x: x * x, lg.tensor(3.0, requires_grad=True))


class Bent(Function):
    """Right once, wrong the second time: its backward hides a path from create_graph."""

    saves = ("x",)

    def forward(self, x):
        return x * x * x

    def backward(self, g, x):
        return g * 3 * x * getattr(x, "detach", lambda: x)()


def test_second_derivatives(x):
    assert gradgradcheck(lambda x: x * x * x, x)
    assert gradgradcheck(lambda x: x * 2, x)
    assert gradcheck(Bent.apply, x)
    with pytest.raises(GradcheckError, match=r"0\.5 times"):
        gradgradcheck(Bent.apply, x)
    assert gradgradcheck(lambda x, y: (x * y, x.sin() if hasattr(x, "sin") else x * x * y),
                         [x, lg.ones(2, 2, requires_grad=True)])


def test_kinks_are_found():
    """At 0 the absolute value has no derivative: differences and formula cannot agree with |x|."""
    assert gradcheck(lambda x: x.abs(), lg.tensor([1.0, -1.0], requires_grad=True))
    assert not gradcheck(lambda x: (x + 1e-7).abs(), lg.tensor([0.0], requires_grad=True),
                         raise_exception=False)
