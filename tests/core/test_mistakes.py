"""The mistakes that learners make most: what the message gives as the way out is the way out."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest

import learngrad as lg
from learngrad import errors, nn

x = lg.ones(2, 3)


def _state_carried_on():
    rnn, state = nn.RNN(2, 3), lg.zeros(1, 1, 3)
    for _ in range(2):
        out, state = rnn(lg.ones(4, 1, 2), state)
        out.sum().backward()


def _grad_of_a_gradient():
    w = lg.ones(2, requires_grad=True)
    g, = lg.autograd.grad((w ** 3).sum(), w)
    g.sum().backward()


@pytest.mark.parametrize(("mistake", "built_in", "fix"), [
    (lambda: nn.Linear(784, 10)(lg.ones(32, 1, 28, 28)), RuntimeError, "x.flatten(1)"),
    (lambda: nn.Linear(120, 10)(lg.ones(4, 3456)), RuntimeError, "in_features=3456"),
    (lambda: nn.Linear(3, 1)(nn.LSTM(2, 3)(lg.ones(4, 1, 2))), TypeError, "out, state = lstm(x)"),
    (lambda: nn.LayerNorm(3)(nn.GRU(2, 3)(lg.ones(4, 1, 2))), TypeError, "out, state = lstm(x)"),
    (lambda: nn.functional.dropout((x, x)), TypeError, "out, state = lstm(x)"),
    (lambda: nn.Linear(3, 1)(print(end="")), TypeError, "without return"),
    (lambda: lg.flatten(None, 1), TypeError, "without return"),
    (lambda: lg.softmax(None, 1), TypeError, "without return"),
    (lambda: nn.functional.gelu([1.0]), TypeError, "learngrad.tensor(value)"),
    (lambda: nn.Conv2d(3, 6, 5)(lg.ones(4, 1, 28, 28)), RuntimeError, "in_channels=1"),
    (lambda: nn.Conv2d(1, 6, 5)(lg.ones(4, 28, 28)), RuntimeError, "x.unsqueeze(1)"),
    (lambda: nn.Conv2d(3, 6, 5)(lg.ones(4, 32, 32, 3)), RuntimeError, "x.permute(0, 3, 1, 2)"),
    (lambda: nn.Conv2d(3, 6, 5)(lg.ones(32, 32, 3)), RuntimeError, "x.permute(2, 0, 1)"),
    (lambda: nn.Conv1d(3, 6, 5)(lg.ones(4, 32, 3)), RuntimeError, "x.permute(0, 2, 1)"),
    (lambda: nn.BatchNorm2d(3)(lg.ones(2, 4, 5, 5)), RuntimeError, "that it is made with"),
    (lambda: x[lg.tensor([0.0, 1.0])], IndexError, "x[index.long()]"),
    (lambda: x[lg.ones(4, 4) > 0], IndexError, "x[x > 0]"),
    (lambda: x[0, 3], IndexError, "[2, 3]"),
    (lambda: lg.cdist(x, lg.ones(2, 2)), RuntimeError, "x[None]"),
    (lambda: lg.cdist(x, x, p=-1), RuntimeError, "p=2.0"),
    (lambda: x.unfold(1, 4, 1), RuntimeError, "x.unfold(0, size, step)"),
    (lambda: lg.ones(3).fill_diagonal_(1), RuntimeError, "x[i, j]"),
    (lambda: list(lg.tensor(3.0)), TypeError, "x.item()"),
    (lambda: (lambda loss, accuracy: loss)(*x.sum()), TypeError, "x.item()"),
    (lambda: _grad_of_a_gradient(), RuntimeError, "create_graph=True"),
    (lambda: type("Square", (lg.autograd.Function,), {
        "forward": lambda self, x: x * x, "backward": lambda self, g: g})()(x),
     RuntimeError, "Square.apply(x)"),
    (lambda: lg.mean([x.sum(), x.mean()]), TypeError, "learngrad.stack(values)"),
    (lambda: x.permute(2, 0, 1), RuntimeError, "x.permute(1, 0)"),
    (lambda: x.__setitem__(0, lg.ones(2)), RuntimeError, "broadcasts"),
    (lambda: x.__setitem__(x > 0, lg.ones(2, 1)), RuntimeError, "broadcasts"),
    (lambda: nn.functional.cross_entropy(x, lg.ones(2, 3).long()), RuntimeError, "argmax(1)"),
    (lambda: nn.functional.cross_entropy(lg.ones(2, 5, 4), lg.zeros(2, 5).long()), RuntimeError,
     "logits.flatten(0, -2)"),
    (lambda: nn.functional.cross_entropy(lg.zeros(2).long(), x), RuntimeError,
     "cross_entropy(logits, target)"),
    (lambda: nn.Embedding(3, 2)(lg.tensor([-1])), IndexError, "padding_idx=0"),
    (_state_carried_on, RuntimeError, "h = h.detach()"),
])
def test_the_way_out(mistake, built_in, fix):
    with pytest.raises(built_in) as caught:
        mistake()
    assert fix in caught.value.fix


def test_a_name_that_is_nearly_right():
    done = subprocess.run([sys.executable, "-c", "import learngrad; learngrad.zeors(2)"],
                          capture_output=True, text=True, check=False)
    assert "no attribute 'zeors'" in done.stderr
    assert re.search(r"Did you mean:? '\.?zeros'", done.stderr)


def test_the_way_out_goes_on():
    assert nn.Linear(784, 10)(lg.ones(32, 1, 28, 28).flatten(1)).shape == (32, 10)
    assert nn.Conv2d(1, 6, 5)(lg.ones(4, 28, 28).unsqueeze(1)).shape == (4, 6, 24, 24)
    assert nn.Conv2d(3, 6, 5)(lg.ones(4, 32, 32, 3).permute(0, 3, 1, 2)).shape == (4, 6, 28, 28)
    assert nn.Conv2d(3, 6, 5)(lg.ones(32, 32, 3).permute(2, 0, 1)).shape == (6, 28, 28)
    assert nn.Conv1d(3, 6, 5)(lg.ones(4, 32, 3).permute(0, 2, 1)).shape == (4, 6, 28)
    assert x[lg.tensor([0.0, 1.0]).long()].shape == (2, 3)


# What asks its input for nothing but the attribute of that name, or hands it on.
ASKING = {"is_complex", "is_floating_point", "is_nonzero", "numel", "t", "transpose", "swapaxes",
          "swapdims", "svd", "softmin", "bucketize",
          "feature_alpha_dropout"}  # outside training it gives what it gets


def first_is_a_tensor(function):
    return inspect.isfunction(function) and [*inspect.signature(function).parameters][:1] == [
        "input"]


@pytest.mark.parametrize("name", sorted({
    f"{place}{name}" for place, module in (("", lg), ("nn.functional.", nn.functional))
    for name, function in vars(module).items()
    if first_is_a_tensor(function) and name not in ASKING and not name.startswith("_")}))
def test_what_is_no_tensor_is_told(name):
    """None is what a forward pass without return gives, a tuple what a recurrent layer gives."""
    function = lg
    for part in name.split("."):
        function = getattr(function, part)
    needed = [lg.ones(2)] * sum(
        p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
        for p in [*inspect.signature(function).parameters.values()][1:])
    for given in (None, (lg.ones(2), lg.ones(2)), "text"):
        with pytest.raises(errors.LearngradError, match=r"tensor|matri|vector|weight|bound"):
            function(given, *needed)
