"""Convolutions and linear layers: each beside PyTorch's, and what they refuse."""

import pytest

import learngrad
from learngrad import nn
from learngrad.errors import ArgumentError, ArgumentTypeError, DtypeError, ShapeError
from tests.nn.table import Row, check, named, normal

LINE, PLANE = normal(2, 4, 9), normal(2, 4, 7, 6)
ROWS = [
    Row("Linear", (3, 2), inputs=(normal(2, 5, 3),)), Row("Linear", (3, 2, False),
                                                          inputs=(normal(3),)),
    Row("Bilinear", (3, 4, 2), inputs=(normal(5, 3), normal(5, 4, seed=4))),
    Row("Bilinear", (3, 4, 2), {"bias": False}, (normal(2, 5, 3), normal(2, 5, 4, seed=4))),
    Row("Conv1d", (4, 6, 3), inputs=(LINE,)), Row("Conv1d", (4, 6, 3), inputs=(normal(4, 9),)),
    Row("Conv1d", (4, 6, 4), {"padding": "same", "dilation": 2}, (LINE,)),
    Row("Conv1d", (4, 6, 3, 2, 1, 2, 2, False), inputs=(LINE,)),
    Row("Conv2d", (4, 6, 3), inputs=(PLANE,)), Row("Conv2d", (4, 6, 3), inputs=(normal(4, 7, 6),)),
    Row("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)},
        (PLANE,)),
    Row("Conv2d", (4, 8, 3), {"groups": 4, "bias": False, "padding": "valid"}, (PLANE,)),
    Row("Conv2d", (4, 6, 3), {"padding": "same"}, (PLANE,)),
    *(Row("Conv2d", (4, 6, 3), {"padding": (2, 1), "padding_mode": mode}, (PLANE,))
      for mode in ("reflect", "replicate", "circular")),
    Row("Conv1d", (4, 6, 3), {"padding": 2, "padding_mode": "circular"}, (LINE,)),
    Row("Conv2d", (4, 6, (4, 3)), {"padding": "same", "padding_mode": "reflect"}, (PLANE,)),
    Row("Conv2d", (4, 6, 3), {"padding": "valid", "padding_mode": "reflect"}, (PLANE,)),
    Row("ConvTranspose1d", (4, 6, 3), inputs=(LINE,)),
    Row("ConvTranspose1d", (4, 6, 4, 3, 1, 2, 2, False, 2), inputs=(LINE,)),
    Row("ConvTranspose2d", (4, 6, 3), inputs=(PLANE,)),
    Row("ConvTranspose2d", (4, 6, 4), {"stride": 2, "padding": 1}, (normal(4, 3, 3),)),
    Row("ConvTranspose2d", (4, 6, (3, 2)), {"stride": (2, 3), "output_padding": (1, 2),
                                            "groups": 2, "dilation": 2, "bias": False}, (PLANE,)),
]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_beside_pytorch(row):
    check(row)


@pytest.mark.parametrize("size", [(9, 11), (10, 12), (2, 6, 10, 11)])
def test_transposed_convolutions_reach_the_size_that_is_asked_for(size):
    layer = nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1)
    assert layer(learngrad.ones(2, 4, 5, 6), output_size=size).shape == (2, 6, *size[-2:])
    assert layer(learngrad.ones(2, 4, 5, 6), size).shape == (2, 6, *size[-2:])


@pytest.mark.parametrize("size", [(8, 11), (9, 13), (9,), (1, 2, 3, 9, 11)])
def test_a_size_out_of_reach_is_refused(size):
    layer = nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1)
    with pytest.raises(ArgumentError, match=r"\[9, 11\] to \[10, 12\]"):
        layer(learngrad.ones(2, 4, 5, 6), output_size=size)


@pytest.mark.parametrize(("make", "error", "said"), [
    (lambda: nn.Conv2d("3", 4, 3), ArgumentTypeError, "in_channels counts"),
    (lambda: nn.Conv2d(3, 4.0, 3), ArgumentTypeError, "out_channels counts"),
    (lambda: nn.Conv2d(3, -4, 3), ArgumentError, "out_channels is -4"),
    (lambda: nn.Conv2d(3, 4, 3, groups=2), ArgumentError, "groups=2 does not divide"),
    (lambda: nn.Conv2d(3, 4, 3, groups=0), ArgumentError, "groups is 0"),
    (lambda: nn.Conv2d(3, 4, 0), ShapeError, "kernel_size=0 is too small"),
    (lambda: nn.Conv2d(3, 4, (3, 3, 3)), ShapeError, "3 numbers for 2"),
    (lambda: nn.Conv2d(3, 4, 3.5), ArgumentTypeError, "kernel_size"),
    (lambda: nn.Conv2d(3, 4, 3, padding="full"), ArgumentError, "padding='full'"),
    (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), ArgumentError, "stride"),
    (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), ArgumentError, "'mirror' is not one of"),
    (lambda: nn.ConvTranspose2d(3, 4, 3, padding="same"), ArgumentError, "number here"),
    (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), ArgumentError, "zeros"),
    (lambda: nn.ConvTranspose1d(3, 4, 3, output_padding=1)(learngrad.ones(1, 3, 5)), ShapeError,
     "output_padding=\\(1,\\) must be smaller"),
    (lambda: nn.Conv2d(3, 4, 3)(learngrad.ones(2, 8, 8, 3)), ShapeError, "8 channels"),
    (lambda: nn.Conv2d(3, 4, 3)(learngrad.ones(8, 8)), ShapeError, "2 dimension"),
    (lambda: nn.Conv2d(3, 4, 9)(learngrad.ones(2, 3, 8, 8)), ShapeError, "does not fit"),
    (lambda: nn.Conv2d(3, 4, 3)(learngrad.ones(2, 3, 8, 8).long()), DtypeError, "int64"),
    (lambda: nn.Bilinear(3, 4, 2)(learngrad.ones(5, 3), learngrad.ones(5, 3)), ShapeError,
     "in1"),
    (lambda: nn.Bilinear(0, 4, 2), ArgumentError, "in1_features is 0"),
])
def test_wrong_use_is_told(make, error, said):
    with pytest.raises(error, match=said) as caught:
        make()
    assert caught.value.fix
