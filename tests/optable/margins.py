"""Rows of functions made of other operations: margin losses, bags of rows, pools of other kinds."""

import numpy as np

from tests.optable.form import Operation, T, Wrong, away, normal, positive, sample, whole


def row(name, numpy, samples, wrong=(), torch=None):
    return Operation(name, lambda lib, *a, **k: getattr(lib.nn.functional, name)(*a, **k), numpy,
                     samples, dtypes="", wrong=wrong, torch=torch)


def refused(name, error, words, *args, **kwargs):
    """The call with tensors of these shapes, or of these integers."""
    return Wrong(lambda lg, t: getattr(lg.nn.functional, name)(*(
        t(*a) if isinstance(a, tuple) else lg.tensor(a) if isinstance(a, list) else a
        for a in args), **kwargs), error, words)


def reduced(losses, reduction):
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def multi_margin(x, y, p=1, margin=1.0, weight=None, reduction="mean"):
    rows, right = x.reshape(-1, x.shape[-1]), y.reshape(-1)
    n, classes = rows.shape
    over = np.maximum(0, margin - rows[np.arange(n), right][:, None] + rows) ** p
    over[np.arange(n), right] = 0
    losses = over.sum(1) / classes * (1 if weight is None else weight[right])
    return reduced(losses.reshape(y.shape), reduction)


# PyTorch's own have no second derivatives; the same in its other operations has them.

def torch_multi_margin(lib, x, y, p=1, margin=1.0, weight=None, reduction="mean"):
    rows, right = x.reshape(-1, x.shape[-1]), y.reshape(-1, 1)
    over = (margin - rows.gather(1, right) + rows).relu() ** p
    losses = over.scatter(1, right, 0.0).mean(1).reshape(y.shape)
    return reduced(losses if weight is None else losses * weight[y], reduction)


def torch_multilabel_margin(lib, x, y, reduction="mean"):
    losses = []
    for scores, labels in zip(x, y.tolist(), strict=True):
        right = labels[:[*labels, -1].index(-1)]
        others = [c for c in range(len(labels)) if c not in right]
        losses.append((1 - scores[right][:, None] + scores[others]).relu().sum() / len(labels))
    return reduced(lib.stack(losses), reduction)


def torch_bag(lib, indices, table, offsets=None, mode="mean", padding_idx=None):
    bags = indices if offsets is None else lib.tensor_split(indices, offsets[1:])
    rows = [table[i[i != padding_idx] if padding_idx is not None else i] for i in bags]
    how = {"mean": lambda r: r.mean(0), "sum": lambda r: r.sum(0), "max": lambda r: r.amax(0)}[mode]
    return lib.stack([how(r) if len(r) else table[0] * 0 for r in rows])


def multilabel_margin(x, y, reduction="mean"):
    losses = []
    for scores, labels in zip(np.atleast_2d(x), np.atleast_2d(y), strict=True):
        right = labels[:np.argmax(np.append(labels, -1) < 0)]
        others = np.setdiff1d(np.arange(len(scores)), right)
        losses.append(np.maximum(0, 1 - scores[right][:, None] + scores[others]).sum()
                      / len(scores))
    return reduced(np.reshape(losses, x.shape[:-1]), reduction)


def multilabel_soft_margin(x, y, weight=None, reduction="mean"):
    losses = np.logaddexp(0, x) - x * y
    return reduced((losses if weight is None else losses * weight).mean(-1), reduction)


def triplet(a, p, n, margin=1.0, swap=False, reduction="mean"):
    near, far = (np.sqrt(((a - other + 1e-6) ** 2).sum(-1)) for other in (p, n))
    if swap:
        far = np.minimum(far, np.sqrt(((p - n + 1e-6) ** 2).sum(-1)))
    return reduced(np.maximum(0, near - far + margin), reduction)


def bilinear(x, y, w, b=None):
    out = np.einsum("...i,oij,...j->...o", x, w, y)
    return out if b is None else out + b


