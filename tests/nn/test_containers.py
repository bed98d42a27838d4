"""Containers hold, name and show their parts as PyTorch's do: each program runs in both."""

import copy
import pickle
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learngrad
from learngrad import nn
from learngrad.errors import LearngradError
from tests.optable.reference import torch

LIBRARIES = [learngrad] if torch is None else [learngrad, torch]


def names(module):
    return [name for name, _ in module.named_children()]


def three(t):
    return t.nn.Sequential(t.nn.Linear(3, 4), t.nn.Tanh(), t.nn.Linear(4, 2))


def kinds(modules):
    return [type(m).__name__ for m in modules]


def with_(module, *changes):
    """`module` after these changes."""
    for change in changes:
        change(module)
    return module


def delete(index):
    return lambda module: module.__delitem__(index)


def put(index, value):
    return lambda module: module.__setitem__(index, value)


def acts(t):
    return t.nn.ModuleList([t.nn.ReLU(), t.nn.Tanh(), t.nn.Sigmoid()])


def moods(t):
    return t.nn.ModuleDict({"b": t.nn.ReLU(), "a": t.nn.Tanh()})


def weights(t):
    return t.nn.ParameterList([t.ones(2, 3), t.nn.Parameter(t.zeros(1)), 5])


def choices(t):
    return t.nn.ParameterDict({"b": t.ones(2), "a": t.zeros(1), "c": 5})


def sizes(parameters):
    return [list(p.shape) if hasattr(p, "shape") else p for p in parameters]


