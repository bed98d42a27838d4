"""Whole programs, run by learngrad and by PyTorch from the same weights: one loss curve."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

import learngrad
from tests.programs import sequences, vision
from tests.programs.shared import Start

PROGRAMS = [*vision.PROGRAMS, *sequences.PROGRAMS]
HAS_TORCH = importlib.util.find_spec("torch") is not None


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_the_loss_curve_is_the_reference(program):
    learngrad.manual_seed(0)
    start = Start()
    if HAS_TORCH:
        import torch

        torch.manual_seed(0)
        torch.set_num_threads(1)
        expected = program(torch, start)
    else:
        expected = program(learngrad, start)
    start.again()
    losses = program(learngrad, start)
    assert len(losses) >= 50
    assert start.next == len(start.states)
    # A policy's loss is close to 0 and crosses it.
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.__name__ not in ("gan", "policy")],
                         ids=lambda p: p.__name__)
def test_it_learns(program):
    learngrad.manual_seed(1)
    losses = program(learngrad, Start())
    assert np.mean(losses[-10:]) < np.mean(losses[:10])
