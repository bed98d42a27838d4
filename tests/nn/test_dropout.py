"""Dropout layers: how much they leave out, together with what, and that the gradient follows."""

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import ArgumentError
from tests.optable.reference import torch

# name: (the shape of an input, how many of its first dimensions are drawn for separately)
KINDS = {"Dropout": ((40, 50), 2), "Dropout1d": ((40, 50, 3), 2), "Dropout2d": ((40, 50, 2, 3), 2),
         "Dropout3d": ((40, 50, 2, 1, 3), 2),
         "AlphaDropout": ((40, 50), 2), "FeatureAlphaDropout": ((40, 50, 3), 2)}


@pytest.fixture(autouse=True)
def seeded():
    learngrad.manual_seed(0)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("p", [0.2, 0.5])
def test_a_part_is_left_out_in_training(name, p):
    shape, apart = KINDS[name]
    x = learngrad.ones(*shape, requires_grad=True)
    out = getattr(nn, name)(p)(x)
    out.sum().backward()
    values, grads = out.detach().numpy(), x.grad.numpy()
    kept = grads != 0
    assert abs(kept.mean() - (1 - p)) < 4 * (p * (1 - p) / (40 * 50)) ** 0.5
    flat = kept.reshape(*shape[:apart], -1)
    assert (flat == flat[..., :1]).all()  # whole channels
    if "Alpha" not in name:
        np.testing.assert_allclose(values, kept / (1 - p), rtol=1e-6)
        np.testing.assert_allclose(grads, kept / (1 - p), rtol=1e-6)
    else:
        assert len(np.unique(values.round(5))) == 2


@pytest.mark.parametrize("name", KINDS)
def test_nothing_happens_in_evaluation(name):
    layer, x = getattr(nn, name)(0.7).eval(), learngrad.ones(*KINDS[name][0])
    assert (layer(x) == x).all()
    assert (layer.train()(x) != 1).any()


@pytest.mark.parametrize("name", ["AlphaDropout"])
def test_alpha_dropout_keeps_mean_and_variance(name):
    x = np.random.default_rng(0).standard_normal(200_000).astype(np.float32)
    out = getattr(nn, name)(0.3)(learngrad.tensor(x)).numpy()
    assert abs(out.mean()) < 0.02
    assert abs(out.std() - 1) < 0.02


@pytest.mark.parametrize("name", KINDS)
def test_bounds_repr_and_place(name):
    layer = getattr(nn, name)
    for p in (-0.1, 1.1):
        with pytest.raises(ArgumentError, match=f"{name}: p={p} is no probability"):
            layer(p)
    assert repr(layer()) == f"{name}(p=0.5, inplace=False)"
    assert not layer(0.1).state_dict()
    if torch is not None:
        assert repr(layer(0.1, True)) == repr(getattr(torch.nn, name)(0.1, True))
    x = learngrad.ones(20, 20, *KINDS[name][0][2:])
    assert layer(0.5, inplace=True)(x) is x
    assert (x != 1).any()


def test_draws_follow_the_seed():
    layer, x = nn.Dropout(0.5), learngrad.ones(100)
    learngrad.manual_seed(5)
    first = layer(x).tolist()
    assert layer(x).tolist() != first
    learngrad.manual_seed(5)
    assert layer(x).tolist() == first
