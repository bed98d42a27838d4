"""Single operations, forward and backward: each as its peers spell it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.kept import kept_bytes
from benchmarks.tape import PARTS
from benchmarks.work import LIBRARIES, Case, Run, in_halves

Arrays = list[Any]


@dataclass
class Operation:
    """An operation, as learngrad and PyTorch spell it, by hand, and as others do.

    The first inputs, `differentiated` of them, get gradients.
    """

    name: str
    about: str
    sizes: tuple[int, ...]
    tiny: tuple[int, ...]
    inputs: Callable[..., Arrays]  # of a stream and the sizes
    differentiated: int
    library: Callable[..., Any]  # of nn.functional and the tensors
    forward: Callable[..., tuple[Any, Any]]  # of the arrays; gives the result and what is kept
    backward: Callable[..., Arrays]  # of the result's gradient and what was kept
    others: dict[str, Callable[..., Any]] = field(default_factory=dict)  # of the tensors

    def given(self, tiny: bool) -> tuple[Arrays, Any]:
        """The inputs, and the gradient of the result."""
        stream = np.random.default_rng(3)
        inputs = self.inputs(stream, *(self.tiny if tiny else self.sizes))
        shape = np.shape(self.forward(*inputs)[0])
        return inputs, stream.standard_normal(shape, dtype=np.float32) if shape else np.float32(1)

    def run_numpy(self, tiny: bool) -> Run:
        inputs, g = self.given(tiny)

        def answer() -> dict[str, Any]:
            out, kept = self.forward(*inputs)
            return _answer(np.copy(out), self.backward(g, *kept))

        return Run(in_halves(lambda: self.forward(*inputs),
                             lambda made: self.backward(g, *made[1])), answer)

    def run_library(self, library: str, tiny: bool) -> Run:
        inputs, g = self.given(tiny)
        lib = importlib.import_module(library)
        functional = importlib.import_module(f"{library}.nn.functional")
        tensors = [lib.tensor(a) for a in inputs]
        needed, upstream = tensors[:self.differentiated], lib.tensor(g)
        for t in needed:
            t.requires_grad_()

        def forward() -> Any:
            for t in needed:
                t.grad = None
            return self.library(functional, *tensors)

        def answer() -> dict[str, Any]:
            out = forward()
            out.backward(upstream)
            return _answer(out.detach().numpy().copy(), [t.grad.numpy() for t in needed])

        return Run(in_halves(forward, lambda out: out.backward(upstream)), answer,
                   lambda: kept_bytes(lib, forward, tensors))

    def run_mygrad(self, tiny: bool) -> Run:
        import mygrad

        inputs, g = self.given(tiny)
        needed = [mygrad.tensor(a) for a in inputs[:self.differentiated]]
        rest = inputs[self.differentiated:]

        def forward() -> Any:
            for t in needed:
                t.null_grad()
            return self.others["mygrad"](*needed, *rest)

        def answer() -> dict[str, Any]:
            out = forward()
            out.backward(g)
            return _answer(out.data.copy(), [t.grad for t in needed])

        return Run(in_halves(forward, lambda out: out.backward(g)), answer)

    def run_hips(self, tiny: bool) -> Run:
        from autograd.core import make_vjp

        inputs, g = self.given(tiny)
        needed, rest = inputs[:self.differentiated], inputs[self.differentiated:]

        def forward() -> Any:
            return make_vjp(lambda needed: self.others["hips"](*needed, *rest), needed)

        def answer() -> dict[str, Any]:
            made = forward()
            return _answer(made[1], made[0](g))

        return Run(in_halves(forward, lambda made: made[0](g)), answer)

    def case(self) -> Case:
        """The operation as a case."""
        peers: dict[str, Callable[[bool], Run]] = {
            "numpy": self.run_numpy,
            **{name: lambda tiny, name=name: self.run_library(name, tiny) for name in LIBRARIES}}
        others = {"mygrad": self.run_mygrad, "hips": self.run_hips}
        peers |= {name: others[name] for name in self.others}
        return Case(self.name, self.about, PARTS, "call", "torch", (1, 2), peers)


def _answer(out: Any, gradients: Arrays) -> dict[str, Any]:
    return {"out": out, **{f"gradient {k}": np.array(g) for k, g in enumerate(gradients)}}


# ---- Softmax and cross entropy -------------------------------------------------------------------


def scores(stream: Any, n: int, classes: int) -> Arrays:
    return [stream.standard_normal((n, classes), dtype=np.float32),
            stream.integers(0, classes, n)]


def cross_entropy_forward(x: Any, y: Any) -> tuple[Any, Any]:
    rows = np.arange(len(x))
    e = x - x.max(axis=1, keepdims=True)
    right = e[rows, y]
    np.exp(e, out=e)
    total = e.sum(axis=1, keepdims=True)
    return (np.log(total[:, 0]) - right).mean(), (e, total, rows, y)


def cross_entropy_backward(g: Any, e: Any, total: Any, rows: Any, y: Any) -> Arrays:
    each = g / np.float32(len(e))
    e *= each / total
    e[rows, y] -= each
    return [e]


def cross_entropy_by_mygrad(x: Any, y: Any) -> Any:
    from mygrad.nnet.losses import softmax_crossentropy
    return softmax_crossentropy(x, y)


def cross_entropy_by_hips(x: Any, y: Any) -> Any:
    import autograd.numpy as anp
    e = x - anp.max(x, axis=1, keepdims=True)
    return anp.mean(anp.log(anp.sum(anp.exp(e), axis=1)) - e[np.arange(len(y)), y])


# ---- Layer normalisation -------------------------------------------------------------------------

EPS = 1e-5


def rows_to_normalise(stream: Any, n: int, width: int) -> Arrays:
    return [stream.standard_normal(shape, dtype=np.float32)
            for shape in ((n, width), (width,), (width,))]


def layer_norm_forward(x: Any, w: Any, b: Any) -> tuple[Any, Any]:
    normal = x - x.mean(axis=1, keepdims=True)
    scale = 1 / np.sqrt(np.einsum("ij,ij->i", normal, normal)[:, None] / x.shape[1] + EPS)
    normal *= scale
    out = normal * w
    out += b
    return out, (normal, scale, w)


def layer_norm_backward(g: Any, normal: Any, scale: Any, w: Any) -> Arrays:
    width = normal.shape[1]
    grad = g * w
    along = np.einsum("ij,ij->i", grad, normal)[:, None] / width
    grad -= grad.mean(axis=1, keepdims=True)
    grad -= normal * along
    grad *= scale
    return [grad, np.einsum("ij,ij->j", g, normal), g.sum(axis=0)]


def _layer_norm(module: Any, x: Any, w: Any, b: Any) -> Any:
    d = x - module.mean(x, axis=1, keepdims=True)
    return d / module.sqrt(module.mean(d * d, axis=1, keepdims=True) + EPS) * w + b


def layer_norm_by_mygrad(*tensors: Any) -> Any:
    import mygrad
    return _layer_norm(mygrad, *tensors)


def layer_norm_by_hips(*arrays: Any) -> Any:
    import autograd.numpy as anp
    return _layer_norm(anp, *arrays)


# ---- Convolution ---------------------------------------------------------------------------------


def images(stream: Any, n: int, channels: int, out: int, size: int) -> Arrays:
    return [stream.standard_normal((n, channels, size, size), dtype=np.float32),
            stream.standard_normal((out, channels, 3, 3), dtype=np.float32) / np.float32(9),
            stream.standard_normal(out, dtype=np.float32)]


def conv_forward(x: Any, w: Any, b: Any) -> tuple[Any, Any]:
    """Windows as columns, an image at a time: they stay in the processor's cache."""
    n, c, h, width = x.shape
    padded = np.zeros((n, c, h + 2, width + 2), x.dtype)
    padded[:, :, 1:-1, 1:-1] = x
    seen = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3)).transpose(
        0, 1, 4, 5, 2, 3)
    out = np.empty((n, len(w), h, width), x.dtype)
    for k in range(n):
        np.matmul(w.reshape(len(w), -1), seen[k].reshape(9 * c, -1), out=out[k].reshape(len(w), -1))
    out += b[:, None, None]
    return out, (seen, w)


