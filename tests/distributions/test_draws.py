"""Draws come as their distribution says, and let gradients through where they can."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import distributions as D
from learngrad import errors

N = 20_000
CONTINUOUS = {
    "Normal": lambda: D.Normal(lg.tensor([-1.0, 2.0]), lg.tensor([0.5, 3.0])),
    "Uniform": lambda: D.Uniform(lg.tensor([-1.0, 2.0]), 3.0),
    "Exponential": lambda: D.Exponential(lg.tensor([0.5, 3.0])),
    "Laplace": lambda: D.Laplace(lg.tensor([-1.0, 2.0]), lg.tensor([0.5, 3.0])),
}
DISCRETE = {
    "Bernoulli": lambda: D.Bernoulli(lg.tensor([0.2, 0.7])),
    "Bernoulli of logits": lambda: D.Bernoulli(logits=lg.tensor([-1.0, 2.0])),
    "Multinomial": lambda: D.Multinomial(7, lg.tensor([0.2, 0.3, 0.5])),
}


@pytest.fixture(autouse=True)
def seeded():
    lg.manual_seed(0)


@pytest.mark.parametrize("name", CONTINUOUS | DISCRETE)
def test_mean_and_variance(name):
    d = (CONTINUOUS | DISCRETE)[name]()
    draws = d.sample((N,)).double()
    spread = d.stddev.double().numpy()
    assert (abs(draws.mean(0).numpy() - d.mean.double().numpy()) < 6 * spread / N**0.5).all()
    np.testing.assert_allclose(draws.std(0).numpy(), spread, rtol=0.05)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_whole_distribution(name):
    """The share of draws below x is cdf(x), by Kolmogorov and Smirnov: less than 1 in 1,000."""
    d = CONTINUOUS[name]()
    draws = np.sort(d.sample((N,)).numpy(), 0)
    chances = d.cdf(lg.tensor(draws)).numpy()
    steps = np.arange(1, N + 1)[:, None] / N
    assert (abs(chances - steps).max(0) < 1.95 / N**0.5).all()


def test_classes_come_by_their_probability():
    probs = lg.tensor([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]])
    draws = D.Categorical(probs).sample((N,)).numpy()
    shares = [np.bincount(column, minlength=3) / N for column in draws.T]
    np.testing.assert_allclose(shares, probs.numpy(), atol=0.02)
    assert draws[:, 1].max() == 1


@pytest.mark.parametrize("name", CONTINUOUS)
def test_gradients_go_through_a_draw(name):
    """The derivative of a draw by a parameter, beside the same noise with the parameter moved."""
    kind = getattr(D, name)
    values = {"Normal": (0.5, 2.0), "Uniform": (-1.0, 2.0), "Exponential": (1.5,),
              "Laplace": (0.5, 2.0)}[name]
    leaves = [lg.tensor(v, dtype="float64", requires_grad=True) for v in values]

    def draw(parameters):
        lg.manual_seed(3)
        return kind(*parameters).rsample((6,))

    out = draw(leaves)
    weights = lg.arange(6, dtype="float64") + 1
    grads = lg.autograd.grad((out * weights).sum(), leaves)
    for k, grad in enumerate(grads):
        ahead, behind = (draw([lg.tensor(v + step * (i == k), dtype="float64")
                               for i, v in enumerate(values)]) for step in (1e-6, -1e-6))
        difference = ((ahead - behind) * weights).sum().item() / 2e-6
        assert grad.item() == pytest.approx(difference, rel=1e-6)
    assert out.tolist() == draw(leaves).tolist()


def test_a_policy_gradient_is_the_score():
    """The mean of reward · ∇ log p over draws is the gradient of the mean reward."""
    logits = lg.tensor([0.5, -0.5, 0.0], dtype="float64", requires_grad=True)
    rewards = lg.tensor([1.0, 2.0, 4.0], dtype="float64")
    (expected,) = lg.autograd.grad((lg.softmax(logits, 0) * rewards).sum(), logits)
    policy = D.Categorical(logits=logits)
    actions = policy.sample((50 * N,))
    (policy.log_prob(actions) * rewards[actions]).mean().backward()
    np.testing.assert_allclose(logits.grad.numpy(), expected.numpy(), atol=0.01)


def test_a_divergence_is_what_its_draws_estimate():
    p, q = D.Normal(0.5, 1.0), D.Normal(0.0, 1.5)
    x = p.sample((N,))
    estimate = (p.log_prob(x) - q.log_prob(x)).mean().item()
    assert D.kl_divergence(p, q).item() == pytest.approx(estimate, abs=0.02)


def test_draws_repeat_with_the_seed_and_leave_the_graph():
    mu = lg.zeros(2, requires_grad=True)
    d = D.Normal(mu, 1.0)
    lg.manual_seed(1)
    a = d.sample()
    lg.manual_seed(1)
    b = d.rsample()
    assert a.tolist() == b.tolist()
    assert not a.requires_grad
    assert b.requires_grad
    for name in DISCRETE:
        with pytest.raises(NotImplementedError) as caught:
            DISCRETE[name]().rsample()
        assert "log_prob" in caught.value.fix


def test_draws_of_none():
    assert D.Categorical(lg.ones(3)).sample((0,)).shape == (0,)
    assert D.Multinomial(0, lg.ones(3)).sample((2,)).tolist() == [[0, 0, 0]] * 2
    assert D.Normal(lg.zeros(0), 1.0).sample((2,)).shape == (2, 0)


def test_a_large_laplace_draw_is_finite():
    assert bool(lg.isfinite(D.Laplace(0.0, 1.0).sample((10 * N,))).all())


WRONG = {
    "a negative scale": (lambda: D.Normal(0.0, -1.0), "above 0", "softplus"),
    "one scale of many": (lambda: D.Normal(0.0, lg.tensor([1.0, 0.0])), "0.0 is not", "exp"),
    "nan": (lambda: D.Normal(float("nan"), 1.0), "nan", "detect_anomaly"),
    "text": (lambda: D.Normal("a", 1.0), "'a'", "tensor"),
    "too much": (lambda: D.Bernoulli(1.5), "between 0 and 1", "logits"),
    "neither": (lambda: D.Bernoulli(), "neither", "logits"),
    "both": (lambda: D.Categorical(lg.ones(2), lg.ones(2)), "both", "logits"),
    "a negative share": (lambda: D.Categorical(lg.tensor([-1.0, 3.0])), "add up to 1", "softmax"),
    "nothing but zeros": (lambda: D.Categorical(lg.zeros(2)), "add up to 1", "softmax"),
    "logits of nan": (lambda: D.Categorical(logits=lg.tensor([0.0, float("nan")])), "nan", "nan"),
    "one number": (lambda: D.Categorical(lg.tensor(1.0)), "each class", "reshape"),
    "bounds reversed": (lambda: D.Uniform(1.0, 0.0), "below 0.0", "smaller"),
    "outside": (lambda: D.Uniform(0.0, 1.0).log_prob(lg.tensor(2.0)), "from 0.0 to 1.0", "clamp"),
    "outside one of several": (lambda: D.Uniform(lg.zeros(2, 1), lg.ones(3)).log_prob(
        lg.tensor([0.0, 1.0, 2.0])), "2.0 is not", "clamp"),
    "half a coin": (lambda: D.Bernoulli(0.5).log_prob(lg.tensor(0.5)), "0 or 1", "float"),
    "no such class": (lambda: D.Categorical(lg.ones(3)).log_prob(lg.tensor(3)), "0 to 2", "0"),
    "half a class": (lambda: D.Categorical(lg.ones(3)).log_prob(lg.tensor(0.5)), "whole", "0"),
    "too few": (lambda: D.Multinomial(3, lg.ones(2)).log_prob(lg.tensor([1.0, 1.0])), "3", "many"),
    "no tensor": (lambda: D.Normal(0.0, 1.0).log_prob(0.5), "0.5", "tensor"),
    "half a count": (lambda: D.Multinomial(1.5, lg.ones(2)), "1.5", "10"),
    "too many dimensions": (lambda: D.Independent(D.Normal(0.0, 1.0), 1), "no 1", "0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_makes_no_sense_is_refused(case):
    call, word, fix = WRONG[case]
    with pytest.raises(errors.ArgumentError) as caught:
        call()
    assert word in str(caught.value)
    assert fix in caught.value.fix


def test_other_errors():
    with pytest.raises(errors.ShapeError, match="batch"):
        D.Normal(lg.zeros(3), 1.0).log_prob(lg.zeros(2))
    with pytest.raises(errors.ShapeError):
        D.Normal(lg.zeros(3), lg.ones(2))
    with pytest.raises(errors.ArgumentTypeError, match="sample_shape") as caught:
        D.Normal(0.0, 1.0).sample(3)
    assert caught.value.fix == "d.sample((3,))"
    with pytest.raises(NotImplementedError, match="Normal from Bernoulli"):
        D.kl_divergence(D.Normal(0.0, 1.0), D.Bernoulli(0.5))
    for what in ("cdf", "icdf"):
        with pytest.raises(NotImplementedError, match=what):
            getattr(D.Categorical(lg.ones(2)), what)(lg.tensor(0))


def test_validation_can_be_switched_off():
    assert D.Uniform(0.0, 1.0, validate_args=False).log_prob(lg.tensor(2.0)).item() == -np.inf
    D.Distribution.set_default_validate_args(False)
    try:
        D.Normal(0.0, -1.0)
    finally:
        D.Distribution.set_default_validate_args(True)
    with pytest.raises(errors.ArgumentError):
        D.Normal(0.0, -1.0)


def test_the_nearest_formula_of_a_divergence_is_taken():
    class Special(D.Normal):
        pass

    p, q = Special(0.0, 1.0), D.Normal(1.0, 1.0)
    assert D.kl_divergence(p, q).item() == 0.5
    D.register_kl(Special, D.Normal)(lambda p, q: lg.tensor(7.0))
    try:
        assert D.kl_divergence(p, q).item() == 7
        assert D.kl_divergence(q, q).item() == 0
    finally:
        del D.kl._formulas[Special, D.Normal]


def test_names_as_programs_import_them():
    from learngrad.distributions.categorical import Categorical
    from learngrad.distributions.kl import kl_divergence
    from learngrad.distributions.multinomial import Multinomial
    from learngrad.distributions.normal import Normal

    assert (Categorical, Normal, Multinomial) == (D.Categorical, D.Normal, D.Multinomial)
    assert kl_divergence is lg.distributions.kl_divergence


def test_integers_become_floats_and_dtypes_stay():
    assert D.Normal(0, 1).sample().dtype == lg.float32
    assert D.Normal(lg.zeros(2, dtype="float64"), 1).rsample().dtype == lg.float64
    assert D.Normal(lg.tensor(0), 1.0).sample((3,)).std().item() > 0
    assert D.Categorical(lg.tensor([1, 1])).probs.tolist() == [0.5, 0.5]
    assert D.Categorical(lg.ones(2)).sample().dtype == lg.int64
    assert D.Bernoulli(0.5).sample().dtype == lg.float32
