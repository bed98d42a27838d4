"""What is done to gradients and weights between the steps, beside PyTorch's."""

import copy
import math

import numpy as np
import pytest

import learngrad
from learngrad import nn, optim
from learngrad.errors import AnomalyError, LearngradError
from tests.optable.reference import to_numpy, torch

LIBRARIES = [learngrad] if torch is None else [learngrad, torch]
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated in favor of:FutureWarning")


def trained(library, scale=1.0):
    """Three tensors, two of them with gradients."""
    rng = np.random.default_rng(0)
    tensors = [library.tensor(rng.standard_normal(shape).astype(np.float32), requires_grad=True)
               for shape in ((3, 4), (5,), (2,))]
    for t in tensors[:2]:
        t.grad = library.tensor(scale * rng.standard_normal(tuple(t.shape)).astype(np.float32))
    return tensors


# ---- Clipping ------------------------------------------------------------------------------------

@pytest.mark.parametrize("p", [1.0, 2.0, 3, math.inf, -math.inf])
@pytest.mark.parametrize("max_norm", [0.0, 0.5, 1000.0])
def test_clipping_by_the_norm(p, max_norm):
    before = np.concatenate([t.grad.numpy().ravel() for t in trained(learngrad)[:2]])
    norm = np.linalg.norm(before.astype(np.float64), p)
    for library in LIBRARIES:
        tensors = trained(library)
        gradients = [t.grad for t in tensors]
        total = library.nn.utils.clip_grad_norm_(tensors, max_norm, norm_type=p)
        after = np.concatenate([to_numpy(t.grad).ravel() for t in tensors[:2]])
        assert total.item() == pytest.approx(norm, rel=1e-5)
        np.testing.assert_allclose(after, before * min(1, max_norm / norm), rtol=1e-4, atol=1e-7)
        assert all(t.grad is g for t, g in zip(tensors, gradients))  # in place
        assert tensors[2].grad is None


def test_clipping_by_value():
    for library in LIBRARIES:
        tensors, before = trained(library), [to_numpy(t.grad).copy()
                                             for t in trained(library)[:2]]
        assert library.nn.utils.clip_grad_value_(tensors, 0.3) is None
        for t, b in zip(tensors, before):
            np.testing.assert_array_equal(to_numpy(t.grad), b.clip(-0.3, 0.3, dtype=np.float32))


def test_clipping_one_tensor_a_generator_and_none():
    for library in LIBRARIES:
        layer = library.nn.Linear(3, 2)
        layer(library.ones(4, 3)).sum().backward()
        utils = library.nn.utils
        assert utils.clip_grad_norm_(layer.bias, 100.0).item() == pytest.approx(math.sqrt(32))
        assert utils.clip_grad_norm_(layer.parameters(), 1.0).item() > 1
        assert utils.get_total_norm([p.grad for p in layer.parameters()]).item() == pytest.approx(
            1, rel=1e-4)
        assert utils.clip_grad_norm_([], 1.0).item() == 0
        assert utils.clip_grad_norm_(library.nn.Linear(1, 1).parameters(), 1.0).item() == 0
        generator = layer.parameters()
        list(generator)
        with pytest.warns(UserWarning, match="empty"):
            utils.clip_grad_norm_(generator, 1.0)


def test_what_is_not_finite():
    for library in LIBRARIES:
        tensors = trained(library)
        tensors[1].grad[0] = math.inf
        with pytest.raises(RuntimeError, match="norm"):
            library.nn.utils.clip_grad_norm_(tensors, 1.0, error_if_nonfinite=True)
        assert library.nn.utils.clip_grad_norm_(tensors, 1.0).item() == math.inf
    tensors = trained(learngrad)
    tensors[1].grad[0] = math.nan
    with pytest.raises(AnomalyError, match=r"shape \[5\]"):
        nn.utils.get_total_norm([t.grad for t in tensors[:2]], error_if_nonfinite=True)


