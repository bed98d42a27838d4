"""Where parameters start from: each draw against its distribution, as PyTorch's are beside it."""

import math

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import LearngradError
from learngrad.nn import init
from tests.optable.reference import to_numpy, torch

LIBRARIES = [learngrad] if torch is None else [learngrad, torch]


@pytest.fixture(autouse=True)
def seeded():
    for library in LIBRARIES:
        library.manual_seed(0)


# ---- Distributions, by the share of draws below x ------------------------------------------------

def even(low, high):
    return lambda x: np.clip((x - low) / (high - low), 0, 1)


def within(bound):
    return even(-bound, bound)


def normal(mean, std):
    return lambda x: np.array([(1 + math.erf((v - mean) / std / math.sqrt(2))) / 2 for v in x])


def cut(mean, std, low, high):
    whole = normal(mean, std)
    below, above = whole([low]), whole([high])
    return lambda x: np.clip((whole(x) - below) / (above - below), 0, 1)


def tail(low, high):
    """The part of the standard normal distribution from `low`, far out, to `high`."""
    grid = np.linspace(low, min(high, low + 40), 200001)
    below = np.cumsum(np.exp((low - grid) * (low + grid) / 2))
    return lambda x: np.interp(x, grid, below / below[-1])


def follows(values, share):
    """Whether draws follow a distribution: the Kolmogorov-Smirnov distance."""
    x = np.sort(to_numpy(values).astype(np.float64).ravel())
    expected, grid = share(x), np.arange(len(x) + 1) / len(x)
    distance = max((grid[1:] - expected).max(), (expected - grid[:-1]).max())
    return distance < 1.95 / math.sqrt(len(x))  # exceeded once in a thousand seeds


def test_the_distance_tells_distributions_apart():
    draws = np.random.default_rng(0).random(2400)
    assert follows(draws, even(0, 1))
    assert not follows(draws, even(0, 1.06))
    assert not follows(draws, normal(0.5, 0.29))
    assert not follows(np.full(2400, 0.5), even(0, 1))


# a call on a weight of shape [60, 40]: its distribution
DRAWS = {
    "uniform_(w)": even(0, 1),
    "uniform_(w, -3, 5)": even(-3, 5),
    "normal_(w)": normal(0, 1),
    "normal_(w, mean=1.0, std=3.0)": normal(1, 3),
    "trunc_normal_(w)": cut(0, 1, -2, 2),
    "trunc_normal_(w, std=0.02)": normal(0, 0.02),
    "trunc_normal_(w, 1.0, 2.0, -1.0, 1.5)": cut(1, 2, -1, 1.5),
    "kaiming_uniform_(w)": within(math.sqrt(6 / 40)),
    "kaiming_uniform_(w, a=math.sqrt(5))": within(1 / math.sqrt(40)),
    "kaiming_uniform_(w, mode='fan_out', nonlinearity='relu')": within(math.sqrt(6 / 60)),
    "kaiming_normal_(w)": normal(0, math.sqrt(2 / 40)),
    "kaiming_normal_(w, nonlinearity='tanh')": normal(0, 5 / 3 / math.sqrt(40)),
    "xavier_uniform_(w)": within(math.sqrt(6 / 100)),
    "xavier_uniform_(w, gain=2.0)": within(2 * math.sqrt(6 / 100)),
    "xavier_normal_(w, 0.5)": normal(0, 0.5 * math.sqrt(2 / 100)),
}


@pytest.mark.parametrize("call", DRAWS)
def test_draws_follow_their_distribution(call):
    for library in LIBRARIES:
        w = library.zeros(60, 40)
        out = eval(f"init.{call}", {"init": library.nn.init, "w": w, "math": math})
        assert out is w
        assert follows(w, DRAWS[call])


@pytest.mark.parametrize(("mean", "low", "high"), [(0.0, 8.0, 9.0), (-1000.0, 0.0, 0.01),
                                                   (0.0, 2.0, 1e9)])
