"""Data sets made here: seeded, of the shapes and numbers that are promised; text and names."""

import subprocess
import sys

import numpy as np
import pytest

import learngrad
from learngrad import data
from learngrad.errors import ArgumentError, MissingDependency, OutOfRangeError

CLASSED = {"moons": 2, "circles": 2, "spirals": 3, "xor": 2, "blobs": 3}


@pytest.mark.parametrize("name", [*CLASSED, "sine"])
def test_a_seed_gives_the_same_points_and_another_gives_others(name):
    make = getattr(data, name)
    X, y = make(60, seed=1)
    for again in (make(60, seed=1), make(60, seed=1)):
        assert learngrad.equal(X, again[0])
        assert learngrad.equal(y, again[1])
    assert not learngrad.equal(X, make(60, seed=2)[0])
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    make(60)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


@pytest.mark.parametrize("name", CLASSED)
def test_classes_are_even_and_mixed(name):
    X, y = getattr(data, name)(61)
    assert (X.dtype, tuple(X.shape)) == (learngrad.float32, (61, 2))
    assert (y.dtype, tuple(y.shape)) == (learngrad.int64, (61,))
    counts = np.bincount(y.numpy())
    assert len(counts) == CLASSED[name]
    assert np.ptp(counts) <= 2
    assert len(set(y[:20].tolist())) == CLASSED[name]


@pytest.mark.parametrize("name", [*CLASSED, "sine"])
def test_points_that_cannot_be_made(name):
    make = getattr(data, name)
    with pytest.raises(ArgumentError, match="too few"):
        make(0)
    with pytest.raises(ArgumentError, match="not negative"):
        make(20, **{"spread" if name == "blobs" else "noise": -1})


def test_shapes_lie_where_they_should():
    X, y = data.circles(50, noise=0, factor=0.3)
    radius = X.numpy()[:, 0] ** 2 + X.numpy()[:, 1] ** 2
    np.testing.assert_allclose(radius, np.where(y.numpy() == 0, 1, 0.09), rtol=1e-5)
    X, y = data.moons(50, noise=0)
    centre = np.where(y.numpy()[:, None] == 0, [0, 0], [1, 0.5])
    np.testing.assert_allclose(((X.numpy() - centre) ** 2).sum(1), 1, rtol=1e-5)
    X, y = data.xor(40, noise=0)
    assert (y.numpy() == (X.numpy().sum(1) == 1)).all()
    X, y = data.spirals(30, arms=2, noise=0)
    one, two = (np.sort(np.hypot(*X.numpy()[y.numpy() == k].T)) for k in (0, 1))
    np.testing.assert_allclose(one, two, atol=1e-6)
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        data.circles(factor=1)


# ---- Text ----------------------------------------------------------------------------------------


def test_pythons_documentation_is_a_text():
    text = data.python_text()
    assert len(text) > 300_000
    assert data.python_text("lambda") in text
    with pytest.raises(ArgumentError, match="no topic 'magic'"):
        data.python_text("magic")


def test_without_documentation_the_message_says_where_it_is(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(MissingDependency, match="pydoc_data"):
        data.python_text()


def test_names_are_plain_words_of_many_languages():
    table = data.names()
    for language, words in table.items():
        assert len(words) >= 50
        assert words == sorted(set(words))
        assert all(word.isascii() and word.istitle() and word.isalpha() for word in words)
        assert data.names(language) == words
    assert sum(map(len, table.values())) >= 900
    with pytest.raises(ArgumentError, match="Klingon"):
        data.names("Klingon")


def test_characters_are_predicted_one_later():
    text = "the quick brown fox jumps over the lazy dog"
    dataset = data.Characters(text, length=10)
    assert len(dataset) == len(text) - 10
    x, y = dataset[-1]
    assert dataset.decode(x) == text[-11:-1]
    assert dataset.decode(y) == text[-10:]
    assert x.dtype == learngrad.int64
    X, Y = next(iter(data.DataLoader(dataset, 4)))
    assert (tuple(X.shape), tuple(Y.shape)) == ((4, 10), (4, 10))
    assert dataset.decode(X[2]) == text[2:12]
    assert dataset.decode(dataset.encode("dog")) == "dog"
    assert list(dataset)[5][0].tolist() == dataset[5][0].tolist()  # it ends by an IndexError


def test_characters_that_do_not_fit():
    with pytest.raises(ArgumentError, match="do not fit"):
        data.Characters("abc", length=3)
    dataset = data.Characters("abcabc", length=2)
    with pytest.raises(ArgumentError, match="'x' is not in the vocabulary 'abc'"):
        data.Characters("abx", length=2, vocabulary=dataset.vocabulary)
    with pytest.raises(OutOfRangeError, match="no stretch 4"):
        dataset[4]


def test_loading_data_brings_no_network_library():
    """Worker processes import this room, and should not wait for what they never use."""
    done = subprocess.run([sys.executable, "-c", "import sys, learngrad.data; print(*sys.modules)"],
                          capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "learngrad.data.images" in loaded
    assert not loaded & {"urllib.request", "ssl", "tarfile", "loky", "tqdm", "multiprocessing"}