def test_clipping_is_outside_the_graph_and_counted():
    w = learngrad.tensor([3.0], requires_grad=True)
    g, = learngrad.autograd.grad((w ** 3).sum(), w, create_graph=True)
    w.grad = g
    square = (g * g).sum()
    nn.utils.clip_grad_norm_([w], 1.0)
    with pytest.raises(learngrad.errors.GraphError, match="changed in place"):
        square.backward()


@pytest.mark.parametrize(("mistake", "error", "said"), [
    (lambda t: t.nn.utils.clip_grad_norm_(t.nn.Linear(1, 1), 1.0), TypeError, "not Linear"),
    (lambda t: t.nn.utils.clip_grad_norm_([3], 1.0), (TypeError, AttributeError), "3 is no tensor"),
    (lambda t: t.nn.utils.vector_to_parameters([1.0], [t.ones(1)]), TypeError, "not \\[1.0\\]"),
    (lambda t: t.nn.utils.vector_to_parameters(t.ones(3), [t.ones(4)]), RuntimeError,
     "4 elements"),
    (lambda t: t.nn.utils.parameters_to_vector([]), (ValueError, RuntimeError), "no parameters"),
    (lambda t: t.nn.utils.remove_weight_norm(t.nn.Linear(1, 1)), ValueError, "no weight norm"),
    (lambda t: t.nn.utils.remove_spectral_norm(t.nn.Linear(1, 1)), ValueError, "no spectral norm"),
    (lambda t: t.nn.utils.weight_norm(t.nn.utils.weight_norm(t.nn.Linear(1, 1))), RuntimeError,
     "already"),
    (lambda t: t.nn.utils.spectral_norm(t.nn.Linear(1, 1), n_power_iterations=0), ValueError,
     "the least is 1"),
    (lambda t: t.nn.utils.parametrize.register_parametrization(
        t.nn.Linear(1, 1), "w", t.nn.Identity()), ValueError, "no parameter or buffer 'w'"),
    (lambda t: t.nn.utils.parametrize.register_parametrization(
        t.nn.Linear(1, 2), "weight", t.nn.Flatten(0)), (ValueError, RuntimeError), "another shape"),
    (lambda t: t.nn.utils.parametrize.remove_parametrizations(t.nn.Linear(1, 1), "weight"),
     ValueError, "not parametrized"),
])
def test_mistakes_are_told(mistake, error, said):
    with pytest.raises(error, match=said) as raised:
        mistake(learngrad)
    assert isinstance(raised.value, LearngradError)
    if torch is not None:
        with pytest.raises(error):
            mistake(torch)


@pytest.mark.parametrize("clip", ["clip_grad_norm_", "clip_grad_value_"])
def test_a_negative_bound_is_refused(clip):
    """PyTorch turns the gradients round, or makes them all alike."""
    tensors = trained(learngrad)
    before = tensors[0].grad.tolist()
    with pytest.raises(ValueError, match="turn the gradients round"):
        getattr(nn.utils, clip)(tensors, -1.0)
    assert tensors[0].grad.tolist() == before


# ---- Vectors -------------------------------------------------------------------------------------

def test_parameters_as_a_vector_and_back():
    for library in LIBRARIES:
        layer, utils = library.nn.Linear(3, 2), library.nn.utils
        vector = utils.parameters_to_vector(layer.parameters())
        assert vector.tolist() == [*layer.weight.reshape(-1).tolist(), *layer.bias.tolist()]
        vector.sum().backward()
        assert layer.bias.grad.tolist() == [1, 1]
        weight, flat = layer.weight, library.arange(8.0)
        utils.vector_to_parameters(flat, layer.parameters())
        assert layer.weight is weight
        assert layer.weight.tolist() == [[0, 1, 2], [3, 4, 5]]
        assert layer.bias.tolist() == [6, 7]
        flat[7] = 9  # one memory
        assert layer.bias.tolist() == [6, 9]
        assert layer.weight.requires_grad
    with pytest.raises(learngrad.errors.ShapeError):  # which PyTorch cuts off
        nn.utils.vector_to_parameters(learngrad.ones(9), layer.parameters()
                                      if torch is None else nn.Linear(3, 2).parameters())