def test_a_truncated_normal_far_from_its_mean(mean, low, high):
    """PyTorch warns that its distribution may be incorrect there."""
    w = init.trunc_normal_(learngrad.zeros(60, 40, dtype=learngrad.float64), mean, 1.0, low, high)
    assert low <= w.min().item() <= w.max().item() <= high
    assert follows(w - mean, tail(low - mean, high - mean))


@pytest.mark.parametrize("shape", [(40, 40), (60, 40), (8, 5, 3, 2), (1, 7)])
def test_orthogonal_rows_or_columns(shape):
    for library in LIBRARIES:
        w = library.nn.init.orthogonal_(library.zeros(*shape), gain=3.0)
        m = to_numpy(w).reshape(shape[0], -1)
        m = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
        np.testing.assert_allclose(m, 9 * np.eye(len(m)), atol=1e-4)


def test_orthogonal_matrices_are_all_equally_likely():
    """Without the signs, the first elements of the columns would lean to one side."""
    corners = [init.orthogonal_(learngrad.zeros(2, 2))[0, 0].item() for _ in range(400)]
    angles = np.arccos(np.clip(corners, -1, 1))
    assert follows(angles, even(0, math.pi))


@pytest.mark.parametrize(("sparsity", "zeros"), [(0.25, 15), (0.01, 1), (0.0, 0), (1.0, 60)])
def test_sparse_columns(sparsity, zeros):
    for library in LIBRARIES:
        w = to_numpy(library.nn.init.sparse_(library.zeros(60, 40), sparsity, std=2.0))
        assert (w == 0).sum(0).tolist() == [zeros] * 40
        if zeros < 60:
            assert follows(w[w != 0], normal(0, 2))
        if 0 < zeros < 60:
            assert len({tuple(column) for column in (w == 0).T}) > 1


# a call, given nothing by chance, on a weight of ones of some shape
VALUES = {
    "constant_(w, 0.3)": (3,), "zeros_(w)": (2, 3), "ones_(w)": (), "eye_(w)": (3, 5),
    "dirac_(w)": (4, 2, 3), "dirac_(w )": (2, 4, 3, 4), "dirac_(w, groups=2)": (6, 2, 3, 3),
    "dirac_(w, 3)": (6, 4, 1, 2, 3),
}


