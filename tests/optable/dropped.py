"""Rows of dropout. Draws are not PyTorch's: what is compared is what does not depend on them."""

from tests.optable.form import Operation, T, Wrong, sample


def dropped(name):
    """Called with all or nothing left out, or outside training."""
    def call(lib, x, p, training=True):
        return getattr(lib.nn.functional, name)(x, p, training)

    return call


def by_numpy(x, p, training=True):
    return x * (1 - p) if training else x


SHAPES = {"dropout": [(3,), (), (2, 3), (0,)], "dropout1d": [(2, 3, 4), (2, 3)],
          "dropout2d": [(2, 3, 2, 2)]}
ROWS = [Operation(
    name, dropped(name), by_numpy,
    [sample(T(s), *rest) for s in shapes for rest in ((0.5, False), (1.0,), (0.0,))],
    dtypes="", wrong=[Wrong(lambda lg, t, name=name, s=shapes[0]: getattr(lg.nn.functional, name)(
        t(*s), 1.5), "ArgumentError", ["1.5"])])
    for name, shapes in SHAPES.items()]
