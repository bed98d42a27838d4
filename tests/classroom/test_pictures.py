"""Images as a picture: what is drawn, what is said, and what is refused."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

import learngrad
from learngrad.classroom.pictures import show_images
from learngrad.errors import ArgumentError, ArgumentTypeError, LearngradError, ShapeError

SVG = "{http://www.w3.org/2000/svg}"


def drawn(image):
    """The darkness of each dot of the first image in an SVG, as it would be painted."""
    rows, columns = image.pixels.shape[1:]
    seen = np.zeros((rows, columns))
    root = ElementTree.fromstring(image.svg())
    group = root.find(f"{SVG}g/{SVG}g")
    for path in group.findall(f"{SVG}path"):
        shade = 1 - (int(path.get("fill")[1:3], 16) - 20) / 235
        for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path.get("d")):
            seen[int(y), int(x):int(x) + int(wide)] += shade
    return seen


def test_every_dot_is_painted_once_as_dark_as_it_is():
    X, _ = learngrad.data.digits("test", flat=False)
    for i in range(20):
        np.testing.assert_allclose(drawn(show_images(X[i:i + 1])), X[i].numpy(), atol=1 / 32)


def test_what_lies_outside_is_drawn_as_the_nearer_end():
    x = np.array([[[-1.0, 0.5], [2.0, np.nan]]])
    np.testing.assert_allclose(drawn(show_images(x)), [[0, 0.5], [1, 0]], atol=1 / 32)


def test_rows_of_numbers_are_square_images():
    X, y = learngrad.data.digits("test")
    image = show_images(X[:3], y[:3])
    assert image.pixels.shape == (3, 8, 8)
    assert image.describe() == repr(image) == "3 images of 8×8 pixels: 5; 0; 9"
    assert set(image._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}


def test_pixels_of_a_tensor_with_a_gradient_can_be_drawn():
    x = learngrad.ones(1, 4, requires_grad=True)
    assert show_images(x * 1).describe() == "1 image of 2×2 pixels"


def test_words_are_text_and_never_markup():
    hostile = "<img src=x onerror=alert(1)>\n&amp; ]]>"
    svg = show_images(np.zeros((1, 2, 2)), [hostile]).svg()
    root = ElementTree.fromstring(svg)
    assert [t.text for t in root.iter(f"{SVG}text")] == hostile.split("\n")
    assert root.findall(".//{*}img") == []
    assert root.find(f"{SVG}title").text.endswith("onerror=alert(1)>, &amp; ]]>")


def test_nothing_overlaps_and_everything_fits():
    """Long words push the images apart; the last row may be shorter."""
    root = ElementTree.fromstring(show_images(np.zeros((5, 4, 4)), ["a rather long line"] * 5,
                                              columns=2).svg())
    places = [tuple(map(float, re.findall(r"[\d.]+", g.get("transform"))))
              for g in root.findall(f"{SVG}g")]
    assert len({x for x, _ in places}) == 2
    assert len({y for _, y in places}) == 3
    xs = sorted({x for x, _ in places})
    assert xs[1] - xs[0] > len("a rather long line") * 6
    assert max(x for x, _ in places) + 72 < float(root.get("width"))
    assert max(y for _, y in places) + 72 + 15 < float(root.get("height"))


@pytest.mark.parametrize(("given", "error"), [
    ({"X": "text"}, ArgumentTypeError),
    ({"X": np.array([1 + 2j])}, ArgumentTypeError),
    ({"X": np.zeros(4)}, ShapeError),
    ({"X": np.zeros((0, 2, 2))}, ShapeError),
    ({"X": np.zeros((2, 5))}, ShapeError),
    ({"X": np.zeros((2, 2, 2)), "labels": [1]}, ShapeError),
    ({"X": np.zeros((2, 2, 2)), "labels": "ab"}, ShapeError),
    ({"X": np.zeros((1, 2, 2)), "labels": 5}, None),
    ({"X": np.zeros((2, 2, 2)), "columns": 0}, ArgumentError),
    ({"X": np.zeros((2, 2, 2)), "columns": 2.5}, ArgumentTypeError),
    ({"X": np.zeros((201, 2, 2))}, ArgumentError),
    ({"X": np.zeros((1, 65, 65))}, ArgumentError),
])
def test_wrong_input_says_what_to_do(given, error):
    if error is None:
        assert show_images(**given).labels == ["5"]
        return
    with pytest.raises(error) as caught:
        show_images(**given)
    assert isinstance(caught.value, LearngradError)
    assert caught.value.fix
