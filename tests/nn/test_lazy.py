"""Lazy layers become plain ones at their first call, as PyTorch's do."""

import copy
import pickle

import numpy as np
import pytest

import learngrad
from learngrad import nn, optim
from learngrad.errors import LearngradError
from learngrad.nn.parameter import Uninitialized, UninitializedError
from tests.optable.reference import torch

LIBRARIES = [learngrad] if torch is None else [learngrad, torch]
pytestmark = pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")  # PyTorch's own

# the lazy layer: (its first input's shape, the plain layer, what it shows before)
LAYERS = {
    "LazyLinear(3)": (
        (5, 4), "Linear(4, 3)", "LazyLinear(in_features=0, out_features=3, bias=True)"),
    "LazyLinear(3, bias=False)": (
        (4,), "Linear(4, 3, bias=False)", "LazyLinear(in_features=0, out_features=3, bias=False)"),
    "LazyConv1d(4, 3)": ((2, 5, 9), "Conv1d(5, 4, 3)",
                         "LazyConv1d(0, 4, kernel_size=(3,), stride=(1,))"),
    "LazyConv2d(4, 3, padding=1, groups=2)": (
        (2, 6, 8, 8), "Conv2d(6, 4, 3, padding=1, groups=2)",
        "LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), groups=2)"),
    "LazyConv2d(4, 3, bias=False)": (
        (6, 8, 8), "Conv2d(6, 4, 3, bias=False)",
        "LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1), bias=False)"),
    "LazyConvTranspose1d(4, 3)": ((2, 5, 9), "ConvTranspose1d(5, 4, 3)",
                                  "LazyConvTranspose1d(0, 4, kernel_size=(3,), stride=(1,))"),
    "LazyConvTranspose2d(4, 3, stride=2)": (
        (2, 5, 9, 9), "ConvTranspose2d(5, 4, 3, stride=2)",
        "LazyConvTranspose2d(0, 4, kernel_size=(3, 3), stride=(2, 2))"),
    "LazyBatchNorm1d()": ((5, 4), "BatchNorm1d(4)", None),
    "LazyBatchNorm2d(momentum=0.2)": ((5, 4, 3, 3), "BatchNorm2d(4, momentum=0.2)", None),
    "LazyBatchNorm1d(affine=False)": ((5, 4, 3), "BatchNorm1d(4, affine=False)", None),
}


def make(library, call):
    return eval(f"nn.{call}", {"nn": library.nn})


@pytest.mark.parametrize("lazy", LAYERS)
def test_a_lazy_layer_becomes_the_plain_one(lazy):
    shape, plain, shown = LAYERS[lazy]
    for library in LIBRARIES:
        layer, expected = make(library, lazy), make(library, plain)
        assert shown is None or repr(layer) == shown
        assert isinstance(layer, type(expected)) or library is torch  # for batch norm it is not
        assert list(layer.state_dict()) == list(expected.state_dict())
        assert layer.has_uninitialized_params()
        out = layer(library.ones(*shape))
        assert out.shape == expected(library.ones(*shape)).shape
        assert type(layer) is type(expected)
        assert repr(layer) == repr(expected)
        assert {k: list(v.shape) for k, v in layer.state_dict().items()} == {
            k: list(v.shape) for k, v in expected.state_dict().items()}
        assert type(next(layer.parameters(), None)) is type(next(expected.parameters(), None))
    if not lazy.startswith("LazyBatchNorm"):
        assert (layer.weight.abs() > 0).any()  # drawn, not left at 0


def test_parameters_stay_the_same_objects():
    net = nn.Sequential(nn.LazyLinear(8), nn.Tanh(), nn.LazyLinear(1))
    parameters = list(net.parameters())
    optimiser = optim.SGD(parameters, lr=0.1, momentum=0.9)
    x, losses = learngrad.randn(16, 3), []
    for _ in range(5):
        optimiser.zero_grad()
        loss = ((net(x) - x.sum(1, keepdim=True)) ** 2).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert all(a is b for a, b in zip(parameters, net.parameters(), strict=True))
    assert losses[-1] < losses[0]


def test_a_lazy_net_draws_as_a_plain_one():
    learngrad.manual_seed(5)
    lazy = nn.LazyLinear(3)
    lazy(learngrad.ones(1, 4))
    learngrad.manual_seed(5)
    np.testing.assert_array_equal(lazy.weight.detach().numpy(),
                                  nn.Linear(4, 3).weight.detach().numpy())


