"""The digits that ship: whole, credited, split without overlap."""

from pathlib import Path

import numpy as np
import pytest

import learngrad
from learngrad.data import handwriting


def test_all_images_are_there_in_the_types_a_lesson_needs():
    X, y = learngrad.data.digits()
    assert tuple(X.shape) == (1797, 64)
    assert X.dtype == learngrad.float32
    assert tuple(y.shape) == (1797,)
    assert y.dtype == learngrad.int64
    assert not X.requires_grad
    assert not y.requires_grad


def test_pixels_are_sixteenths_from_paper_to_ink():
    X, _ = learngrad.data.digits()
    sixteenths = X.numpy() * 16
    assert sixteenths.min() == 0
    assert sixteenths.max() == 16
    np.testing.assert_array_equal(sixteenths, np.round(sixteenths))


def test_counts_are_those_the_source_publishes():
    # optdigits.names: the test part holds 1,797 images, class by class as here.
    _, y = learngrad.data.digits()
    np.testing.assert_array_equal(
        np.bincount(y.numpy()), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    )


def test_first_image_is_the_zero_that_opens_the_original_file():
    X, y = learngrad.data.digits(flat=False)
    assert y.numpy()[0] == 0
    np.testing.assert_array_equal(X.numpy()[0, :2] * 16,
                                  [[0, 0, 5, 13, 9, 1, 0, 0], [0, 0, 13, 15, 10, 15, 5, 0]])


def test_flat_and_square_are_the_same_pixels():
    flat, square = learngrad.data.digits("test")[0], learngrad.data.digits("test", flat=False)[0]
    assert tuple(square.shape) == (355, 8, 8)
    np.testing.assert_array_equal(square.numpy().reshape(355, 64), flat.numpy())


def test_parts_together_are_the_whole_and_share_no_image():
    whole, _ = learngrad.data.digits()
    parts = [learngrad.data.digits(part)[0].numpy() for part in ("train", "test")]
    assert [len(part) for part in parts] == [1442, 355]
    rows = sorted(map(bytes, np.concatenate(parts)))
    assert rows == sorted(map(bytes, whole.numpy()))
    assert not set(map(bytes, parts[0])) & set(map(bytes, parts[1]))


@pytest.mark.parametrize("part", ["train", "test"])
def test_each_part_holds_all_digits_about_equally_often(part):
    counts = np.bincount(learngrad.data.digits(part)[1].numpy(), minlength=10)
    assert counts.max() - counts.min() <= 7


def test_each_call_gives_arrays_of_its_own():
    X, _ = learngrad.data.digits()
    X.numpy()[:] = -1
    assert learngrad.data.digits()[0].numpy().min() == 0


@pytest.mark.parametrize("part", ["validation", "", 0, True])
def test_an_unknown_part_says_which_there_are(part):
    with pytest.raises(learngrad.errors.ArgumentError) as caught:
        learngrad.data.digits(part)
    assert repr(part) in str(caught.value)
    assert '"train"' in str(caught.value)


def test_a_damaged_file_is_refused(monkeypatch):
    monkeypatch.setattr(handwriting, "SHA256", "0" * 64)
    with pytest.raises(learngrad.errors.LearngradError, match="damaged"):
        learngrad.data.digits()


def test_the_file_is_small():
    assert Path(handwriting.__file__).with_name(handwriting.FILE).stat().st_size < 100_000


def test_credit_source_and_licence_are_in_the_documentation():
    for said in (handwriting.__doc__, learngrad.data.digits.__doc__):
        assert "10.24432/C50P49" in said
        assert "Alpaydin" in said
        assert "Kaynak" in said
        assert "CC BY 4.0" in said
