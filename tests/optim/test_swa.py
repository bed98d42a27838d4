"""Averages of weights: by hand, and beside PyTorch."""

import numpy as np
import pytest

import learngrad
from learngrad.errors import ArgumentError, ShapeError
from tests.cupy_standin import installed
from tests.optable.reference import torch

LIBRARIES = [learngrad] if torch is None else [learngrad, torch]
LIBS = pytest.mark.parametrize("lib", LIBRARIES, ids=lambda lib: lib.__name__)
rng = np.random.default_rng(0)
WEIGHTS = rng.standard_normal((6, 3, 2)).astype(np.float32)


def model_of(lib):
    return lib.nn.Sequential(lib.nn.Linear(2, 3, bias=False), lib.nn.BatchNorm1d(3, affine=False))


def averages(lib, make):
    """The averaged weights after each of several updates."""
    model = model_of(lib)
    averaged = make(lib.optim.swa_utils, model)
    for weights in WEIGHTS:
        with lib.no_grad():
            model[0].weight.copy_(lib.tensor(weights))
        averaged.update_parameters(model)
        yield averaged.module[0].weight.detach().numpy().copy()
    assert averaged.n_averaged.item() == len(WEIGHTS)


def ema(decay):
    mean = WEIGHTS[0]
    for weights in WEIGHTS:
        mean = decay * mean + (1 - decay) * weights
        yield mean


WAYS = {
    "mean": (lambda u, m: u.AveragedModel(m), lambda: (WEIGHTS[:n].mean(0) for n in range(1, 7))),
    "mean, one by one": (lambda u, m: u.AveragedModel(m, avg_fn=u.get_swa_avg_fn()),
                         lambda: (WEIGHTS[:n].mean(0) for n in range(1, 7))),
    "mean, all": (lambda u, m: u.AveragedModel(m, multi_avg_fn=u.get_swa_multi_avg_fn()),
                  lambda: (WEIGHTS[:n].mean(0) for n in range(1, 7))),
    "moving": (lambda u, m: u.AveragedModel(m, avg_fn=u.get_ema_avg_fn(0.8)), lambda: ema(0.8)),
    "moving, all": (lambda u, m: u.AveragedModel(m, multi_avg_fn=u.get_ema_multi_avg_fn(0.8)),
                    lambda: ema(0.8)),
    "own": (lambda u, m: u.AveragedModel(m, avg_fn=lambda mean, p, n: 0.5 * mean + 0.5 * p),
            lambda: ema(0.5)),
}


@LIBS
@pytest.mark.parametrize("way", WAYS)
def test_averages(lib, way):
    make, by_hand = WAYS[way]
    for got, expected in zip(averages(lib, make), by_hand(), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


@LIBS
@pytest.mark.parametrize("use_buffers", [False, True])
def test_buffers_are_the_models_or_averages(lib, use_buffers):
    model = model_of(lib)
    averaged = lib.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=lib.optim.swa_utils.get_ema_multi_avg_fn(0.5), use_buffers=use_buffers)
    for value in (1.0, 3.0):
        with lib.no_grad():
            model[1].running_mean.fill_(value)
        averaged.update_parameters(model)
    assert averaged.module[1].running_mean.tolist() == [2.0 if use_buffers else 3.0] * 3


@LIBS
def test_it_is_called_as_the_model_and_has_a_state(lib):
    model = model_of(lib).eval()
    averaged = lib.optim.swa_utils.AveragedModel(model)
    x = lib.ones(4, 2)
    assert averaged(x).tolist() == model(x).tolist()
    assert [*averaged.state_dict()] == ["n_averaged", *(f"module.{k}" for k in model.state_dict())]
    other = lib.optim.swa_utils.AveragedModel(model_of(lib))
    other.load_state_dict(averaged.state_dict())
    assert other.module[0].weight.tolist() == model[0].weight.tolist()
    assert not averaged.module[0].weight.grad_fn


@LIBS
@pytest.mark.parametrize("of", [lambda x: x, lambda x: (x, 1), lambda x: [x, 1]],
                         ids=["inputs", "tuples", "lists"])
def test_running_means_are_measured_anew(lib, of):
    model = model_of(lib)
    model[1].momentum = 0.3
    model.eval()
    batches = [lib.tensor(rng.standard_normal((5, 2)).astype(np.float32)) for _ in range(4)]
    with lib.no_grad():
        model[1].running_mean.fill_(7.0)
        expected = sum(model[0](x).mean(0) for x in batches) / 4
    lib.optim.swa_utils.update_bn([of(x) for x in batches], model)
    np.testing.assert_allclose(model[1].running_mean.numpy(), expected.numpy(), rtol=1e-4,
                               atol=1e-6)
    assert model[1].momentum == 0.3
    assert not model.training


@LIBS
def test_without_such_layers_no_batch_is_asked_for(lib):
    lib.optim.swa_utils.update_bn(iter(()), lib.nn.Linear(1, 1))


def test_a_measurement_that_fails_leaves_the_layers_as_they_were():
    model = model_of(learngrad).eval()
    with pytest.raises(RuntimeError):
        learngrad.optim.swa_utils.update_bn([learngrad.ones(4, 9)], model)
    assert model[1].momentum == 0.1
    assert not model.training


@pytest.mark.parametrize(("make", "error", "said"), [
    (lambda u, m: u.get_ema_avg_fn(1.5), ArgumentError, "decay=1.5"),
    (lambda u, m: u.get_ema_multi_avg_fn(-1), ArgumentError, "decay=-1"),
    (lambda u, m: u.AveragedModel(m, avg_fn=u.get_swa_avg_fn(),
                                  multi_avg_fn=u.get_swa_multi_avg_fn()),
     ArgumentError, "two ways"),
    (lambda u, m: u.AveragedModel(m).update_parameters(learngrad.nn.Linear(3, 3)), ShapeError,
     "other parameters"),
], ids=range(4))
def test_what_makes_no_sense_is_refused(make, error, said):
    with pytest.raises(error, match=said):
        make(learngrad.optim.swa_utils, model_of(learngrad))


def test_averages_on_another_device_than_the_model():
    with installed():
        model = model_of(learngrad)
        averaged = learngrad.optim.swa_utils.AveragedModel(model, device="cuda")
        for weights in WEIGHTS[:2]:
            with learngrad.no_grad():
                model[0].weight.copy_(learngrad.tensor(weights))
            averaged.update_parameters(model)
        assert averaged.module[0].weight.device.type == "cuda"
        np.testing.assert_allclose(averaged.module[0].weight.detach().cpu().numpy(),
                                   WEIGHTS[:2].mean(0), rtol=1e-5)


@LIBS
def test_a_program_that_averages_its_last_epochs(lib):
    if lib is learngrad:
        lib.manual_seed(0)
    model = lib.nn.Linear(2, 1)
    X = lib.tensor(rng.standard_normal((32, 2)).astype(np.float32))
    y = X @ lib.tensor([[1.0], [-2.0]])
    optimizer = lib.optim.SGD(model.parameters(), lr=0.1)
    averaged = lib.optim.swa_utils.AveragedModel(model)
    cosine = lib.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)
    constant = lib.optim.swa_utils.SWALR(optimizer, swa_lr=0.05, anneal_epochs=5)
    for epoch in range(60):
        optimizer.zero_grad()
        ((model(X) - y) ** 2).mean().backward()
        optimizer.step()
        if epoch > 40:
            averaged.update_parameters(model)
            constant.step()
        else:
            cosine.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05)
    assert ((averaged(X) - y) ** 2).mean().item() < 0.05