def conv_backward(g: Any, seen: Any, w: Any) -> Arrays:
    n, c, _, _, h, width = seen.shape
    rows = w.reshape(len(w), -1)
    grad_w, padded = np.zeros_like(rows), np.zeros((n, c, h + 2, width + 2), g.dtype)
    for k in range(n):
        gk = g[k].reshape(len(w), -1)
        grad_w += gk @ seen[k].reshape(9 * c, -1).T
        cols = (rows.T @ gk).reshape(c, 3, 3, h, width)
        for i in range(3):
            for j in range(3):
                padded[k, :, i:i + h, j:j + width] += cols[:, i, j]
    return [padded[:, :, 1:-1, 1:-1], grad_w.reshape(w.shape), g.sum(axis=(0, 2, 3))]


def conv_by_mygrad(x: Any, w: Any, b: Any) -> Any:
    from mygrad.nnet.layers import conv_nd
    return conv_nd(x, w, stride=1, padding=1) + b.reshape(1, -1, 1, 1)


OPERATIONS = [
    Operation("crossentropy", "softmax and cross entropy of 4096 rows, 1000 classes", (4096, 1000),
              (5, 3), scores, 1, lambda F, x, y: F.cross_entropy(x, y), cross_entropy_forward,
              cross_entropy_backward,
              {"mygrad": cross_entropy_by_mygrad, "hips": cross_entropy_by_hips}),
    Operation("layernorm", "layer normalisation of 512 rows of 128", (512, 128), (3, 4),
              rows_to_normalise, 3, lambda F, x, w, b: F.layer_norm(x, (x.shape[1],), w, b, EPS),
              layer_norm_forward, layer_norm_backward,
              {"mygrad": layer_norm_by_mygrad, "hips": layer_norm_by_hips}),
    Operation("conv2d", "convolution 3x3, 64 to 64 channels, on 32x32, batch 16", (16, 64, 64, 32),
              (2, 3, 2, 4), images, 3, lambda F, x, w, b: F.conv2d(x, w, b, padding=1),
              conv_forward, conv_backward, {"mygrad": conv_by_mygrad}),
]

CASES = [operation.case() for operation in OPERATIONS]
