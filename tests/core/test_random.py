"""Draws: what they are drawn from, that seeds repeat them, and what is refused."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors

N = 20_000


@pytest.fixture(autouse=True)
def seeded():
    lg.manual_seed(0)


DRAWS = {
    "rand": (lambda: lg.rand(N), 0.5, 1 / 12),
    "randn": (lambda: lg.randn(N), 0, 1),
    "rand_like": (lambda: lg.rand_like(lg.zeros(N)), 0.5, 1 / 12),
    "randn_like": (lambda: lg.randn_like(lg.zeros(N)), 0, 1),
    "randint": (lambda: lg.randint(-2, 3, (N,)), 0, 2),
    "randint_like": (lambda: lg.randint_like(lg.zeros(N), 5), 2, 2),
    "normal": (lambda: lg.normal(3.0, 2.0, (N,)), 3, 4),
    "normal of tensors": (lambda: lg.normal(lg.full((N,), 3.0), lg.full((N,), 2.0)), 3, 4),
    "normal of one tensor": (lambda: lg.normal(3.0, lg.full((N,), 2.0)), 3, 4),
    "bernoulli": (lambda: lg.bernoulli(lg.full((N,), 0.25)), 0.25, 3 / 16),
    "normal_": (lambda: lg.zeros(N).normal_(3, 2), 3, 4),
    "uniform_": (lambda: lg.zeros(N).uniform_(-1, 1), 0, 1 / 3),
    "uniform_ by name": (lambda: lg.zeros(N).uniform_(**{"from": -1, "to": 1}), 0, 1 / 3),
    "exponential_": (lambda: lg.zeros(N).exponential_(2), 0.5, 0.25),
    "random_": (lambda: lg.zeros(N).random_(5), 2, 2),
    "random_ from": (lambda: lg.zeros(N, dtype=lg.int64).random_(-2, 3), 0, 2),
    "bernoulli_": (lambda: lg.zeros(N).bernoulli_(0.25), 0.25, 3 / 16),
    "bernoulli_ by a tensor": (lambda: lg.zeros(N).bernoulli_(lg.tensor(0.25)), 0.25, 3 / 16),
    "multinomial": (lambda: lg.multinomial(lg.tensor([1.0, 0.0, 1.0]), N, True), 1, 1),
    "multinomial of rows": (lambda: lg.multinomial(lg.tensor([[1.0, 0.0, 1.0]] * N), 1), 1, 1),
}


@pytest.mark.parametrize("name", DRAWS)
def test_mean_and_variance(name):
    draw, mean, variance = DRAWS[name]
    draws = draw().numpy().astype(float)
    assert draws.size == N
    assert abs(draws.mean() - mean) < 6 * (variance / N) ** 0.5
    assert abs(draws.var() - variance) < 0.06 * variance + 0.005


@pytest.mark.parametrize("name", DRAWS)
def test_a_seed_repeats_the_draws(name):
    draw = DRAWS[name][0]
    lg.manual_seed(5)
    first, second = draw().tolist(), draw().tolist()
    lg.manual_seed(5)
    assert draw().tolist() == first
    assert first != second


def test_a_generator_of_its_own_leaves_the_default_alone():
    g = lg.Generator().manual_seed(1)
    state = lg.get_rng_state()
    draws = [f(generator=g) for f in (
        lambda generator: lg.rand(3, generator=generator),
        lambda generator: lg.randn(3, generator=generator),
        lambda generator: lg.randint(5, (3,), generator=generator),
        lambda generator: lg.randperm(5, generator=generator),
        lambda generator: lg.normal(0.0, 1.0, (3,), generator=generator),
        lambda generator: lg.multinomial(lg.ones(3), 2, generator=generator),
        lambda generator: lg.zeros(3).normal_(generator=generator))]
    assert lg.get_rng_state() == state
    g.manual_seed(1)
    assert lg.rand(3, generator=g).tolist() == draws[0].tolist()


def test_seeds():
    lg.manual_seed(7)
    assert lg.initial_seed() == 7
    found = lg.seed()
    assert lg.initial_seed() == found
    a = lg.rand(3)
    lg.manual_seed(found)
    assert lg.rand(3).tolist() == a.tolist()
    state = lg.get_rng_state()
    b = lg.rand(3)
    lg.set_rng_state(state)
    assert lg.rand(3).tolist() == b.tolist()


@pytest.mark.parametrize("state", [
    None, {}, 3, lg.zeros(16, dtype="uint8"), {"seed": 1, "stream": {}},
    {"seed": 1, "stream": {"bit_generator": "MT19937"}},
    {"seed": 1, "stream": {"bit_generator": "PCG64", "state": {"state": -1, "inc": 2**200},
                           "has_uint32": 0, "uinteger": 0}},
    {"seed": "x", "stream": np.random.PCG64(0).state}])
def test_what_is_no_state_is_refused_and_changes_nothing(state):
    before = lg.get_rng_state()
    with pytest.raises(errors.ArgumentError, match="state") as caught:
        lg.set_rng_state(state)
    assert "get_state" in caught.value.fix
    assert lg.get_rng_state() == before


def test_global_numpy_state_is_left_alone():
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    lg.rand(10), lg.randperm(10), lg.multinomial(lg.ones(3), 2)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_rand_is_below_1_in_every_dtype(dtype):
    draws = lg.rand(100_000, dtype=dtype)
    assert str(draws.dtype) == dtype
    assert draws.numpy().min() >= 0
    assert draws.numpy().max() < 1


def test_dtypes_shapes_and_gradients():
    assert lg.rand(size=(2, 3)).shape == (2, 3)
    assert lg.randn((2, 3), dtype=lg.float64).dtype == lg.float64
    assert lg.randn(2, requires_grad=True).requires_grad
    assert lg.randint(3, (2,)).dtype == lg.int64
    assert lg.randint(0, 3, size=(2, 2), dtype=lg.float32).shape == (2, 2)
    assert lg.randint(high=3, size=(4,), low=1).shape == (4,)
    assert lg.normal(lg.zeros(3, 1), lg.ones(2)).shape == (3, 2)
    assert lg.bernoulli(lg.full((2, 2), 0.5), 0.1).dtype == lg.float32
    assert sorted(lg.randperm(6, dtype=lg.int32).tolist()) == list(range(6))


def test_multinomial_without_replacement_draws_none_twice_and_none_of_weight_0():
    weights = lg.tensor([[1.0, 2.0, 0.0, 3.0], [0.0, 1.0, 1.0, 1.0]])
    for _ in range(50):
        rows = weights.multinomial(3).tolist()
        assert [sorted(row) for row in rows] == [[0, 1, 3], [1, 2, 3]]


def test_multinomial_follows_its_weights():
    draws = lg.multinomial(lg.tensor([1.0, 2.0, 5.0]), N, replacement=True)
    shares = np.bincount(draws.numpy(), minlength=3) / N
    np.testing.assert_allclose(shares, [1 / 8, 2 / 8, 5 / 8], atol=0.02)
    firsts = lg.multinomial(lg.tensor([[1.0, 2.0, 5.0]]).expand(N, 3), 2)[:, 0]
    np.testing.assert_allclose(
        np.bincount(firsts.numpy(), minlength=3) / N, [1 / 8, 2 / 8, 5 / 8], atol=0.02)


def test_in_place_draws_obey_the_graph():
    w = lg.zeros(3, requires_grad=True)
    with pytest.raises(errors.GraphError, match="normal_"):
        w.normal_()
    with lg.no_grad():
        assert w.normal_() is w
    assert w.requires_grad


WRONG = [
    (lambda: lg.rand(2, dtype=lg.int64), "ArgumentTypeError", "int64"),
    (lambda: lg.rand(-2), "ShapeError", "-2"),
    (lambda: lg.randint(3, 3, (2,)), "ArgumentRangeError", "from 3"),
    (lambda: lg.randperm(-1), "ArgumentRangeError", "-1"),
    (lambda: lg.normal(0.0, -1.0, (2,)), "ArgumentRangeError", "deviation"),
    (lambda: lg.normal(0.0, 1.0), "ArgumentTypeError", "shape"),
    (lambda: lg.bernoulli(lg.tensor([1.5])), "ArgumentRangeError", "0 and 1"),
    (lambda: lg.bernoulli(lg.tensor([1])), "DtypeError", "int64"),
    (lambda: lg.multinomial(lg.ones(2, 2, 2), 1), "ShapeError", "vector"),
    (lambda: lg.multinomial(lg.ones(3), 4), "ShapeError", "4 of 3"),
    (lambda: lg.multinomial(lg.tensor([1.0, -1.0]), 1), "ArgumentRangeError", "negative"),
    (lambda: lg.multinomial(lg.tensor([1.0, 0.0]), 2), "ArgumentRangeError", "positive"),
    (lambda: lg.multinomial(lg.zeros(3), 1, True), "ArgumentRangeError", "positive"),
    (lambda: lg.multinomial(lg.ones(3, dtype=lg.int64), 1), "DtypeError", "int64"),
    (lambda: lg.zeros(2, dtype=lg.int64).normal_(), "DtypeError", "int64"),
    (lambda: lg.zeros(2).normal_(0, -1), "ArgumentRangeError", "-1"),
    (lambda: lg.zeros(2).uniform_(1, 0), "ArgumentRangeError", "from 1 to 0"),
    (lambda: lg.zeros(2).random_(3, 3), "ArgumentRangeError", "from 3"),
    (lambda: lg.zeros(2).exponential_(0), "ArgumentRangeError", "0"),
    (lambda: lg.zeros(2).bernoulli_(2.0), "ArgumentRangeError", "0 and 1"),
    (lambda: lg.manual_seed("a"), "ArgumentTypeError", "'a'"),
]


@pytest.mark.parametrize(("call", "kind", "word"), WRONG)
def test_what_is_refused(call, kind, word):
    with pytest.raises(getattr(errors, kind)) as caught:
        call()
    assert word in str(caught.value)
    assert caught.value.fix