def test_modes_dtypes_and_freezing_last():
    for library in LIBRARIES:
        layer = library.nn.LazyLinear(2).double().eval()
        assert [p.dtype for p in layer.parameters()] == [library.float64] * 2
        assert layer(library.ones(1, 3, dtype=library.float64)).requires_grad
        assert not layer.training
        assert layer.weight.dtype == library.float64
    frozen = nn.LazyLinear(2).requires_grad_(False)  # which PyTorch refuses
    assert not frozen(learngrad.ones(1, 3)).requires_grad


def test_states_go_to_lazy_layers_and_from_them():
    for library in LIBRARIES:
        trained, lazy = library.nn.Linear(4, 3), library.nn.LazyLinear(3)
        lazy.load_state_dict(trained.state_dict())
        assert not lazy.has_uninitialized_params()
        x = library.ones(2, 4)
        assert lazy(x).tolist() == trained(x).tolist()
        assert type(lazy) is library.nn.Linear
        fresh = library.nn.LazyLinear(3)
        fresh.load_state_dict(library.nn.LazyLinear(3).state_dict())
        assert fresh.has_uninitialized_params()
        with pytest.raises(RuntimeError):
            trained.load_state_dict(library.nn.LazyLinear(3).state_dict())
        loaded = library.nn.LazyLinear(3)
        loaded.load_state_dict(trained.state_dict())
        with pytest.raises((RuntimeError, AssertionError)):
            loaded(library.ones(2, 5))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_find_their_own_size(copied):
    layer = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    other = copied(layer)
    assert other(learngrad.ones(2, 4)).shape == (2, 3)
    assert layer(learngrad.ones(2, 7)).shape == (2, 3)
    assert layer[0].in_features == 7


USES = {
    "shape": lambda layer, lib: layer.weight.shape,
    "numel": lambda layer, lib: sum(p.numel() for p in layer.parameters()),
    "arithmetic": lambda layer, lib: layer.weight + 1,
    "filling": lambda layer, lib: lib.nn.init.uniform_(layer.weight),
    "reading": lambda layer, lib: layer.weight.tolist(),
    "copying": lambda layer, lib: layer.weight.data.copy_(lib.ones(2)),
}


@pytest.mark.parametrize("name", USES)
def test_what_needs_a_shape_says_that_there_is_none(name):
    if name != "copying":  # `data` has no elements yet
        with pytest.raises(UninitializedError, match="no shape yet") as raised:
            USES[name](nn.LazyLinear(3), learngrad)
        assert raised.value.fix == "call the model once before: model(x)"
    for library in LIBRARIES:
        with pytest.raises((RuntimeError, ValueError)):
            USES[name](library.nn.LazyLinear(3), library)


@pytest.mark.parametrize(("lazy", "shape", "error", "said"), [
    ("LazyConv2d(4, 3)", (2, 3), RuntimeError, "3 or 4 dimensions"),
    ("LazyConv2d(4, 3, groups=2)", (1, 3, 8, 8), ValueError, "groups=2"),
    ("LazyBatchNorm2d()", (4, 3), (RuntimeError, ValueError), "4 dimensions"),
    ("LazyLinear(3)", (), (RuntimeError, IndexError), "1 or more"),
])
def test_inputs_that_tell_nothing_are_refused_and_change_nothing(lazy, shape, error, said):
    layer = make(learngrad, lazy)
    with pytest.raises(error, match=said) as raised:
        layer(learngrad.ones(shape))
    assert isinstance(raised.value, LearngradError)
    assert layer.has_uninitialized_params()
    assert all(isinstance(p, Uninitialized) for p in layer.parameters())
    if torch is not None:
        with pytest.raises(error):
            make(torch, lazy)(torch.ones(shape))


def test_numbers_are_no_input():
    with pytest.raises(TypeError, match="takes a tensor"):
        nn.LazyLinear(3)(3.0)


def test_a_parameter_can_be_made_without_a_shape():
    for library in LIBRARIES:
        p = library.nn.UninitializedParameter(dtype=library.float64)
        assert repr(p) == "<UninitializedParameter>"
        assert p.requires_grad
        p.materialize((2, 3))
        assert type(p) is library.nn.Parameter
        assert p.requires_grad
        assert (list(p.shape), p.dtype) == ([2, 3], library.float64)
    with pytest.raises(LearngradError):
        nn.UninitializedParameter().view(-1)
