"""Every row of the layers' tables on the GPU: the same numbers as on the CPU."""

import numpy as np
import pytest

import learngrad as lg
from tests.nn import (
    test_activations,
    test_conv,
    test_embedding,
    test_losses,
    test_normalization,
    test_pooling,
)
from tests.nn.table import filled, made, named

ROWS = [row for family in (test_activations, test_conv, test_pooling, test_normalization,
                           test_embedding, test_losses) for row in family.ROWS]


def ran(row, device, state):
    """Outputs, gradients and buffers after one call in training and one in evaluation."""
    layer = made(lg, row)
    layer.load_state_dict(state)
    layer.to(device)
    found = []
    for mode in (True, False):
        inputs = [lg.tensor(np.asarray(x), device=device) for x in row.inputs]
        for k, x in enumerate(inputs):
            if x.is_floating_point() and k < row.differentiable:
                x.requires_grad_()
        out = layer.train(mode)(*inputs)
        outs = out if isinstance(out, tuple) else (out,)
        if outs[0].requires_grad:
            (outs[0] * outs[0]).sum().backward()
        found += [*outs, *(x.grad for x in [*inputs, *layer.parameters()] if x.grad is not None)]
        found += [b.clone() for b in layer.buffers()]
    assert {t.device.type for t in found} == {device}
    return [t.detach().cpu().numpy() for t in found]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_same_numbers(row):
    state = filled({key: t.numpy() for key, t in made(lg, row).state_dict().items()})
    here, there = ran(row, "cpu", state), ran(row, "cuda", state)
    assert len(here) == len(there)
    for a, b in zip(here, there, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-4)
