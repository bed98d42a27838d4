"""Normalisation layers: each beside PyTorch's, over several batches, and what they refuse."""

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import ArgumentError, ArgumentTypeError, DtypeError, ShapeError
from tests.nn.table import Row, buffers, check, made, named, normal, same
from tests.optable.reference import torch

ROWS = [
    Row("BatchNorm1d", (3,), inputs=(normal(6, 3),)),
    Row("BatchNorm1d", (3, 1e-3, 0.3), inputs=(normal(4, 3, 5),)),
    Row("BatchNorm1d", (3,), {"affine": False}, (normal(6, 3),)),
    Row("BatchNorm1d", (3,), {"bias": False}, (normal(6, 3),)),
    Row("BatchNorm1d", (3,), {"track_running_stats": False}, (normal(6, 3),)),
    Row("BatchNorm2d", (3,), inputs=(normal(2, 3, 4, 5),)),
    Row("BatchNorm2d", (3,), {"momentum": None}, (normal(2, 3, 4, 5),)),
    Row("InstanceNorm1d", (3,), inputs=(normal(4, 3, 5),)),
    Row("InstanceNorm1d", (3,), {"affine": True}, (normal(3, 5),)),
    Row("InstanceNorm2d", (3, 1e-3, 0.2, True, True), inputs=(normal(2, 3, 4, 5),)),
    Row("InstanceNorm2d", (3,), inputs=(normal(3, 4, 5),)),
    Row("LayerNorm", (5,), inputs=(normal(4, 3, 5),)),
    Row("LayerNorm", ([3, 5], 1e-3), {"bias": False}, (normal(4, 3, 5),)),
    Row("LayerNorm", ((5,),), {"elementwise_affine": False}, (normal(4, 5),)),
    Row("RMSNorm", (5,), inputs=(normal(4, 3, 5),)),
    Row("RMSNorm", ((3, 5), 1e-3, False), inputs=(normal(4, 3, 5),)),
    Row("GroupNorm", (2, 4), inputs=(normal(3, 4, 5),)),
    Row("GroupNorm", (1, 4, 1e-3), {"affine": False}, (normal(3, 4),)),
    Row("GroupNorm", (1, 4), inputs=(normal(3, 4),)),
    Row("GroupNorm", (4, 4), {"bias": False}, (normal(3, 4, 2, 2),)),
    Row("LocalResponseNorm", (3,), inputs=(normal(2, 5, 4),)),
    Row("LocalResponseNorm", (2, 0.5, 0.6, 2.0), inputs=(normal(2, 5, 4, 3),)),
]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_beside_pytorch(row):
    check(row)


TRACKING = [row for row in ROWS if row.name.startswith("BatchNorm")]


@pytest.mark.parametrize("row", TRACKING, ids=named)
def test_running_values_over_several_batches(row):
    layer, batches = made(learngrad, row), [normal(*row.inputs[0].shape, seed=s) + s
                                            for s in range(4)]
    for x in batches:
        layer(learngrad.tensor(x))
    found = buffers(layer)
    if row.options.get("track_running_stats", True):
        axes = (0, *range(2, batches[0].ndim))
        mean, var, momentum = np.zeros(3), np.ones(3), row.options.get("momentum", 0.1)
        momentum = row.args[2] if len(row.args) > 2 else momentum
        for k, x in enumerate(batches, 1):
            m = 1 / k if momentum is None else momentum
            mean = (1 - m) * mean + m * x.mean(axes)
            var = (1 - m) * var + m * x.var(axes, ddof=1)
        np.testing.assert_allclose(found["running_mean"], mean, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found["running_var"], var, rtol=1e-4, atol=1e-5)
        assert found["num_batches_tracked"] == 4
    else:
        assert not found
    if torch is not None:
        theirs = made(torch, row)
        for x in batches:
            theirs(torch.tensor(x))
        same(found, buffers(theirs))
    layer.eval()
    layer(learngrad.tensor(batches[0]))
    same(buffers(layer), found)  # evaluation moves nothing


def test_running_values_are_forgotten_on_demand():
    layer = nn.BatchNorm1d(3)
    with learngrad.no_grad():
        layer.weight.fill_(5.0)
    layer(learngrad.tensor(normal(6, 3) + 7))
    layer.reset_running_stats()
    assert layer.running_mean.tolist() == [0, 0, 0]
    assert layer.running_var.tolist() == [1, 1, 1]
    assert layer.num_batches_tracked.item() == 0
    assert layer.weight.tolist() == [5, 5, 5]
    layer.reset_parameters()
    assert layer.weight.tolist() == [1, 1, 1]


def test_a_failed_call_counts_no_batch():
    layer = nn.BatchNorm1d(3)
    with pytest.raises(ArgumentError, match="more than one value"):
        layer(learngrad.ones(1, 3))
    assert layer.num_batches_tracked.item() == 0
    layer.eval()(learngrad.ones(1, 3))


