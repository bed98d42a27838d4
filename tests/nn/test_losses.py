"""Losses: each beside PyTorch's, what they refuse before they compute, and what they notice."""

import copy
import warnings
from functools import partial

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
from tests.nn.table import Row, between, check, classes, named, normal, signs
from tests.optable.reference import torch

X, Y = normal(4, 5), normal(4, 5, seed=4)
P, Q = between(0.05, 0.95, 4, 5), between(0.05, 0.95, 4, 5, seed=5)
LOGP = np.log(P / P.sum(1, keepdims=True))
RIGHT, MAP = classes(5, 4), classes(5, 4, 2, 3)
SPREAD, WEIGHT = Q / Q.sum(1, keepdims=True), between(0.5, 2, 5)
SIGNS, SOME = signs(4), np.array([1, 3, 2, 1])  # no 0: it is ignored below
LABELS = np.array([[3, 0, -1, 1, 1], [-1, 0, 1, 2, 2], [0, 1, 2, 3, 4], [2, 2, -1, -1, 1]])


def each(name, *inputs, more=({},), differentiable=9):
    """A row for each reduction, and for each of some options."""
    return [Row(name, (), {"reduction": reduction, **options}, inputs, differentiable)
            for reduction in ("mean", "sum", "none") for options in more]


ROWS = [
    *each("MSELoss", X, Y), *each("L1Loss", X, Y),
    *each("SmoothL1Loss", X, Y, more=({}, {"beta": 0.5})),
    *each("HuberLoss", X, Y, more=({}, {"delta": 0.5})),
    *each("CrossEntropyLoss", X, RIGHT, more=(
        {}, {"weight": WEIGHT}, {"ignore_index": 3}, {"label_smoothing": 0.2},
        {"weight": WEIGHT, "label_smoothing": 0.2, "ignore_index": 1})),
    *each("CrossEntropyLoss", normal(4, 5, 2, 3), MAP, more=({}, {"weight": WEIGHT})),
    *each("CrossEntropyLoss", X, SPREAD, more=({}, {"label_smoothing": 0.2}), differentiable=1),
    *each("CrossEntropyLoss", X[0], RIGHT[0]),
    *each("NLLLoss", LOGP, RIGHT, more=({}, {"weight": WEIGHT}, {"ignore_index": 3})),
    *each("NLLLoss", normal(4, 5, 2, 3), MAP),
    *each("BCELoss", P, Q, more=({}, {"weight": WEIGHT}), differentiable=1),
    *each("BCEWithLogitsLoss", X, Q, more=(
        {}, {"weight": WEIGHT}, {"pos_weight": WEIGHT}), differentiable=1),
    *each("KLDivLoss", LOGP, Q, more=({}, {"log_target": True})),
    Row("KLDivLoss", (), {"reduction": "batchmean"}, (LOGP, Q)),
    *each("PoissonNLLLoss", X, 3 * P, more=({}, {"full": True}), differentiable=1),
    *each("PoissonNLLLoss", P, 3 * P, more=({"log_input": False, "eps": 1e-3},), differentiable=1),
    *each("GaussianNLLLoss", X, Y, P, more=({}, {"full": True, "eps": 1e-3})),
    *each("GaussianNLLLoss", X, Y, P[:, :1]), *each("GaussianNLLLoss", X, Y, P[:, 0]),
    *each("CosineEmbeddingLoss", X, Y, SIGNS, more=({}, {"margin": 0.3}), differentiable=2),
    *each("CosineEmbeddingLoss", X[0], Y[0], SIGNS[0], differentiable=2),
    *each("MarginRankingLoss", X[0], Y[0], signs(5), more=({}, {"margin": 0.3}), differentiable=2),
    *each("HingeEmbeddingLoss", X, signs(4, 5), more=({}, {"margin": 0.3}), differentiable=1),
    *each("TripletMarginLoss", X, Y, normal(4, 5, seed=6), more=(
        {}, {"margin": 2.0, "p": 1.0, "swap": True, "eps": 1e-3})),
    *each("TripletMarginWithDistanceLoss", X, Y, normal(4, 5, seed=6), more=(
        {}, {"margin": 2.0, "swap": True},
        {"distance_function": lambda a, b: (a - b).abs().sum(-1)})),
    *each("SoftMarginLoss", X, signs(4, 5), differentiable=1),
    *each("MultiLabelSoftMarginLoss", X, np.round(Q), more=({}, {"weight": WEIGHT}),
          differentiable=1),
    *each("MultiMarginLoss", X, RIGHT, more=(
        {}, {"p": 2, "margin": 0.5}, {"weight": WEIGHT})),
    *each("MultiMarginLoss", X[0], RIGHT[0]),
    *each("MultiLabelMarginLoss", X, LABELS), *each("MultiLabelMarginLoss", X[0], LABELS[0]),
]


