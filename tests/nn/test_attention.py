"""MultiheadAttention: by hand, and as PyTorch's."""

import itertools
import math

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.autograd.gradcheck import gradcheck, gradgradcheck
from learngrad.errors import ArgumentError, DtypeError, ShapeError
from tests.optable.reference import torch

RNG = np.random.default_rng(0)
L, S, N, E, HEADS = 4, 5, 3, 6, 2
PADDED = np.zeros((N, S), bool)
PADDED[1, 3:] = PADDED[2, 4:] = True
CAUSAL = np.triu(np.ones((L, S), bool), 1)
MASKS = {
    "none": (None, None), "bool": (CAUSAL, None), "padding": (None, PADDED),
    "both": (CAUSAL, PADDED), "floating": (np.where(CAUSAL, -math.inf, 0.3), None),
    "each head's": (RNG.standard_normal((N * HEADS, L, S)), None),
    "mixed": (RNG.standard_normal((L, S)), PADDED),
    "floating padding": (None, np.where(PADDED, -math.inf, 0.5)),
}


def normal(*shape):
    return RNG.standard_normal(shape)


def attention(**kwargs):
    learngrad.manual_seed(0)
    return nn.MultiheadAttention(E, HEADS, dtype=learngrad.float64, **kwargs)


def added(mask):
    return 0 if mask is None else np.where(mask, -math.inf, 0.0) if mask.dtype == bool else mask


def by_hand(layer, q, k, v, mask, padding):
    """Output and weights of each head, all with the batch first."""
    state = {name: t.numpy() for name, t in layer.state_dict().items()}
    if "in_proj_weight" in state:
        parts = np.split(state["in_proj_weight"], 3)
    else:
        parts = [state[f"{name}_proj_weight"] for name in "qkv"]
    biases = np.split(state.get("in_proj_bias", np.zeros(3 * E)), 3)
    q, k, v = (x @ w.T + b for x, w, b in zip((q, k, v), parts, biases, strict=True))
    out, weights = np.zeros((len(q), q.shape[1], E)), np.zeros((len(q), HEADS, q.shape[1], S))
    for n, h in itertools.product(range(len(q)), range(HEADS)):
        part = slice(h * E // HEADS, (h + 1) * E // HEADS)
        scores = q[n][:, part] @ k[n][:, part].T / math.sqrt(E / HEADS)
        own = added(mask)
        scores = scores + (own[n * HEADS + h] if np.ndim(own) == 3 else own)
        scores = scores + (0 if padding is None else added(padding)[n])
        p = np.exp(scores - scores.max(1, keepdims=True))
        weights[n, h] = p / p.sum(1, keepdims=True)
        out[n][:, part] = weights[n, h] @ v[n][:, part]
    return out @ state["out_proj.weight"].T + state.get("out_proj.bias", 0), weights


def to(lib, array):
    return None if array is None else lib.tensor(array)


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("need_weights", [False, True])
def test_masks(name, batch_first, need_weights):
    mask, padding = MASKS[name]
    layer = attention(batch_first=batch_first)
    arrays = [normal(N, n, E) for n in (L, S, S)]
    wanted, weights = by_hand(layer, *arrays, mask, padding)
    laid = [a if batch_first else a.swapaxes(0, 1).copy() for a in arrays]
    leaves = [learngrad.tensor(a, requires_grad=True) for a in laid]
    out, found = layer(*leaves, to(learngrad, padding), need_weights, to(learngrad, mask),
                       average_attn_weights=False)
    ours = out.detach().numpy()
    np.testing.assert_allclose(ours if batch_first else ours.swapaxes(0, 1), wanted, atol=1e-12)
    if need_weights:
        np.testing.assert_allclose(found.detach().numpy(), weights, atol=1e-12)
        mean = layer(*leaves, to(learngrad, padding), True, to(learngrad, mask))[1]
        np.testing.assert_allclose(mean.detach().numpy(), weights.mean(1), atol=1e-12)
    else:
        assert found is None
    if torch is not None:
        theirs = torch.nn.MultiheadAttention(E, HEADS, batch_first=batch_first,
                                             dtype=torch.float64)
        theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in layer.state_dict().items()})
        others = [torch.tensor(a, requires_grad=True) for a in laid]
        if name != "mixed":  # PyTorch warns of masks of two kinds
            tout, tfound = theirs(*others, to(torch, padding), need_weights, to(torch, mask),
                                  average_attn_weights=False)
            np.testing.assert_allclose(ours, tout.detach().numpy(), atol=1e-9)
            if need_weights:
                np.testing.assert_allclose(found.detach().numpy(), tfound.detach().numpy(),
                                           atol=1e-9)
            g = normal(*out.shape)
            out.backward(learngrad.tensor(g))
            tout.backward(torch.tensor(g))
            pairs = [*zip(leaves, others, strict=True),
                     *zip(layer.parameters(), theirs.parameters(), strict=True)]
            for a, b in pairs:
                np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=1e-9)


def test_one_tensor_for_all_three_is_one_product():
    layer, x = attention(), learngrad.tensor(normal(L, N, E))
    apart = layer(x, x.clone(), x.clone())
    for a, b in zip(layer(x, x, x), apart, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), atol=1e-12)


@pytest.mark.parametrize("batch_first", [False, True])
def test_without_a_batch(batch_first):
    layer = attention(batch_first=batch_first)
    q, k = learngrad.tensor(normal(L, E)), learngrad.tensor(normal(S, E))
    hidden = learngrad.tensor(PADDED[1])
    out, weights = layer(q, k, k, hidden)
    dim = 0 if batch_first else 1
    whole = layer(q.unsqueeze(dim), k.unsqueeze(dim), k.unsqueeze(dim), hidden.unsqueeze(0))
    assert out.shape == (L, E)
    assert weights.shape == (L, S)
    assert (out == whole[0].squeeze(dim)).all()
    assert (weights == whole[1].squeeze(0)).all()
    assert (weights[:, 3:] == 0).all()


