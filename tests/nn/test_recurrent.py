"""Recurrent layers: the same as a plain loop of cells, and as PyTorch's layers."""

import itertools
import math

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.autograd.gradcheck import gradcheck, gradgradcheck
from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError
from tests.optable.reference import torch

KINDS = ["RNN", "LSTM", "GRU"]
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def seeded():
    learngrad.manual_seed(0)


def normal(*shape):
    return RNG.standard_normal(shape)


def layer_of(kind, *args, **kwargs):
    return getattr(nn, kind)(*args, **kwargs, dtype=learngrad.float64)


def twin(layer, kind, *args, **kwargs):
    """PyTorch's layer with the same weights."""
    theirs = getattr(torch.nn, kind)(*args, **kwargs, dtype=torch.float64)
    state = layer.state_dict()
    assert list(theirs.state_dict()) == list(state)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in state.items()})
    assert repr(theirs) == repr(layer)
    return theirs


def states_of(kind, h):
    return list(h) if kind == "LSTM" else [h]


def by_cells(layer, kind, x, states):
    """The layer as a loop of cells: x is [steps, batch, features]."""
    directions, lasts = 1 + layer.bidirectional, []
    for k, names in enumerate(layer._names):
        if k % directions == 0:
            inputs, outs = x, []
        cell = layer_of(f"{kind}Cell", inputs.shape[-1], layer.hidden_size, layer.bias)
        if kind == "RNN":
            cell = layer_of("RNNCell", inputs.shape[-1], layer.hidden_size, layer.bias,
                            layer.nonlinearity)
        for name in names:
            setattr(cell, name[:name.index("_l")], getattr(layer, name))
        state = [s[k] for s in states]
        out = [None] * len(inputs)
        for t in range(len(inputs))[::-1 if k % directions else 1]:
            state = states_of(kind, cell(inputs[t], tuple(state) if kind == "LSTM" else state[0]))
            out[t] = state[0]
        outs.append(learngrad.stack(out))
        lasts.append(state)
        x = learngrad.cat(outs, -1)
    return x, [learngrad.stack(s) for s in zip(*lasts, strict=True)]


def gradients(outs, leaves, weights):
    total = sum((out * w).sum() for out, w in zip(outs, weights, strict=True))
    total.backward()
    return [leaf.grad for leaf in leaves]


def close(ours, theirs, tolerance=1e-9):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=tolerance,
                                   atol=tolerance)


GRID = list(itertools.product(KINDS, [1, 2], [False, True], [False, True], [False, True]))


@pytest.mark.parametrize(("kind", "layers", "bidirectional", "batch_first", "bias"), GRID)
def test_a_layer_is_a_loop_of_cells_and_pytorchs_layer(kind, layers, bidirectional, batch_first,
                                                       bias):
    args = (3, 4, layers)
    kwargs = {"bidirectional": bidirectional, "batch_first": batch_first, "bias": bias}
    layer = layer_of(kind, *args, **kwargs)
    array = normal(2, 5, 3) if batch_first else normal(5, 2, 3)
    states = [normal(layers * (1 + bidirectional), 2, 4) for _ in range(1 + (kind == "LSTM"))]
    x = learngrad.tensor(array, requires_grad=True)
    given = [learngrad.tensor(s, requires_grad=True) for s in states]
    out, last = layer(x, tuple(given) if kind == "LSTM" else given[0])
    outs = [out, *states_of(kind, last)]
    weights = [RNG.standard_normal(o.shape) for o in outs]
    leaves = [x, *given, *layer.parameters()]
    found = [g.clone() for g in gradients(outs, leaves, map(learngrad.tensor, weights))]

    for leaf in leaves:
        leaf.grad = None
    plain, lasts = by_cells(layer, kind, x.transpose(0, 1) if batch_first else x, given)
    plains = [plain.transpose(0, 1) if batch_first else plain, *lasts]
    close(outs, plains)
    close(found, gradients(plains, leaves, map(learngrad.tensor, weights)))

    if torch is not None:
        theirs = twin(layer, kind, *args, **kwargs)
        tx = torch.tensor(array, requires_grad=True)
        tgiven = [torch.tensor(s, requires_grad=True) for s in states]
        tout, tlast = theirs(tx, tuple(tgiven) if kind == "LSTM" else tgiven[0])
        touts = [tout, *states_of(kind, tlast)]
        close(outs, touts)
        close(found, gradients(touts, [tx, *tgiven, *theirs.parameters()],
                               map(torch.tensor, weights)))


