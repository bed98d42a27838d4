"""Rows of dropout. Draws are not PyTorch's: what is compared is what does not depend on them."""

import warnings

import numpy as np

from tests.optable.form import Operation, T, Wrong, sample


def dropped(name):
    """Called with all or nothing left out, or outside training."""
    def call(lib, x, p, training=True):
        with warnings.catch_warnings():  # PyTorch asks whether four dimensions have a batch
            warnings.simplefilter("ignore")
            return getattr(lib.nn.functional, name)(x, p, training)

    return call


def by_numpy(x, p, training=True):
    return x * (1 - p) if training else x


SHAPES = {"dropout": [(3,), (), (2, 3), (0,)], "dropout1d": [(2, 3, 4), (2, 3)],
          "dropout2d": [(2, 3, 2, 2)], "dropout3d": [(2, 3, 1, 2, 2), (3, 1, 2, 2)],
          "alpha_dropout": [(3,), (), (2, 3), (0,)], "feature_alpha_dropout": [(2, 3, 2), (2, 3)]}
ROWS = [Operation(
    name, dropped(name), by_numpy,
    [sample(T(s), *rest) for s in shapes for rest in ((0.5, False), (1.0,), (0.0,))],
    dtypes="", wrong=[Wrong(lambda lg, t, name=name, s=shapes[0]: getattr(lg.nn.functional, name)(
        t(*s), 1.5), "ArgumentError", ["1.5"])])
    for name, shapes in SHAPES.items()] + [Operation(
        "gumbel_softmax", lambda lib, x, *a, **k: lib.nn.functional.gumbel_softmax(x, *a, **k),
        lambda x, tau=1, hard=False, dim=-1: np.ones(x.shape),
        # Of one class there is but one draw.
        [sample(T((3, 1))), sample(T((1, 2)), 0.5, dim=0), sample(T((2, 1)), hard=True),
         sample(T((0, 1)))], dtypes="", wrong=[
            Wrong(lambda lg, t: lg.nn.functional.gumbel_softmax(t(3, dtype="int64")), "DtypeError",
                  ["int64"]),
            Wrong(lambda lg, t: lg.nn.functional.gumbel_softmax(t(3), 0), "ArgumentError",
                  ["tau=0"])])]
