"""Activations: each beside PyTorch's, inside the graph and in place."""

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import ArgumentError, GraphError, ShapeError
from tests.nn.table import Row, check, named, normal

X = normal(2, 4, 3) * 3
ROWS = [
    *(Row(name, inputs=(X,)) for name in (
        "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish",
        "Hardswish", "Softplus", "Sigmoid", "Tanh", "Softsign", "Hardtanh", "Hardsigmoid",
        "LogSigmoid", "Tanhshrink", "Hardshrink", "Softshrink", "Identity", "Softmax2d")),
    Row("GLU", (1,), inputs=(X,)), Row("GLU", inputs=(normal(3, 4),)),
    Row("LeakyReLU", (0.2,), {"inplace": False}, (X,)),
    Row("PReLU", (4,), {"init": 0.1}, (X,)),
    Row("ELU", (0.5,), inputs=(X,)), Row("CELU", (2.0,), inputs=(X,)),
    Row("GELU", ("tanh",), inputs=(X,)), Row("GELU", (), {"approximate": "tanh"}, (X,)),
    Row("Softplus", (2.0, 1.0), inputs=(X,)),
    Row("Threshold", (0.1, 20), inputs=(X,)), Row("Hardtanh", (-2.0, 0.5), inputs=(X,)),
    Row("Hardshrink", (1.0,), inputs=(X,)), Row("Softshrink", (1.0,), inputs=(X,)),
    Row("Softmax", (1,), inputs=(X,)), Row("Softmax", (), {"dim": -1}, (X,)),
    Row("LogSoftmax", (1,), inputs=(X,)), Row("Softmin", (0,), inputs=(X,)),
    Row("Softmax2d", inputs=(normal(2, 3, 4, 5),)),
]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_beside_pytorch(row):
    check(row)


# Those that take `inplace`, and what else they are made with.
IN_PLACE = {"ReLU": (), "ReLU6": (), "LeakyReLU": (0.1,), "RReLU": (0.2, 0.2), "ELU": (),
            "CELU": (2.0,), "SELU": (), "SiLU": (), "Mish": (), "Hardswish": (),
            "Hardsigmoid": (), "Hardtanh": (), "Threshold": (0.1, 2.0)}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_the_input_is_overwritten_and_the_gradient_stays_right(name):
    grads, outs = [], []
    for inplace in (False, True):
        layer = getattr(nn, name)(*IN_PLACE[name], inplace=inplace)
        x = learngrad.tensor(X, requires_grad=True)
        h = x * 2
        out = layer(h)
        assert (out is h) == inplace
        out.sum().backward()
        outs.append(out.detach().numpy())
        grads.append(x.grad.numpy())
    np.testing.assert_array_equal(*outs)
    np.testing.assert_array_equal(*grads)
    assert repr(layer).endswith("inplace=True)")


def test_the_function_takes_inplace_too():
    x = learngrad.tensor([-1.0, 2.0])
    assert nn.functional.relu(x, inplace=True) is x
    assert x.tolist() == [0, 2]


def test_in_place_is_refused_where_a_gradient_would_be_lost():
    with pytest.raises(GraphError, match="leaf"):
        nn.ReLU(inplace=True)(learngrad.ones(3, requires_grad=True))
    h = learngrad.ones(3, requires_grad=True).exp()
    nn.ELU(inplace=True)(h)
    with pytest.raises(GraphError, match="in place"):  # exp saved what it gave
        h.sum().backward()


def test_random_slopes_lie_between_the_bounds_and_follow_the_mode():
    learngrad.manual_seed(0)
    layer = nn.RReLU(0.2, 0.6)
    x = learngrad.full((4000,), -1.0, requires_grad=True)
    slopes = -layer(x).detach().numpy()
    assert slopes.min() >= 0.2
    assert slopes.max() <= 0.6
    assert abs(slopes.mean() - 0.4) < 0.01
    assert abs(slopes.std() - 0.4 / 12**0.5) < 0.01
    out = layer(x)
    out.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), -out.detach().numpy(), rtol=1e-6)
    np.testing.assert_allclose(layer.eval()(x).detach().numpy(), -0.4, rtol=1e-6)
    assert repr(nn.RReLU()) == "RReLU(lower=0.125, upper=0.3333333333333333)"


@pytest.mark.parametrize(("make", "error", "said"), [
    (lambda: nn.Hardtanh(1.0, -1.0), ArgumentError, "not above"),
    (lambda: nn.Softmax()(learngrad.ones(2, 3, 4)), ArgumentError, "which dimension"),
    (lambda: nn.Softmax2d()(learngrad.ones(3)), ShapeError, "pictures"),
    (lambda: nn.GLU()(learngrad.ones(3)), ShapeError, "odd"),
    (lambda: nn.PReLU(3)(learngrad.ones(2, 4)), ShapeError, "channel"),
    (lambda: nn.Softplus(0.0)(learngrad.ones(2)), ArgumentError, "beta"),
    (lambda: nn.CELU(0.0)(learngrad.ones(2)), ArgumentError, "alpha"),
    (lambda: nn.RReLU(0.5, 0.1)(learngrad.ones(2)), ArgumentError, "lower"),
    (lambda: nn.GELU("erf")(learngrad.ones(2)), ArgumentError, "approximate"),
    (lambda: nn.ReLU()(None), learngrad.errors.ArgumentTypeError, "tensor"),
])
def test_wrong_use_is_told(make, error, said):
    with pytest.raises(error, match=said) as caught:
        make()
    assert caught.value.fix
