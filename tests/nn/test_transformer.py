"""The Transformer's layers: by hand from their parts, and as PyTorch's."""

import itertools
import math
import warnings

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.autograd.gradcheck import gradcheck, gradgradcheck
from learngrad.errors import ArgumentError, ShapeError
from learngrad.nn import functional as F
from tests.optable.reference import torch

RNG = np.random.default_rng(0)
SIZES = {"d_model": 6, "nhead": 2, "dim_feedforward": 5, "dropout": 0.0}
SRC, TGT = RNG.standard_normal((2, 5, 6)), RNG.standard_normal((2, 4, 6))
PADDED = np.array([[False] * 5, [False] * 3 + [True] * 2])


@pytest.fixture(autouse=True)
def seeded():
    learngrad.manual_seed(0)


def scattered(module):
    """Norms and biases at other values than those that do nothing."""
    with learngrad.no_grad():
        for p in module.parameters():
            if p.ndim == 1:
                p.copy_(p + learngrad.tensor(0.3 * RNG.standard_normal(p.shape)).to(p.dtype))
    return module


def compare(ours, name, *args, **kwargs):
    """PyTorch's module with the same weights."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch tells why it does not use its nested tensors
        theirs = getattr(torch.nn, name)(*args, **kwargs, dtype=torch.float64)
    state = ours.state_dict()
    assert list(theirs.state_dict()) == list(state)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in state.items()})
    assert repr(theirs) == repr(ours)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return theirs


def check(ours, theirs, call):
    """The same output and gradients of ``call(module, library)``."""
    out, other = call(ours, learngrad), call(theirs, torch)
    np.testing.assert_allclose(out.detach().numpy(), other.detach().numpy(), atol=1e-9)
    g = RNG.standard_normal(tuple(out.shape))
    out.backward(learngrad.tensor(g))
    other.backward(torch.tensor(g))
    for (name, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=1e-8, err_msg=name)


@pytest.mark.parametrize(("norm_first", "activation", "bias"), list(itertools.product(
    [False, True], ["relu", "gelu"], [False, True])))
def test_encoder_layer(norm_first, activation, bias):
    kwargs = {**SIZES, "batch_first": True, "norm_first": norm_first, "activation": activation,
              "bias": bias}
    layer = scattered(nn.TransformerEncoderLayer(**kwargs, dtype=learngrad.float64))
    x = learngrad.tensor(SRC)

    def attend(x):
        return layer.self_attn(x, x, x)[0]

    def forward(x):
        return layer.linear2(getattr(F, activation)(layer.linear1(x)))

    if norm_first:
        y = x + attend(layer.norm1(x))
        wanted = y + forward(layer.norm2(y))
    else:
        y = layer.norm1(x + attend(x))
        wanted = layer.norm2(y + forward(y))
    np.testing.assert_allclose(layer(x).detach().numpy(), wanted.detach().numpy(), atol=1e-12)
    alone = layer(x[0]).detach().numpy()
    np.testing.assert_allclose(alone, wanted[0].detach().numpy(), atol=1e-12)
    if torch is not None:
        theirs = compare(layer, "TransformerEncoderLayer", **kwargs)
        check(layer, theirs, lambda module, lib: module(
            lib.tensor(SRC), src_key_padding_mask=lib.tensor(PADDED)))


@pytest.mark.parametrize("norm_first", [False, True])
def test_decoder_layer(norm_first):
    kwargs = {**SIZES, "norm_first": norm_first}
    layer = scattered(nn.TransformerDecoderLayer(**kwargs, dtype=learngrad.float64))
    tgt, memory = (learngrad.tensor(a.swapaxes(0, 1).copy()) for a in (TGT, SRC))
    mask = nn.Transformer.generate_square_subsequent_mask(4, dtype=learngrad.float64)

    def attend(x):
        return layer.self_attn(x, x, x, attn_mask=mask)[0]

    def look_back(x):
        return layer.multihead_attn(x, memory, memory)[0]

    def forward(x):
        return layer.linear2(F.relu(layer.linear1(x)))

    x = tgt
    for block, norm in ((attend, layer.norm1), (look_back, layer.norm2), (forward, layer.norm3)):
        x = x + block(norm(x)) if norm_first else norm(x + block(x))
    out = layer(tgt, memory, mask, tgt_is_causal=True)
    np.testing.assert_allclose(out.detach().numpy(), x.detach().numpy(), atol=1e-12)
    if torch is not None:
        theirs = compare(layer, "TransformerDecoderLayer", **kwargs)
        check(layer, theirs, lambda module, lib: module(
            lib.tensor(tgt.numpy()), lib.tensor(memory.numpy()), tgt_mask=lib.tensor(mask.numpy()),
            memory_key_padding_mask=lib.tensor(np.where(PADDED, -math.inf, 0.0))))


@pytest.mark.parametrize("batch_first", [False, True])
def test_transformer(batch_first):
    kwargs = {**SIZES, "num_encoder_layers": 2, "num_decoder_layers": 2,
              "batch_first": batch_first, "activation": "gelu"}
    model = scattered(nn.Transformer(**kwargs, dtype=learngrad.float64))
    src, tgt = ((a if batch_first else a.swapaxes(0, 1).copy()) for a in (SRC, TGT))

    def call(module, lib):
        Transformer = type(module)
        mask = Transformer.generate_square_subsequent_mask(4, dtype=lib.float64)
        return module(lib.tensor(src), lib.tensor(tgt), tgt_mask=mask, tgt_is_causal=True)

    encoded = learngrad.tensor(src)
    for layer in model.encoder.layers:
        encoded = layer(encoded)
    memory = model.encoder.norm(encoded)
    x = learngrad.tensor(tgt)
    for layer in model.decoder.layers:
        x = layer(x, memory, tgt_mask=learngrad.tensor(np.triu(np.ones((4, 4), bool), 1)))
    np.testing.assert_allclose(call(model, learngrad).detach().numpy(),
                               model.decoder.norm(x).detach().numpy(), atol=1e-12)
    if torch is not None:
        check(model, compare(model, "Transformer", **kwargs), call)


def test_places_see_what_the_mask_lets_them_see():
    """A change of a later letter does not reach the places before it."""
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(**SIZES, batch_first=True), 2)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    x = learngrad.tensor(SRC.astype("float32"))
    y = x.clone()
    y[:, 3] += 1
    same = (encoder(x, mask, is_causal=True) == encoder(y, mask, is_causal=True)).all(-1)
    assert same.tolist() == [[True, True, True, False, False]] * 2


def test_layers_are_copies_that_begin_alike():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(**SIZES), 3)
    first, *others = encoder.layers
    for other in others:
        for a, b in zip(first.parameters(), other.parameters(), strict=True):
            assert a is not b
            assert (a == b).all()
    assert len({id(p) for p in encoder.parameters()}) == len(list(encoder.parameters())) == 36


def test_where_a_transformer_starts():
    model = nn.Transformer(64, 2, 1, 1, dim_feedforward=32)
    for name, p in model.named_parameters():
        if p.ndim > 1:
            bound = math.sqrt(6 / sum(p.shape))
            assert p.abs().max() <= bound, name
            assert p.abs().max() > 0.95 * bound, name
            assert abs(p.std().item() * math.sqrt(3) / bound - 1) < 0.1, name


def test_dropout_stands_where_it_belongs():
    layer = nn.TransformerEncoderLayer(8, 2, dropout=0.5)
    x = learngrad.ones(3, 2, 8)
    assert not (layer(x) == layer(x)).all()
    layer.eval()
    assert (layer(x) == layer(x)).all()
    layer = nn.TransformerEncoderLayer(8, 2, dropout=1.0, norm_first=True)
    assert (layer(x) == x).all()  # both ways beside the input are closed
    assert layer.self_attn.dropout == 1.0


def test_an_activation_is_any_function_or_module():
    a = nn.TransformerEncoderLayer(**SIZES, activation=F.silu)
    b = nn.TransformerEncoderLayer(**SIZES, activation=nn.SiLU())
    b.load_state_dict(a.state_dict())
    x = learngrad.tensor(SRC.astype("float32"))
    assert (a(x) == b(x)).all()
    assert "(activation): SiLU()" in repr(b)


def test_second_derivatives():
    layer = nn.TransformerEncoderLayer(4, 2, 3, dropout=0.0, activation="gelu",
                                       dtype=learngrad.float64)
    x = learngrad.tensor(RNG.standard_normal((3, 1, 4)), requires_grad=True)
    assert gradcheck(layer, [x])
    assert gradgradcheck(layer, [x])


ERRORS = [
    (lambda: nn.TransformerEncoderLayer(6, 4), ArgumentError, "4 heads"),
    (lambda: nn.TransformerEncoderLayer(6, 2, activation="sine"), RuntimeError, "'sine'"),
    (lambda: nn.Transformer(6, 2, 1, 1)(learngrad.ones(5, 2, 6), learngrad.ones(5, 3, 6)),
     ShapeError, "2 sequences"),
    (lambda: nn.Transformer(6, 2, 1, 1)(learngrad.ones(5, 2, 4), learngrad.ones(5, 2, 4)),
     ShapeError, "d_model=6"),
]


@pytest.mark.parametrize(("call", "error", "said"), ERRORS)
def test_refusals(call, error, said):
    with pytest.raises(error, match=said) as raised:
        call()
    assert raised.value.fix
