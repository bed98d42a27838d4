"""Pooling layers, borders, sizes and windows: each beside PyTorch's, and what they refuse."""

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import ArgumentError, ArgumentTypeError, DtypeError, ShapeError
from tests.nn.table import Row, check, named, normal

LINE, PLANE = normal(2, 3, 10), normal(2, 3, 7, 6)
AT = np.array([[[1, 2, 5], [0, 3, 4]]])  # where elements of a pooled line came from
ROWS = [
    Row("MaxPool1d", (2,), inputs=(LINE,)), Row("MaxPool2d", (2,), inputs=(PLANE,)),
    Row("MaxPool1d", (3, 2, 1, 2), {"return_indices": True, "ceil_mode": True}, (LINE,)),
    Row("MaxPool2d", ((3, 2),), {"stride": (2, 1), "padding": 1}, (normal(3, 7, 6),)),
    Row("MaxPool2d", (2,), {"return_indices": True}, (PLANE,)),
    Row("MaxUnpool1d", (2,), inputs=(normal(1, 2, 3), AT)),
    Row("MaxUnpool2d", (2, (2, 1), 0), inputs=(normal(1, 1, 2, 2), np.array([[[[0, 2], [4, 8]]]]))),
    Row("AvgPool1d", (2,), inputs=(LINE,)), Row("AvgPool2d", (2,), inputs=(PLANE,)),
    Row("AvgPool1d", (3, 2, 1, True, False), inputs=(LINE,)),
    Row("AvgPool2d", (3, 2, 1), {"ceil_mode": True, "count_include_pad": False}, (PLANE,)),
    Row("AvgPool2d", (3,), {"divisor_override": 2}, (PLANE,)),
    Row("LPPool1d", (2, 3), inputs=(LINE,)), Row("LPPool2d", (3.0, 2, 1, True),
                                                 inputs=(abs(PLANE),)),
    Row("AdaptiveAvgPool1d", (3,), inputs=(LINE,)), Row("AdaptiveAvgPool1d", (1,), inputs=(LINE,)),
    Row("AdaptiveAvgPool2d", (1,), inputs=(PLANE,)),
    Row("AdaptiveAvgPool2d", ((None, 4),), inputs=(PLANE,)),
    Row("AdaptiveMaxPool1d", (3,), inputs=(LINE,)),
    Row("AdaptiveMaxPool2d", ((3, 2), True), inputs=(PLANE,)),
    Row("ZeroPad1d", (2,), inputs=(LINE,)), Row("ZeroPad2d", ((1, 2, 0, 1),), inputs=(PLANE,)),
    Row("ConstantPad1d", ((1, 2), 3.5), inputs=(LINE,)),
    Row("ConstantPad2d", (1, -2.0), inputs=(PLANE,)),
    Row("ConstantPad2d", ((-1, 2, 1, -1), 4.0), inputs=(PLANE,)),
    *(Row(f"{kind}Pad{d}d", (widths,), inputs=(x,))
      for kind in ("Reflection", "Replication", "Circular")
      for d, widths, x in ((1, 2, LINE), (1, (1, 3), LINE[0]), (2, 2, PLANE),
                           (2, (0, 1, 2, 3), PLANE[0])) if (kind, x.ndim) != ("Circular", 2)),
    Row("Upsample", (), {"scale_factor": 2}, (PLANE,)),
    Row("Upsample", (), {"scale_factor": (1.5, 2), "mode": "bilinear"}, (PLANE,)),
    Row("Upsample", (5,), {"mode": "linear", "align_corners": True}, (LINE,)),
    Row("Upsample", ((9, 5),), {"mode": "bicubic", "align_corners": False}, (PLANE,)),
    Row("Upsample", (), {"scale_factor": 1.7, "mode": "bilinear", "recompute_scale_factor": True},
        (PLANE,)),
    Row("UpsamplingNearest2d", (), {"scale_factor": 2}, (PLANE,)),
    Row("UpsamplingBilinear2d", ((9, 8),), inputs=(PLANE,)),
    Row("PixelShuffle", (2,), inputs=(normal(2, 8, 3, 4),)),
    Row("PixelUnshuffle", (2,), inputs=(normal(2, 2, 6, 4),)),
    Row("ChannelShuffle", (3,), inputs=(normal(2, 6, 4),)),
    Row("Unfold", (3,), inputs=(PLANE,)),
    Row("Unfold", ((2, 3),), {"dilation": 2, "padding": 1, "stride": (2, 1)}, (PLANE,)),
    Row("Fold", ((4, 5), 2), inputs=(normal(2, 8, 12),)),
    Row("Fold", ((4, 5), (2, 3)), {"padding": 1, "stride": 2}, (normal(12, 9),)),
    Row("CosineSimilarity", inputs=(normal(4, 3), normal(4, 3, seed=5))),
    Row("CosineSimilarity", (2,), {"eps": 1e-6}, (normal(2, 4, 3), normal(2, 1, 3, seed=5))),
    Row("PairwiseDistance", inputs=(normal(4, 3), normal(4, 3, seed=5))),
    Row("PairwiseDistance", (1.0, 1e-3, True), inputs=(normal(4, 3), normal(4, 3, seed=5))),
]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_beside_pytorch(row):
    check(row)


