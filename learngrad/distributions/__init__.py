"""Probability distributions: draws that let gradients through, log-probabilities, entropies."""

from learngrad.distributions import constraints, kl
from learngrad.distributions.bernoulli import Bernoulli
from learngrad.distributions.categorical import Categorical
from learngrad.distributions.distribution import Distribution
from learngrad.distributions.exponential import Exponential
from learngrad.distributions.independent import Independent
from learngrad.distributions.kl import kl_divergence, register_kl
from learngrad.distributions.laplace import Laplace
from learngrad.distributions.multinomial import Multinomial
from learngrad.distributions.normal import Normal
from learngrad.distributions.uniform import Uniform

__all__ = [
    "Bernoulli", "Categorical", "Distribution", "Exponential", "Independent", "Laplace",
    "Multinomial", "Normal", "Uniform", "constraints", "kl", "kl_divergence", "register_kl",
]
