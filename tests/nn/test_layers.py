"""What the layers and losses compute, where they start from, and what they refuse."""

import math

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import ArgumentError, ArgumentTypeError, DtypeError, ShapeError
from learngrad.nn import functional, init
from tests.optable.reference import torch


@pytest.fixture(autouse=True)
def seeded():
    learngrad.manual_seed(0)


X = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
Y = np.random.default_rng(1).standard_normal((5, 3)).astype(np.float32)
CLASSES = np.array([0, 2, 1, 1, 0])


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


# name: (the module, what it computes by hand, its name in PyTorch)
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
    if torch is not None:
        theirs = getattr(torch.nn, name)()(torch.tensor(x)).numpy()
        np.testing.assert_allclose(out, theirs, rtol=1e-5, atol=1e-6)
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


def test_losses_refuse_what_would_be_silently_wrong():
    pred, target = learngrad.ones(4, 1), learngrad.ones(4)
    with pytest.raises(ShapeError, match=r"\[4, 1\] is not \[4\]"):
        nn.MSELoss()(pred, target)
    scores = learngrad.ones(4, 3)
    with pytest.raises(DtypeError, match="integers"):
        nn.CrossEntropyLoss()(scores, target)
    with pytest.raises(ShapeError, match="one target for each row"):
        nn.CrossEntropyLoss()(scores, learngrad.zeros(3, dtype=learngrad.int64))
    with pytest.raises(learngrad.errors.OutOfRangeError, match="0 to 2"):
        nn.CrossEntropyLoss()(scores, learngrad.full((4,), 3))
    with pytest.raises(ArgumentError, match="reduction='avg'"):
        nn.MSELoss(reduction="avg")


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


# ---- Where layers start from ---------------------------------------------------------------------

def evenly(values, low, high):
    """Whether draws are spread evenly over [low, high): the Kolmogorov-Smirnov distance."""
    values = np.sort(values.ravel())
    share = (values - low) / (high - low)
    grid = np.arange(len(values) + 1) / len(values)
    assert share[0] >= 0
    assert share[-1] <= 1 + 1e-6
    distance = max((grid[1:] - share).max(), (share - grid[:-1]).max())
    return distance < 1.95 / math.sqrt(len(values))  # exceeded once in a thousand seeds