@pytest.mark.parametrize("row", ROWS, ids=named)
@pytest.mark.filterwarnings("ignore:.*batchmean.*")  # PyTorch's word on the mean of a divergence
def test_beside_pytorch(row):
    check(row._replace(inputs=tuple(map(np.asarray, row.inputs))))


@pytest.mark.parametrize(("old", "new"), [
    ({"size_average": False}, "sum"), ({"size_average": True}, "mean"), ({"reduce": False}, "none"),
    ({"reduce": True}, "mean"), ({"size_average": False, "reduce": True}, "sum"),
])
def test_the_old_way_to_say_the_reduction(old, new):
    for name in ("MSELoss", "CrossEntropyLoss", "BCEWithLogitsLoss", "HingeEmbeddingLoss"):
        assert getattr(nn, name)(**old).reduction == new


def test_weights_are_buffers():
    loss = nn.BCEWithLogitsLoss(weight=learngrad.ones(3), pos_weight=learngrad.ones(3))
    assert list(loss.state_dict()) == ["weight", "pos_weight"]
    assert not list(loss.parameters())
    assert nn.CrossEntropyLoss(learngrad.ones(3)).double().weight.dtype == learngrad.float64
    assert nn.CrossEntropyLoss().state_dict() == {}


def test_a_distance_that_learns_is_a_part():
    metric = nn.Bilinear(5, 5, 1)
    loss = nn.TripletMarginWithDistanceLoss(distance_function=metric)
    assert [name for name, _ in loss.named_parameters()] == [
        "distance_function.weight", "distance_function.bias"]
    assert repr(nn.TripletMarginWithDistanceLoss()).splitlines() == [
        "TripletMarginWithDistanceLoss(", "  (distance_function): PairwiseDistance()", ")"]


# ---- What is refused before anything is computed -------------------------------------------------

ONES, COLUMN, ROW = learngrad.ones(4, 3), learngrad.ones(4, 1), learngrad.ones(4)
IDS = learngrad.zeros(4, dtype=learngrad.int64)


@pytest.mark.parametrize("name", [
    "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss", "KLDivLoss",
    "PoissonNLLLoss", "HingeEmbeddingLoss", "SoftMarginLoss", "MultiLabelSoftMarginLoss"])
def test_targets_that_would_broadcast_are_refused(name):
    with pytest.raises(ShapeError, match=r"\[4, 1\] is not \[4\]") as caught:
        getattr(nn, name)()(COLUMN, ROW)
    assert "squeeze" in caught.value.fix


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"])
@pytest.mark.parametrize(("target", "error", "said"), [
    (ROW, DtypeError, "integers, not float32"),
    (IDS.reshape(4, 1), ShapeError, "one target for each row"),
    (IDS[:3], ShapeError, "one target for each row"),
    (IDS + 3, OutOfRangeError, "a target is 3, and the classes are 0 to 2"),
    (IDS - 1, OutOfRangeError, "a target is -1"),
    ([0, 1, 2, 0], ArgumentTypeError, "list"),
])
def test_targets_that_are_no_classes_are_refused(name, target, error, said):
    with pytest.raises(error, match=said) as caught:
        getattr(nn, name)()(ONES, target)
    assert caught.value.fix


@pytest.mark.parametrize("loss", [
    nn.MSELoss(), nn.BCELoss(), nn.BCEWithLogitsLoss(), nn.CrossEntropyLoss(), nn.NLLLoss()])
@pytest.mark.parametrize("target", [IDS, ONES])
@pytest.mark.parametrize(("given", "fix"), [(None, "return out"), ((ONES, ROW), "out, state"),
                                            ([1.0], "learngrad.tensor")])
