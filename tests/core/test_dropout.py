"""What dropout draws, which no row can compare."""

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