# what is asked: (a program, what both libraries answer)
PROGRAMS = {
    # Sequential
    "length": (lambda t: len(three(t)), 3),
    "no layers": (lambda t: repr(t.nn.Sequential()), "Sequential()"),
    "iteration": (lambda t: kinds(three(t)), ["Linear", "Tanh", "Linear"]),
    "the last": (lambda t: three(t)[-1].out_features, 2),
    "a slice keeps names": (lambda t: names(three(t)[1:]), ["1", "2"]),
    "a slice from behind": (lambda t: kinds(three(t)[-2:]), ["Tanh", "Linear"]),
    "ordered names": (
        lambda t: names(t.nn.Sequential(OrderedDict([("b", t.nn.ReLU()), ("a", t.nn.Tanh())]))),
        ["b", "a"]),
    "append": (lambda t: kinds(three(t).append(t.nn.ReLU())), ["Linear", "Tanh", "Linear", "ReLU"]),
    "extend": (lambda t: names(three(t).extend([t.nn.ReLU(), t.nn.ReLU()])), list("01234")),
    "insert": (lambda t: kinds(three(t).insert(1, t.nn.ReLU())),
               ["Linear", "ReLU", "Tanh", "Linear"]),
    "insert before the last": (lambda t: kinds(three(t).insert(-1, t.nn.ReLU())),
                               ["Linear", "Tanh", "ReLU", "Linear"]),
    "insert at the end": (lambda t: names(three(t).insert(3, t.nn.ReLU())), list("0123")),
    "pop": (lambda t: (lambda net: (net.pop(1), names(net), kinds(net)))(three(t))[1:],
            (["0", "1"], ["Linear", "Linear"])),
    "set": (lambda t: kinds(with_(three(t), put(1, t.nn.ReLU()))), ["Linear", "ReLU", "Linear"]),
    "set the last": (lambda t: kinds(with_(three(t), put(-1, t.nn.ReLU()))),
                     ["Linear", "Tanh", "ReLU"]),
    "delete": (lambda t: list(with_(three(t), delete(0)).state_dict()), ["1.weight", "1.bias"]),
    "delete a slice": (lambda t: kinds(with_(three(t), delete(slice(0, 2)))), ["Linear"]),
    "delete from named": (
        lambda t: names(with_(t.nn.Sequential(OrderedDict([("a", t.nn.ReLU()),
                                                            ("b", t.nn.Tanh())])), delete(0))),
        ["0"]),
    "add": (lambda t: kinds(three(t) + t.nn.Sequential(t.nn.ReLU())),
            ["Linear", "Tanh", "Linear", "ReLU"]),
    "add in place": (lambda t: names(three(t).__iadd__(t.nn.Sequential(t.nn.ReLU()))),
                     list("0123")),
    "repeat": (lambda t: kinds(t.nn.Sequential(t.nn.ReLU(), t.nn.Tanh()) * 2),
               ["ReLU", "Tanh", "ReLU", "Tanh"]),
    "repeat from the left": (lambda t: len(2 * three(t)), 6),
    "repeat in place": (lambda t: len(three(t).__imul__(3)), 9),
    "repeated layers are the same": (lambda t: len(list((three(t) * 2).parameters())), 4),
    # ModuleList
    "list, length and iteration": (lambda t: (len(acts(t)), kinds(acts(t))),
                                   (3, ["ReLU", "Tanh", "Sigmoid"])),
    "list, contains": (lambda t: (lambda a: (a[1] in a, t.nn.ReLU() in a))(acts(t)), (True, False)),
    "list, slice": (lambda t: names(acts(t)[1:]), ["0", "1"]),
    "list, pop": (lambda t: (lambda a: (type(a.pop(0)).__name__, names(a)))(acts(t)),
                  ("ReLU", ["0", "1"])),
    "list, insert": (lambda t: kinds(with_(acts(t), lambda a: a.insert(0, t.nn.ELU()))),
                     ["ELU", "ReLU", "Tanh", "Sigmoid"]),
    "list, delete": (lambda t: kinds(with_(acts(t), delete(1))), ["ReLU", "Sigmoid"]),
    "list, add": (lambda t: kinds(acts(t) + [t.nn.ELU()]), ["ReLU", "Tanh", "Sigmoid", "ELU"]),
    "list, add in place": (lambda t: len(acts(t).__iadd__([t.nn.ELU()])), 4),
    "list, nothing": (lambda t: repr(t.nn.ModuleList()), "ModuleList()"),
    "list, a place kept empty": (lambda t: (lambda a: (len(a), a[0], names(a)))(
        t.nn.ModuleList([None, t.nn.ReLU()])), (2, None, ["1"])),
    "list, repeated blocks": (
        lambda t: repr(t.nn.ModuleList([*(t.nn.Sequential(t.nn.ReLU()) for _ in range(3)),
                                        t.nn.Tanh(), t.nn.ELU(), t.nn.ELU()])),
        "ModuleList(\n  (0-2): 3 x Sequential(\n    (0): ReLU()\n  )\n  (3): Tanh()\n"
        "  (4-5): 2 x ELU(alpha=1.0)\n)"),
    # ModuleDict
    "dict, order": (lambda t: (list(moods(t)), kinds(moods(t).values())),
                    (["b", "a"], ["ReLU", "Tanh"])),
    "dict, contains": (lambda t: ("a" in moods(t), "z" in moods(t), len(moods(t))),
                       (True, False, 2)),
    "dict, keys and items": (lambda t: (list(moods(t).keys()),
                                        [(k, type(m).__name__) for k, m in moods(t).items()]),
                             (["b", "a"], [("b", "ReLU"), ("a", "Tanh")])),
    "dict, pop": (lambda t: (lambda d: (type(d.pop("b")).__name__, list(d)))(moods(t)),
                  ("ReLU", ["a"])),
    "dict, update": (lambda t: list(with_(moods(t), lambda d: d.update([("z", t.nn.ELU())]))),
                     ["b", "a", "z"]),
    "dict, update by another": (lambda t: kinds(with_(
        moods(t), lambda d: d.update(t.nn.ModuleDict({"b": t.nn.ELU()}))).values()),
        ["ELU", "Tanh"]),
    "dict, delete and clear": (lambda t: (list(with_(moods(t), delete("b"))),
                                          len(with_(moods(t), lambda d: d.clear()))), (["a"], 0)),
    "dict, repr": (lambda t: repr(moods(t)), "ModuleDict(\n  (b): ReLU()\n  (a): Tanh()\n)"),
    # ParameterList
    "parameters, values": (lambda t: (len(weights(t)), sizes(weights(t))), (3, [[2, 3], [1], 5])),
    "parameters, tensors become some": (lambda t: kinds(weights(t)),
                                        ["Parameter", "Parameter", "int"]),
    "parameters, state": (lambda t: list(weights(t).state_dict()), ["0", "1"]),
    "parameters, the last": (lambda t: weights(t)[-1], 5),
    "parameters, a slice": (lambda t: sizes(weights(t)[:2]), [[2, 3], [1]]),
    "parameters, set": (lambda t: (lambda w: (sizes(w), kinds(w), list(w.state_dict())))(
        with_(weights(t), put(0, t.ones(4)))),
        ([[4], [1], 5], ["Parameter", "Parameter", "int"], ["0", "1"])),
    "parameters, add": (lambda t: sizes(weights(t).__iadd__([t.ones(1)])), [[2, 3], [1], 5, [1]]),
    "parameters, append and extend": (
        lambda t: len(weights(t).append(t.ones(1)).extend([t.ones(1)])), 5),
    # ParameterDict
    "choices, a dict is sorted": (lambda t: (list(choices(t)), list(choices(t).state_dict())),
                                  (["a", "b", "c"], ["a", "b"])),
    "choices, pairs are not": (
        lambda t: list(t.nn.ParameterDict([("b", t.ones(1)), ("a", t.ones(1))])), ["b", "a"]),
    "choices, get": (lambda t: (choices(t).get("z"), choices(t).get("z", 1), choices(t)["c"]),
                     (None, 1, 5)),
    "choices, contains": (lambda t: ("a" in choices(t), "z" in choices(t), len(choices(t))),
                          (True, False, 3)),
    "choices, reversed": (lambda t: list(reversed(choices(t))), ["c", "b", "a"]),
    "choices, pop": (lambda t: (lambda d: (sizes([d.pop("b")]), list(d)))(choices(t)),
                     ([[2]], ["a", "c"])),
    "choices, popitem": (lambda t: (lambda d: (d.popitem(), list(d)))(choices(t)),
                         (("c", 5), ["a", "b"])),
    "choices, setdefault": (lambda t: (lambda d: (
        sizes([d.setdefault("a", t.ones(9)), d.setdefault("z", t.ones(9))]), list(d)))(choices(t)),
        ([[1], [9]], ["a", "b", "c", "z"])),
    "choices, clear": (lambda t: len(with_(choices(t), lambda d: d.clear())), 0),
    "choices, copy": (lambda t: (lambda d: (list(d.copy()), d.copy()["a"] is d["a"]))(choices(t)),
                      (["a", "b", "c"], True)),
    "choices, fromkeys": (lambda t: [*choices(t).fromkeys(["x", "y"], 3).items()],
                          [("x", 3), ("y", 3)]),
    "choices, or": (lambda t: (lambda d: (list(d), sizes(d.values())))(
        choices(t) | t.nn.ParameterDict({"d": t.ones(1), "a": t.ones(7)})),
        (["a", "b", "c", "d"], [[7], [2], 5, [1]])),
    "choices, or in place": (lambda t: list(choices(t).__ior__({"d": t.ones(1)})),
                             ["a", "b", "c", "d"]),
    "choices, another kind": (lambda t: (lambda d: (sizes(d.values()), list(d.state_dict())))(
        with_(choices(t), put("c", t.ones(1)))), ([[1], [2], [1]], ["a", "b", "c"])),
    "choices, delete": (lambda t: list(with_(choices(t), delete("a")).state_dict()), ["b"]),
    # Layers that only change the shape
    "flatten": (lambda t: list(t.nn.Flatten(0, 1)(t.ones(2, 3, 4)).shape), [6, 4]),
    "unflatten": (lambda t: list(t.nn.Unflatten(1, (2, -1))(t.ones(5, 6)).shape), [5, 2, 3]),
    "unflatten the last": (lambda t: list(t.nn.Unflatten(-1, [3, 2])(t.ones(5, 6)).shape),
                           [5, 3, 2]),
    "unflatten, repr": (lambda t: repr(t.nn.Unflatten(1, (2, 3))),
                        "Unflatten(dim=1, unflattened_size=(2, 3))"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_containers_do_as_pytorchs(name):
    program, answer = PROGRAMS[name]
    for library in LIBRARIES:
        assert program(library) == answer


# what is wrong: (a program, the class of error of both libraries, what ours says)
MISTAKES = {
    "an index": (lambda t: three(t)[3], IndexError, "there is no layer 3"),
    "an index to set": (lambda t: three(t).__setitem__(5, t.nn.ReLU()), IndexError, "layer 5"),
    "an index to insert at": (lambda t: three(t).insert(9, t.nn.ReLU()), IndexError, "place 9"),
    "an index that is none": (lambda t: acts(t)["a"], TypeError, "counted by integers"),
    "add a list": (lambda t: three(t) + [t.nn.ReLU()], ValueError, "joins two Sequentials"),
    "repeat 0 times": (lambda t: three(t) * 0, ValueError, "0 times"),
    "repeat by a fraction": (lambda t: three(t) * 1.5, TypeError, "number of times"),
    "a class in a list": (lambda t: t.nn.ModuleList([t.nn.ReLU]), TypeError, r"nn\.ReLU\(\)"),
    "a number in a sequential": (lambda t: three(t).extend([1]), TypeError, "must be a module"),
    "a list of one": (lambda t: t.nn.ModuleList(t.nn.ReLU()), TypeError, "several modules"),
    "to call a list": (lambda t: acts(t)(1), NotImplementedError, "computes nothing"),
    "to call a dict": (lambda t: moods(t)(1), NotImplementedError, r"modules\[name\]"),
    "to call parameters": (lambda t: weights(t)(1), RuntimeError, "computes nothing"),
    "a key": (lambda t: moods(t)["z"], KeyError, "no key 'z'"),
    "a key to delete": (lambda t: moods(t).__delitem__("z"), KeyError, "its keys: b, a"),
    "a key that is a method": (lambda t: t.nn.ModuleDict({"keys": t.nn.ReLU()}), KeyError,
                               "a meaning of its own"),
    "a key with a dot": (lambda t: t.nn.ModuleDict({"a.b": t.nn.ReLU()}), KeyError, "a dot"),
    "a key that is a number": (lambda t: t.nn.ModuleDict({1: t.nn.ReLU()}), TypeError, "a string"),
    "no pairs": (lambda t: t.nn.ModuleDict([("a", t.nn.ReLU(), 1)]), ValueError, "pairs"),
    "no dict": (lambda t: t.nn.ModuleDict(3), TypeError, "of a dict or of pairs"),
    "a function in a dict": (lambda t: t.nn.ModuleDict({"a": t.relu}), TypeError,
                             "must be a module"),
    "a parameter's index": (lambda t: weights(t)[3], IndexError, "no parameter 3"),
    "one parameter": (lambda t: t.nn.ParameterList(t.ones(2)), TypeError, "this is one"),
    "integers as parameter": (lambda t: t.nn.ParameterList([t.tensor([1])]), RuntimeError,
                              "only floating"),
    "a parameter's key": (lambda t: choices(t)["z"], AttributeError, "no key 'z'"),
    "a parameter's name": (lambda t: t.nn.ParameterDict({"values": t.ones(1)}), KeyError,
                           "a meaning of its own"),
    "a parameter's key that is a number": (lambda t: t.nn.ParameterDict({1: t.ones(1)}),
                                           TypeError, "a string"),
    "sizes that are none": (lambda t: t.nn.Unflatten(1, 3), TypeError, "the sizes"),
    "sizes that do not fit": (lambda t: t.nn.Unflatten(1, (2, 3))(t.ones(1, 7)), RuntimeError,
                              r"\[2, 3\]"),
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


def test_a_refused_change_changes_nothing():
    net, before = three(learngrad), repr(three(learngrad))
    for change in (lambda: net.insert(0, nn.ReLU), lambda: net.__setitem__(0, 3),
                   lambda: net.append(None)):
        with pytest.raises(TypeError):
            change()
        assert repr(net) == before
    parameters = choices(learngrad)
    with pytest.raises(RuntimeError):
        parameters["a"] = learngrad.tensor([1])
    assert parameters["a"].shape == (1,)


def test_appending_to_a_slice_keeps_every_layer():
    """PyTorch names the new layer by the length, and so overwrites one of the slice."""
    net = three(learngrad)[1:].append(nn.ReLU())
    assert kinds(net) == ["Tanh", "Linear", "ReLU"]
    assert names(net) == ["1", "2", "3"]


@pytest.mark.parametrize("make", [three, acts, moods, weights, choices])
def test_copies_are_containers_of_their_own(make):
    module = make(learngrad)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert repr(other) == repr(module)
        assert list(other.state_dict()) == list(module.state_dict())
        assert all(a is not b for a, b in zip(module.parameters(), other.parameters()))
    module.load_state_dict(other.state_dict())


def test_parameters_in_containers_are_trained():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rows = nn.ParameterList([learngrad.ones(2)])
            self.named = nn.ParameterDict({"b": learngrad.ones(2)})

        def forward(self, x):
            return (x * self.rows[0] + self.named["b"]).sum()

    net = Net()
    net(learngrad.tensor([3.0, 4.0])).backward()
    assert net.rows[0].grad.tolist() == [3, 4]
    assert net.named["b"].grad.tolist() == [1, 1]
    assert [name for name, _ in net.named_parameters()] == ["rows.0", "named.b"]


@pytest.mark.parametrize(("make", "lines"), [
    (weights, ["(0): Parameter containing: [float32 of size 2x3]",
               "(1): Parameter containing: [float32 of size 1]", "(2): Object of type: int"]),
    (choices, ["(a): Parameter containing: [float32 of size 1]",
               "(b): Parameter containing: [float32 of size 2]", "(c): Object of type: int"]),
])
def test_repr_of_parameters(make, lines):
    shown = repr(make(learngrad)).splitlines()
    assert [line.strip() for line in shown[1:-1]] == lines
    if torch is not None:
        theirs = repr(make(torch)).replace("torch.FloatTensor", "float32")
        assert theirs.replace("torch.", "").splitlines() == shown


# What is done to a row of layers, and to a plain list in its place.
CHANGES = {
    "append": lambda row, i, new: row.append(new),
    "insert": lambda row, i, new: row.insert(i % (len(row) + 1), new),
    "pop": lambda row, i, new: row.pop(i),
    "delete": lambda row, i, new: row.__delitem__(i),
    "delete a slice": lambda row, i, new: row.__delitem__(slice(i, i + 2)),
    "set": lambda row, i, new: row.__setitem__(i, new),
    "extend": lambda row, i, new: row.extend([new, new]),
}


@pytest.mark.parametrize("kind", [nn.Sequential, nn.ModuleList])
@given(st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(-5, 5)), max_size=8))
def test_rows_change_as_lists_do(kind, changes):
    layers, row = [], kind()
    for change, i in changes:
        new = nn.ReLU()
        outcomes = []
        for held in (layers, row):
            try:
                outcomes.append(CHANGES[change](held, i, new) if change == "pop" else
                                CHANGES[change](held, i, new) and None)
            except IndexError:
                outcomes.append(IndexError)
        assert outcomes[0] is outcomes[1]
        assert len(row) == len(layers)
        assert all(a is b for a, b in zip(row, layers))
        assert list(row._modules) == [str(k) for k in range(len(layers))]
