"""Parts of a module: put in, taken out, found, moved and loaded, as in PyTorch's; in both."""

import copy
import inspect
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

import learngrad
from learngrad import nn, optim
from learngrad.errors import LearngradError
from tests.optable.reference import dtype_name, to_numpy, torch

LIBRARIES = [learngrad] if torch is None else [learngrad, torch]


def small(t):
    """A parameter, two buffers, a layer in two places and a constant."""
    class Small(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = t.nn.Linear(2, 2)
            self.scale = t.nn.Parameter(t.ones(2))
            self.register_buffer("seen", t.zeros(2))
            self.register_buffer("count", t.tensor(0), persistent=False)
            self.again = self.layer
            self.constant = t.ones(1)

        def forward(self, x):
            return self.layer(x) * self.scale + self.seen

    return Small()


def paths(module, kind="parameters", **options):
    return [name for name, _ in getattr(module, f"named_{kind}")(**options)]


def after(change):
    """What `small` is made of after a change."""
    def program(t):
        module = small(t)
        change(t, module)
        return (list(module.state_dict()), paths(module), paths(module, "buffers"),
                paths(module, "children"))

    return program


WHOLE = ["scale", "seen", "layer.weight", "layer.bias", "again.weight", "again.bias"]

# (a program, what both libraries answer)
PROGRAMS = {
    "nothing": (after(lambda t, m: None),
                (WHOLE, ["scale", "layer.weight", "layer.bias"], ["seen", "count"], ["layer"])),
    "another parameter, its place kept": (
        lambda t: (lambda m: (setattr(m, "weight", t.nn.Parameter(t.zeros(1))), paths(m)))(
            t.nn.Linear(1, 1)), (None, ["weight", "bias"])),
    "a parameter removed": (after(lambda t, m: delattr(m, "scale")),
                            (WHOLE[1:], ["layer.weight", "layer.bias"], ["seen", "count"],
                             ["layer"])),
    "a parameter for a buffer": (after(lambda t, m: setattr(m, "seen", t.nn.Parameter(t.ones(1)))),
                                 (WHOLE, ["scale", "seen", "layer.weight", "layer.bias"], ["count"],
                                  ["layer"])),
    "a module for a buffer": (after(lambda t, m: setattr(m, "seen", t.nn.ReLU())),
                              (["scale", *WHOLE[2:]], ["scale", "layer.weight", "layer.bias"],
                               ["count"], ["layer", "seen"])),
    "a parameter for a module": (after(lambda t, m: setattr(m, "again", t.nn.Parameter(t.ones(1)))),
                                 (["scale", "again", "seen", "layer.weight", "layer.bias"],
                                  ["scale", "again", "layer.weight", "layer.bias"],
                                  ["seen", "count"], ["layer"])),
    "a tensor for a buffer": (after(lambda t, m: setattr(m, "count", t.ones(3))),
                              (WHOLE, ["scale", "layer.weight", "layer.bias"], ["seen", "count"],
                               ["layer"])),
    "None for each": (after(lambda t, m: [setattr(m, name, None)
                                          for name in ("scale", "seen", "again")]),
                      (["layer.weight", "layer.bias"], ["layer.weight", "layer.bias"], ["count"],
                       ["layer"])),
    "a place kept for a parameter": (
        lambda t: (lambda m: (m.register_parameter("a", None), setattr(
            m, "b", t.nn.Parameter(t.ones(1))), setattr(m, "a", t.nn.Parameter(t.ones(1))),
            paths(m)))(t.nn.Module())[-1], ["a", "b"]),
    "a plain attribute becomes a part": (
        lambda t: (lambda m: (setattr(m, "x", 3), setattr(m, "x", t.nn.ReLU()),
                              paths(m, "children")))(t.nn.Module())[-1], ["x"]),
    "through the mappings": (
        lambda t: (lambda m: (m._modules.__setitem__("layer", t.nn.ReLU()),
                              m._parameters.pop("scale"), paths(m, "children"), paths(m),
                              list(m._buffers), m._parameters.get("scale"), "again" in m._modules,
                              type(m.layer).__name__))(small(t))[2:],
        (["layer", "again"], ["again.weight", "again.bias"], ["seen", "count"], None, True,
         "ReLU")),
    "Buffer": (
        lambda t: (lambda m: (setattr(m, "a", t.nn.Buffer(t.ones(1))), setattr(
            m, "b", t.nn.Buffer(t.ones(1), persistent=False)), paths(m, "buffers"),
            list(m.state_dict()), isinstance(m.a, t.nn.Parameter), m.a.requires_grad))(
                t.nn.Module())[2:], (["a", "b"], ["a"], False, False)),
    "each place of a shared part": (
        lambda t: (paths(small(t), remove_duplicate=False),
                   paths(small(t), "modules", remove_duplicate=False)),
        (["scale", "layer.weight", "layer.bias", "again.weight", "again.bias"],
         ["", "layer", "again"])),
    "a prefix": (lambda t: (paths(small(t), prefix="net"),
                            paths(small(t), "buffers", prefix="net", recurse=False)),
                 (["net.scale", "net.layer.weight", "net.layer.bias"], ["net.seen", "net.count"])),
    "by path": (
        lambda t: (lambda m: (m.get_submodule("layer") is m.layer, m.get_submodule("") is m,
                              m.get_parameter("layer.bias") is m.layer.bias,
                              m.get_buffer("seen") is m.seen))(small(t)), (True,) * 4),
    "put at a path": (
        lambda t: (lambda m: (m.set_submodule("0.0", t.nn.Tanh()), repr(m[0]))[1])(
            t.nn.Sequential(t.nn.Sequential(t.nn.ReLU()))), "Sequential(\n  (0): Tanh()\n)"),
    "places kept empty are shown": (
        lambda t: (lambda m: (m.register_module("a", None), setattr(m, "again", None),
                              repr(m).splitlines()[2:])[2])(small(t)),
        ["  (again): None", "  (a): None", ")"]),
    "lines of its own": (
        lambda t: [repr(type("Own", (t.nn.Module,), {"extra_repr": lambda self, said=said: said})())
                   for said in ("", "one", "one\ntwo")],
        ["Own()", "Own(one)", "Own(\n  one\n  two\n)"]),
    "what can be completed": (
        lambda t: [name in dir(t.nn.Sequential(t.nn.ReLU())) for name in ("0", "training",
                                                                          "forward")],
        [False, True, True]),
    "a state with a prefix": (
        lambda t: list(t.nn.Linear(1, 1).state_dict(prefix="net.")), ["net.weight", "net.bias"]),
    "a state in another": (
        lambda t: (lambda d: (t.nn.Linear(1, 1).state_dict(destination=d) is d, list(d)))({}),
        (True, ["weight", "bias"])),
    "a state of parameters": (
        lambda t: (lambda m: (m.state_dict(keep_vars=True)["weight"] is m.weight,
                              m.state_dict()["weight"].requires_grad))(t.nn.Linear(1, 1)),
        (True, False)),
    "loaded, nothing amiss": (
        lambda t: repr(t.nn.Linear(1, 1).load_state_dict(t.nn.Linear(1, 1).state_dict())),
        "<All keys matched successfully>"),
    "loaded, something amiss": (
        lambda t: repr(t.nn.Linear(1, 1).load_state_dict({"a": t.ones(1), "bias": t.ones(1)},
                                                         strict=False)),
        "_IncompatibleKeys(missing_keys=['weight'], unexpected_keys=['a'])"),
    "loaded by assignment": (
        lambda t: (lambda m, w: (m.load_state_dict({"weight": w, "bias": t.ones(1)}, assign=True),
                                 str(m.weight.dtype)[-7:], type(m.weight).__name__,
                                 m.weight.requires_grad, w.fill_(3.0).tolist(),
                                 m.weight.tolist()))(
            t.nn.Linear(1, 1), t.zeros(1, 1, dtype=t.float64))[1:],
        ("float64", "Parameter", True, [[3]], [[3]])),
    "assigned parameters stay frozen": (
        lambda t: (lambda m: (m.load_state_dict(t.nn.Linear(1, 1).state_dict(keep_vars=True),
                                                assign=True), m.weight.requires_grad))(
            t.nn.Linear(1, 1).requires_grad_(False))[1], False),
    "a copy has no gradients": (
        lambda t: (lambda m: (m(t.ones(1, 1)).sum().backward(), m.weight.grad is not None,
                              copy.deepcopy(m).weight.grad))(t.nn.Linear(1, 1))[1:], (True, None)),
    "a shared part stays shared": (
        lambda t: (lambda m: (m.layer is m.again, m.layer.weight is m.again.weight))(
            copy.deepcopy(small(t))), (True, True)),
    "its name": (lambda t: t.nn.Linear(1, 1)._get_name(), "Linear"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_modules_do_as_pytorchs(name):
    program, answer = PROGRAMS[name]
    for library in LIBRARIES:
        assert program(library) == answer


def unready(t):
    """A module that forgot to call super().__init__()."""
    class Unready(t.nn.Module):
        def __init__(self):
            self.size = 3

        def forward(self, x):
            return x

    return Unready()


def late(t, part):
    class Late(t.nn.Module):
        def __init__(self):
            self.part = part
            super().__init__()

    return Late()


# what is wrong: (a program, the class of error of both libraries, what ours says)
MISTAKES = {
    "a dot in a module's name": (lambda t: t.nn.Module().add_module("a.b", t.nn.ReLU()), KeyError,
                                 "a dot separates"),
    "a dot in a parameter's name": (lambda t: t.nn.Module().register_parameter("a.b", None),
                                    KeyError, "a dot separates"),
    "a dot in a buffer's name": (lambda t: t.nn.Module().register_buffer("a.b", None), KeyError,
                                 "a dot separates"),
    "no name": (lambda t: t.nn.Module().add_module("", t.nn.ReLU()), KeyError, "has letters"),
    "no name for a parameter": (lambda t: t.nn.Module().register_parameter("", None), KeyError,
                                "has letters"),
    "a number as name": (lambda t: t.nn.Module().add_module(3, t.nn.ReLU()), TypeError,
                         "a string, not 3"),
    "a name that is taken": (lambda t: small(t).register_parameter("constant", None), KeyError,
                             "'constant' already"),
    "a method's name": (lambda t: t.nn.Module().register_buffer("forward", t.ones(1)), KeyError,
                        "a meaning of its own"),
    "a method's name for a parameter": (
        lambda t: setattr(t.nn.Module(), "train", t.nn.Parameter(t.ones(1))), KeyError,
        "a meaning of its own"),
    "a tensor as parameter": (lambda t: t.nn.Module().register_parameter("w", t.ones(1)),
                              TypeError, "not a learngrad.Tensor"),
    "a class as module": (lambda t: t.nn.Module().add_module("act", t.nn.ReLU), TypeError,
                          r"with brackets: ReLU\(\)"),
    "a number as module": (lambda t: t.nn.Module().add_module("act", 3), TypeError,
                           "must be a module"),
    "a list as buffer": (lambda t: t.nn.Module().register_buffer("x", [1.0]), TypeError,
                         "a plain tensor"),
    "a tensor for a parameter": (lambda t: setattr(t.nn.Linear(1, 1), "weight", t.ones(1, 1)),
                                 TypeError, "weight is a parameter"),
    "a function for a module": (lambda t: setattr(small(t), "layer", t.relu), TypeError,
                                "layer is a module"),
    "a number for a buffer": (lambda t: setattr(small(t), "seen", 3), TypeError,
                              "seen is a buffer"),
    "a module for a parameter": (lambda t: setattr(small(t), "scale", t.nn.ReLU()), TypeError,
                                 "scale is a parameter"),
    "no such module": (lambda t: small(t).get_submodule("layer.0"), AttributeError,
                       "no module 'layer.0'"),
    "no such parameter": (lambda t: small(t).get_parameter("layer.seen"), AttributeError,
                          "its parameters: weight, bias"),
    "no such buffer": (lambda t: small(t).get_buffer("scale"), AttributeError,
                       "its buffers: seen, count"),
    "nothing to replace": (lambda t: small(t).set_submodule("new", t.nn.ReLU(), strict=True),
                           AttributeError, "no module 'new'"),
    "no mode": (lambda t: small(t).train("yes"), ValueError, "True or False"),
    "an integer dtype": (lambda t: small(t).to(t.int64), TypeError, "floating dtype, not to int64"),
    "no such device": (lambda t: small(t).to("gpu"), RuntimeError, "no device 'gpu'"),
    "arguments for nothing": (lambda t: t.nn.Tanh(t.ones(1)), TypeError,
                              r"layer = nn\.Tanh\(\); out = layer\(x\)"),
    "no state": (lambda t: small(t).load_state_dict([1]), TypeError, "a dict of tensors"),
    "a state of lists": (lambda t: t.nn.Linear(1, 1).load_state_dict(
        {"weight": [[1.0]], "bias": t.ones(1)}), RuntimeError, "weight: a list in the state"),
    "too early for a parameter": (lambda t: late(t, t.nn.Parameter(t.ones(1))), AttributeError,
                                  "gets its part part before"),
    "too early for a module": (lambda t: late(t, t.nn.ReLU()), AttributeError,
                               "gets its part part before"),
    "never set up, called": (lambda t: unready(t)(1), AttributeError, "never set up"),
    "never set up, parameters": (lambda t: list(unready(t).parameters()), AttributeError,
                                 "never set up"),
    "never set up, shown": (lambda t: repr(unready(t)), AttributeError, "never set up"),
    "never set up, moved": (lambda t: unready(t).to("cpu"), AttributeError, "never set up"),
    "never set up, trained": (lambda t: unready(t).eval(), AttributeError, "never set up"),
    "never set up, with hooks": (lambda t: unready(t).register_forward_hook(print),
                                 AttributeError, "never set up"),
    "never set up, in a net": (lambda t: t.nn.Sequential(unready(t))(1), AttributeError,
                               "never set up"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told(name):
    mistake, error, said = MISTAKES[name]
    with pytest.raises(error, match=said) as raised:
        mistake(learngrad)
    assert isinstance(raised.value, LearngradError)
    if torch is not None:
        with pytest.raises(error):
            mistake(torch)


# ---- Where we differ from PyTorch ----------------------------------------------------------------

def test_a_method_is_not_hidden_by_a_module():
    """PyTorch takes the module, and goes on finding the method."""
    net = nn.Module()
    with pytest.raises(KeyError, match="choose another name, such as parameters_"):
        net.parameters = nn.ModuleList()


def test_a_default_on_the_class_does_not_hide_a_part():
    """PyTorch goes on finding the default."""
    class Block(nn.Module):
        downsample = None

    block = Block()
    block.downsample = nn.ReLU()
    assert repr(block.downsample) == "ReLU()"


def test_a_second_set_up_keeps_the_parts():
    """By way of two bases; PyTorch forgets what the first of them made."""
    class Left(nn.Module):
        def __init__(self):
            nn.Module.__init__(self)
            self.left = nn.ReLU()

    class Right(nn.Module):
        def __init__(self):
            nn.Module.__init__(self)
            self.right = nn.ReLU()

    class Both(Left, Right):
        def __init__(self):
            Left.__init__(self)
            Right.__init__(self)

    assert paths(Both(), "children") == ["left", "right"]


def test_sharing_memory_is_refused_in_words():
    with pytest.raises(RuntimeError, match="memory of one process"):
        small(learngrad).share_memory()


# ---- Python's own ways ---------------------------------------------------------------------------

def test_properties_work_in_modules():
    for library in LIBRARIES:
        class Scaled(library.nn.Module):
            @property
            def rate(self):
                return self._rate

            @rate.setter
            def rate(self, value):
                self._rate = 2 * value

        module = Scaled()
        module.rate = 3
        assert module.rate == 6


def test_plain_attributes_may_come_before_the_set_up():
    for library in LIBRARIES:
        class Net(library.nn.Module):
            def __init__(self, size, layer):
                self.size = size
                super().__init__()
                self.layer = layer

        net = Net(3, library.nn.Linear(3, 1))
        assert paths(net) == ["layer.weight", "layer.bias"]
        assert net.size == 3


def test_a_shallow_copy_has_names_of_its_own():
    module = small(learngrad)
    other = copy.copy(module)
    other.new = nn.Parameter(learngrad.ones(1))
    del other.scale
    assert paths(module) == ["scale", "layer.weight", "layer.bias"]
    assert other.layer is module.layer
    module(learngrad.ones(1, 2))


class Remembering(nn.Linear):
    """A module with a state of its own, as Python pickles it."""

    def __getstate__(self):
        return vars(self) | {"remembered": True}

    def __setstate__(self, state):
        super().__setstate__(state)
        self.again = True


def test_pickles_go_through_getstate_and_setstate():
    other = pickle.loads(pickle.dumps(Remembering(2, 3)))
    assert other.remembered
    assert other.again
    assert paths(other) == ["weight", "bias"]


def test_missing_attributes_are_pythons_error():
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'wieght'") as raised:
        nn.Linear(1, 1).wieght  # noqa: B018
    assert raised.value.name == "wieght"
    assert not hasattr(nn.Linear(1, 1), "wieght")


# ---- Modes, devices and dtypes -------------------------------------------------------------------

def test_train_goes_through_the_parts_own_ways():
    """A part that keeps itself in evaluation mode, as frozen batch norms do."""
    for library in LIBRARIES:
        class Frozen(library.nn.Module):
            def train(self, mode=True):
                return super().train(False)

        net = library.nn.Sequential(Frozen(), library.nn.ReLU()).train()
        assert [m.training for m in net.modules()] == [True, False, True]


MOVES = {
    "double": lambda t, m: m.double(), "half": lambda t, m: m.half(),
    "bfloat16": lambda t, m: m.bfloat16(),
    "float": lambda t, m: m.double().float(), "to a dtype": lambda t, m: m.to(t.float64),
    "to a device and a dtype": lambda t, m: m.to("cpu", t.float64),
    "by name": lambda t, m: m.to(device="cpu", dtype=t.float64),
    "like a tensor": lambda t, m: m.to(t.ones(1, dtype=t.float64)),
    "to a device": lambda t, m: m.to("cpu"), "cpu": lambda t, m: m.cpu(),
    "type": lambda t, m: m.type(t.float64),
}


@pytest.mark.parametrize("move", MOVES)
def test_moving_changes_the_tensors_in_place(move):
    answers = []
    for library in LIBRARIES:
        module = small(library)
        module(library.ones(1, 2)).sum().backward()
        parameters = list(module.parameters())
        assert MOVES[move](library, module) is module
        assert all(a is b for a, b in zip(parameters, module.parameters(), strict=True))
        assert all(p.requires_grad and p.is_leaf for p in parameters)
        answers.append([dtype_name(t.dtype) for t in (
            *parameters, *(p.grad for p in parameters), *module.buffers())])
        assert module.layer.weight is module.again.weight
    assert answers[0] == answers[-1]


def test_training_goes_on_after_a_move():
    module = nn.Linear(2, 1)
    optimiser = optim.SGD(module.parameters(), lr=0.1)
    module.weight.register_hook(lambda g: g * 2)
    module.double()
    before = module.weight.detach().clone()
    module(learngrad.ones(1, 2, dtype=learngrad.float64)).sum().backward()
    assert module.weight.grad.dtype == learngrad.float64
    assert module.weight.grad.tolist() == [[2, 2]]  # the hook came along
    optimiser.step()
    np.testing.assert_allclose((before - module.weight.detach()).numpy(), [[0.2, 0.2]])


# ---- State ---------------------------------------------------------------------------------------

def test_a_state_that_does_not_fit_leaves_everything_as_it_was():
    """Also by assignment, and where only the last entry is wrong."""
    for assign in (False, True):
        module = small(learngrad)
        kept = {name: t.clone() for name, t in module.state_dict().items()}
        weight = module.layer.weight
        state = {name: t + 1 for name, t in kept.items()} | {"again.bias": learngrad.ones(5)}
        with pytest.raises(RuntimeError, match=r"again\.bias: shape \[5\]"):
            module.load_state_dict(state, assign=assign)
        assert module.layer.weight is weight
        for name, t in module.state_dict().items():
            np.testing.assert_array_equal(t.numpy(), kept[name].numpy())


def test_integers_cannot_be_assigned_to_what_is_trained():
    state = {"weight": learngrad.ones(1, 1, dtype=learngrad.int64), "bias": learngrad.ones(1)}
    module = nn.Linear(1, 1)
    with pytest.raises(RuntimeError, match="weight: int64 in the state"):
        module.load_state_dict(state, assign=True)
    module.load_state_dict(state)  # a copy converts
    assert module.weight.tolist() == [[1]]
    module.requires_grad_(False).load_state_dict(state, assign=True)
    assert module.weight.dtype == learngrad.int64


def test_read_only_memory_is_found_before_anything_is_loaded():
    module = nn.Linear(2, 2)
    module.bias.data = learngrad.zeros(1).expand(2)
    before = module.weight.tolist()
    with pytest.raises(RuntimeError, match="bias: its memory cannot be written"):
        module.load_state_dict(nn.Linear(2, 2).state_dict())
    assert module.weight.tolist() == before
    module.load_state_dict(nn.Linear(2, 2).state_dict(), assign=True)


def test_a_subclass_can_say_its_state_itself():
    for library in LIBRARIES:
        class Counted(library.nn.Linear):
            def state_dict(self, *args, **kwargs):
                found = super().state_dict(*args, **kwargs)
                found[kwargs.get("prefix", "") + "extra"] = found[kwargs["prefix"] + "bias"] + 1
                return found

        assert list(library.nn.Sequential(Counted(1, 1)).state_dict()) == [
            "0.weight", "0.bias", "0.extra"]


def test_a_subclass_can_add_to_its_state():
    for library in LIBRARIES:
        class Counted(library.nn.Linear):
            calls = 0

            def get_extra_state(self):
                return {"calls": self.calls}

            def set_extra_state(self, state):
                self.calls = state["calls"]

        net, other = (library.nn.Sequential(Counted(1, 1)) for _ in range(2))
        net[0].calls = 5
        assert list(net.state_dict()) == ["0.weight", "0.bias", "0._extra_state"]
        other.load_state_dict(net.state_dict())
        assert other[0].calls == 5
        state = net.state_dict()
        del state["0._extra_state"]
        with pytest.raises(RuntimeError, match="_extra_state"):
            other.load_state_dict(state)


def test_buffers_are_copied_and_pickled_as_buffers():
    module = nn.Module()
    module.mean = nn.Buffer(learngrad.ones(2), persistent=False)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert type(other.mean) is nn.Buffer
        assert not other.mean.persistent
        assert other.mean.tolist() == [1, 1]
        assert paths(other, "buffers") == ["mean"]
        assert not other.state_dict()
    assert to_numpy(module.mean + 1).tolist() == [2, 2]


def test_a_users_attributes_do_not_meet_ours():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self._hooks, self._parts, self._names, self._own = [], 4, "abc", {}
            self.layer = nn.Linear(1, 1)

        def forward(self, x):
            self._hooks.append(x)
            return self.layer(x)

    net = Net()
    net(learngrad.ones(1, 1))
    assert len(net._hooks) == 1
    assert paths(net) == ["layer.weight", "layer.bias"]


def test_a_module_may_be_a_dataclass():
    """Which has no hash; PyTorch refuses to list its parameters."""
    @dataclass
    class Net(nn.Module):
        size: int

        def __post_init__(self):
            super().__init__()
            self.layer = nn.Linear(self.size, 1)

    assert paths(Net(3)) == ["layer.weight", "layer.bias"]


class Listed(nn.Module):
    def __init__(self, held):
        super().__init__()
        self.own = nn.Linear(1, 1)
        self.held = held


@pytest.mark.parametrize(("held", "said"), [
    (lambda: [nn.Linear(1, 1)], r"0\.held of this Sequential is a plain list.*nn\.ModuleList"),
    (lambda: {"a": nn.Parameter(learngrad.ones(1))}, r"plain dict.*nn\.ParameterDict"),
])
def test_parts_in_plain_lists_are_told_of_once(held, said):
    """PyTorch leaves them out without a word."""
    net = nn.Sequential(Listed(held()))
    with pytest.warns(UserWarning, match=said) as warned:
        list(net.parameters())
    assert warned[0].filename == __file__
    list(net.parameters())


def test_lists_that_hide_nothing_are_not_told_of():
    layers = [nn.Linear(1, 1), nn.Tanh()]
    net = Listed(layers)
    net.net = nn.Sequential(*layers)
    net.weights = [layers[0].weight, learngrad.ones(1), 3]
    assert len(list(net.parameters())) == 4
    assert len(list(Listed(tuple(layers)).parameters())) == 2


@pytest.mark.parametrize(("name", "fix"), [
    ("ReLU", "layer = nn.ReLU(); out = layer(x)"), ("Dropout", "nn.Dropout()"),
    ("Linear", "nn.Linear(in_features, out_features)"), ("MaxPool2d", "nn.MaxPool2d(kernel_size)"),
    ("Softmax", "nn.Softmax(dim=-1)")])
def test_a_layer_that_is_made_with_its_input_says_so(name, fix):
    with pytest.raises(TypeError, match=f"nn.{name} is made first, without the input") as caught:
        getattr(nn, name)(learngrad.ones(2, 3))
    assert fix in str(caught.value)


@pytest.mark.parametrize(("name", "what"), [
    ("ParameterList", "takes several parameters"), ("ParameterDict", "takes pairs of a name"),
    ("ModuleDict", "takes pairs of a name"), ("ModuleList", "must be a module"),
    ("MSELoss", "is made first, without tensors")])
def test_what_holds_others_says_what_it_takes(name, what):
    with pytest.raises((TypeError, ValueError), match=what):
        getattr(nn, name)(learngrad.ones(2, 2))


def test_a_number_in_a_tensor_is_a_size():
    tokens = learngrad.tensor([1, 4])
    assert nn.Embedding(tokens.max() + 1, 2).weight.shape == (5, 2)
    assert nn.Linear(np.int64(3), learngrad.tensor(2)).weight.shape == (2, 3)
    assert nn.Linear(learngrad.tensor(3), 2).in_features.__class__ is int
    assert nn.Dropout(learngrad.tensor(0.5)).p == 0.5
    assert repr(nn.Identity(learngrad.ones(2))) == "Identity()"
    for wrong in (learngrad.tensor(3.0), 3.0, True, "3"):
        with pytest.raises(TypeError, match="in_features counts"):
            nn.Linear(wrong, 2)


def test_a_class_is_called_as_its_init_says():
    class Mine(nn.Module):
        def __init__(self, width, depth=2):
            super().__init__()

        def forward(self, x, mask=None):
            return x

    def names(what):
        return [*inspect.signature(what).parameters]

    assert names(nn.MaxPool2d)[:2] == ["kernel_size", "stride"]
    assert names(nn.Linear)[:2] == ["in_features", "out_features"]
    assert names(Mine) == ["width", "depth"]
    assert names(Mine(3)) == ["args", "kwargs"]