def bag(indices, table, offsets=None, mode="mean", padding_idx=None, **_):
    bags = indices if offsets is None else np.split(indices, offsets[1:])
    rows = [table[i[i != padding_idx]] for i in map(np.asarray, bags)]
    how = {"mean": lambda r: r.mean(0), "sum": lambda r: r.sum(0), "max": lambda r: r.max(0)}[mode]
    return np.stack([how(r) if len(r) else np.zeros(table.shape[1]) for r in rows])


def lp_pool(x, p, k, stride=None):
    stride, d = stride or k, x.ndim - (1 if x.ndim == 2 else 2)
    for axis in range(x.ndim - d, x.ndim):
        windows = np.lib.stride_tricks.sliding_window_view(x**p if axis == x.ndim - d else x, k,
                                                           axis=axis)
        x = np.moveaxis(np.moveaxis(windows, axis, 0)[::stride], 0, axis).sum(-1)
    return x ** (1 / p)


def unpool(x, at, k, stride=None, padding=0, output_size=None):
    dims = 1 if x.ndim == 2 else 2
    size = output_size or tuple((n - 1) * (stride or k) + k - 2 * padding for n in x.shape[-dims:])
    lead = x.shape[:-dims]
    out = np.zeros((*lead, int(np.prod(size))))
    np.put_along_axis(out, at.reshape(*lead, -1), x.reshape(*lead, -1), -1)
    return out.reshape(*lead, *size)


