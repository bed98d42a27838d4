"""What dropout draws, which no row can compare."""

import numpy as np
import pytest

import learngrad as lg
import learngrad.nn.functional as F


@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_the_mean_stays_and_the_gradient_is_the_mask(p):
    lg.manual_seed(1)
    x = lg.ones(20000, dtype="float64", requires_grad=True)
    out = F.dropout(x, p)
    assert abs((out == 0).double().mean().item() - p) < 0.02
    assert set(out.tolist()) == {0.0, 1 / (1 - p)}
    out.sum().backward()
    assert x.grad.tolist() == out.tolist()


@pytest.mark.parametrize(("drop", "shape"), [
    (F.dropout1d, (50, 8, 5)), (F.dropout2d, (50, 8, 5, 3))])
def test_channels_go_whole(drop, shape):
    lg.manual_seed(2)
    channels = drop(lg.ones(*shape), 0.5).reshape(400, -1)
    assert {len(set(channel)) for channel in channels.tolist()} == {1}
    assert 100 < (channels[:, 0] == 0).long().sum().item() < 300


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("drop", [F.alpha_dropout, F.feature_alpha_dropout])
def test_alpha_dropout_keeps_mean_and_variance(drop, p):
    lg.manual_seed(3)
    x = lg.randn(400, 200, dtype="float64").requires_grad_()
    out = drop(x, p, training=True)
    assert abs(out.mean().item()) < 0.03
    assert abs(out.var().item() - 1) < 0.04
    out.sum().backward()
    slopes = x.grad.unique().tolist()
    assert slopes[0] == 0
    assert len(slopes) == 2
    dropped = out.detach()[x.grad == 0]
    assert dropped.max() - dropped.min() < 1e-12
    assert abs((x.grad == 0).double().mean().item() - p) < 0.02


def test_alpha_dropout_is_pytorchs_in_all_but_what_it_draws():
    """What stays and what goes get the same two straight lines."""
    torch = pytest.importorskip("torch")
    x = np.linspace(-2, 2, 500)
    found = {}
    for lib in (lg, torch):
        lib.manual_seed(0)
        t = lib.tensor(x, requires_grad=True)
        out = lib.nn.functional.alpha_dropout(t, 0.3, training=True)
        out.sum().backward()
        kept = t.grad.numpy() != 0
        out = out.detach().numpy()
        found[lib] = (out[~kept][0], *np.polyfit(x[kept], out[kept], 1))
    np.testing.assert_allclose(found[lg], found[torch], rtol=1e-6)


def test_alpha_dropout_of_features_takes_whole_channels_and_of_all_leaves_zeros():
    lg.manual_seed(4)
    x = lg.ones(20, 10, 4)
    channels = F.feature_alpha_dropout(x, 0.5, training=True).reshape(200, 4)
    assert {len(set(channel)) for channel in channels.tolist()} == {1}
    assert 50 < (channels[:, 0] < 0).long().sum().item() < 150
    assert F.alpha_dropout(x, 1.0, training=True).tolist() == lg.zeros(20, 10, 4).tolist()
    y = lg.ones(4, 5)
    assert F.alpha_dropout(y, 0.5, training=True, inplace=True) is y
    assert y.tolist() != lg.ones(4, 5).tolist()
    with pytest.raises(lg.errors.ShapeError, match="channels"):
        F.feature_alpha_dropout(lg.ones(3), 0.5, training=True)


def test_gumbel_softmax_draws_by_the_probabilities():
    lg.manual_seed(5)
    logits = lg.tensor([0.1, 0.3, 0.6], dtype="float64").log().expand(20000, 3)
    hard = F.gumbel_softmax(logits, hard=True)
    np.testing.assert_allclose(hard.mean(0).numpy(), [0.1, 0.3, 0.6], atol=0.02)
    assert set(hard.reshape(-1).round(decimals=6).tolist()) == {0.0, 1.0}
    soft = F.gumbel_softmax(logits, tau=0.5, dim=-1)
    np.testing.assert_allclose(soft.sum(-1).numpy(), 1)
    np.testing.assert_allclose(
        np.bincount(soft.argmax(-1).numpy()) / 20000, [0.1, 0.3, 0.6], atol=0.02)


def test_gumbel_softmax_is_hard_forwards_and_soft_backwards():
    x = lg.randn(4, 3, dtype="float64").requires_grad_()
    weights = lg.randn(4, 3, dtype="float64")
    grads = []
    for hard in (False, True):
        lg.manual_seed(6)
        out = F.gumbel_softmax(x, tau=0.7, hard=hard)
        (grad,) = lg.autograd.grad((out * weights).sum(), x)
        grads.append(grad.numpy())
    np.testing.assert_allclose(*grads)
    assert abs(grads[0]).max() > 0
    assert out.argmax(-1).shape == (4,)
