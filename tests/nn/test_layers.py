"""The plainest layers and losses beside what they are by hand; the others are beside PyTorch's."""

import copy
import pickle

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import ArgumentError, ArgumentTypeError, DtypeError, ShapeError
from learngrad.nn import functional


@pytest.fixture(autouse=True)
def seeded():
    learngrad.manual_seed(0)


X = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
Y = np.random.default_rng(1).standard_normal((5, 3)).astype(np.float32)
CLASSES = np.array([0, 2, 1, 1, 0])


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


# name: the module, and what it computes by hand
ACTIVATIONS = {
    "ReLU": (nn.ReLU(), lambda x: np.where(x > 0, x, 0)),
    "Tanh": (nn.Tanh(), lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))),
    "Sigmoid": (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
    "Identity": (nn.Identity(1, any="thing"), lambda x: x),
    "Flatten": (nn.Flatten(), lambda x: x.reshape(len(x), -1)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_layers_without_parameters(name):
    module, by_hand = ACTIVATIONS[name]
    x = np.stack([X, Y], 1)
    out = module(learngrad.tensor(x)).numpy()
    np.testing.assert_allclose(out, by_hand(x), rtol=1e-5, atol=1e-6)
    assert not list(module.parameters())


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses(reduction):
    reduced = {"mean": np.mean, "sum": np.sum, "none": lambda x: x}[reduction]
    mse = nn.MSELoss(reduction=reduction)(learngrad.tensor(X), learngrad.tensor(Y))
    np.testing.assert_allclose(mse.numpy(), reduced((X - Y) ** 2), rtol=1e-5)
    entropy = nn.CrossEntropyLoss(reduction=reduction)(learngrad.tensor(X),
                                                       learngrad.tensor(CLASSES))
    by_hand = -np.log(softmax(X)[np.arange(5), CLASSES])
    np.testing.assert_allclose(entropy.numpy(), reduced(by_hand), rtol=1e-5)


# ---- Linear --------------------------------------------------------------------------------------

def test_linear_computes_and_differentiates():
    layer = nn.Linear(3, 2)
    x = learngrad.tensor(X, requires_grad=True)
    out = layer(x)
    W, b = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    np.testing.assert_allclose(out.detach().numpy(), X @ W.T + b, rtol=1e-5, atol=1e-6)
    out.sum().backward()
    ones = np.ones((5, 2), np.float32)
    np.testing.assert_allclose(layer.weight.grad.numpy(), ones.T @ X, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer.bias.grad.numpy(), [5, 5])
    np.testing.assert_allclose(x.grad.numpy(), ones @ W, rtol=1e-5, atol=1e-6)


def test_linear_without_bias_and_in_another_dtype():
    layer = nn.Linear(3, 2, bias=False, dtype=learngrad.float64)
    assert layer.bias is None
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer.weight.dtype == learngrad.float64
    assert repr(layer) == "Linear(in_features=3, out_features=2, bias=False)"
    assert layer(learngrad.ones(2, 4, 3, dtype=learngrad.float64)).shape == (2, 4, 2)
    assert nn.Linear(0, 2)(learngrad.ones(5, 0)).tolist() == [[0, 0]] * 5


@pytest.mark.parametrize(("sizes", "error", "said"), [
    (("3", 2), ArgumentTypeError, "in_features counts"), ((3, 2.0), ArgumentTypeError, "2.0"),
    ((True, 2), ArgumentTypeError, "True"), ((3, -1), ArgumentError, "out_features is -1"),
])
def test_linear_refuses_sizes_that_are_none(sizes, error, said):
    with pytest.raises(error, match=said):
        nn.Linear(*sizes)


def test_linear_refuses_an_input_that_does_not_fit():
    layer = nn.Linear(3, 2)
    with pytest.raises(ShapeError) as raised:
        layer(learngrad.ones(5, 4))
    text = str(raised.value)
    assert "4 features" in text
    assert "weight" in text
    assert "layer = nn.Linear(3, 2)" in text  # where the layer was made
    with pytest.raises(DtypeError, match="float64"):
        layer(learngrad.ones(5, 3, dtype=learngrad.float64))


def test_draws_follow_the_seed():
    learngrad.manual_seed(3)
    first = nn.Linear(3, 2).weight.tolist()
    learngrad.manual_seed(3)
    assert nn.Linear(3, 2).weight.tolist() == first
    assert nn.Linear(3, 2).weight.tolist() != first


def test_functional_has_the_same_operations():
    x = learngrad.tensor(X)
    for name in functional.__all__:
        assert callable(getattr(functional, name))
    np.testing.assert_allclose(functional.log_softmax(x, dim=1).numpy(), np.log(softmax(X)),
                               rtol=1e-5)
    assert functional.tanh is learngrad.tanh


@pytest.mark.parametrize("make", [
    lambda: nn.Softsign(2), lambda: nn.Tanh(inplace=True), lambda: nn.ReLU6(False, 3),
    lambda: nn.MSELoss(beta=2.0), lambda: nn.Softmax(axis=1), lambda: nn.MaxPool2d(2, size=3),
    lambda: nn.ReLU(learngrad.ones(2), learngrad.ones(2)),
])
def test_arguments_that_a_layer_does_not_have_are_refused_when_it_is_made(make):
    with pytest.raises(TypeError):
        make()


@pytest.mark.parametrize("make", [
    lambda: nn.LeakyReLU(0.2), lambda: nn.Dropout(0.3), lambda: nn.MaxPool2d(2),
    lambda: nn.CrossEntropyLoss(learngrad.ones(3)), lambda: nn.BatchNorm2d(3),
    lambda: nn.Conv2d(3, 4, 3, padding_mode="reflect"), lambda: nn.Embedding(4, 2, 0),
])
def test_layers_are_copied_and_pickled_whole(make):
    layer = make()
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(other) == repr(layer)
        assert {k: v.tolist() for k, v in other.state_dict().items()} == {
            k: v.tolist() for k, v in layer.state_dict().items()}


def test_an_argument_that_is_changed_counts_from_the_next_call():
    layer = nn.LeakyReLU(0.1)
    layer.negative_slope = 0.5
    assert layer(learngrad.tensor([-2.0])).tolist() == [-1.0]
    assert repr(layer) == "LeakyReLU(negative_slope=0.5)"
