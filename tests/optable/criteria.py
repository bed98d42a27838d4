"""Rows of the losses."""

import numpy as np

from tests.optable.form import Operation, T, Wrong, sample, whole

HOW = ("mean", "sum", "none")


def signs(rng, shape):
    return rng.choice([-1.0, 1.0], shape)


def probable(rng, shape):
    return rng.uniform(0.05, 0.95, shape)


def positive(rng, shape):
    return rng.uniform(0.5, 3.0, shape)


def shares(rng, shape):
    """Positive numbers that add up to 1 along dimension 1."""
    p = rng.uniform(0.1, 1.0, shape)
    return p / p.sum(min(1, len(shape) - 1), keepdims=True)


def ignoring(rng, shape):
    """Classes of three, some of them ignored."""
    return np.where(np.arange(int(np.prod(shape))).reshape(shape) % 3 == 1, -100,
                    rng.integers(0, 3, shape))


def reduce(losses, reduction="mean"):
    return losses if reduction == "none" else getattr(losses, reduction)()


def log_softmax(x, dim):
    e = x - x.max(axis=dim, keepdims=True)
    return e - np.log(np.exp(e).sum(axis=dim, keepdims=True))


def nll(logp, target, weight=None, ignore_index=-100, reduction="mean"):
    at = 0 if logp.ndim == 1 else 1
    weight = np.ones(logp.shape[at]) if weight is None else weight
    keep = target != ignore_index
    safe = np.where(keep, target, 0)
    w = weight[safe] * keep
    losses = -np.take_along_axis(logp, np.expand_dims(safe, at), at).squeeze(at) * w
    return losses.sum() / w.sum() if reduction == "mean" else reduce(losses, reduction)


def cross_entropy(x, target, weight=None, ignore_index=-100, reduction="mean",
                  label_smoothing=0.0):
    at = 0 if x.ndim == 1 else 1
    classes, logp = x.shape[at], log_softmax(x, at)
    shape = [classes if d == at else 1 for d in range(x.ndim)]
    w = np.ones(classes) if weight is None else weight
    if target.dtype.kind == "f":
        target = target * (1 - label_smoothing) + label_smoothing / classes
        losses = -(logp * target * w.reshape(shape)).sum(at)
        return losses.sum() / (x.size / classes) if reduction == "mean" else reduce(
            losses, reduction)
    keep = target != ignore_index
    losses = nll(logp, target, weight, ignore_index, "none") * (1 - label_smoothing)
    losses = losses - label_smoothing / classes * (logp * w.reshape(shape)).sum(at) * keep
    used = (w[np.where(keep, target, 0)] * keep).sum()
    return losses.sum() / used if reduction == "mean" else reduce(losses, reduction)


def length(x, p=2.0):
    return (abs(x)**p).sum(-1)**(1 / p)


def triplet(a, p, n, margin=1.0, power=2.0, swap=False, reduction="mean"):
    near, far = length(a - p + 1e-6, power), length(a - n + 1e-6, power)
    if swap:
        far = np.minimum(far, length(p - n + 1e-6, power))
    return reduce(np.maximum(near - far + margin, 0), reduction)


def cosine(a, b, dim=1, eps=1e-8):
    na, nb = np.sqrt((a * a).sum(dim)), np.sqrt((b * b).sum(dim))
    return (a * b).sum(dim) / (np.maximum(na, eps) * np.maximum(nb, eps))


def row(name, numpy, samples, wrong=(), dtypes="", torch=None):
    def call(lib, *a, **k):
        return getattr(lib.nn.functional, name)(*a, **k)

    return Operation(name, call, numpy, samples, dtypes=dtypes, wrong=wrong, torch=torch)


def apart(name):
    """Shapes that would broadcast."""
    return Wrong(lambda lg, t: getattr(lg.nn.functional, name)(t(3), t(3, 1)), "ShapeError",
                 ["[3]", "[3, 1]", "broadcast"])


