"""Rows of embeddings and attention."""

import numpy as np

from tests.optable.form import T, Wrong, normal, sample, truth, whole
from tests.optable.sliding import row


def attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, **_):
    scores = q @ k.swapaxes(-1, -2) * (scale or q.shape[-1]**-0.5)
    if is_causal:
        attn_mask = np.tril(np.ones(scores.shape[-2:], bool))
    if attn_mask is not None:
        scores = scores + (np.where(attn_mask, 0, -np.inf) if attn_mask.dtype == bool
                           else attn_mask)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True) @ v


def some(rng, shape):
    """Everybody sees something."""
    return np.triu(truth(rng, shape)) | np.eye(*shape[-2:], dtype=bool)


ROWS = [
    row("embedding", lambda i, w, *_, **k: w[i],
        [sample(T((4,), whole(0, 3)), T((3, 2))), sample(T((2, 3), whole(0, 4)), T((4, 2)), 1,
                                                            smooth=False),
         sample(T((), whole(0, 3)), T((3, 2)), -1, smooth=False),
         # PyTorch's second derivative leaves the frequencies out, so each row comes once here.
         sample(T((3,), lambda rng, s: np.array([2, 0, 1])), T((3, 2)), scale_grad_by_freq=True)],
        [Wrong(lambda lg, t: lg.nn.functional.embedding(lg.tensor([3]), t(3, 2)),
               "OutOfRangeError", ["3", "0 to 2"], gpu=False),
         Wrong(lambda lg, t: lg.nn.functional.embedding(t(2), t(3, 2)), "DtypeError", ["first"]),
         Wrong(lambda lg, t: lg.nn.functional.embedding(t(1, dtype="int64"), t(3)), "ShapeError",
               ["rows"])]),
    row("scaled_dot_product_attention", attention,
        [sample(T((3, 2)), T((4, 2)), T((4, 3))), sample(T((2, 2, 3, 2)), T((2, 2, 3, 2)),
                                                         T((2, 2, 3, 1)), is_causal=True),
         sample(T((2, 3, 2)), T((2, 3, 2)), T((2, 3, 2)), T((3, 3), normal)),
         sample(T((1, 3, 2)), T((1, 3, 2)), T((1, 3, 2)), T((3, 3), some), scale=0.5)],
        [Wrong(lambda lg, t: lg.nn.functional.scaled_dot_product_attention(
            t(3, 2), t(3, 4), t(3, 4)), "ShapeError", ["query"]),
         Wrong(lambda lg, t: lg.nn.functional.scaled_dot_product_attention(
            t(3, 2), t(3, 2), t(3, 2), t(3, 3), is_causal=True), "ArgumentError", ["attn_mask"])]),
]
