"""Rows of the matrix products, of softmax and the losses, and of moving between devices."""

import numpy as np

from tests.optable.form import (
    Operation,
    T,
    Wrong,
    normal,
    sample,
    whole,
)


def log_softmax(x, dim):
    e = x - x.max(axis=dim, keepdims=True) if x.size else x
    return e - np.log(np.exp(e).sum(axis=dim, keepdims=True))


def cross_entropy(x, target, reduction="mean"):
    losses = -np.take_along_axis(log_softmax(x, -1), np.expand_dims(target, -1), -1)[..., 0]
    return losses if reduction == "none" else getattr(losses, reduction)()


def mse(x, y, reduction="mean"):
    return (x - y)**2 if reduction == "none" else getattr((x - y)**2, reduction)()


ROWS = [
    Operation(
        "matmul", lambda lib, a, b: lib.matmul(a, b), np.matmul,
        [sample(T(a), T(b)) for a, b in [
            ((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3, 4)),
            ((2, 3), (5, 3, 4)), ((4, 1, 2, 3), (5, 3, 2)), ((3,), (5, 3, 2)), ((5, 2, 3), (3,)),
            ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((1, 2, 3), (4, 3, 1))]] + [
            sample(T((3, 2), layout="transposed"), T((2, 3), layout="every other")),
            sample(T((2, 3), needs=False), T((3, 4))), sample(T((2, 3)), T((3, 4), needs=False))],
        {"method": lambda lib, a, b: a.matmul(b), "operator": lambda lib, a, b: a @ b}, wrong=[
            Wrong(lambda lg, t: t(2, 3) @ t(2, 3), "ShapeError",
                  ["[2, 3] @ [2, 3]", "inner", ".T"]),
            Wrong(lambda lg, t: t(2, 3) @ t(), "ShapeError", ["single number", "*"]),
            Wrong(lambda lg, t: t(4, 2, 3) @ t(5, 3, 2), "ShapeError", ["batch"]),
            Wrong(lambda lg, t: t(2, 3) @ 2.0, "ArgumentTypeError", ["2.0"]),
            Wrong(lambda lg, t: t(2, 3) @ t(3, dtype="float64"), "DtypeError",
                  ["float32", "float64"])]),
    Operation(
        "linear", lambda lib, *a: lib.nn.functional.linear(*a),
        lambda x, w, b=0.0: x @ w.T + b,
        [sample(T(x), T((4, 3)), *bias) for x in ((2, 3), (3,), (5, 2, 3), (0, 3))
         for bias in ((), (T((4,)),))] + [
            sample(T((2, 3), needs=False), T((4, 3)), T((4,))),
            sample(T((2, 3), layout="transposed"), T((4, 3), needs=False), T((4,)))], wrong=[
            Wrong(lambda lg, t: lg.nn.functional.linear(t(2, 5), t(4, 3)), "ShapeError",
                  ["5", "3", "in_features=5"]),
            Wrong(lambda lg, t: lg.nn.functional.linear(t(2, 3), t(4, 3), t(5)), "ShapeError",
                  ["bias", "[5]", "4"]),
            Wrong(lambda lg, t: lg.nn.functional.linear(t(2, 3), t(3), t(2)), "ShapeError",
                  ["[out, in]"]),
            Wrong(lambda lg, t: lg.nn.functional.linear(t(2, 3, dtype="float64"), t(4, 3)),
                  "DtypeError", ["float32", "float64"])]),

    *[Operation(
        name, lambda lib, x, dim, name=name: getattr(lib, name)(x, dim), numpy,
        [sample(T((2, 3)), d) for d in (0, 1, -1)] + [
            sample(T((2, 3, 4), layout="transposed"), 1), sample(T((3,)), 0), sample(T(()), 0),
            sample(T((0, 3)), 1), sample(T((2, 3), lambda r, s: 300 * normal(r, s)), 1)],
        {"method": lambda lib, x, dim, name=name: getattr(x, name)(dim)}, wrong=[
            Wrong(lambda lg, t, name=name: getattr(t(2, 3, 2), name)(), "ArgumentError",
                  ["dim=-1"]),
            Wrong(lambda lg, t, name=name: getattr(t(2, 3), name)(2), "OutOfRangeError", ["2"])])
      for name, numpy in (
          ("softmax", lambda x, dim: np.exp(log_softmax(x, dim if x.ndim else None))),
          ("log_softmax", lambda x, dim: log_softmax(x, dim if x.ndim else None)))],
    Operation(
        "mse_loss", lambda lib, *a, **k: lib.nn.functional.mse_loss(*a, **k), mse,
        [sample(T(s), T(s), reduction=how) for s in ((3,), (), (2, 3)) for how in
         ("mean", "sum", "none")] + [sample(T((2, 3), needs=False), T((2, 3), layout="transposed")),
                                     sample(T((0,)), T((0,)), reduction="sum")], wrong=[
            Wrong(lambda lg, t: lg.nn.functional.mse_loss(t(3), t(3, 1)), "ShapeError",
                  ["[3]", "[3, 1]"]),
            Wrong(lambda lg, t: lg.nn.functional.mse_loss(t(3), t(3), reduction="avg"),
                  "ArgumentError", ["'avg'", "mean"]),
            Wrong(lambda lg, t: lg.nn.functional.mse_loss(t(3), "x"), "ArgumentTypeError",
                  ["'x'"])]),
    Operation(
        "cross_entropy", lambda lib, *a, **k: lib.nn.functional.cross_entropy(*a, **k),
        cross_entropy,
        [sample(T((4, 3)), T((4,), whole(0, 3)), reduction=how)
         for how in ("mean", "sum", "none")] +
        [sample(T((3,)), T((), whole(0, 3))), sample(T((1, 1)), T((1,), whole(0, 1))),
         sample(T((3, 4), layout="transposed"), T((3,), whole(0, 3), "every other")),
         sample(T((2, 3), lambda r, s: 300 * normal(r, s)), T((2,), whole(0, 3)))],
        dtypes="", wrong=[
            Wrong(lambda lg, t: lg.nn.functional.cross_entropy(t(4, 3), t(3, dtype="int64")),
                  "ShapeError", ["[4, 3]", "[3]"]),
            Wrong(lambda lg, t: lg.nn.functional.cross_entropy(t(4, 3), t(4)), "DtypeError",
                  ["float32", "long()"]),
            Wrong(lambda lg, t: lg.nn.functional.cross_entropy(
                t(4, 3, dtype="int64"), t(4, dtype="int64")), "DtypeError", ["logits", "int64"]),
            Wrong(lambda lg, t: lg.nn.functional.cross_entropy(t(1, 3), lg.tensor([3])),
                  "OutOfRangeError", ["3", "0 to 2"], gpu=False)]),
    Operation(
        "to", lambda lib, x, device: x.to(device), lambda x, device: x,
        [sample(T((2, 3)), "cpu"), sample(T((), layout="plain"), "cpu"),
         sample(T((2, 3), layout="transposed"), "cpu")], dtypes="", lands="cpu", wrong=[
            Wrong(lambda lg, t: t(2).to("cpu:x"), "ArgumentError", ["cpu:x", '"cuda"'])]),
]