# ---- Normalised weights --------------------------------------------------------------------------

def twins(make, normalise):
    """The same normalised layer in each library, from our values."""
    made = []
    learngrad.manual_seed(1)
    for library in LIBRARIES:
        layer = normalise(library)(make(library))
        if made:
            layer.load_state_dict({k: torch.tensor(to_numpy(v))
                                   for k, v in made[0].state_dict().items()})
        made.append(layer)
    return made


WEIGHT_NORMS = {
    "hook": lambda t, **options: lambda layer: t.nn.utils.weight_norm(layer, **options),
    "parametrization": lambda t, **options: lambda layer: t.nn.utils.parametrizations.weight_norm(
        layer, **options),
}
NORMALISED = {
    "linear": (lambda t: t.nn.Linear(3, 2), (4, 3), {}),
    "convolution": (lambda t: t.nn.Conv2d(3, 2, 3), (4, 3, 5, 5), {}),
    "inputs": (lambda t: t.nn.Conv2d(3, 2, 3), (4, 3, 5, 5), {"dim": 1}),
    "one length": (lambda t: t.nn.Linear(3, 2), (4, 3), {"dim": None}),
}


@pytest.mark.parametrize("form", WEIGHT_NORMS)
@pytest.mark.parametrize("name", NORMALISED)
def test_weight_norm(name, form):
    make, shape, options = NORMALISED[name]
    learngrad.manual_seed(1)
    plain = make(learngrad)
    layers = twins(make, lambda t: WEIGHT_NORMS[form](t, **options))
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    np.testing.assert_allclose(layers[0](learngrad.tensor(x)).detach().numpy(),
                               plain(learngrad.tensor(x)).detach().numpy(), rtol=1e-5, atol=1e-6)
    answers = []
    for library, layer in zip(LIBRARIES, layers):
        for p in layer.parameters():
            p.data = p.data * 1.5
        out = layer(library.tensor(x))
        (out * out).sum().backward()
        answers.append([to_numpy(out), *(to_numpy(p.grad) for p in layer.parameters())])
        assert [list(p.shape) for p in layer.parameters()] == [
            list(p.shape) for p in layers[0].parameters()]
    for ours, theirs in zip(answers[0], answers[-1]):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_weight_norm_is_removed_with_its_value():
    for library in LIBRARIES:
        layer = library.nn.utils.weight_norm(library.nn.Linear(3, 2))
        assert list(layer.state_dict()) == ["bias", "weight_g", "weight_v"]
        with library.no_grad():
            layer.weight_g.mul_(2)
        x = library.ones(1, 3)
        before = layer(x).tolist()
        assert library.nn.utils.remove_weight_norm(layer) is layer
        assert list(layer.state_dict()) == ["bias", "weight"]
        assert layer(x).tolist() == before
        assert isinstance(layer.weight, library.nn.Parameter)
    assert not layer._forward_pre_hooks if library is torch else layer._call_hooks is None


def test_a_normalised_layer_is_trained():
    net = nn.Sequential(nn.utils.weight_norm(nn.Linear(2, 8)), nn.Tanh(),
                        nn.utils.parametrizations.weight_norm(nn.Linear(8, 1)))
    optimiser = optim.SGD(net.parameters(), lr=0.1)
    x = learngrad.randn(32, 2)
    losses = []
    for _ in range(20):
        optimiser.zero_grad()
        loss = ((net(x) - x[:, :1] * x[:, 1:]) ** 2).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


SPECTRAL_NORMS = {
    "hook": lambda t: lambda layer: t.nn.utils.spectral_norm(layer),
    "parametrization": lambda t: lambda layer: t.nn.utils.parametrizations.spectral_norm(layer),
}