def test_relu_instead_of_tanh():
    layer = layer_of("RNN", 3, 4, nonlinearity="relu")
    x, h = learngrad.tensor(normal(5, 2, 3)), learngrad.tensor(normal(1, 2, 4))
    out, last = layer(x, h)
    close([out, last], [by_cells(layer, "RNN", x, [h])[0], by_cells(layer, "RNN", x, [h])[1][0]])
    assert (out >= 0).all()
    assert (out == 0).any()
    if torch is not None:
        theirs = twin(layer, "RNN", 3, 4, nonlinearity="relu")
        close(layer(x, h), theirs(torch.tensor(x.numpy()), torch.tensor(h.numpy())))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_first", [False, True])
def test_one_sequence_without_a_batch_and_no_state(kind, batch_first):
    layer = layer_of(kind, 3, 4, 2, batch_first=batch_first, bidirectional=True)
    x = learngrad.tensor(normal(5, 3))
    out, last = layer(x)
    whole, lasts = layer(x.unsqueeze(0 if batch_first else 1))
    close([out], [whole.squeeze(0 if batch_first else 1)])
    close(states_of(kind, last), [s.squeeze(1) for s in states_of(kind, lasts)])
    zeros = [learngrad.zeros(4, 4, dtype="float64") for _ in states_of(kind, last)]
    close([layer(x, tuple(zeros) if kind == "LSTM" else zeros[0])[0]], [out])
    if torch is not None:
        theirs = twin(layer, kind, 3, 4, 2, batch_first=batch_first, bidirectional=True)
        tout, tlast = theirs(torch.tensor(x.numpy()))
        close([out, *states_of(kind, last)], [tout, *states_of(kind, tlast)])


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
def test_cells(kind):
    cell = layer_of(kind, 3, 4)
    x, h = learngrad.tensor(normal(2, 3)), learngrad.tensor(normal(2, 4))
    given = (h, h * 2) if kind == "LSTMCell" else h
    outs = cell(x, given)
    outs = list(outs) if isinstance(outs, tuple) else [outs]
    alone = cell(x[0], tuple(s[0] for s in given) if kind == "LSTMCell" else h[0])
    close(alone if isinstance(alone, tuple) else [alone], [o[0] for o in outs])
    started = cell(x)
    assert (started[0] if kind == "LSTMCell" else started).shape == (2, 4)
    assert [n for n, _ in cell.named_parameters()] == [
        "weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    if torch is not None:
        theirs = twin(cell, kind, 3, 4)
        pairs = [torch.tensor(s.numpy()) for s in (given if kind == "LSTMCell" else [h])]
        touts = theirs(torch.tensor(x.numpy()), tuple(pairs) if len(pairs) > 1 else pairs[0])
        close(outs, list(touts) if isinstance(touts, tuple) else [touts])
    assert repr(layer_of(kind, 3, 4, bias=False)) == f"{kind}(3, 4, bias=False)"


def test_repr():
    assert repr(nn.LSTM(3, 4)) == "LSTM(3, 4)"
    assert repr(nn.GRU(3, 4, 2, False, True, 0.5, True)) == (
        "GRU(3, 4, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True)")
    assert repr(nn.RNNCell(3, 4, nonlinearity="relu")) == "RNNCell(3, 4, nonlinearity=relu)"


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_and_second_derivatives_by_differences(kind):
    layer = layer_of(kind, 2, 2, bidirectional=True)
    x = learngrad.tensor(normal(3, 2, 2), requires_grad=True)
    weights = list(layer.parameters())

    def outputs(x, *_):
        out, last = layer(x)
        return (out, *states_of(kind, last))

    assert gradcheck(outputs, [x, *weights])
    assert gradgradcheck(outputs, [x, *weights])


@pytest.mark.parametrize("kind", KINDS)
def test_long_sequences_in_float32_are_as_short_ones(kind):
    """From 4 steps on the weights are copied; large states go other ways through BLAS."""
    layer = getattr(nn, kind)(6, 40)
    x = learngrad.tensor(normal(9, 3, 6).astype("float32"))
    out, _ = layer(x)
    state, steps = None, []
    for t in range(9):
        one, state = layer(x[t:t + 1], state)
        steps.append(one)
    close([out], [learngrad.cat(steps)], 1e-5)


def test_dropout_acts_between_layers_in_training_alone():
    """The first layer gives ones; the second shows what it gets of them."""
    layer = nn.RNN(3, 200, 2, nonlinearity="relu", dropout=0.25)
    with learngrad.no_grad():
        for p in layer.parameters():
            p.zero_()
        layer.bias_ih_l0.fill_(1.0)
        layer.weight_ih_l1.copy_(learngrad.eye(200))
    x = learngrad.ones(50, 1, 3)
    drawn = layer(x)[0].detach().numpy()
    assert set(np.unique(drawn)) == {np.float32(0), np.float32(4 / 3)}
    assert abs((drawn == 0).mean() - 0.25) < 5 * math.sqrt(0.25 * 0.75 / drawn.size)
    assert not (layer(x)[0].detach().numpy() == drawn).all()
    assert (layer.eval()(x)[0] == 1).all()


def test_dropout_with_one_layer_is_warned_of():
    with pytest.warns(UserWarning, match="only one"):
        nn.GRU(3, 4, dropout=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_where_parameters_start(kind):
    for layer in (getattr(nn, kind)(10, 64, 2), getattr(nn, f"{kind}Cell")(10, 64)):
        for p in layer.parameters():
            values = p.detach().numpy()
            assert np.abs(values).max() <= 1 / 8
            assert np.abs(values).max() > 0.9 / 8
            assert abs(values.std() * 8 * math.sqrt(3) - 1) < 0.2


def test_names_of_parameters():
    names = [name for name, _ in nn.GRU(3, 4, 2, bidirectional=True).named_parameters()]
    assert names[:8] == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                         "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse",
                         "bias_hh_l0_reverse"]
    assert len(names) == 16
    lstm = nn.LSTM(3, 4, 2, bidirectional=True)
    assert lstm.weight_ih_l1_reverse.shape == (16, 8)
    assert [len(w) for w in lstm.all_weights] == [4] * 4
    assert lstm.flatten_parameters() is None


def test_only_the_last_state_is_used():
    """A gradient that comes by way of the last state alone, or of a frozen layer."""
    layer = layer_of("LSTM", 3, 4)
    x = learngrad.tensor(normal(5, 2, 3), requires_grad=True)
    layer(x)[1][1].sum().backward()
    first = x.grad.clone()
    layer.requires_grad_(False)
    x.grad = None
    layer(x)[1][1].sum().backward()
    close([x.grad], [first])
    assert layer.weight_hh_l0.grad is not None
    assert not layer(x.detach())[0].requires_grad


ERRORS = [
    (lambda: nn.LSTM(3, 0), ArgumentError, "hidden_size is 0"),
    (lambda: nn.LSTM(3, 4.0), ArgumentTypeError, "hidden_size counts"),
    (lambda: nn.LSTM(3, 4, 0), ArgumentError, "num_layers"),
    (lambda: nn.LSTM(3, 4, bias=1), ArgumentTypeError, "bias is True or False"),
    (lambda: nn.LSTM(3, 4, 2, dropout=1.5), ArgumentError, "no probability"),
    (lambda: nn.LSTM(3, 4, proj_size=2), ArgumentError, "proj_size=2"),
    (lambda: nn.RNN(3, 4, nonlinearity="sine"), ArgumentError, "'sine'"),
    (lambda: nn.RNN(3, 4)(learngrad.ones(5, 2, 4)), ShapeError, "4 features"),
    (lambda: nn.RNN(3, 4)(learngrad.ones(3)), ArgumentError, "one sequence"),
    (lambda: nn.RNN(3, 4)(learngrad.ones(5, 2, 3, 1)), ArgumentError, "one sequence"),
    (lambda: nn.RNN(3, 4)(learngrad.ones(0, 2, 3)), ShapeError, "no steps"),
    (lambda: nn.RNN(3, 4)(learngrad.ones(5, 2, 3).double()), ArgumentError, "float64"),
    (lambda: nn.RNN(3, 4)(learngrad.ones(5, 2, 3), learngrad.ones(2, 4)), ShapeError,
     r"\[1, 2, 4\] belongs"),
    (lambda: nn.RNN(3, 4, batch_first=True)(learngrad.ones(5, 2, 3), learngrad.ones(1, 2, 4)),
     ShapeError, r"\[1, 5, 4\] belongs"),
    (lambda: nn.LSTM(3, 4)(learngrad.ones(5, 2, 3), learngrad.ones(1, 2, 4)), ArgumentTypeError,
     "a tuple"),
    (lambda: nn.LSTMCell(3, 4)(learngrad.ones(2, 3), learngrad.ones(2, 4)), ArgumentTypeError,
     "a tuple"),
    (lambda: nn.GRUCell(3, 4)(learngrad.ones(2, 2, 3)), ArgumentError, "3 dimensions"),
    (lambda: nn.GRUCell(3, 4)(learngrad.ones(2, 3), learngrad.ones(3, 4)), ShapeError,
     r"\[2, 4\] belongs"),
    (lambda: nn.GRUCell(3, 4)(learngrad.ones(2, 3).double()), ArgumentError, "float64"),
]


@pytest.mark.parametrize(("call", "error", "said"), ERRORS)
def test_refusals(call, error, said):
    with pytest.raises(error, match=said) as raised:
        call()
    assert raised.value.fix