def response(x, size, alpha=1e-4, beta=0.75, k=1.0):
    padded = np.pad(x * x, [(0, 0), (size // 2, size - 1 - size // 2)] + [(0, 0)] * (x.ndim - 2))
    total = sum(padded[:, i:i + x.shape[1]] for i in range(size))
    return x / (k + alpha / size * total) ** beta


def shuffled(x, groups):
    n, c, *rest = x.shape
    return x.reshape(n, groups, c // groups, *rest).swapaxes(1, 2).reshape(x.shape)


CLASSES, SCORES = T((3,), whole(0, 4)), T((3, 4))
LABELS = T((2, 4), lambda rng, shape: np.array([[3, 0, -1, 1], [-1, 2, 0, 1]]))
WORDS, TABLE = T((2, 3), whole(0, 4)), T((4, 2))
FLAT, OFFSETS = T((5,), whole(0, 4)), T((3,), lambda rng, shape: np.array([0, 2, 2]))
AT = T((1, 3), lambda rng, shape: np.array([[1, 2, 5]]))

ROWS = [
    row("multi_margin_loss", multi_margin,
        [sample(SCORES, CLASSES), sample(SCORES, CLASSES, 2, 0.5, reduction="sum"),
         sample(SCORES, CLASSES, 1, 1.0, T((4,), positive, needs=False), reduction="none"),
         sample(T((4,)), T((), whole(0, 4)))],
        [refused("multi_margin_loss", "ArgumentError", ["1 or 2"], (2, 3), [0, 1], p=3),
         refused("multi_margin_loss", "ShapeError", ["one target"], (2, 3), [0, 1, 2]),
         refused("multi_margin_loss", "DtypeError", ["integers"], (2, 3), (2,))],
        torch_multi_margin),
    row("multilabel_margin_loss", multilabel_margin,
        [sample(T((2, 4)), LABELS), sample(T((2, 4)), LABELS, reduction="none")],
        [refused("multilabel_margin_loss", "DtypeError", ["integers"], (2, 3), (2, 3)),
         refused("multilabel_margin_loss", "ShapeError", ["is not"], (2, 3), [0, 1, 2])],
        torch_multilabel_margin),
    row("multilabel_soft_margin_loss", multilabel_soft_margin,
        [sample(T((2, 3)), T((2, 3), whole(0, 2))),
         sample(T((2, 3)), T((2, 3), whole(0, 2)), T((3,), positive), reduction="none")],
        [refused("multilabel_soft_margin_loss", "ShapeError", ["is not"], (2, 3), (3,))]),
    row("triplet_margin_with_distance_loss", triplet,
        [sample(T((2, 3)), T((2, 3)), T((2, 3))),
         sample(T((2, 3)), T((2, 3)), T((2, 3)), margin=3.0, swap=True, reduction="none")],
        [refused("triplet_margin_with_distance_loss", "ArgumentError", ["above 0"], (2, 3), (2, 3),
                 (2, 3), margin=0.0)]),
    row("bilinear", bilinear,
        [sample(T((2, 3)), T((2, 2)), T((4, 3, 2)), T((4,))),
         sample(T((3,)), T((2,)), T((1, 3, 2))), sample(T((2, 1, 3)), T((2, 1, 2)), T((4, 3, 2)))],
        [refused("bilinear", "ShapeError", ["in1"], (2, 3), (2, 3), (4, 3, 2)),
         Wrong(lambda lg, t: lg.nn.functional.bilinear(
             t(2, 3), t(2, 2, dtype="float64"), t(4, 3, 2)), "DtypeError", ["float64"])]),
    row("embedding_bag", bag,
        [sample(WORDS, TABLE), sample(WORDS, TABLE, mode="sum"), sample(FLAT, TABLE, OFFSETS),
         sample(FLAT, TABLE, OFFSETS, mode="max", smooth=False),
         sample(WORDS, TABLE, padding_idx=1, mode="sum", smooth=False)],
        [refused("embedding_bag", "ArgumentError", ["offsets"], [0, 1], (3, 2)),
         refused("embedding_bag", "ArgumentError", ["'min'"], [0, 1], (3, 2), mode="min"),
         refused("embedding_bag", "ArgumentError", ["maximum"], [[0, 1]], (3, 2), mode="max",
                 scale_grad_by_freq=True)],
        torch_bag),
    row("lp_pool1d", lp_pool, [sample(T((2, 5), positive), 2, 2), sample(T((1, 2, 5), positive), 3,
                                                                         3, 1)],
        [refused("lp_pool1d", "ArgumentError", ["norm_type"], (1, 4), 0, 2)]),
    row("lp_pool2d", lp_pool, [sample(T((1, 2, 4, 5), positive), 2, 2, 1)]),
    row("max_unpool1d", unpool,
        [sample(T((1, 3)), AT, 2), sample(T((1, 3)), AT, 2, 3, 1, output_size=(7,))],
        [refused("max_unpool1d", "DtypeError", ["indices"], (1, 3), (1, 3), 2),
         refused("max_unpool1d", "ArgumentError", ["none of the sizes"], (1, 3), [[1, 2, 5]], 2,
                 output_size=(9,))]),
    row("max_unpool2d", unpool,
        [sample(T((1, 1, 1, 3)), T((1, 1, 1, 3), lambda rng, s: np.array([[[[7, 2, 5]]]])), 2)]),
    row("local_response_norm", response,
        [sample(T((2, 3, 2)), 2), sample(T((1, 4, 2, 2)), 3, 0.5, 0.6, 2.0)],
        [refused("local_response_norm", "ArgumentError", ["3 dimensions"], (2, 3), 2)]),
    row("channel_shuffle", shuffled, [sample(T((2, 6, 3)), 3), sample(T((1, 4, 2, 2)), 2)],
        [refused("channel_shuffle", "ShapeError", ["divides"], (1, 3, 2), 2)]),
    row("rrelu", lambda x, low=1 / 8, high=1 / 3: np.where(x > 0, x, x * (low + high) / 2),
        [sample(T((2, 3), away)), sample(T((3,), normal), 0.1, 0.5)],
        [refused("rrelu", "ArgumentRangeError", ["lower"], (3,), 0.5, 0.1)]),
]