@pytest.mark.parametrize("form", SPECTRAL_NORMS)
@pytest.mark.parametrize(("make", "shape"), [
    (lambda t: t.nn.Linear(3, 2), (4, 3)), (lambda t: t.nn.Conv2d(3, 2, 3), (4, 3, 5, 5)),
    (lambda t: t.nn.ConvTranspose2d(3, 2, 3), (4, 3, 5, 5)),
])
def test_spectral_norm(form, make, shape):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    answers = []
    for library, layer in zip(LIBRARIES, twins(make, SPECTRAL_NORMS[form])):
        out = [layer(library.tensor(x)) for _ in range(3)][-1]
        (out * out).sum().backward()
        state = {k: to_numpy(v) for k, v in layer.state_dict().items()}
        layer.eval()
        same = [to_numpy(layer(library.tensor(x))) for _ in range(2)]
        np.testing.assert_array_equal(*same)  # nothing moves in evaluation
        answers.append([state, to_numpy(out), *(to_numpy(p.grad) for p in layer.parameters())])
    assert list(answers[0][0]) == list(answers[-1][0])
    for ours, theirs in zip([*answers[0][0].values(), *answers[0][1:]],
                            [*answers[-1][0].values(), *answers[-1][1:]]):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("form", SPECTRAL_NORMS)
def test_a_spectral_norm_becomes_1(form):
    layer = SPECTRAL_NORMS[form](learngrad)(nn.Linear(6, 5))
    for _ in range(100):
        layer(learngrad.ones(1, 6))
    weight = layer.weight.detach().numpy()
    assert np.linalg.norm(weight, 2) == pytest.approx(1, rel=1e-3)


def test_a_spectral_norm_is_removed_with_its_value():
    for library in LIBRARIES:
        layer = library.nn.utils.spectral_norm(library.nn.Linear(3, 2)).eval()
        before = layer(library.ones(1, 3)).tolist()
        library.nn.utils.remove_spectral_norm(layer)
        assert list(layer.state_dict()) == ["bias", "weight"]
        assert layer(library.ones(1, 3)).tolist()[0] == pytest.approx(before[0])


# ---- Parametrizations ----------------------------------------------------------------------------

def symmetric(t):
    class Symmetric(t.nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).T

        def right_inverse(self, x):
            return x.triu()

    return Symmetric()


def test_parametrizations_are_computed_and_trained():
    answers = []
    weight = np.random.default_rng(0).standard_normal((3, 3)).astype(np.float32)
    for t in LIBRARIES:
        P, layer = t.nn.utils.parametrize, t.nn.Linear(3, 3)
        with t.no_grad():
            layer.weight.copy_(t.tensor(weight))
            layer.bias.zero_()
        assert P.register_parametrization(layer, "weight", symmetric(t)) is layer
        assert P.is_parametrized(layer)
        assert P.is_parametrized(layer, "weight")
        assert not P.is_parametrized(layer, "bias")
        assert P.type_before_parametrizations(layer) is t.nn.Linear
        assert [name for name, _ in layer.named_parameters()] == [
            "bias", "parametrizations.weight.original"]
        original = layer.parametrizations.weight.original
        layer(t.ones(2, 3)).sum().backward()
        answers.append([to_numpy(layer.weight), to_numpy(original.grad), repr(layer),
                        to_numpy(original).copy()])
        layer.weight = t.eye(3) * 5
        assert layer.weight.tolist() == (np.eye(3) * 5).tolist()
        assert layer.parametrizations.weight.original is original
        P.remove_parametrizations(layer, "weight")
        assert type(layer) is t.nn.Linear
        assert layer.weight.tolist() == (np.eye(3) * 5).tolist()
        assert isinstance(layer.weight, t.nn.Parameter)
        assert not P.is_parametrized(layer)
    for ours, theirs in zip(answers[0], answers[-1]):
        np.testing.assert_array_equal(ours, theirs)