@pytest.mark.parametrize("sizes", [{"kdim": 4, "vdim": 5}, {"vdim": 5, "bias": False}, {}])
def test_parameters_and_where_they_start(sizes):
    layer = attention(**sizes)
    arrays = normal(N, L, E), normal(N, S, layer.kdim), normal(N, S, layer.vdim)
    out, _ = layer(*(learngrad.tensor(a.swapaxes(0, 1).copy()) for a in arrays))
    np.testing.assert_allclose(out.detach().numpy().swapaxes(0, 1),
                               by_hand(layer, *arrays, None, None)[0], atol=1e-12)
    for name, p in layer.named_parameters():
        if name.endswith("bias"):
            assert (p == 0).all()
        elif name != "out_proj.weight":
            assert p.abs().max() <= math.sqrt(6 / sum(p.shape))
            assert p.abs().max() > 0.8 * math.sqrt(6 / sum(p.shape))
    if torch is not None:
        theirs = torch.nn.MultiheadAttention(E, HEADS, dtype=torch.float64, **sizes)
        assert {k: tuple(v.shape) for k, v in theirs.state_dict().items()} == {
            k: tuple(v.shape) for k, v in layer.state_dict().items()}
        assert list(theirs.state_dict()) == list(layer.state_dict())
        assert repr(theirs) == repr(layer)


def test_dropout_leaves_out_weights_in_training_alone():
    layer = nn.MultiheadAttention(8, 2, dropout=0.25)
    x = learngrad.ones(40, 30, 8)
    weights = layer(x, x, x, average_attn_weights=False)[1]
    share = (weights == 0).float().mean().item()
    assert abs(share - 0.25) < 5 * math.sqrt(0.25 * 0.75 / math.prod(weights.shape))
    assert abs(weights.max().item() * 0.75 - 1 / 40) < 1e-6
    layer.eval()
    assert (layer(x, x, x)[1] - 1 / 40).abs().max() < 1e-6
    fast = layer.train()(x, x, x, need_weights=False)[0]
    assert not (fast == layer(x, x, x, need_weights=False)[0]).all()


@pytest.mark.parametrize("need_weights", [False, True])
def test_second_derivatives(need_weights):
    layer = attention()
    q, k = (learngrad.tensor(normal(n, 1, E), requires_grad=True) for n in (2, 3))
    mask = learngrad.tensor(np.triu(np.ones((2, 3), bool), 1))

    def output(q, k):
        return layer(q, k, k, None, need_weights, mask)[0]

    assert gradcheck(output, [q, k])
    assert gradgradcheck(output, [q, k])


def test_large_scores_do_not_overflow():
    q = learngrad.tensor(np.array([[[100.0, 0.0], [-100.0, 3.0]]], "float32"))
    for mask in (None, learngrad.tensor([[True, False], [True, True]])):
        out = nn.functional.scaled_dot_product_attention(q * 100, q, q, mask)
        assert np.isfinite(out.numpy()).all()
        np.testing.assert_allclose(out.numpy()[0, 0], [100, 0])


def test_a_query_that_may_see_nothing_gets_nothing():
    x = learngrad.tensor(normal(1, 2, 3), requires_grad=True)
    mask = learngrad.tensor([[False, False], [True, True]])
    out = nn.functional.scaled_dot_product_attention(x, x, x, mask)
    assert (out[0, 0] == 0).all()
    out.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


X = learngrad.ones(4, 3, 6)
ERRORS = [
    (lambda: nn.MultiheadAttention(6, 4), ArgumentError, "4 heads"),
    (lambda: nn.MultiheadAttention(6, 2, dropout=2), ArgumentError, "no probability"),
    (lambda: nn.MultiheadAttention(6, 2, add_bias_kv=True), ArgumentError, "add_bias_kv"),
    (lambda: nn.MultiheadAttention(6, 2)(X, X, X, is_causal=True), ArgumentError, "is_causal"),
    (lambda: nn.MultiheadAttention(6, 2)(X, X[:2], X), ShapeError, r"\[l, batch, features\]"),
    (lambda: nn.MultiheadAttention(6, 2)(X, X[:, :2], X[:, :2]), ShapeError, "batch"),
    (lambda: nn.MultiheadAttention(8, 2)(X, X, X), ShapeError, "query has 6 features"),
    (lambda: nn.MultiheadAttention(6, 2, vdim=5)(X, X, X), ShapeError, "value has 6 features"),
    (lambda: nn.MultiheadAttention(6, 2)(X, X, X, attn_mask=learngrad.ones(4, 5)), ShapeError,
     r"attn_mask has shape \[4, 5\]"),
    (lambda: nn.MultiheadAttention(6, 2)(X, X, X, learngrad.ones(4, 3)), ShapeError,
     "key_padding_mask"),
    (lambda: nn.MultiheadAttention(6, 2)(X, X, X, attn_mask=learngrad.ones(4, 4).long()),
     DtypeError, "int64"),
    (lambda: nn.functional.scaled_dot_product_attention(X, X, X, dropout_p=-1), ArgumentError,
     "no probability"),
]


@pytest.mark.parametrize(("call", "error", "said"), ERRORS)
def test_refusals(call, error, said):
    with pytest.raises(error, match=said) as raised:
        call()
    assert raised.value.fix