def test_what_is_no_prediction_is_told(loss, target, given, fix):
    with pytest.raises(ArgumentTypeError, match="a model's output") as caught:
        loss(given, target)
    assert fix in caught.value.fix


@pytest.mark.parametrize(("make", "error", "said"), [
    (lambda: nn.CrossEntropyLoss()(ONES.long(), IDS), DtypeError, "floating scores"),
    (lambda: nn.CrossEntropyLoss(learngrad.ones(4))(ONES, IDS), ShapeError, "there are 3 classes"),
    (lambda: nn.CrossEntropyLoss(label_smoothing=1.5)(ONES, IDS), ArgumentError, "part of 1"),
    (lambda: nn.BCELoss()(2 * ONES, ONES), ArgumentError, "not between 0 and 1"),
    (lambda: nn.GaussianNLLLoss()(ONES, ONES, -1.0), ArgumentError, "below 0"),
    (lambda: nn.GaussianNLLLoss()(ONES, ONES, ROW.reshape(2, 2)), ArgumentError, "does not fit"),
    (lambda: nn.GaussianNLLLoss()(ROW, COLUMN, ROW), ShapeError, "is not"),
    (lambda: nn.CosineEmbeddingLoss()(ONES, ONES, COLUMN), ShapeError, "4. pairs"),
    (lambda: nn.CosineEmbeddingLoss()(ONES, ONES[:1], ROW), ShapeError, "is not"),
    (lambda: nn.MarginRankingLoss()(ROW, ROW, COLUMN), ShapeError, "is not"),
    *[(partial(getattr(nn, name)(), *inputs, 0 * ROW), ArgumentError, "1 and -1")
      for name, *inputs in (("CosineEmbeddingLoss", ONES, ONES), ("HingeEmbeddingLoss", ROW),
                            ("SoftMarginLoss", ROW))],
    (lambda: nn.TripletMarginLoss()(ONES, ONES, ONES[:1]), ShapeError, "is not"),
    (lambda: nn.TripletMarginLoss(margin=0)(ONES, ONES, ONES), ArgumentError, "above 0"),
    (lambda: nn.TripletMarginWithDistanceLoss(margin=-1)(ONES, ONES, ONES), ArgumentError,
     "above 0"),
    (lambda: nn.TripletMarginWithDistanceLoss()(ONES, ONES[:1], ONES), ShapeError, "is not"),
    (lambda: nn.MultiMarginLoss(p=3)(ONES, IDS), ArgumentError, "1 or 2"),
    (lambda: nn.MultiLabelMarginLoss()(ONES, ONES), DtypeError, "integers, not float32"),
    (lambda: nn.MultiLabelMarginLoss()(ONES, ONES.long() + 2), OutOfRangeError, "0 to 2"),
    (lambda: nn.HuberLoss(delta=0)(ONES, ONES), ArgumentError, "above 0"),
    (lambda: nn.SmoothL1Loss(beta=-1.0)(ONES, ONES), ArgumentError, "beta"),
    (lambda: nn.MSELoss(reduction="avg"), ArgumentError, "reduction='avg'"),
    (lambda: nn.MSELoss(reduction="batchmean"), ArgumentError, "reduction='batchmean'"),
    (lambda: nn.KLDivLoss(reduction="avg"), ArgumentError, "reduction='avg'"),
])
def test_wrong_use_is_told(make, error, said):
    with pytest.raises(error, match=said) as caught:
        make()
    assert caught.value.fix


@pytest.mark.parametrize("name", [
    "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "CrossEntropyLoss", "NLLLoss", "BCELoss",
    "BCEWithLogitsLoss", "KLDivLoss", "PoissonNLLLoss", "CosineEmbeddingLoss", "MarginRankingLoss",
    "HingeEmbeddingLoss", "TripletMarginLoss", "SoftMarginLoss", "MultiMarginLoss"])
def test_a_loss_made_with_tensors_is_told(name):
    with pytest.raises(ArgumentTypeError, match="is made first") as caught:
        getattr(nn, name)(ONES, ROW)
    assert f"nn.{name}()" in caught.value.fix


# ---- What is noticed on the graph ----------------------------------------------------------------

