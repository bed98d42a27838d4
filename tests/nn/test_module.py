"""Modules know what they are made of, and say so when a program puts them together wrongly."""

import copy
import pickle

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.autograd import observe
from learngrad.errors import ArgumentTypeError, LearngradError
from learngrad.nn.module import ModuleError
from tests.optable.reference import torch


class Scale(nn.Module):
    """A parameter, a buffer and a constant."""

    def __init__(self, size=2):
        super().__init__()
        self.factor = nn.Parameter(learngrad.ones(size))
        self.register_buffer("seen", learngrad.zeros(1))
        self.register_buffer("hint", learngrad.zeros(1), persistent=False)
        self.constant = learngrad.ones(size)

    def forward(self, x):
        return x * self.factor


class Net(nn.Module):
    """A net of nets."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        self.scale = Scale()
        self.own = nn.Parameter(learngrad.zeros(1))

    def forward(self, x):
        return self.scale(self.body(x)) + self.own


PATHS = ["own", "body.0.weight", "body.0.bias", "body.2.weight", "body.2.bias", "scale.factor"]


def test_parts_are_found_by_their_paths():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == PATHS
    assert [name for name, _ in net.named_modules()] == [
        "", "body", "body.0", "body.1", "body.2", "scale"]
    assert [name for name, _ in net.named_children()] == ["body", "scale"]
    assert [name for name, _ in net.named_buffers()] == ["scale.seen", "scale.hint"]
    assert list(net.state_dict()) == [*PATHS, "scale.seen"]
    assert [name for name, _ in net.named_parameters("net", recurse=False)] == ["net.own"]
    assert len(list(net.parameters())) == len(PATHS)
    assert all(a is b for a, (_, b) in zip(net.modules(), net.named_modules(), strict=True))
    assert len(list(net.buffers())) == 2


def test_a_part_in_two_places_counts_once():
    net = Net()
    net.again = net.scale
    net.tied = net.own
    assert [name for name, _ in net.named_parameters()] == PATHS
    assert "again" not in dict(net.named_modules())
    # A state has each place, so that a net whose parts are not shared can load it.
    assert {"own", "tied", "again.factor"} <= set(net.state_dict())


def test_parameters_are_named_where_they_are_first_assigned():
    w = nn.Parameter(learngrad.zeros(1))
    assert w.name is None
    first, second = nn.Module(), nn.Module()
    first.w = second.other = w
    assert w.name == "w"


def test_parts_can_be_replaced_and_removed():
    net = Net()
    net.own = nn.Parameter(learngrad.ones(2))
    net.body = nn.Identity()
    net.scale = None
    assert [name for name, _ in net.named_parameters()] == ["own"]
    del net.own
    assert not list(net.parameters())


def test_train_and_eval_reach_every_part():
    net = Net()
    assert net.training
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.body.train()
    assert net.body[0].training
    assert not net.training


def test_apply_goes_from_the_inside_out():
    order = []
    net = Net()
    assert net.apply(lambda module: order.append(type(module).__name__)) is net
    assert order == ["Linear", "Tanh", "Linear", "Sequential", "Scale", "Net"]


def test_gradients_are_forgotten_and_parameters_frozen():
    net = Net()
    net(learngrad.ones(1, 3)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad(set_to_none=False)
    assert all(not np.any(p.grad.numpy()) for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net.requires_grad_(False)
    assert not net(learngrad.ones(1, 3)).requires_grad


def test_a_call_passes_keywords_on():
    class Add(nn.Module):
        def forward(self, x, *, by):
            return x + by

    assert Add()(learngrad.ones(1), by=2).item() == 3


def test_watchers_hear_calls_begin_and_end():
    told = []

    class Ear(observe.Watcher):
        def enter(self, module, inputs):
            told.append(("enter", type(module).__name__, len(inputs)))

        def leave(self, module):
            told.append(("leave", type(module).__name__))

    with observe.watch(Ear()):
        nn.Sequential(nn.ReLU())(learngrad.ones(1))
    assert told == [("enter", "Sequential", 1), ("enter", "ReLU", 1), ("leave", "ReLU"),
                    ("leave", "Sequential")]
    told.clear()
    with observe.watch(Ear()), pytest.raises(learngrad.errors.ShapeError):
        nn.Linear(2, 3)(learngrad.ones(1, 5))
    assert [what for what, *_ in told] == ["enter", "leave"]


# ---- State ---------------------------------------------------------------------------------------

def test_a_state_goes_from_one_net_to_another():
    ours, other = Net(), Net()
    before = [p._version for p in other.parameters()]
    result = other.load_state_dict(ours.state_dict())
    assert result == ([], [])
    for a, b in zip(ours.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
        assert not np.shares_memory(a._data, b._data)
    assert all(p._version > v for p, v in zip(other.parameters(), before, strict=True))
    assert all(p.requires_grad for p in other.parameters())


def test_a_state_shares_memory_and_is_outside_the_graph():
    layer = nn.Linear(2, 2)
    state = layer.state_dict()
    assert np.shares_memory(state["weight"].numpy(), layer.weight._data)
    assert not state["weight"].requires_grad


def test_a_state_that_does_not_fit_is_refused_whole():
    net = Net()
    kept = {name: value.numpy().copy() for name, value in net.state_dict().items()}
    state = {name: value + 1 for name, value in net.state_dict().items()}
    state["scale.factor"] = learngrad.ones(7)
    del state["own"]
    state["surprise"] = learngrad.ones(1)
    with pytest.raises(ModuleError) as raised:
        net.load_state_dict(state)
    for line in ("scale.factor: shape [7] in the state, [2] here", "own: missing in the state",
                 "surprise: not in this module"):
        assert line in str(raised.value)
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), kept[name])
    del state["scale.factor"]
    result = net.load_state_dict(state, strict=False)
    assert result.missing_keys == ["own", "scale.factor"]
    assert result.unexpected_keys == ["surprise"]
    np.testing.assert_array_equal(net.body[0].bias.detach().numpy(), kept["body.0.bias"] + 1)


def test_a_state_of_arrays_and_of_another_dtype_is_converted():
    layer = nn.Linear(1, 1)
    layer.load_state_dict({"weight": np.array([[2.0]]), "bias": np.array([1.0])})
    assert layer.weight.dtype == learngrad.float32
    assert layer(learngrad.ones(1, 1)).item() == 3


def test_a_state_is_a_mapping():
    with pytest.raises(ArgumentTypeError, match="a dict of tensors"):
        nn.Linear(1, 1).load_state_dict([1, 2])


def test_copies_and_pickles_are_nets_of_their_own():
    net = Net()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert [name for name, _ in other.named_parameters()] == PATHS
        assert all(type(p) is nn.Parameter and p.requires_grad for p in other.parameters())
        assert other.own.name == "own"
        with learngrad.no_grad():
            other.own += 1
        assert net.own.item() == 0
        assert other(learngrad.ones(1, 3)).shape == (1, 2)


# ---- What is refused -----------------------------------------------------------------------------

def test_a_part_assigned_before_the_set_up_is_refused():
    class Late(nn.Module):
        def __init__(self):
            self.layer = nn.ReLU()

    with pytest.raises(AttributeError, match="Late gets its part layer before") as raised:
        Late()
    assert isinstance(raised.value, LearngradError)
    assert "super().__init__()" in raised.value.fix


@pytest.mark.parametrize(("name", "kind"), [("own", "parameter"), ("body", "module")])
def test_a_value_does_not_take_the_place_of_a_part(name, kind):
    net = Net()
    with pytest.raises(ArgumentTypeError, match=f"{name} is a {kind}"):
        setattr(net, name, learngrad.ones(1))
    assert name in dict(net.named_parameters()) | dict(net.named_modules())


def test_a_module_without_forward_says_so():
    class Empty(nn.Module):
        pass

    class Misspelt(nn.Module):
        def foward(self, x):
            return x

    with pytest.raises(NotImplementedError, match="Empty has no forward") as raised:
        Empty()(1)
    assert isinstance(raised.value, ModuleError)
    with pytest.raises(NotImplementedError) as raised:
        Misspelt()(1)
    assert raised.value.fix == "rename foward to forward"
    with pytest.raises(NotImplementedError) as raised:
        learngrad.nn.Module()(1)
    assert "def forward" in raised.value.fix


def test_buffers_are_plain_tensors_with_free_names():
    net = Net()
    with pytest.raises(ArgumentTypeError, match="plain tensor"):
        net.register_buffer("mean", [1, 2])
    with pytest.raises(ArgumentTypeError, match="plain tensor"):
        net.register_buffer("mean", nn.Parameter(learngrad.ones(1)))
    with pytest.raises(KeyError, match="'own'"):
        net.register_buffer("own", learngrad.ones(1))
    net.scale.seen = learngrad.ones(1)  # a buffer that gets another tensor stays one
    assert "scale.seen" in net.state_dict()


# ---- Sequential and Parameter --------------------------------------------------------------------

@pytest.mark.parametrize(("layer", "fix"), [
    (nn.ReLU, r"nn\.ReLU\(\)"), (learngrad.relu, "not functions"), ([nn.ReLU()], "not functions"),
    (None, "give modules"),
])
def test_sequential_refuses_what_is_no_module(layer, fix):
    with pytest.raises(ArgumentTypeError, match=fix):
        nn.Sequential(nn.Linear(1, 1), layer)


def test_a_parameter_shares_memory_with_its_tensor():
    data = learngrad.zeros(2)
    p = nn.Parameter(data)
    data += 1
    assert p.tolist() == [1, 1]
    assert p.requires_grad
    assert p.is_leaf
    assert not nn.Parameter(data, requires_grad=False).requires_grad
    with pytest.raises(learngrad.errors.DtypeError):
        nn.Parameter(learngrad.tensor([1, 2]))


def test_a_change_through_the_shared_memory_is_counted():
    data = learngrad.ones(2)
    p = nn.Parameter(data)
    loss = (p * p).sum()
    data += 1
    with pytest.raises(learngrad.errors.GraphError, match="changed in place"):
        loss.backward()


# ---- As PyTorch shows it -------------------------------------------------------------------------

REPR = """\
Net(
  (body): Sequential(
    (0): Linear(in_features=3, out_features=4, bias=True)
    (1): Tanh()
    (2): Linear(in_features=4, out_features=2, bias=True)
  )
  (scale): Scale()
)"""


def test_repr():
    assert repr(Net()) == REPR
    assert repr(nn.Flatten()) == "Flatten(start_dim=1, end_dim=-1)"


LAYERS = {
    "Linear": (3, 2), "Bilinear": (3, 3, 2), "Conv1d": (2, 3, 2), "ConvTranspose2d": (2, 3, 2),
    "BatchNorm1d": (3,), "InstanceNorm2d": (3,), "GroupNorm": (1, 3), "LayerNorm": (3,),
    "RNN": (3, 2), "LSTM": (3, 2), "GRU": (3, 2), "LSTMCell": (3, 2), "Embedding": (3, 2),
    "EmbeddingBag": (3, 2), "MultiheadAttention": (4, 2), "TransformerEncoderLayer": (4, 2),
    "MaxPool2d": (2,), "LPPool1d": (2, 2), "AdaptiveAvgPool1d": (2,), "Upsample": (None, 2),
    "ReflectionPad1d": (1,), "Unfold": (2,), "PixelShuffle": (2,), "Flatten": (),
    "Unflatten": (1, (1, 3)), "Dropout": (), "ReLU": (), "GELU": (), "Hardtanh": (), "PReLU": (),
    "Softmax": (1,), "GLU": (), "Softmax2d": (), "CosineSimilarity": (), "PairwiseDistance": ()}


@pytest.mark.parametrize("given", [None, (learngrad.ones(2, 3), learngrad.ones(3)), [1.0], "x"],
                         ids=["None", "tuple", "list", "text"])
@pytest.mark.parametrize("name", LAYERS)
def test_what_is_no_tensor_is_told_by_every_layer(name, given):
    """None from a forward without return, and what a recurrent layer gives, most of all."""
    layer = getattr(nn, name)(*LAYERS[name])
    several = {"Bilinear": 2, "CosineSimilarity": 2, "PairwiseDistance": 2,
               "MultiheadAttention": 3}.get(name, 1)
    with pytest.raises(ArgumentTypeError):
        layer(*[given] * several)
    with pytest.raises(ArgumentTypeError), observe.watch(observe.Watcher()):
        nn.Sequential(layer)(given) if several == 1 else layer(*[given] * several)


def test_an_attribute_that_is_missing_elsewhere_stays_a_plain_error():
    class Own(nn.Module):
        def forward(self, x):
            return x.colour

    for given in (3.0, learngrad.ones(1)):
        with pytest.raises(AttributeError, match="colour"):
            nn.Sequential(Own())(given)
    with pytest.raises(ArgumentTypeError) as caught:
        nn.Linear(1, 1)(None)
    assert "without return" in caught.value.fix


def torch_net():
    class Scale(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = torch.nn.Parameter(torch.ones(2))
            self.register_buffer("seen", torch.zeros(1))
            self.register_buffer("hint", torch.zeros(1), persistent=False)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Sequential(
                torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
            self.scale = Scale()
            self.own = torch.nn.Parameter(torch.zeros(1))

    return Net()


@pytest.mark.parametrize("look", [
    repr, lambda net: list(net.state_dict()),
    *(lambda net, kind=kind: [name for name, _ in getattr(net, f"named_{kind}")()]
      for kind in ("parameters", "modules", "children", "buffers")),
])
def test_names_and_orders_are_pytorchs(look):
    """Without PyTorch the lists above, which it gave, are all there is to compare with."""
    if torch is None:
        assert list(Net().state_dict()) == [*PATHS, "scale.seen"]
    else:
        assert look(Net()) == look(torch_net())
