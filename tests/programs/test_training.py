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


@pytest.fixture
def both(request):
    """Both libraries compute in one dtype."""
    libraries = [learngrad]
    if HAS_TORCH:
        import torch

        torch.set_num_threads(1)
        libraries.append(torch)
    for library in libraries:
        library.manual_seed(0)
        library.set_default_dtype(getattr(library, request.param))
    yield libraries
    for library in libraries:
        library.set_default_dtype(library.float32)


# Where two values nearly tie, a rounding decides which one a pooling or a ReLU lets through, and
# Adam makes full steps of gradients that are nearly 0: two float32 libraries part after some steps.
@pytest.mark.parametrize(("both", "steps", "rtol"), [("float64", None, 1e-8), ("float32", 8, 1e-4)],
                         indirect=["both"], ids=["float64", "float32"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_the_loss_curve_is_the_reference(program, both, steps, rtol):
    ours, reference = both[0], both[-1]
    start = Start(learngrad.get_default_dtype())
    expected = program(reference, start)
    start.again()
    losses = program(ours, start)
    assert len(losses) >= 50
    assert start.next == len(start.states)
    # A policy's loss is close to 0 and crosses it.
    np.testing.assert_allclose(losses[:steps], expected[:steps], rtol=rtol, atol=rtol / 10)


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.__name__ not in ("gan", "policy")],
                         ids=lambda p: p.__name__)
def test_it_learns(program):
    learngrad.manual_seed(1)
    losses = program(learngrad, Start())
    assert np.mean(losses[-10:]) < np.mean(losses[:10])