@pytest.mark.parametrize("lib", [learngrad] if torch is None else [learngrad, torch])
def test_a_state_older_than_the_count_of_batches_is_loaded(lib):
    layer = lib.nn.Sequential(lib.nn.BatchNorm1d(3), lib.nn.Linear(3, 1))
    layer(lib.ones(2, 3))
    old = {k: v for k, v in layer.state_dict().items() if "num_batches" not in k}
    result = layer.load_state_dict(old)
    assert (result.missing_keys, result.unexpected_keys) == ([], [])
    assert layer[0].num_batches_tracked.item() == 1
    del old["0.running_mean"]
    assert layer.load_state_dict(old, strict=False).missing_keys == ["0.running_mean"]
    with pytest.raises(RuntimeError, match="running_mean"):
        layer.load_state_dict(old)


def test_state_of_the_usual_keys_in_their_order():
    assert list(nn.BatchNorm2d(3).state_dict()) == [
        "weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert nn.BatchNorm2d(3).num_batches_tracked.dtype == learngrad.int64
    assert list(nn.BatchNorm2d(3, affine=False, track_running_stats=False).state_dict()) == []


def test_an_activation_in_place_may_follow():
    for layer in (nn.GroupNorm(2, 4), nn.BatchNorm1d(4), nn.LayerNorm(3), nn.InstanceNorm1d(4)):
        grads = []
        for inplace in (False, True):
            x = learngrad.tensor(normal(2, 4, 3), requires_grad=True)
            nn.LeakyReLU(0.1, inplace=inplace)(layer(x)).sum().backward()
            grads.append(x.grad.numpy())
        np.testing.assert_array_equal(*grads)


def test_other_channels_are_told_where_they_make_no_difference():
    with pytest.warns(UserWarning, match="made for 3 channels, and gets 4") as caught:
        nn.InstanceNorm1d(3)(learngrad.tensor(normal(2, 4, 5)))
    assert caught[0].filename == __file__


@pytest.mark.parametrize(("make", "error", "said"), [
    (lambda: nn.BatchNorm1d(3)(learngrad.ones(2, 3, 4, 5)), ArgumentError, "2 or 3 dimensions"),
    (lambda: nn.BatchNorm2d(3)(learngrad.ones(2, 3)), ArgumentError, "of 4 dimensions"),
    (lambda: nn.BatchNorm2d(3)(learngrad.ones(2, 4, 5, 5)), ShapeError, r"weight has shape \[3\]"),
    (lambda: nn.BatchNorm1d(3)(learngrad.ones(2, 3).long()), DtypeError, "int64"),
    (lambda: nn.BatchNorm1d("3"), ArgumentTypeError, "num_features counts"),
    (lambda: nn.InstanceNorm1d(3)(learngrad.ones(2, 3, 4, 5)), ArgumentError, "2 or 3"),
    (lambda: nn.InstanceNorm1d(3, affine=True)(learngrad.ones(2, 4, 5)), ArgumentError,
     "gets 4"),
    (lambda: nn.LayerNorm(3)(learngrad.ones(2, 4)), ShapeError, r"not \[3\]"),
    (lambda: nn.LayerNorm(3.0), ArgumentTypeError, "normalized_shape"),
    (lambda: nn.LayerNorm((3, -1)), ArgumentError, "normalized_shape is -1"),
    (lambda: nn.GroupNorm(3, 4), ArgumentError, "does not divide"),
    (lambda: nn.GroupNorm(0, 4), ArgumentError, "num_groups is 0"),
    (lambda: nn.GroupNorm(2, 4)(learngrad.ones(2, 3, 5)), ShapeError, "divides"),
    (lambda: nn.LocalResponseNorm(0)(learngrad.ones(2, 3, 5)), ArgumentError, "size above 0"),
    (lambda: nn.LocalResponseNorm(2)(learngrad.ones(2, 3)), ArgumentError, "3 dimensions"),
])
def test_wrong_use_is_told(make, error, said):
    with pytest.raises(error, match=said) as caught:
        make()
    assert caught.value.fix


NORMS = {"layer": lambda F, x: F.layer_norm(x, (4,)), "rms": lambda F, x: F.rms_norm(x, (4,)),
         "group": lambda F, x: F.group_norm(x, 2),
         "batch": lambda F, x: F.batch_norm(x, None, None, training=True)}


@pytest.mark.skipif(torch is None, reason="the numbers are PyTorch's")
@pytest.mark.parametrize("name", NORMS)
def test_large_numbers_in_float16(name):
    """Their squares are more than it holds."""
    found = []
    for lib in (learngrad, torch):
        x = lib.tensor([[300.0, 600.0, 900.0, -1200.0], [600.0, 100.0, 300.0, 900.0]]).half()
        x.requires_grad_()
        out = NORMS[name](lib.nn.functional, x)
        (out * out * out).sum().backward()
        found.append((out.detach().numpy(), x.grad.numpy()))
    for mine, theirs in zip(*found, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_allclose(mine, theirs, rtol=4e-3, atol=2e-3)