def test_unpooling_undoes_a_pooling_to_the_size_there_was():
    x = learngrad.tensor(normal(2, 3, 7, 7))
    pooled, at = nn.MaxPool2d(2, return_indices=True)(x)
    back = nn.MaxUnpool2d(2)(pooled, at, output_size=x.shape)
    assert back.shape == x.shape
    kept = back != 0
    assert int(kept.sum()) == pooled.numel()
    assert (back[kept] == x[kept]).all()
    assert nn.MaxUnpool2d(2)(pooled, at, (7, 7)).shape == x.shape


@pytest.mark.parametrize(("make", "error", "said"), [
    (lambda: nn.MaxPool2d(2)(learngrad.ones(4, 4)), ShapeError, "2 dimension"),
    (lambda: nn.MaxPool2d(2.5)(learngrad.ones(1, 1, 4, 4)), ArgumentTypeError, "kernel_size"),
    (lambda: nn.MaxPool2d(2, padding=2)(learngrad.ones(1, 1, 4, 4)), ShapeError, "half"),
    (lambda: nn.MaxPool2d(5)(learngrad.ones(1, 1, 4, 4)), ShapeError, "do not fit"),
    (lambda: nn.AvgPool2d(2)(learngrad.ones(1, 1, 4, 4).long()), DtypeError, "int64"),
    (lambda: nn.AvgPool1d(0), ShapeError, "too small"),
    (lambda: nn.AdaptiveAvgPool2d(-1)(learngrad.ones(1, 1, 4, 4)), ShapeError, "too small"),
    (lambda: nn.LPPool2d(0, 2)(learngrad.ones(1, 1, 4, 4)), ArgumentError, "norm_type"),
    (lambda: nn.MaxUnpool1d(2)(learngrad.ones(1, 1, 2), learngrad.ones(1, 1, 2)), DtypeError,
     "return_indices=True"),
    (lambda: nn.MaxUnpool1d(2)(learngrad.ones(1, 1, 2), learngrad.ones(1, 2).long()), ShapeError,
     "one index for each"),
    (lambda: nn.MaxUnpool1d(2)(learngrad.ones(1, 1, 2), learngrad.ones(1, 1, 2).long(), (9,)),
     ArgumentError, "none of the sizes"),
    (lambda: nn.ZeroPad2d((1, 2)), ShapeError, "2 numbers for 4"),
    (lambda: nn.ZeroPad2d(1.5), ArgumentTypeError, "integers"),
    (lambda: nn.ReflectionPad1d(3)(learngrad.ones(1, 1, 3)), ShapeError, "at most 2"),
    (lambda: nn.ReflectionPad2d(1)(learngrad.ones(3, 3)), ShapeError, "2 dimension"),
    (lambda: nn.Upsample()(learngrad.ones(1, 1, 2)), ArgumentError, "either a size"),
    (lambda: nn.Upsample(scale_factor=2, mode="bilinear")(learngrad.ones(1, 1, 2)), ArgumentError,
     "bilinear"),
    (lambda: nn.PixelShuffle(2)(learngrad.ones(1, 3, 2, 2)), ShapeError, "divides"),
    (lambda: nn.ChannelShuffle(2)(learngrad.ones(1, 3, 2)), ShapeError, "divides"),
    (lambda: nn.Fold(4, 2)(learngrad.ones(1, 4, 5)), ShapeError, "fold takes"),
    (lambda: nn.Unfold(5)(learngrad.ones(1, 1, 4, 4)), ShapeError, "do not fit"),
])
def test_wrong_use_is_told(make, error, said):
    with pytest.raises(error, match=said) as caught:
        make()
    assert caught.value.fix
