"""Every formula beside PyTorch's: values, and gradients by parameters and by the value."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import distributions as D
from tests.optable.reference import to_numpy, torch

pytestmark = pytest.mark.skipif(torch is None, reason="PyTorch is not installed")
rng = np.random.default_rng(0)


def reals(*shape):
    return rng.standard_normal(shape)


def above(*shape):
    return rng.uniform(0.5, 2.0, shape)


def shares(*shape):
    return rng.uniform(0.1, 0.9, shape)


X = reals(4, 3)
# The class, its parameters, values that it can give, probabilities to go back from.
CASES = {
    "Normal": ("Normal", {"loc": reals(3), "scale": above(4, 1)}, X),
    "Normal of one": ("Normal", {"loc": reals(), "scale": above()}, X),
    "Uniform": ("Uniform", {"low": reals(3) - 3, "high": reals(4, 1) + 5}, np.clip(X, -2, 2)),
    "Exponential": ("Exponential", {"rate": above(3)}, above(4, 3)),
    "Laplace": ("Laplace", {"loc": reals(3), "scale": above(4, 1)}, X),
    "Bernoulli": ("Bernoulli", {"probs": shares(4, 3)}, rng.integers(0, 2, (4, 3)).astype(float)),
    "Bernoulli of logits": ("Bernoulli", {"logits": reals(3)},
                            rng.integers(0, 2, (4, 3)).astype(float)),
    "Categorical": ("Categorical", {"probs": above(4, 3)}, rng.integers(0, 3, 4)),
    "Categorical of logits": ("Categorical", {"logits": reals(4, 3)}, rng.integers(0, 3, (5, 4))),
    "Categorical of one": ("Categorical", {"logits": reals(5)}, rng.integers(0, 5, (2, 3))),
    "Multinomial": ("Multinomial", {"probs": above(2, 3)}, np.array([[2.0, 3, 5], [0, 10, 0]])),
    "Multinomial of logits": ("Multinomial", {"logits": reals(3)}, np.array([4.0, 6, 0])),
}


def made(lib, case, needs=True, **options):
    name, parameters, value = CASES[case]
    tensors = {k: lib.tensor(v, requires_grad=needs) for k, v in parameters.items()}
    more = {"total_count": 10} if name == "Multinomial" else {}
    space = D if lib is lg else torch.distributions
    distribution = getattr(space, name)(**tensors, **more, **options)
    floating = np.asarray(value).dtype.kind == "f" and name in (
        "Normal", "Uniform", "Exponential", "Laplace")
    return distribution, tensors, lib.tensor(value, requires_grad=floating and needs)


def compare(mine, theirs):
    assert tuple(mine.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(to_numpy(mine), to_numpy(theirs), rtol=1e-9, atol=1e-11)


def both(case, ask):
    """What `ask` gives in both libraries, and the gradients of a weighted sum of it."""
    found = []
    for lib in (lg, torch):
        distribution, tensors, value = made(lib, case)
        out = ask(distribution, value)
        leaves = [t for t in (*tensors.values(), value) if t.requires_grad]
        if out.requires_grad:
            weights = np.cos(np.arange(max(to_numpy(out).size, 1))).reshape(tuple(out.shape))
            (out * lib.tensor(weights)).sum().backward()
        found.append((out, [np.zeros(tuple(t.shape)) if t.grad is None else to_numpy(t.grad)
                            for t in leaves]))
    (mine, my_grads), (theirs, their_grads) = found
    compare(mine, theirs)
    for a, b in zip(my_grads, their_grads, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_log_prob(case):
    both(case, lambda d, value: d.log_prob(value))


@pytest.mark.parametrize("case", [c for c in CASES if "Multinomial" not in c])
def test_entropy_and_perplexity(case):
    both(case, lambda d, value: d.entropy())
    both(case, lambda d, value: d.perplexity())


@pytest.mark.parametrize("what", ["mean", "variance", "stddev", "mode"])
@pytest.mark.parametrize("case", CASES)
def test_moments(case, what):
    if (CASES[case][0], what) == ("Multinomial", "mode"):
        with pytest.raises(NotImplementedError):
            made(lg, case)[0].mode  # noqa: B018
        return
    both(case, lambda d, value: getattr(d, what).detach() if what == "mode" else getattr(d, what))


@pytest.mark.parametrize("case", [c for c in CASES if CASES[c][0] in (
    "Normal", "Uniform", "Exponential", "Laplace")])
def test_cdf_and_back(case):
    both(case, lambda d, value: d.cdf(value))
    chances = shares(4, 3)
    both(case, lambda d, value: d.icdf((lg if isinstance(value, lg.Tensor) else torch).tensor(
        chances)))
    d, _, value = made(lg, case, needs=False)
    np.testing.assert_allclose(d.icdf(d.cdf(value)).numpy(),
                               np.broadcast_to(value.numpy(), (4, 3)), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("case", CASES)
def test_shapes(case):
    mine, theirs = made(lg, case)[0], made(torch, case)[0]
    for what in ("batch_shape", "event_shape"):
        assert tuple(getattr(mine, what)) == tuple(getattr(theirs, what))
    assert mine.has_rsample == theirs.has_rsample
    for shape in ((), (2,), (5, 2)):
        a, b = mine.sample(shape), theirs.sample(shape)
        assert tuple(a.shape) == tuple(b.shape)
        assert str(a.dtype) == str(b.dtype).removeprefix("torch.")
        assert not a.requires_grad
    batch = (2, *mine.batch_shape)
    larger, theirs = mine.expand(batch), theirs.expand(batch)
    assert type(larger) is type(mine)
    assert larger.batch_shape == batch
    assert larger.event_shape == mine.event_shape
    assert larger.sample((3,)).shape == tuple(theirs.sample((3,)).shape)
    value = larger.sample((4,))
    compare(larger.log_prob(value), theirs.log_prob(torch.tensor(value.numpy())))
    assert mine.batch_shape == batch[1:]


@pytest.mark.parametrize("case", [c for c in CASES if CASES[c][0] in ("Bernoulli", "Categorical")])
@pytest.mark.parametrize("expand", [True, False])
def test_all_that_can_be_drawn(case, expand):
    compare(made(lg, case)[0].enumerate_support(expand), made(torch, case)[0].enumerate_support(
        expand))


@pytest.mark.parametrize("case", [c for c in CASES if "Multinomial" not in c])
def test_divergence(case):
    """From one of the same kind whose parameters are in another order."""
    found = []
    for lib in (lg, torch):
        space = D if lib is lg else torch.distributions
        p, tensors, _ = made(lib, case)
        name, parameters, _ = CASES[case]
        wider = {k: lib.tensor(np.flip(v, -1).copy() * 1.5 if v.ndim else v + 0.3)
                 for k, v in parameters.items()}
        if name == "Bernoulli" and "probs" in wider:
            wider = {"probs": wider["probs"] / 2}
        if name == "Uniform":
            wider = {"low": tensors["low"].detach() - 1, "high": tensors["high"].detach() + 2}
        out = space.kl_divergence(p, getattr(space, name)(**wider))
        out.sum().backward()
        found.append((out, *[t.grad for t in tensors.values()]))
    for mine, theirs in zip(*found, strict=True):
        compare(mine, theirs)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_independent(n):
    found = []
    for lib in (lg, torch):
        space = D if lib is lg else torch.distributions
        d = space.Independent(made(lib, "Normal")[0], n)
        q = space.Independent(space.Normal(lib.zeros(4, 3, dtype=lib.float64), 1.0), n)
        found.append([d.log_prob(lib.tensor(X)), d.entropy(), space.kl_divergence(d, q), d.mean,
                      d.variance, d.stddev, d.mode])
        assert tuple(d.event_shape) == (4, 3)[2 - n:]
        assert tuple(d.expand((5, *d.batch_shape)).sample((2,)).shape) == (2, 5, 4, 3)
        assert d.rsample().requires_grad
        assert repr(d).startswith("Independent(Normal(loc: ")
    for mine, theirs in zip(*found, strict=True):
        compare(mine, theirs)


EDGES = [
    ("Bernoulli", {"probs": [0.0, 1.0, 0.0, 0.5]}, {"probs": [0.0, 0.0, 0.5, 1.0]}),
    ("Categorical", {"probs": [[0.0, 1.0], [0.5, 0.5]]}, {"probs": [[1.0, 0.0], [0.0, 1.0]]}),
    ("Uniform", {"low": [0.0, 0.0], "high": [1.0, 1.0]}, {"low": [0.5, 0.0], "high": [2.0, 1.0]}),
]


@pytest.mark.parametrize(("name", "first", "second"), EDGES, ids=[e[0] for e in EDGES])
def test_what_never_comes(name, first, second):
    found = []
    for lib in (lg, torch):
        space = D if lib is lg else torch.distributions
        p, q = (getattr(space, name)(**{k: lib.tensor(v, dtype=lib.float64) for k, v in x.items()})
                for x in (first, second))
        found.append([space.kl_divergence(p, q), space.kl_divergence(q, p), p.entropy(), p.mode])
    for mine, theirs in zip(*found, strict=True):
        compare(mine, theirs)


def test_divergence_of_a_box_and_a_bell():
    found = []
    for lib in (lg, torch):
        space = D if lib is lg else torch.distributions
        low = lib.tensor([-1.0, 2.0], dtype=lib.float64, requires_grad=True)
        scale = lib.tensor([0.5, 3.0], dtype=lib.float64, requires_grad=True)
        box, bell = space.Uniform(low, 4.0), space.Normal(0.25, scale)
        out = space.kl_divergence(box, bell)
        out.sum().backward()
        found.append([out, low.grad, scale.grad, space.kl_divergence(bell, box)])
    for mine, theirs in zip(*found, strict=True):
        compare(mine, theirs)


def test_categorical_with_impossible_classes():
    """As a policy masks its actions: with logits of minus infinity."""
    for lib, space in ((lg, D), (torch, torch.distributions)):
        logits = lib.tensor([1.0, -float("inf"), 2.0], requires_grad=True)
        d = space.Categorical(logits=logits)
        assert set(d.sample((500,)).tolist()) == {0, 2}
        assert d.entropy().item() == pytest.approx(0.58220, abs=1e-4)
        d.log_prob(lib.tensor(2)).backward()
        assert logits.grad.tolist() == pytest.approx([-0.26894, 0, 0.26894], abs=1e-4)


REPRS = [lambda D, lib: D.Normal(0.0, 1.0), lambda D, lib: D.Normal(lib.zeros(2), 1.0),
         lambda D, lib: D.Bernoulli(logits=lib.zeros(3)), lambda D, lib: D.Uniform(
             lib.zeros(2, 2), 1.0), lambda D, lib: D.Categorical(lib.ones(3))]


@pytest.mark.parametrize("make", REPRS)
def test_repr(make):
    assert repr(make(D, lg)) == repr(make(torch.distributions, torch)).replace("torch", "learngrad")
