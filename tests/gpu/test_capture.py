"""Steps that are recorded as a CUDA graph: the same descent, and errors that say why not."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors, nn, optim
from learngrad.cuda.products import direct
from tests import cupy_standin

OPTIMISERS = {
    "SGD": lambda params: optim.SGD(params, lr=0.1),
    "momentum": lambda params: optim.SGD(params, lr=0.05, momentum=0.9),
    "Adam": lambda params: optim.Adam(params, lr=0.02),
    "AdamW, amsgrad": lambda params: optim.AdamW(params, lr=0.02, amsgrad=True),
    "RMSprop": lambda params: optim.RMSprop(params, lr=0.01),
    "Adagrad": lambda params: optim.Adagrad(params, lr=0.1, lr_decay=0.1),
}


def training(make, device="cuda"):
    lg.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 3)).to(device)
    optimizer = make(model.parameters())

    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return model, optimizer, step


def batches(count, device="cuda"):
    rng = np.random.default_rng(1)
    return [(lg.tensor(rng.standard_normal((6, 4)).astype(np.float32), device=device),
             lg.tensor(rng.integers(0, 3, 6), device=device)) for _ in range(count)]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_same_descent_as_in_python(name):
    _, _, plain = training(OPTIMISERS[name])
    expected = [plain(*batch).item() for batch in batches(12)]
    model, optimizer, step = training(OPTIMISERS[name])
    recorded = lg.cuda.graph(step)
    losses = [recorded(*batch) for batch in batches(12)]
    assert recorded.is_recorded
    np.testing.assert_allclose([loss.item() for loss in losses], expected, rtol=1e-4)
    counts = {s["step"] for s in optimizer.state.values() if "step" in s}
    assert counts <= {12}
    assert all(p.grad is not None for p in model.parameters())


def test_python_does_not_run_any_more():
    calls = []
    w = lg.ones(2, device="cuda", requires_grad=True)

    @lg.cuda.graph(warmup=2)
    def step(x):
        """One step."""
        calls.append(1)
        return {"loss": (w * x).sum()}

    assert [step(lg.full((2,), k, device="cuda"))["loss"].item()
            for k in (1.0, 2.0, 3.0, 4.0, 5.0)] == [2.0, 4.0, 6.0, 8.0, 10.0]
    assert len(calls) == 3  # twice in Python, once to record
    assert step.__doc__ == "One step."
    step.reset()
    step(lg.ones(3, device="cuda")[:2])
    assert len(calls) == 4


def test_steps_in_between_count():
    _, _, plain = training(OPTIMISERS["Adam"])
    _, _, step = training(OPTIMISERS["Adam"])
    recorded = lg.cuda.graph(step)
    for k, batch in enumerate(batches(10)):
        expected = plain(*batch).item()
        assert (step if k in (5, 6) else recorded)(*batch).item() == pytest.approx(
            expected, rel=1e-4)


def test_a_schedule_is_followed():
    def scheduled(step, optimizer):
        schedule = optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.3)
        losses = []
        for batch in batches(12):
            losses.append(step(*batch).item())
            schedule.step()
        return losses

    _, one, plain = training(OPTIMISERS["SGD"])
    _, two, step = training(OPTIMISERS["SGD"])
    np.testing.assert_allclose(scheduled(lg.cuda.graph(step), two), scheduled(plain, one),
                               rtol=1e-4)


def scaled(wrap, half, broken):
    """Losses, scales and weights of a training whose gradients break in some of its steps."""
    model, optimizer, _ = training(OPTIMISERS["momentum"])
    scaler = lg.amp.GradScaler(init_scale=1024.0, growth_interval=4)

    def step(x, y, factor):
        optimizer.zero_grad()
        with lg.autocast("cuda", dtype=half):
            loss = nn.functional.cross_entropy(model(x), y)
        scaler.scale(loss * factor).backward()
        return loss

    step, seen = wrap(step), []
    for k, (x, y) in enumerate(batches(14)):
        loss = step(x, y, lg.tensor(float("inf") if k in broken else 1.0, device="cuda"))
        scaler.step(optimizer)
        scaler.update()
        seen.append((loss.item(), scaler.get_scale()))
        if k % 2:
            optimizer.zero_grad()  # also outside: the next replay gives the gradients back
    return step, seen, [p.detach().cpu().numpy() for p in model.parameters()]


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
@pytest.mark.parametrize(("broken", "scales"), [((2, 7), {512.0, 1024.0}),
                                                ((7,), {1024.0, 2048.0})])
def test_a_recorded_step_follows_the_scale(half, broken, scales):
    _, expected, weights = scaled(lambda step: step, half, broken)
    step, seen, mine = scaled(lg.cuda.graph, half, broken)
    assert step.is_recorded
    assert {scale for _, scale in seen} == scales
    np.testing.assert_allclose(seen, expected, rtol=1e-3)
    for a, b in zip(mine, weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_a_scaler_does_not_look_in_a_recorded_step():
    model, optimizer, _ = training(OPTIMISERS["SGD"])
    scaler = lg.amp.GradScaler()

    @lg.cuda.graph
    def step(x, y):
        optimizer.zero_grad()
        scaler.scale(nn.functional.cross_entropy(model(x), y)).backward()
        scaler.step(optimizer)
        scaler.update()

    (*before, last) = batches(4)
    for batch in before:
        step(*batch)
    with pytest.raises(errors.GraphError, match="finite") as caught:
        step(*last)
    assert "after it scaler.step" in caught.value.fix


BETWEEN = {  # what a program does with .grad before its step number k
    "nothing": lambda w, k: None,
    "cleared": lambda w, k: setattr(w, "grad", None) if k % 2 == 0 else None,
    "cleared in odd steps": lambda w, k: setattr(w, "grad", None) if k % 2 else None,
    "zeroed": lambda w, k: w.grad.zero_() if w.grad is not None and k % 3 == 0 else None,
    "another": lambda w, k: setattr(w, "grad", lg.full((2,), 5.0, device="cuda")) if k % 3 == 0
    else None,
    "scaled": lambda w, k: w.grad.mul_(0.5) if w.grad is not None else None,
}
INSIDE = {"adds": lambda w: None, "clears": lambda w: setattr(w, "grad", None),
          "zeroes": lambda w: w.grad.zero_() if w.grad is not None else None}


@pytest.mark.parametrize("inside", INSIDE)
@pytest.mark.parametrize("between", BETWEEN)
def test_gradients_are_those_of_python_whatever_happens_between(between, inside):
    def gradients(wrap):
        w, seen = lg.ones(2, device="cuda", requires_grad=True), []

        def step(x):
            INSIDE[inside](w)
            (w * x).sum().backward()

        step = wrap(step)
        for k in range(12):
            BETWEEN[between](w, k)
            step(lg.full((2,), k + 1.0, device="cuda"))
            seen.append(w.grad[0].item())
        return seen

    assert gradients(lg.cuda.graph) == gradients(lambda step: step)


def test_gradients_that_a_step_does_not_write_stay():
    w = lg.ones(2, device="cuda", requires_grad=True)
    seen = []

    @lg.cuda.graph
    def train(x):
        w.grad = None
        (w * x).sum().backward()

    @lg.cuda.graph(warmup=2)
    def evaluate(x):
        with lg.no_grad():
            return (w * x).sum()

    @lg.cuda.graph(warmup=2)
    def slope(x):
        return lg.autograd.grad((w * x).sum(), w)[0].sum()

    for k in range(10):
        x = lg.full((2,), k + 1.0, device="cuda")
        train(x)
        assert (evaluate(x).item(), slope(x).item()) == (2 * k + 2, 2 * k + 2)
        seen.append(w.grad[0].item())
    assert seen == [k + 1.0 for k in range(10)]
    assert [one.is_recorded for one in (train, evaluate, slope)] == [True] * 3
    w.grad = None
    evaluate(x)
    assert w.grad is None


@pytest.mark.filterwarnings("ignore:1 parameter of SGD had no gradient")
def test_what_gets_no_gradient_is_not_moved():
    def weights(wrap):
        w, other = (lg.ones(2, device="cuda", requires_grad=True) for _ in range(2))
        optimizer = optim.SGD([w, other], lr=0.1, weight_decay=0.5)

        def step(x):
            optimizer.zero_grad()
            with lg.no_grad():
                scale = other.sum()
            (w * x * scale).sum().backward()
            optimizer.step()

        step = wrap(step)
        for k in range(8):
            step(lg.full((2,), k + 1.0, device="cuda"))
        return w.tolist(), other.tolist(), other.grad

    assert weights(lg.cuda.graph) == weights(lambda step: step)


def test_a_recording_that_fails_leaves_gradients_as_they_were():
    w = lg.ones(2, device="cuda", requires_grad=True)

    @lg.cuda.graph(warmup=2)
    def step(x):
        loss = (w * x).sum()
        loss.backward()
        return loss.item()

    x = lg.ones(2, device="cuda")
    step(x)
    step(x)
    w.grad = None
    with pytest.raises(errors.GraphError, match="looks at a value"):
        step(x)
    assert w.grad is None


def test_draws_are_new_each_time():
    x = lg.ones(64, device="cuda")
    step = lg.cuda.graph(lambda: nn.functional.dropout(x, 0.5))
    seen = [tuple(step().tolist()) for _ in range(8)]
    assert step.is_recorded
    assert len(set(seen)) == 8


@pytest.mark.parametrize("layer", [
    nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(3), nn.AdaptiveMaxPool2d(3), nn.ReflectionPad2d(1),
    nn.Upsample(scale_factor=2)], ids=lambda layer: type(layer).__name__)
def test_layers_that_compute_weights_of_shapes(layer):
    w = lg.ones(1, device="cuda", requires_grad=True)

    @lg.cuda.graph(warmup=2)
    def step(x):
        w.grad = None
        loss = (layer(x * w) ** 2).mean()
        loss.backward()
        return loss, w.grad

    for k in range(4):
        x = lg.randn(2, 3, 8, 8, generator=lg.Generator().manual_seed(k))
        there = [t.item() for t in step(x.cuda())]
        here = (layer(x) ** 2).mean().item()
        np.testing.assert_allclose(there, [here, 2 * here], rtol=1e-4)
    assert step.is_recorded


def test_what_was_kept_does_not_change():
    step = lg.cuda.graph(lambda x: x * 2, warmup=2)
    kept = [step(lg.full((1,), k, device="cuda")) for k in (1.0, 2.0, 3.0, 4.0)]
    assert [t.item() for t in kept] == [2.0, 4.0, 6.0, 8.0]


def test_an_input_of_another_shape():
    step = lg.cuda.graph(lambda x: x.sum(), warmup=2)
    for _ in range(4):
        step(lg.ones(4, device="cuda"))
    with pytest.raises(errors.ArgumentError, match="made for one shape") as caught:
        step(lg.ones(3, device="cuda"))
    assert "drop_last=True" in caught.value.fix
    with pytest.raises(errors.ArgumentError, match="made for one shape"):
        step(lg.ones(4))
    with pytest.raises(errors.ArgumentError, match="a tensor when it was recorded, and is 3"):
        step(3)
    with pytest.raises(errors.ArgumentError, match="recorded with 1"):
        step()
    assert step(lg.full((4,), 2.0, device="cuda")).item() == 8.0


def test_control_flow_that_changes_is_told():
    turns = iter(range(10))

    @lg.cuda.graph
    def step(x):
        x = x * 2
        return x.relu() if next(turns) % 2 else x.tanh()

    x = lg.ones(2, device="cuda")
    step(x)
    step(x)
    with pytest.raises(errors.GraphError, match="does not do the same each time") as caught:
        step(x)
    text = str(caught.value)
    assert "operation 2 was relu [2]" in text
    assert "is tanh [2]" in text
    assert "x.relu() if next(turns)" in text


def test_a_step_that_changes_when_it_is_recorded():
    turns = iter(range(10))
    step = lg.cuda.graph(lambda x: x.relu() if next(turns) == 2 else x.tanh(), warmup=2)
    x = lg.ones(2, device="cuda")
    step(x)
    step(x)
    with pytest.raises(errors.GraphError, match=r"operation 1 was tanh .* and is relu"):
        step(x)
    assert (x * 2).sum().item() == 4.0


@pytest.mark.parametrize("stop", [
    KeyboardInterrupt(), cupy_standin.runtime.OutOfMemoryError("Out of memory allocating 8 bytes")],
    ids=["interrupted", "no memory"])
def test_a_recording_that_is_broken_off(stop):
    """What was raised comes out, and the GPU and the step are usable."""
    turns = iter(range(10))

    @lg.cuda.graph(warmup=2)
    def step(x):
        if next(turns) == 2:
            raise stop
        return x * 2

    x = lg.ones(2, device="cuda")
    step(x)
    step(x)
    with pytest.raises(type(stop)):
        step(x)
    assert (x * 3).sum().item() == 6.0
    assert [step(x).sum().item() for _ in range(3)] == [4.0, 4.0, 4.0]
    assert step.is_recorded


def test_what_the_cpu_does_is_not_recorded():
    """A replay would give the same numbers for ever."""
    step = lg.cuda.graph(lambda x: x.sum(), warmup=2)
    assert [step(lg.full((2,), k)).item() for k in (1.0, 2.0)] == [2.0, 4.0]
    with pytest.raises(errors.ArgumentError, match=r"input 1 of .* is on the CPU") as caught:
        step(lg.ones(2))
    assert caught.value.fix == 'step(x.to("cuda"))'
    here = lg.ones(2)
    step = lg.cuda.graph(lambda x: (x * 2, here * 3), warmup=2)
    x = lg.ones(2, device="cuda")
    step(x)
    step(x)
    with pytest.raises(errors.GraphError, match=r"mul at .*here.* works on the CPU"):
        step(x)
    assert (x * 3).sum().item() == 6.0


def test_a_number_that_a_step_makes():
    w = lg.ones(2, device="cuda")
    step = lg.cuda.graph(lambda x: (x * lg.tensor(2.0, device="cuda") * w).sum(), warmup=2)
    found = [step(lg.full((2,), k, device="cuda")).item() for k in (1.0, 2.0, 3.0, 4.0)]
    assert found == [4.0, 8.0, 12.0, 16.0]


def test_a_step_whose_shapes_follow_from_values():
    for pick in (lambda x: x[x > 0].sum(), lambda x: x.nonzero().sum(),
                 lambda x: x.unique().sum()):
        step = lg.cuda.graph(pick, warmup=2)
        x = lg.ones(4, device="cuda")
        step(x)
        step(x)
        with pytest.raises(errors.GraphError, match="looks at a value"):
            step(x)


def test_a_step_that_looks_at_a_value():
    @lg.cuda.graph(warmup=2)
    def step(x):
        return x * 2 if x.sum().item() > 0 else x

    x = lg.ones(2, device="cuda")
    step(x)
    step(x)
    with pytest.raises(errors.GraphError, match="looks at a value") as caught:
        step(x)
    assert ".item()" in caught.value.fix
    assert (x * 3).sum().item() == 6.0  # the GPU is usable


def test_a_rule_that_counts_in_python():
    _, _, step = training(lambda params: optim.NAdam(params, lr=0.01))
    recorded = lg.cuda.graph(step, warmup=2)
    for batch in batches(2):
        recorded(*batch)
    with pytest.raises(errors.GraphError, match="counts its steps in Python"):
        recorded(*batches(1)[0])


def test_without_a_gpu_it_is_the_step_itself(monkeypatch):
    monkeypatch.setattr("learngrad.cuda.capture.is_available", lambda: False)
    step = lg.cuda.graph(lambda x: x + 1)
    assert [step(lg.ones(1)).item() for _ in range(6)] == [2.0] * 6
    assert not step.is_recorded
    with pytest.raises(errors.ArgumentError, match="warmup=1"):
        lg.cuda.graph(lambda: 1, warmup=1)


SHAPES = [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((4,), (4, 5)),
          ((3, 4), (4,)), ((4,), (4,)), ((5, 1, 3, 4), (2, 4, 2)), ((1, 4), (4, 1)),
          ((3, 1), (1, 3)), ((0, 4), (4, 2)), ((3, 0), (0, 2))]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_products_are_numpys_however_their_operands_lie(cupy, shapes, dtype):
    rng = np.random.default_rng(0)
    for turn in range(4):
        here = []
        for k, shape in enumerate(shapes):
            x = rng.standard_normal(shape).astype(dtype)
            if turn >> k & 1 and x.ndim > 1:  # by columns
                x = np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)
            here.append(x)
        there = [cupy.asarray(np.ascontiguousarray(x)) if x.flags.c_contiguous else
                 cupy.asarray(np.ascontiguousarray(x.swapaxes(-1, -2))).swapaxes(-1, -2)
                 for x in here]
        expected = np.matmul(*here)
        with direct():
            found = there[0] @ there[1]
            out = cupy.empty(expected.shape, dtype)
            if out.ndim:
                np.matmul(*there, out=out)
                np.testing.assert_allclose(cupy.asnumpy(out), expected, rtol=2e-3, atol=2e-3)
        assert found.shape == expected.shape
        np.testing.assert_allclose(cupy.asnumpy(found), expected, rtol=2e-3, atol=2e-3)


def test_products_of_integers_are_refused_in_words(cupy):
    x = cupy.asarray(np.eye(2, dtype=np.int64))
    with direct(), pytest.raises(errors.DtypeError, match="int64"):
        x @ x


def test_a_part_of_a_matrix(cupy):
    a = np.arange(24, dtype=np.float32).reshape(4, 6)
    there = cupy.asarray(a)
    with direct():
        for part in (np.s_[:, 1:4], np.s_[::2], np.s_[:, ::2], np.s_[1:3, 2:]):
            np.testing.assert_allclose(cupy.asnumpy(there[part].T @ there[part]),
                                       a[part].T @ a[part])
    assert cupy.ndarray.__matmul__.__name__ != "product"