def heard(run, times=1):
    """The warnings that `run` gives, called so many times."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(times):
            run()
    return caught


SCORES = learngrad.tensor(X, requires_grad=True)
TARGET = learngrad.tensor(RIGHT)
SOFT = nn.Sequential(nn.Linear(5, 5), nn.Softmax(dim=1))
NOTICED = {
    "function": (nn.CrossEntropyLoss(), lambda: learngrad.softmax(SCORES, dim=1)),
    "method": (nn.CrossEntropyLoss(), lambda: SCORES.softmax(1)),
    "module": (nn.CrossEntropyLoss(), lambda: SOFT(SCORES)),
    "reshaped": (nn.CrossEntropyLoss(), lambda: SCORES.softmax(1).view(2, 2, 5).reshape(4, 5)),
    "turned": (nn.CrossEntropyLoss(), lambda: SCORES.T.softmax(0).transpose(0, 1)),
    "picked": (nn.CrossEntropyLoss(), lambda: learngrad.stack([SCORES] * 2).softmax(-1)[0]),
    "without logarithm": (nn.NLLLoss(), lambda: SCORES.softmax(1)),
}
FINE = {
    "scores": (nn.CrossEntropyLoss(), lambda: SCORES * 1),
    "leaf": (nn.CrossEntropyLoss(), lambda: SCORES),
    "reshaped leaf": (nn.CrossEntropyLoss(), lambda: SCORES.reshape(2, 10).reshape(4, 5)),
    "log_softmax": (nn.CrossEntropyLoss(), lambda: SCORES.log_softmax(1)),
    "log of softmax": (nn.CrossEntropyLoss(), lambda: SCORES.softmax(1).log()),
    "attention": (nn.CrossEntropyLoss(), lambda: SCORES.softmax(1) @ learngrad.ones(5, 5)),
    "outside the graph": (nn.CrossEntropyLoss(), lambda: SCORES.detach().softmax(1)),
    "log probabilities": (nn.NLLLoss(), lambda: nn.LogSoftmax(1)(SCORES)),
}


@pytest.mark.parametrize("case", NOTICED)
def test_a_softmax_before_the_loss_is_noticed_once(case):
    loss, scores = NOTICED[case]
    caught = heard(lambda: copy.deepcopy(loss)(scores(), TARGET))
    assert [w.category for w in caught] == [UserWarning]
    assert caught[0].filename == __file__  # it points at the line that calls the loss
    text = str(caught[0].message)
    assert "softmax" in text
    assert "test_losses.py" in text  # and names the line that the softmax ran in
    fresh = copy.deepcopy(loss)
    assert len(heard(lambda: fresh(scores(), TARGET), times=3)) == 1


@pytest.mark.parametrize("case", FINE)
def test_what_is_right_goes_without_a_word(case):
    loss, scores = FINE[case]
    assert not heard(lambda: loss(scores(), TARGET))


def test_a_sigmoid_before_logits_is_noticed_once():
    target = learngrad.tensor(Q)
    for probabilities in (lambda: learngrad.sigmoid(SCORES), lambda: nn.Sigmoid()(SCORES),
                          lambda: SCORES.sigmoid().reshape(4, 5)):
        loss = nn.BCEWithLogitsLoss()
        caught = heard(lambda: loss(probabilities(), target), times=2)  # noqa: B023
        assert len(caught) == 1
        assert "sigmoid" in str(caught[0].message)
        assert not heard(lambda: nn.BCELoss()(probabilities(), target))  # noqa: B023
    assert not heard(lambda: nn.BCEWithLogitsLoss()(SCORES * 2, target))
    assert not heard(lambda: nn.MSELoss()(SCORES.sigmoid(), target))


@pytest.mark.skipif(torch is None, reason="needs PyTorch")
def test_a_notice_changes_no_number():
    scores = SCORES.softmax(1)
    with pytest.warns(UserWarning, match="softmax"):
        ours = nn.CrossEntropyLoss()(scores, TARGET).item()
    theirs = torch.nn.CrossEntropyLoss()(torch.tensor(scores.detach().numpy()),
                                         torch.tensor(RIGHT)).item()
    assert ours == pytest.approx(theirs, rel=1e-5)