@pytest.mark.parametrize("inputs", [4, 64, 784])
def test_linear_starts_where_pytorchs_does(inputs):
    layer = nn.Linear(inputs, 4000 // inputs + 100)
    bound = 1 / math.sqrt(inputs)
    for p in layer.parameters():
        assert evenly(p.detach().numpy(), -bound, bound)
        assert p.detach().numpy().max() > 0.9 * bound
    if torch is not None:
        theirs = torch.nn.Linear(inputs, 4000 // inputs + 100)
        for p in theirs.parameters():
            assert evenly(p.detach().numpy(), -bound, bound)


def test_draws_follow_the_seed():
    learngrad.manual_seed(3)
    first = nn.Linear(3, 2).weight.tolist()
    learngrad.manual_seed(3)
    assert nn.Linear(3, 2).weight.tolist() == first
    assert nn.Linear(3, 2).weight.tolist() != first
    generator = learngrad.Generator().manual_seed(3)
    assert init.kaiming_uniform_(learngrad.zeros(2, 3), a=math.sqrt(5),
                                 generator=generator).tolist() == first


# name: (function, arguments, low, high) for a weight of shape [60, 40]
UNIFORM = {
    "uniform_": ((), 0, 1), "kaiming_uniform_": ((), -math.sqrt(6 / 40), math.sqrt(6 / 40)),
    "xavier_uniform_": ((2.0,), -2 * math.sqrt(6 / 100), 2 * math.sqrt(6 / 100)),
}
NORMAL = {
    "normal_": ((1.0, 3.0), 1, 3), "kaiming_normal_": ((), 0, math.sqrt(2 / 40)),
    "xavier_normal_": ((), 0, math.sqrt(2 / 100)),
}


@pytest.mark.parametrize("name", UNIFORM)
def test_even_draws(name):
    arguments, low, high = UNIFORM[name]
    w = getattr(init, name)(learngrad.zeros(60, 40), *arguments)
    assert evenly(w.numpy(), low, high)
    if torch is not None:
        assert evenly(getattr(torch.nn.init, name)(torch.zeros(60, 40), *arguments).numpy(),
                      low, high)


@pytest.mark.parametrize("name", NORMAL)
def test_normal_draws(name):
    arguments, mean, std = NORMAL[name]
    w = getattr(init, name)(learngrad.zeros(60, 40), *arguments).numpy()
    n = w.size
    assert abs(w.mean() - mean) < 4 * std / math.sqrt(n)
    assert abs(w.std() / std - 1) < 4 / math.sqrt(2 * n)
    inside = (np.abs(w - mean) < std).mean()  # 68.3 % of a normal distribution
    assert abs(inside - 0.6827) < 4 * math.sqrt(0.6827 * 0.3173 / n)


def test_fans_count_fields_too():
    w = learngrad.zeros(6, 5, 3, 3)
    assert abs(init.kaiming_uniform_(w, mode="fan_out").numpy()).max() <= math.sqrt(6 / 54)
    assert abs(init.kaiming_uniform_(w, mode="fan_out").numpy()).max() > 0.9 * math.sqrt(6 / 54)
    if torch is not None:
        assert init._fans(w) == torch.nn.init._calculate_fan_in_and_fan_out(
            torch.zeros(6, 5, 3, 3))


@pytest.mark.parametrize(("name", "gain"), [
    ("linear", 1), ("sigmoid", 1), ("tanh", 5 / 3), ("relu", 2**0.5), ("selu", 0.75),
    ("leaky_relu", (2 / 1.0001) ** 0.5),
])
def test_gains(name, gain):
    assert init.calculate_gain(name) == pytest.approx(gain)
    if torch is not None:
        assert init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name))


def test_filling_is_outside_the_graph_and_counted():
    w = nn.Parameter(learngrad.zeros(2, 3))
    loss = (w * w).sum()
    assert init.ones_(w) is w
    assert w.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert init.zeros_(w).tolist() == [[0, 0, 0]] * 2
    assert init.constant_(w, 2).tolist() == [[2, 2, 2]] * 2
    assert w.is_leaf
    with pytest.raises(learngrad.errors.GraphError, match="changed in place 3"):
        loss.backward()


def test_wrong_initialisations_are_refused():
    with pytest.raises(ShapeError, match="two dimensions"):
        init.xavier_uniform_(learngrad.zeros(3))
    with pytest.raises(ArgumentError, match="mode='both'"):
        init.kaiming_normal_(learngrad.zeros(3, 3), mode="both")
    with pytest.raises(ArgumentError, match="'gelu'"):
        init.calculate_gain("gelu")


def test_functional_has_the_same_operations():
    x = learngrad.tensor(X)
    for name in functional.__all__:
        assert callable(getattr(functional, name))
    np.testing.assert_allclose(functional.log_softmax(x, dim=1).numpy(), np.log(softmax(X)),
                               rtol=1e-5)
    assert functional.relu is learngrad.relu


@pytest.mark.parametrize("name", ["MSELoss", "CrossEntropyLoss"])
def test_a_loss_made_with_tensors_is_told(name):
    logits, y = learngrad.ones(4, 3), learngrad.zeros(4)
    with pytest.raises(learngrad.errors.ArgumentTypeError, match="is made first") as caught:
        getattr(nn, name)(logits, y)
    assert f"nn.{name}()" in caught.value.fix


def test_cross_entropy_takes_weights_and_ignores():
    logits, y = learngrad.tensor([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), learngrad.tensor([0, 1, 1])
    weight = learngrad.tensor([1.0, 3.0])
    F = nn.functional
    for options in ({"weight": weight}, {"ignore_index": 1}, {"label_smoothing": 0.2},
                    {"reduction": "sum"}):
        assert nn.CrossEntropyLoss(**options)(logits, y).item() == pytest.approx(
            F.cross_entropy(logits, y, **options).item())
