"""`why_no_grad` names the cause, each of them; inference mode."""

from __future__ import annotations

import pytest

import learngrad


def test_before_any_backward():
    w = learngrad.tensor(2.0, requires_grad=True)
    w * 3
    assert w.why_no_grad() == "No backward has run since w was made: call backward on the loss."


def test_not_reached_names_the_backward():
    w = learngrad.tensor(2.0, requires_grad=True)
    v = learngrad.tensor(2.0, requires_grad=True)
    (v * 3).backward()
    why = w.why_no_grad()
    assert "did not reach w" in why
    assert "(v * 3).backward()" in why
    assert v.why_no_grad().startswith("v has a gradient")


def test_cut_by_detach_names_the_line():
    w = learngrad.tensor(2.0, requires_grad=True)
    hidden = w * 2
    cut = hidden.detach()
    assert "cut = hidden.detach()" in cut.why_no_grad()
    hidden.detach_()
    assert not hidden.requires_grad
    assert "hidden.detach_()" in hidden.why_no_grad()


def test_not_a_leaf_names_its_operation():
    w = learngrad.tensor(2.0, requires_grad=True)
    hidden = w * 2
    why = hidden.why_no_grad()
    assert "hidden is not a leaf: mul made it" in why
    assert "retain_grad" in why


def test_needs_none():
    constant = learngrad.tensor(2.0)
    counts = learngrad.tensor([1, 2])
    assert "requires_grad=True" in constant.why_no_grad()
    assert "int64" in counts.why_no_grad()


def test_inference_mode():
    w = learngrad.tensor(2.0, requires_grad=True)
    with learngrad.inference_mode():
        assert not (w * 2).requires_grad
    with learngrad.inference_mode(False):
        assert (w * 2).requires_grad

    @learngrad.inference_mode()
    def ask(x):
        return x * 2

    assert not ask(w).requires_grad
    assert (w * 2).requires_grad


def test_asking_a_tensor_in_the_middle_is_told_why():
    x = learngrad.tensor(2.0, requires_grad=True)
    y = x * 3
    y.backward()
    with pytest.warns(UserWarning, match="y is not a leaf: mul made it") as told:
        assert y.grad is None
    assert told[0].filename == __file__
    kept = x * 3
    kept.retain_grad()
    assert kept.grad is None  # it will have one: nothing to tell
    kept.backward()
    assert kept.grad.item() == 1
    assert learngrad.tensor(1.0).grad is None