@pytest.mark.parametrize("call", VALUES)
def test_given_values(call):
    ours = eval(f"init.{call}", {"init": init, "w": learngrad.ones(VALUES[call])})
    if torch is not None:
        theirs = eval(f"init.{call}", {"init": torch.nn.init, "w": torch.ones(VALUES[call])})
        np.testing.assert_array_equal(ours.numpy(), to_numpy(theirs))
    if call.startswith("dirac_"):
        groups = 1 if call in ("dirac_(w)", "dirac_(w )") else int(call[-2])
        shape = VALUES[call]
        assert ours.sum().item() == groups * min(shape[0] // groups, shape[1])


def test_a_dirac_convolution_hands_its_channels_on():
    x = learngrad.randn(1, 2, 5, 5)
    w = init.dirac_(learngrad.ones(2, 2, 3, 3))
    out = nn.functional.conv2d(x, w, padding=1)
    np.testing.assert_array_equal(out.numpy(), x.numpy())


@pytest.mark.parametrize("name", ["linear", "conv1d", "conv3d", "conv_transpose2d", "sigmoid",
                                  "tanh", "relu", "leaky_relu", "selu"])
def test_gains(name):
    gain = {"tanh": 5 / 3, "relu": 2**0.5, "selu": 0.75,
            "leaky_relu": math.sqrt(2 / 1.0001)}.get(name, 1)
    assert init.calculate_gain(name) == pytest.approx(gain)
    if torch is not None:
        assert torch.nn.init.calculate_gain(name) == pytest.approx(gain)
        assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain(
            "leaky_relu", 0.3)


def test_fans_count_fields_too():
    w = learngrad.zeros(60, 5, 3, 3)
    assert follows(init.kaiming_uniform_(w), within(math.sqrt(6 / 45)))
    assert follows(init.kaiming_uniform_(w, mode="fan_out"), within(math.sqrt(6 / 540)))


def test_draws_follow_the_seed_or_the_generator():
    def draws(generator=None):
        return [f(learngrad.zeros(4, 4), generator=generator).tolist() for f in (
            init.uniform_, init.normal_, init.trunc_normal_, init.orthogonal_,
            init.kaiming_uniform_, init.kaiming_normal_, init.xavier_uniform_, init.xavier_normal_,
            lambda w, generator: init.sparse_(w, 0.5, generator=generator))]

    learngrad.manual_seed(3)
    first, second = draws(), draws()
    learngrad.manual_seed(3)
    assert draws() == first
    assert all(a != b for a, b in zip(first, second))
    assert draws(learngrad.Generator().manual_seed(3)) == first


def test_filling_counts_as_a_change_and_needs_no_graph():
    w = nn.Parameter(learngrad.ones(2, 2))
    loss = (w * w).sum()
    for fill in (init.zeros_, init.eye_, init.orthogonal_, init.trunc_normal_):
        before = w._version
        fill(w)
        assert w._version > before
        assert w.is_leaf
    with pytest.raises(learngrad.errors.GraphError, match="changed in place"):
        loss.backward()


def test_old_spellings():
    for name in ("uniform", "normal", "constant", "eye", "dirac", "sparse", "orthogonal",
                 "kaiming_uniform", "kaiming_normal", "xavier_uniform", "xavier_normal"):
        assert getattr(init, name) is getattr(init, name + "_")
        if torch is not None:
            assert hasattr(torch.nn.init, name)


# what is wrong: (a call, PyTorch's class of error, what ours says)
MISTAKES = {
    "a vector as a weight": ("xavier_normal_(zeros(3))", ValueError, "two dimensions"),
    "an unknown mode": ("kaiming_uniform_(zeros(3, 3), mode='in')", ValueError, "mode='in'"),
    "an unknown activation": ("calculate_gain('swish')", ValueError, "'swish' is not known"),
    "a slope that is none": ("calculate_gain('leaky_relu', True)", ValueError, "slope"),
    "no matrix": ("eye_(zeros(3))", ValueError, "for a matrix"),
    "no matrix to thin out": ("sparse_(zeros(3, 3, 3), 0.1)", ValueError, "for a matrix"),
    "no convolution": ("dirac_(zeros(3, 3))", ValueError, "convolution"),
    "unequal groups": ("dirac_(zeros(3, 2, 3), groups=2)", ValueError, "2 equal groups"),
    "an orthogonal vector": ("orthogonal_(zeros(3))", ValueError, "right angles"),
    "bounds the wrong way round": ("uniform_(zeros(3), 2, 1)", RuntimeError, "between 2 and 1"),
    "a negative spread": ("normal_(zeros(3), 0.0, -1.0)", RuntimeError, "not negative"),
    "a text": ("constant_(zeros(3), 'a')", TypeError, "one number"),
    "several numbers": ("constant_(zeros(3), [1, 2, 3])", TypeError, "one number"),
    "integers": ("uniform_(zeros(3, dtype=int64))", RuntimeError, "fractions"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told(name):
    call, error, said = MISTAKES[name]
    with pytest.raises(error, match=said) as raised:
        eval(call, vars(init) | {"zeros": learngrad.zeros, "int64": learngrad.int64})
    assert isinstance(raised.value, LearngradError)
    if torch is not None:
        with pytest.raises(error):
            eval(call, vars(torch.nn.init) | {"zeros": torch.zeros, "int64": torch.int64})


def test_shares_and_bounds_are_checked():
    with pytest.raises(ValueError, match="between 0 and 1"):
        init.sparse_(learngrad.zeros(3, 3), 1.5)
    with pytest.raises(ValueError, match=r"between 2\.0 and -2\.0"):
        init.trunc_normal_(learngrad.zeros(3), a=2.0, b=-2.0)
    assert init.trunc_normal_(learngrad.zeros(2), std=0.0, mean=5.0).tolist() == [2, 2]
    assert init.orthogonal_(learngrad.zeros(0, 3)).shape == (0, 3)
    assert init.kaiming_uniform_(learngrad.zeros(0, 3)).shape == (0, 3)


# ---- What each layer starts from -----------------------------------------------------------------

def each(names, start):
    """Several parameters that start alike."""
    return dict.fromkeys(names.split(), start)


def recurrent(gates, both=False, more=0):
    """The names of a recurrent layer's parameters, with both directions and layers above it."""
    ends = [f"l{k}{way}" for k in range(1 + more) for way in ("", *(["_reverse"] if both else []))]
    return [f"{kind}_{end}" for end in ends
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


SCALE = {"weight": 1, "bias": 0}
TRACKED = {"running_mean": 0, "running_var": 1, "num_batches_tracked": 0}
ATTENTION = {"in_proj_weight": within(math.sqrt(6 / (4 * 64))), "in_proj_bias": 0,
             "out_proj.weight": within(1 / 8), "out_proj.bias": 0}
ENCODER = {
    **{f"self_attn.{name}": start for name, start in ATTENTION.items()},
    **each("linear1.weight linear1.bias", within(1 / 8)),
    **each("linear2.weight linear2.bias", within(1 / math.sqrt(80))),
    **each("norm1.weight norm2.weight", 1), **each("norm1.bias norm2.bias", 0),
}

# a layer: for each of its parameters and buffers a distribution, or the one value it starts from
LAYERS = {
    "Linear(4, 600)": each("weight bias", within(1 / 2)),
    "Linear(784, 80)": each("weight bias", within(1 / 28)),
    "Bilinear(7, 5, 100)": each("weight bias", within(1 / math.sqrt(7))),
    "Conv1d(6, 80, 5)": each("weight bias", within(1 / math.sqrt(30))),
    "Conv2d(6, 80, (2, 3), groups=2)": each("weight bias", within(1 / math.sqrt(18))),
    "ConvTranspose1d(80, 60, 5)": each("weight bias", within(1 / math.sqrt(300))),
    "ConvTranspose2d(60, 120, 3, groups=2)": each("weight bias", within(1 / math.sqrt(540))),
    "Embedding(60, 40)": {"weight": normal(0, 1)},
    "EmbeddingBag(60, 40)": {"weight": normal(0, 1)},
    "PReLU(5)": {"weight": 0.25},
    "BatchNorm1d(5)": SCALE | TRACKED,
    "BatchNorm2d(5, affine=False)": TRACKED,
    "InstanceNorm2d(5, affine=True, track_running_stats=True)": SCALE | TRACKED,
    "LayerNorm((5, 3))": SCALE,
    "GroupNorm(2, 6)": SCALE,
    "RMSNorm(5)": {"weight": 1},
    "RNN(12, 80)": dict.fromkeys(recurrent(1), within(1 / math.sqrt(80))),
    "LSTM(12, 20, num_layers=2, bidirectional=True)": dict.fromkeys(
        recurrent(4, both=True, more=1), within(1 / math.sqrt(20))),
    "GRU(12, 30)": dict.fromkeys(recurrent(3), within(1 / math.sqrt(30))),
    "RNNCell(12, 80)": each("weight_ih weight_hh bias_ih bias_hh", within(1 / math.sqrt(80))),
    "LSTMCell(12, 20)": each("weight_ih weight_hh bias_ih bias_hh", within(1 / math.sqrt(20))),
    "GRUCell(12, 30)": each("weight_ih weight_hh bias_ih bias_hh", within(1 / math.sqrt(30))),
    "MultiheadAttention(64, 4)": ATTENTION,
    "TransformerEncoderLayer(64, 4, 80)": ENCODER,
}


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_start_from_pytorchs_distributions(layer):
    for library in LIBRARIES:
        made = eval(f"nn.{layer}", {"nn": library.nn})
        state = made.state_dict()
        assert set(state) == set(LAYERS[layer])
        for name, start in LAYERS[layer].items():
            values = to_numpy(state[name])
            if callable(start):
                assert follows(values, start), name
                assert values.size >= 60
            else:
                assert (values == start).all(), name