CLASSES = whole(0, 3)
PLACES = [((4, 3), (4,)), ((3,), ()), ((2, 3, 4), (2, 4)), ((2, 3, 2, 2), (2, 2, 2))]
ROWS = [
    row("nll_loss", nll, [sample(T(s), T(t, CLASSES), reduction=how) for s, t in PLACES
                          for how in HOW] + [
        sample(T((4, 3)), T((4,), CLASSES), T((3,), positive, needs=False)),
        sample(T((4, 3)), T((4,), ignoring)), sample(T((4, 3)), T((4,), CLASSES), ignore_index=1)],
        [Wrong(lambda lg, t: lg.nn.functional.nll_loss(
            t(4, 3), lg.tensor([0, 1, 2, 3])), "OutOfRangeError", ["3", "0 to 2"], gpu=False),
         Wrong(lambda lg, t: lg.nn.functional.nll_loss(
            t(1, 3), lg.tensor([0]), t(2)), "ShapeError", ["3 classes"], gpu=False)]),
    Operation(
        "cross_entropy in general", lambda lib, *a, **k: lib.nn.functional.cross_entropy(*a, **k),
        cross_entropy,
        [sample(T(s), T(t, CLASSES), reduction=how) for s, t in PLACES[1:] for how in HOW] + [
            sample(T(s), T(s, shares, needs=False), reduction=how, label_smoothing=e)
            for s in ((4, 3), (3,), (2, 3, 4)) for how in HOW for e in (0.0, 0.2)] + [
            sample(T((4, 3)), T((4,), ignoring), *w, reduction=how, label_smoothing=e)
            for w in ((), (T((3,), positive, needs=False),)) for how in HOW for e in (0.0, 0.1)] + [
            sample(T((4, 3)), T((4, 3), shares), T((3,), positive, needs=False)),
            sample(T((2, 3, 4)), T((2, 4), ignoring), label_smoothing=0.3)],
        dtypes="", wrong=[
            Wrong(lambda lg, t: lg.nn.functional.cross_entropy(
                t(1, 3), lg.tensor([0]), label_smoothing=2.0), "ArgumentError", ["smoothing"])]),
    row("binary_cross_entropy",
        lambda p, y, w=1.0, reduction="mean": reduce(
            -w * (y * np.log(p) + (1 - y) * np.log(1 - p)), reduction),
        [sample(T((4,), probable), T((4,), probable, needs=False), reduction=how) for how in HOW]
        + [sample(T((2, 3), probable), T((2, 3), probable, needs=False),
                  T((2, 3), positive, needs=False))],
        [apart("binary_cross_entropy"),
         Wrong(lambda lg, t: lg.nn.functional.binary_cross_entropy(t(3) * 0 + 2, t(3)),
               "ArgumentError", ["between 0 and 1"], gpu=False)]),
    row("binary_cross_entropy_with_logits",
        lambda x, y, w=1.0, _=None, __=None, reduction="mean", pos_weight=1.0: reduce(w * (
            pos_weight * y * np.logaddexp(0, -x) + (1 - y) * np.logaddexp(0, x)), reduction),
        [sample(T((4,)), T((4,), probable, needs=False), reduction=how) for how in HOW] + [
            sample(T((2, 3)), T((2, 3), probable, needs=False), T((3,), positive, needs=False)),
            sample(T((2, 3)), T((2, 3), probable, needs=False), T((), positive, needs=False), None,
                   None, "mean", T((3,), positive, needs=False)),
            sample(T((3,), lambda rng, s: np.array([-900.0, 0.1, 900.0])),
                   T((3,), probable, needs=False))],
        [apart("binary_cross_entropy_with_logits")]),
    row("kl_div", lambda q, p, reduction="mean", log_target=False: (
        lambda losses: losses.sum() / len(q) if reduction == "batchmean" else reduce(
            losses, reduction))(np.exp(p) * (p - q) if log_target else p * (np.log(p) - q)),
        [sample(T((2, 3)), T((2, 3), shares), reduction=how) for how in (*HOW, "batchmean")] + [
            sample(T((2, 3)), T((2, 3)), log_target=True)], [apart("kl_div")],
        # PyTorch warns of "mean", which it means to change.
        torch=lambda lib, q, p, reduction="mean", **k: reduce(lib.nn.functional.kl_div(
            q, p, reduction="none", **k), reduction) if reduction == "mean"
        else lib.nn.functional.kl_div(q, p, reduction=reduction, **k)),
    row("poisson_nll_loss",
        lambda x, y, log_input=True, full=False, reduction="mean": reduce(
            (np.exp(x) - y * x if log_input else x - y * np.log(x + 1e-8)) + (np.where(
                y > 1, y * np.log(y) - y + 0.5 * np.log(2 * np.pi * y), 0) if full else 0),
            reduction),
        [sample(T((4,), positive), T((4,), positive, needs=False), log, full)
         for log in (True, False) for full in (True, False)], [apart("poisson_nll_loss")]),
    row("gaussian_nll_loss",
        lambda x, y, v, full=False, reduction="mean": reduce(0.5 * (
            np.log(v) + (x - y)**2 / v) + (0.5 * np.log(2 * np.pi) if full else 0), reduction),
        [sample(T((2, 3)), T((2, 3)), T((2, 3), positive), full, reduction=how)
         for full in (True, False) for how in HOW],
        [Wrong(lambda lg, t: lg.nn.functional.gaussian_nll_loss(t(3), t(3), t(3) * 0 - 1),
               "ArgumentError", ["variance"], gpu=False)]),
    row("l1_loss", lambda x, y, reduction="mean": reduce(abs(x - y), reduction),
        [sample(T((2, 3)), T((2, 3)), reduction=how) for how in HOW], [apart("l1_loss")]),
    *[row(name, lambda x, y, reduction="mean", name=name, **k: (lambda d, b: reduce(np.where(
        d < b, 0.5 * d * d, b * (d - 0.5 * b)) / (b if name == "smooth_l1_loss" else 1),
        reduction))(abs(x - y), k.get("beta", k.get("delta", 1.0))),
          [sample(T((2, 3)), T((2, 3)), reduction=how, **k) for how in HOW
           for k in ({}, {key: 0.3})],
          [apart(name), Wrong(lambda lg, t, name=name, key=key: getattr(lg.nn.functional, name)(
              t(2), t(2), **{key: -1.0}), "ArgumentError", [key])])
      for name, key in (("huber_loss", "delta"), ("smooth_l1_loss", "beta"))],
    row("cosine_similarity", cosine, [sample(T((2, 3)), T((2, 3)), *d) for d in ((), (0,), (-1,))]),
    row("pairwise_distance", lambda a, b, p=2.0, keepdim=False: (
        lambda d: d[..., None] if keepdim else d)(length(a - b + 1e-6, p)),
        [sample(T((2, 3)), T((2, 3)), *p) for p in ((), (1.0,), (3.0,))] + [
            sample(T((2, 3)), T((2, 3)), keepdim=True)]),
    Operation("cdist", lambda lib, *a: lib.cdist(*a), lambda a, b, p=2.0: length(
        a[..., :, None, :] - b[..., None, :, :], p),
        [sample(T((2, 3)), T((4, 3)), *p) for p in ((), (1.0,), (3.0,))] + [
            sample(T((2, 3, 2)), T((1, 2, 2)))], dtypes="",
        # PyTorch's own has no second derivative.
        torch=lambda torch, a, b, p=2.0: (a.unsqueeze(-2) - b.unsqueeze(-3)).norm(p, -1), wrong=[
        Wrong(lambda lg, t: lg.cdist(t(2, 3), t(2, 4)), "ShapeError", ["rows of one length"]),
        Wrong(lambda lg, t: lg.cdist(t(2, 3), t(2, 3), -1.0), "ArgumentRangeError", ["p is"])]),
    row("normalize", lambda x, p=2.0, dim=1: x / np.maximum(
        (abs(x)**p).sum(dim, keepdims=True)**(1 / p), 1e-12),
        [sample(T((2, 3)), *a) for a in ((), (1.0,), (2.0, 0), (3.0, -1))]),
    row("cosine_embedding_loss", lambda a, b, y, margin=0.0, reduction="mean": (
        lambda c: reduce(np.where(y == 1, 1 - c, np.maximum(c - margin, 0)), reduction))(
            cosine(a, b, -1)),
        [sample(T((4, 3)), T((4, 3)), T((4,), signs, needs=False), m, reduction=how)
         for m in (0.0, 0.3) for how in HOW],
        [Wrong(lambda lg, t: lg.nn.functional.cosine_embedding_loss(t(4, 3), t(4, 3), t(3)),
               "ShapeError", ["targets"])]),
    row("margin_ranking_loss", lambda a, b, y, margin=0.0, reduction="mean": reduce(
        np.maximum(margin - y * (a - b), 0), reduction),
        [sample(T((4,)), T((4,)), T((4,), signs, needs=False), m, reduction=how)
         for m in (0.0, 0.5) for how in HOW]),
    row("hinge_embedding_loss", lambda x, y, margin=1.0, reduction="mean": reduce(
        np.where(y == 1, x, np.maximum(margin - x, 0)), reduction),
        [sample(T((4,)), T((4,), signs, needs=False), reduction=how) for how in HOW],
        [apart("hinge_embedding_loss")]),
    row("soft_margin_loss", lambda x, y, reduction="mean": reduce(
        np.logaddexp(0, -y * x), reduction),
        [sample(T((4,)), T((4,), signs, needs=False), reduction=how) for how in HOW],
        [apart("soft_margin_loss")]),
    row("triplet_margin_loss", triplet,
        [sample(T((3, 4)), T((3, 4)), T((3, 4)), 1.0, p, reduction=how)
         for p in (2.0, 1.0) for how in HOW] + [
            sample(T((3, 4)), T((3, 4)), T((3, 4)), swap=True)]),
]

