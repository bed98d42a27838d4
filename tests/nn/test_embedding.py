"""Tables of vectors beside PyTorch's: what is padded, frozen, shortened, and what is refused."""

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import (
    ArgumentError,
    ArgumentTypeError,
    DtypeError,
    OutOfRangeError,
    ShapeError,
)
from tests.nn.table import Row, check, classes, named, normal
from tests.optable.reference import torch

WORDS, FLAT, OFFSETS = classes(7, 3, 4), classes(7, 9), np.array([0, 2, 2, 5])
ROWS = [
    Row("Embedding", (7, 3), inputs=(WORDS,)), Row("Embedding", (7, 3), inputs=(WORDS[0, 0],)),
    Row("Embedding", (7, 3), {"padding_idx": 2}, (WORDS,)),
    Row("Embedding", (7, 3), {"padding_idx": -1, "scale_grad_by_freq": True}, (WORDS,),
        slope=False),
    Row("Embedding", (7, 3, None, 1.0), inputs=(WORDS,), slope=False),
    Row("Embedding", (7, 3), {"max_norm": 1.0, "norm_type": 1.0}, (WORDS,), slope=False),
    Row("Embedding", (7, 3), {"max_norm": 0.9, "norm_type": np.inf}, (WORDS,), slope=False),
    Row("EmbeddingBag", (7, 3, 1.0, 1.0, False, "sum"), {"padding_idx": 2}, (WORDS,),
        slope=False),
    *(Row("EmbeddingBag", (7, 3), {"mode": mode, **more}, given)
      for mode in ("sum", "mean", "max")
      for more, given in (({}, (WORDS,)), ({}, (FLAT, OFFSETS)), ({"padding_idx": 2}, (WORDS,)),
                          ({"include_last_offset": True}, (FLAT, np.array([0, 3, 9]))))),
    Row("EmbeddingBag", (7, 3), inputs=(WORDS,)),
]


@pytest.mark.parametrize("row", [row for row in ROWS if not row.options.get("padding_idx")],
                         ids=named)
def test_beside_pytorch(row):
    check(row)


@pytest.mark.parametrize("row", [row for row in ROWS if row.options.get("padding_idx")], ids=named)
def test_beside_pytorch_with_padding(row):
    check(row._replace(slope=False))  # the row that is padded gets no gradient, and so no slope


def test_weights_of_samples():
    layer = nn.EmbeddingBag(7, 3, mode="sum")
    weights = learngrad.tensor(normal(3, 4), requires_grad=True)
    out = layer(learngrad.tensor(WORDS), None, weights)
    table = layer.weight.detach().numpy()
    np.testing.assert_allclose(out.detach().numpy(), (
        table[WORDS] * normal(3, 4)[..., None]).sum(1), rtol=1e-4, atol=1e-5)
    out.sum().backward()
    np.testing.assert_allclose(weights.grad.numpy(), table[WORDS].sum(-1), rtol=1e-4, atol=1e-5)


def test_the_padded_row_starts_as_0_and_stays():
    layer = nn.Embedding(5, 3, padding_idx=-2)
    assert layer.padding_idx == 3
    assert layer.weight[3].tolist() == [0, 0, 0]
    assert (layer.weight[2] != 0).all()
    layer(learngrad.tensor([3, 2, 3])).sum().backward()
    assert layer.weight.grad.tolist() == [[0] * 3, [0] * 3, [1] * 3, [0] * 3, [0] * 3]


@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_a_table_that_there_is_already(kind):
    table = learngrad.tensor(normal(5, 3))
    layer = kind.from_pretrained(table, padding_idx=1)
    assert layer.weight.tolist() == table.tolist()
    assert not layer.weight.requires_grad
    assert (layer.num_embeddings, layer.embedding_dim, layer.padding_idx) == (5, 3, 1)
    trained = kind.from_pretrained(table, freeze=False)
    trained(learngrad.tensor([[2]])).sum().backward()
    assert trained.weight.grad.tolist()[2] == [1, 1, 1]
    assert list(trained.state_dict()) == ["weight"]
    with pytest.raises(ShapeError, match="rows, features"):
        kind.from_pretrained(learngrad.ones(3))


def test_the_repr_says_what_is_not_as_usual():
    options = {"padding_idx": 0, "max_norm": 2.0, "norm_type": 1.0, "scale_grad_by_freq": True}
    for library in filter(None, (learngrad, torch)):
        assert repr(library.nn.Embedding(7, 3, **options)) == (
            "Embedding(7, 3, padding_idx=0, max_norm=2.0, norm_type=1.0, scale_grad_by_freq=True)")
        assert repr(library.nn.EmbeddingBag(7, 3, mode="max", padding_idx=0)) == (
            "EmbeddingBag(7, 3, mode='max', padding_idx=0)")


IDS = learngrad.tensor([1, 2])


@pytest.mark.parametrize(("make", "error", "said"), [
    (lambda: nn.Embedding(5, 3)(learngrad.tensor([5])), OutOfRangeError, "an index is 5"),
    (lambda: nn.Embedding(5, 3)(learngrad.tensor([-1])), OutOfRangeError, "an index is -1"),
    (lambda: nn.Embedding(5, 3)(learngrad.tensor([1.0])), DtypeError, "integers"),
    (lambda: nn.Embedding(5, 3, padding_idx=5), OutOfRangeError, "padding_idx=5"),
    (lambda: nn.Embedding(5, 3, sparse=True), ArgumentError, "sparse"),
    (lambda: nn.Embedding(5.0, 3), ArgumentTypeError, "num_embeddings counts"),
    (lambda: nn.EmbeddingBag(5, 3, mode="min")(IDS, IDS), ArgumentError, "'min'"),
    (lambda: nn.EmbeddingBag(5, 3)(IDS), ArgumentError, "offsets"),
    (lambda: nn.EmbeddingBag(5, 3)(IDS, learngrad.tensor([1])), ArgumentError, "begin with 0"),
    (lambda: nn.EmbeddingBag(5, 3)(IDS.reshape(1, 2), IDS), ArgumentError, "no offsets"),
    (lambda: nn.EmbeddingBag(5, 3)(IDS.reshape(1, 2), None, learngrad.ones(1, 2)), ArgumentError,
     "weigh a sum"),
    (lambda: nn.EmbeddingBag(5, 3, mode="sum")(IDS.reshape(1, 2), None, learngrad.ones(2)),
     ShapeError, "one factor for each"),
])
def test_wrong_use_is_told(make, error, said):
    with pytest.raises(error, match=said) as caught:
        make()
    assert caught.value.fix


def test_lengths_of_half_precision_do_not_overflow():
    table = learngrad.tensor([[300.0, 400.0]]).half()
    found = nn.functional.embedding(learngrad.tensor([0]), table, max_norm=1.0)
    assert found.float().tolist() == [[pytest.approx(0.6, abs=1e-3), pytest.approx(0.8, abs=1e-3)]]