def test_parametrizations_follow_one_another():
    answers = []
    for t in LIBRARIES:
        class Doubled(t.nn.Module):
            def forward(self, x):
                return x * 2

        P, layer = t.nn.utils.parametrize, t.nn.Linear(2, 2)
        with t.no_grad():
            layer.weight.copy_(t.tensor([[1.0, 2.0], [3.0, 4.0]]))
        P.register_parametrization(layer, "weight", symmetric(t))
        P.register_parametrization(layer, "weight", Doubled())
        answers.append((layer.weight.tolist(), len(layer.parametrizations.weight),
                        layer.parametrizations.weight.original.tolist()))
        with P.cached():
            assert layer.weight is layer.weight
        assert layer.weight is not layer.weight
        P.remove_parametrizations(layer, "weight", leave_parametrized=False)
        answers[-1] += (layer.weight.tolist(),)
    assert answers[0] == answers[-1]
    assert answers[0][0] == [[2, 4], [4, 8]]


def test_a_copy_is_parametrized_for_itself():
    P = nn.utils.parametrize
    layer = P.register_parametrization(nn.Linear(3, 3), "weight", symmetric(learngrad))
    other = copy.deepcopy(layer)
    P.register_parametrization(other, "bias", nn.Identity())
    assert not P.is_parametrized(layer, "bias")
    assert isinstance(layer.bias, nn.Parameter)
    P.remove_parametrizations(other, "weight")
    assert (layer.weight == layer.weight.T).all()
    assert list(layer.state_dict()) == ["bias", "parametrizations.weight.original"]


def test_a_tensor_from_several_cannot_go_back_to_one():
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    with pytest.raises(ValueError, match="2 tensors"):
        nn.utils.parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert nn.utils.parametrize.is_parametrized(layer, "weight")


# ---- Modules as functions ------------------------------------------------------------------------

def test_functional_call():
    """One step of descent, differentiated: as in learning to learn."""
    answers = []
    call = {learngrad: nn.utils.stateless.functional_call}
    if torch is not None:
        call[torch] = torch.func.functional_call
    for t in LIBRARIES:
        net = t.nn.Sequential(t.nn.Linear(2, 2), t.nn.Tanh())
        with t.no_grad():
            net[0].weight.copy_(t.tensor([[1.0, 2.0], [3.0, 4.0]]))
            net[0].bias.zero_()
        x, before = t.tensor([[0.1, 0.2]]), net[0].weight
        params = dict(net.named_parameters())
        loss = call[t](net, params, x).sum()
        grads = t.autograd.grad(loss, list(params.values()), create_graph=True)
        moved = {k: p - 0.1 * g for (k, p), g in zip(params.items(), grads)}
        out = call[t](net, moved, (x,))
        out.sum().backward()
        assert net[0].weight is before
        answers.append([to_numpy(out), to_numpy(before.grad)])
    for ours, theirs in zip(answers[0], answers[-1]):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_functional_call_ties_and_restores():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(1, 1, bias=False)
            self.b = nn.Linear(1, 1, bias=False)
            self.b.weight = self.a.weight

        def forward(self, x):
            if x is None:
                raise OverflowError
            return self.b(self.a(x))

    net, x = Tied(), learngrad.ones(1, 1)
    call = nn.utils.stateless.functional_call
    three = {"a.weight": learngrad.tensor([[3.0]])}
    weight = net.a.weight
    assert call(net, three, x).item() == 9
    assert call(net, three, x, tie_weights=False).item() == pytest.approx(3 * weight.item())
    with pytest.raises(OverflowError):
        call(net, three, (None,))
    assert net.a.weight is net.b.weight is weight
    with pytest.raises(ValueError, match="'c' is no parameter"):
        call(net, {"c": x}, x)
    with pytest.raises(ValueError, match=r"'b\.weight' is not given"):
        call(net, three, x, strict=True)
