"""Modules move to the GPU and back; draws and clipping stay where the tensors are."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import nn, optim
from learngrad.nn import init, utils


def net():
    lg.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2))


def devices_of(module):
    return {t.device.type for t in module.state_dict().values()}


def test_a_module_moves_with_its_gradients_and_comes_back():
    model = net()
    model(lg.ones(5, 3)).sum().backward()
    before = {k: v.numpy().copy() for k, v in model.state_dict().items()}
    parameters = list(model.parameters())
    assert model.cuda() is model
    assert devices_of(model) == {"cuda"}
    assert {p.grad.device.type for p in parameters} == {"cuda"}
    assert all(a is b for a, b in zip(parameters, model.parameters(), strict=True))
    for move in (lambda: model.to("cpu"), lambda: model.to(lg.ones(1, device="cuda")),
                 lambda: model.cpu()):
        move()
    assert devices_of(model) == {"cpu"}
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name])


def test_training_goes_on_after_a_move():
    curves = []
    for device in ("cpu", "cuda"):
        model = net()
        optimiser = optim.SGD(model.parameters(), lr=0.1)
        model.to(device)
        x = lg.tensor(np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32),
                      device=device)
        curve = []
        for _ in range(5):
            optimiser.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            utils.clip_grad_norm_(model.parameters(), 0.1)
            optimiser.step()
            curve.append(loss.item())
        curves.append(curve)
    np.testing.assert_allclose(*curves, rtol=1e-4)
    assert curves[0][-1] < curves[0][0]


def test_states_go_from_device_to_device():
    here, there = net(), net().cuda()
    with lg.no_grad():
        here[0].bias.fill_(3.0)
    there.load_state_dict(here.state_dict())
    assert devices_of(there) == {"cuda"}
    assert there[0].bias.tolist() == [3] * 4
    here.load_state_dict(there.state_dict(), assign=True)
    assert devices_of(here) == {"cuda"}


@pytest.mark.parametrize("fill", [
    init.uniform_, init.normal_, init.trunc_normal_, init.orthogonal_, init.eye_, init.zeros_,
    init.kaiming_uniform_, init.xavier_normal_, lambda w: init.sparse_(w, 0.5)])
def test_values_to_start_from(fill):
    w = fill(lg.ones(6, 4, device="cuda"))
    assert w.device.type == "cuda"
    assert not (w == 1).all().item()


def test_a_dirac_weight():
    w = init.dirac_(lg.ones(4, 2, 3, device="cuda"), groups=2)
    assert w.cpu().tolist() == init.dirac_(lg.ones(4, 2, 3), groups=2).tolist()


def test_a_lazy_layer_begins_where_it_is_told():
    layer = nn.LazyLinear(2).cuda()
    assert layer(lg.ones(1, 3, device="cuda")).device.type == "cuda"
    assert devices_of(nn.LazyLinear(2, device="cuda")) == {"cuda"}


def test_clipping_does_not_wait(counts):
    w = lg.ones(3, device="cuda", requires_grad=True)
    (w * 5).sum().backward()
    counts.reset()
    total = utils.clip_grad_norm_([w], 1.0)
    utils.clip_grad_value_([w], 0.1)
    assert counts == (0, 0, 0)
    assert total.item() == pytest.approx(5 * 3**0.5)


def test_hooks_see_gradients_on_the_gpu():
    layer, seen = nn.Linear(2, 1).cuda(), []
    layer.register_full_backward_hook(lambda m, i, o: seen.append((i[0].device.type, o[0])))
    layer(lg.ones(1, 2, device="cuda", requires_grad=True)).sum().backward()
    assert seen[0][0] == "cuda"
    assert seen[0][1].tolist() == [[1]]


@pytest.mark.parametrize("normalise", [
    utils.weight_norm, utils.spectral_norm, utils.parametrizations.weight_norm,
    utils.parametrizations.spectral_norm])
def test_normalised_weights(normalise):
    lg.manual_seed(0)
    layer = normalise(nn.Linear(3, 2)).eval()
    x = lg.ones(1, 3)
    here = layer(x)
    there = layer.cuda()(x.cuda())
    there.sum().backward()
    np.testing.assert_allclose(there.detach().cpu().numpy(), here.detach().numpy(), rtol=1e-5)
    assert all(p.grad.device.type == "cuda" for p in layer.parameters())
