"""Mixed precision on the GPU: half where it should be, one look a step, the same descent."""

import pytest

import learngrad as lg
from learngrad import nn, optim


def descent(device, halves):
    lg.manual_seed(0)
    X, y = lg.randn(32, 8).to(device), lg.tensor([0, 1] * 16, device=device)
    model = nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 2))
    model.to(device)
    optimizer = optim.AdamW(model.parameters(), lr=0.05)
    scaler = lg.amp.GradScaler(device, enabled=halves)
    losses = []
    for _ in range(12):
        optimizer.zero_grad()
        with lg.autocast(device, enabled=halves):
            out = model(X)
            loss = nn.functional.cross_entropy(out, y)
        assert out.dtype == (lg.float16 if halves else lg.float32)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss)
    return losses


def test_the_same_descent_to_the_precision_of_half():
    whole = [loss.item() for loss in descent("cuda", halves=False)]
    halves = [loss.item() for loss in descent("cuda", halves=True)]
    assert halves == pytest.approx(whole, abs=0.02)
    assert halves[-1] < 0.5 * halves[0]


def test_a_step_looks_once(counts):
    descent("cuda", halves=False)
    counts.reset()
    before = descent("cuda", halves=False)
    plain = counts.waits
    counts.reset()
    descent("cuda", halves=True)
    assert counts.waits - plain == len(before)
