"""Distributions on the GPU: the numbers of the CPU, and draws that stay there."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import distributions as D

MAKE = {
    "Normal": lambda device: D.Normal(lg.zeros(3, device=device), 2.0),
    "Uniform": lambda device: D.Uniform(lg.zeros(3, device=device), 2.0),
    "Exponential": lambda device: D.Exponential(lg.ones(3, device=device)),
    "Laplace": lambda device: D.Laplace(lg.zeros(3, device=device), 2.0),
    "Bernoulli": lambda device: D.Bernoulli(lg.full((3,), 0.25, device=device)),
    "Bernoulli of logits": lambda device: D.Bernoulli(logits=lg.ones(3, device=device)),
    "Categorical": lambda device: D.Categorical(lg.ones(3, 4, device=device)),
    "Categorical of logits": lambda device: D.Categorical(logits=lg.ones(3, 4, device=device)),
    "Multinomial": lambda device: D.Multinomial(3, lg.ones(2, 4, device=device)),
}


@pytest.mark.parametrize("name", MAKE)
def test_draws_stay_there_and_numbers_are_the_same(name):
    there, here = MAKE[name]("cuda"), MAKE[name]("cpu")
    draws = there.sample((5,))
    assert draws.device.type == "cuda"
    numbers = there.log_prob(draws)
    assert numbers.device.type == "cuda"
    np.testing.assert_allclose(numbers.cpu().numpy(), here.log_prob(draws.cpu()).numpy(), rtol=1e-5)
    if name != "Multinomial":
        np.testing.assert_allclose(there.entropy().cpu().numpy(), here.entropy().numpy(), rtol=1e-5)
        assert abs(D.kl_divergence(there, MAKE[name]("cuda"))).max().item() < 1e-6
