"""Each scheduler's rates, step by step, against PyTorch and against its formula."""

import copy
import itertools
import math

import pytest

import learngrad
from learngrad import optim
from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError
from tests.optable.reference import torch

STEPS = 70
LIBRARIES = [learngrad] if torch is None else [learngrad, torch]
BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=lambda lib: lib.__name__)
LR = [0.5, 0.2]


def optimizer_of(lib, kind="SGD"):
    params = [{"params": [lib.ones(1, requires_grad=True)], "lr": lr} for lr in LR]
    for group in params:
        group["params"][0].grad = lib.ones(1)
    return getattr(lib.optim, kind)(params, **({"momentum": 0.7} if kind == "SGD" else {}))


def of(name, **settings):
    """How to make a scheduler of a library, for an optimiser."""
    return lambda lib, o: getattr(lib.optim.lr_scheduler, name)(o, **settings)


def chained(*parts):
    return lambda lib, o: lib.optim.lr_scheduler.ChainedScheduler([part(lib, o) for part in parts])


def sequential(milestones, *parts):
    return lambda lib, o: lib.optim.lr_scheduler.SequentialLR(
        o, [part(lib, o) for part in parts], milestones)


def cosine(t, T, low=0.0, high=1.0):
    return low + (high - low) * (1 + math.cos(math.pi * t / T)) / 2


def line(start, end, t, steps):
    return start + (end - start) * min(t, steps) / steps


def longer_and_longer(lr, t, T=5):
    while t >= T:
        t, T = t - T, 2 * T
    return cosine(t, T, 0.03, lr)


def triangle(t, up, down, low, high):
    t %= up + down
    return low + (high - low) * (t / up if t <= up else (up + down - t) / down)


def one_cycle(t, steps, high, rise=0.3, low=25.0, three=False, way=cosine):
    """From `high / low` to `high` and back, and on to a ten thousandth of the beginning."""
    points = [(0, high / low), (rise * steps - 1, high), (steps - 1, high / low / 1e4)]
    if three:
        points.insert(2, (2 * rise * steps - 2, high / low))
    for (start, a), (end, b) in itertools.pairwise(points):
        if start <= t <= end:
            return way(t - start, end - start, b, a)
    raise AssertionError(t)


# name: (how to make it, its rate from its first one at step t; None where PyTorch alone knows)
SCHEDULERS = {
    "stairs": (of("StepLR", step_size=7, gamma=0.5), lambda lr, t: lr * 0.5 ** (t // 7)),
    "stairs of one": (of("StepLR", step_size=1), lambda lr, t: lr * 0.1**t),
    "milestones": (of("MultiStepLR", milestones=[30, 10, 30, 50], gamma=0.3),
                   lambda lr, t: lr * 0.3 ** sum(m <= t for m in (10, 30, 30, 50))),
    "exponential": (of("ExponentialLR", gamma=0.93), lambda lr, t: lr * 0.93**t),
    "constant": (of("ConstantLR"), lambda lr, t: lr / 3 if t < 5 else lr),
    "constant, long": (of("ConstantLR", factor=0.2, total_iters=40),
                       lambda lr, t: lr * (0.2 if t < 40 else 1)),
    "linear": (of("LinearLR"), lambda lr, t: lr * (1 / 3 + 2 / 3 * min(t, 5) / 5)),
    "linear, down": (of("LinearLR", start_factor=1.0, end_factor=0.01, total_iters=50),
                     lambda lr, t: lr * (1 - 0.99 * min(t, 50) / 50)),
    "polynomial": (of("PolynomialLR", total_iters=50, power=2.0),
                   lambda lr, t: lr * (1 - min(t, 50) / 50) ** 2),
    "polynomial, short": (of("PolynomialLR"), lambda lr, t: lr * (1 - min(t, 5) / 5)),
    "function": (of("LambdaLR", lr_lambda=lambda t: 1 / (1 + t)), lambda lr, t: lr / (1 + t)),
    "functions": (of("LambdaLR", lr_lambda=[lambda t: 0.9**t, lambda t: 1 + t % 3]),
                  lambda lr, t: lr * (0.9**t if lr == LR[0] else 1 + t % 3)),
    "factors": (of("MultiplicativeLR", lr_lambda=lambda t: 0.95), lambda lr, t: lr * 0.95**t),
    "cosine": (of("CosineAnnealingLR", T_max=60), lambda lr, t: cosine(t, 60, 0, lr)),
    "cosine, up again": (of("CosineAnnealingLR", T_max=9, eta_min=0.01),
                         lambda lr, t: cosine(t, 9, 0.01, lr)),
    "restarts": (of("CosineAnnealingWarmRestarts", T_0=11),
                 lambda lr, t: cosine(t % 11, 11, 0, lr)),
    "restarts, longer": (of("CosineAnnealingWarmRestarts", T_0=5, T_mult=2, eta_min=0.03),
                         longer_and_longer),
    "triangles": (of("CyclicLR", base_lr=0.1, max_lr=0.6, step_size_up=8),
                  lambda lr, t: 0.6 - 0.5 * abs(t % 16 - 8) / 8),
    "triangles, lower": (of("CyclicLR", base_lr=0.1, max_lr=[0.6, 0.8], step_size_up=5,
                            step_size_down=9, mode="triangular2"),
                         lambda lr, t: triangle(t, 5, 9, 0.1, 0.1 + (
                             0.5 if lr == LR[0] else 0.7) / 2 ** (t // 14))),
    "triangles, falling": (of("CyclicLR", base_lr=[0.1, 0.2], max_lr=0.6, step_size_up=5,
                              mode="exp_range", gamma=0.97, base_momentum=0.3),
                           lambda lr, t: (low := 0.1 if lr == LR[0] else 0.2) + triangle(
                               t, 5, 5, 0, 0.6 - low) * 0.97**t),
    "triangles, own": (of("CyclicLR", base_lr=0.1, max_lr=0.6, step_size_up=5,
                          scale_fn=lambda x: 1 / x, cycle_momentum=False),
                       lambda lr, t: triangle(t, 5, 5, 0.1, 0.1 + 0.5 / (1 + t // 10))),
    "one cycle": (of("OneCycleLR", max_lr=1.0, total_steps=STEPS + 1),
                  lambda lr, t: one_cycle(t, STEPS + 1, 1.0)),
    "one cycle, lines": (of("OneCycleLR", max_lr=[1.0, 0.3], epochs=8, steps_per_epoch=9,
                            anneal_strategy="linear", pct_start=0.4),
                         lambda lr, t: one_cycle(t, 72, 1.0 if lr == LR[0] else 0.3, 0.4,
                                                 way=lambda t, T, b, a: line(a, b, t, T))),
    "one cycle, three phases": (of("OneCycleLR", max_lr=1.0, total_steps=STEPS + 1,
                                   three_phase=True, cycle_momentum=False, div_factor=10.0),
                                lambda lr, t: one_cycle(t, STEPS + 1, 1.0, low=10.0, three=True)),
    "chained": (chained(of("ConstantLR", factor=0.1, total_iters=8), of("ExponentialLR", gamma=0.9),
                        of("CosineAnnealingLR", T_max=13)), None),
    "one after another": (sequential([6, 40], of("LinearLR", start_factor=0.1, total_iters=6),
                                     of("CosineAnnealingLR", T_max=34), of("StepLR", step_size=9)),
                          lambda lr, t: lr * (line(0.1, 1, t, 6) if t < 6 else cosine(t - 6, 34)
                                              if t < 40 else 0.1 ** ((t - 40) // 9))),
    "warm-up and restarts": (sequential([10], of("LinearLR", start_factor=0.1, total_iters=10),
                                        of("CosineAnnealingWarmRestarts", T_0=7)),
                             lambda lr, t: lr * (line(0.1, 1, t, 10) if t < 10
                                                 else cosine((t - 10) % 7, 7))),
    "chains in sequence": (sequential(
        [9], chained(of("ConstantLR", total_iters=4), of("ExponentialLR", gamma=0.9)),
        of("ExponentialLR", gamma=0.8)),
        lambda lr, t: lr * (0.8 ** (t - 9) if t >= 9 else 0.9**t * (1 / 3 if t < 4 else 1))),
    "a chain comes second": (sequential(
        [9], of("ExponentialLR", gamma=0.8),
        chained(of("ConstantLR", total_iters=4), of("ExponentialLR", gamma=0.9))),
        lambda lr, t: lr * (0.8**t if t < 9 else 0.9 ** (t - 9) * (1 / 3 if t < 13 else 1))),
    "averages": (lambda lib, o: lib.optim.swa_utils.SWALR(o, swa_lr=0.05),
                 lambda lr, t: cosine(min(t, 10), 10, 0.05, lr)),
    "averages, lines": (lambda lib, o: lib.optim.swa_utils.SWALR(
        o, swa_lr=[0.05, 0.4], anneal_epochs=20, anneal_strategy="linear"),
        lambda lr, t: line(lr, 0.05 if lr == LR[0] else 0.4, t, 20)),
    "averages, at once": (lambda lib, o: lib.optim.swa_utils.SWALR(
        o, swa_lr=0.05, anneal_epochs=0), lambda lr, t: 0.05),
}
ALL = pytest.mark.parametrize("name", SCHEDULERS)
# PyTorch's chains take their first step in a sequence as a second one, and decay; or have none.
COMPARED = [name for name in SCHEDULERS if name not in (
    "chains in sequence", "a chain comes second")]


def rates(lib, name, steps=STEPS, kind="SGD"):
    optimizer = optimizer_of(lib, kind)
    scheduler = SCHEDULERS[name][0](lib, optimizer)
    for _ in range(steps):
        groups = optimizer.param_groups
        assert scheduler.get_last_lr() == [group["lr"] for group in groups]
        yield [(g["lr"], g["momentum"] if kind == "SGD" else g["betas"]) for g in groups]
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("name", [name for name, (_, f) in SCHEDULERS.items() if f is not None])
def test_rates_by_formula(name):
    formula = SCHEDULERS[name][1]
    for t, ours in enumerate(rates(learngrad, name)):
        for (lr, _), first in zip(ours, LR, strict=True):
            assert lr == pytest.approx(formula(first, t), rel=1e-9, abs=1e-12)


@pytest.mark.skipif(torch is None, reason="compares with PyTorch")
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("name", COMPARED)
def test_rates_as_in_pytorch(name, kind):
    for ours, theirs in zip(rates(learngrad, name, kind=kind), rates(torch, name, kind=kind),
                            strict=True):
        for a, b in zip(ours, theirs, strict=True):
            assert a[0] == pytest.approx(b[0], rel=1e-12, abs=1e-15)
            assert a[1] == pytest.approx(b[1], rel=1e-12)


def from_a_file(state):
    """What a checkpoint gives back: plain dicts and lists."""
    if isinstance(state, dict):
        return {key: from_a_file(value) for key, value in state.items()}
    return [from_a_file(x) for x in state] if isinstance(state, (list, tuple)) else state


@ALL
def test_it_goes_on_from_a_state(name):
    make = SCHEDULERS[name][0]
    whole = list(rates(learngrad, name))
    optimizer = optimizer_of(learngrad)
    scheduler = make(learngrad, optimizer)
    for _ in range(23):
        optimizer.step()
        scheduler.step()
    saved = from_a_file((optimizer.state_dict(), scheduler.state_dict()))
    resumed = optimizer_of(learngrad)
    later = make(learngrad, resumed)
    resumed.load_state_dict(saved[0])
    later.load_state_dict(saved[1])
    assert later.optimizer is resumed
    for expected in whole[23:]:
        assert [(g["lr"], g["momentum"]) for g in resumed.param_groups] == expected
        resumed.step()
        later.step()


@pytest.mark.skipif(torch is None, reason="loads a state of PyTorch's")
@pytest.mark.parametrize("name", COMPARED)
def test_it_goes_on_from_pytorchs_state(name):
    theirs = optimizer_of(torch)
    scheduler = SCHEDULERS[name][0](torch, theirs)
    ours = optimizer_of(learngrad)
    own = SCHEDULERS[name][0](learngrad, ours)
    for _ in range(12):
        theirs.step()
        scheduler.step()
    own.load_state_dict(copy.deepcopy(scheduler.state_dict()))
    for mine, group in zip(ours.param_groups, theirs.param_groups, strict=True):
        mine.update({k: v for k, v in group.items() if k != "params"})
    for _ in range(30):
        theirs.step()
        scheduler.step()
        ours.step()
        own.step()
        assert own.get_last_lr() == pytest.approx(scheduler.get_last_lr(), rel=1e-12)


@BOTH
@pytest.mark.filterwarnings("ignore:The epoch parameter")
@pytest.mark.parametrize("name", ["stairs", "milestones", "exponential", "linear", "polynomial",
                                  "cosine, up again", "restarts", "function"])
def test_jumping_to_a_step(lib, name):
    make, formula = SCHEDULERS[name]
    optimizer = optimizer_of(lib)
    scheduler = make(lib, optimizer)
    optimizer.step()
    for t in (3, 40, 17):
        scheduler.step(t)
        assert scheduler.last_epoch == t
        assert scheduler.get_last_lr() == pytest.approx([formula(lr, t) for lr in LR], rel=1e-9)


@BOTH
def test_restarts_between_two_steps(lib):
    optimizer = optimizer_of(lib)
    scheduler = lib.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=4, T_mult=3)
    expected = {0.5: (0.5, 4), 3.75: (3.75, 4), 6.25: (2.25, 12), 16.5: (0.5, 36), 1: (1, 4)}
    for t, (at, T) in expected.items():
        scheduler.step(t)
        assert scheduler.get_last_lr() == pytest.approx([cosine(at, T, 0, lr) for lr in LR])


@BOTH
@pytest.mark.parametrize("name", ["stairs", "exponential", "cosine", "linear", "factors"])
def test_a_new_scheduler_goes_on_from_last_epoch(lib, name):
    make = SCHEDULERS[name][0]
    optimizer = optimizer_of(lib)
    scheduler = make(lib, optimizer)
    for _ in range(4):
        optimizer.step()
        scheduler.step()
    again = make_from(lib, name, optimizer, last_epoch=scheduler.last_epoch)
    assert again.last_epoch == 5
    with pytest.raises(KeyError, match="initial_lr"):
        make_from(lib, name, optimizer_of(lib), last_epoch=3)


def make_from(lib, name, optimizer, last_epoch):
    classes = {"stairs": ("StepLR", {"step_size": 7}), "exponential": ("ExponentialLR", {
        "gamma": 0.93}), "cosine": ("CosineAnnealingLR", {"T_max": 60}), "linear": ("LinearLR", {}),
        "factors": ("MultiplicativeLR", {"lr_lambda": lambda t: 0.95})}
    kind, settings = classes[name]
    return getattr(lib.optim.lr_scheduler, kind)(optimizer, **settings, last_epoch=last_epoch)


# ---- Plateaus ------------------------------------------------------------------------------------

LOSSES = [1 / (1 + k) if k < 12 else 0.08 + 0.001 * (k % 3) for k in range(80)]
PLATEAUS = [
    {}, {"patience": 2}, {"patience": 1, "factor": 0.5, "cooldown": 4}, {"mode": "max"},
    {"patience": 0, "threshold": 0.05}, {"patience": 1, "threshold": 0.01, "threshold_mode": "abs"},
    {"patience": 0, "mode": "max", "threshold": 0.2, "min_lr": 0.01},
    {"patience": 0, "mode": "max", "threshold": 0.2, "threshold_mode": "abs"},
    {"patience": 0, "min_lr": [0.1, 0.05], "eps": 0.02}]


@pytest.mark.skipif(torch is None, reason="compares with PyTorch")
@pytest.mark.parametrize("settings", PLATEAUS, ids=str)
def test_plateaus_as_in_pytorch(settings):
    pairs = []
    for lib in LIBRARIES:
        optimizer = optimizer_of(lib)
        pairs.append(lib.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **settings))
    for k, loss in enumerate(LOSSES):
        ours, theirs = pairs
        ours.step(learngrad.tensor(loss, dtype=learngrad.float64) if k % 2 else loss)
        theirs.step(loss)
        assert ours.get_last_lr() == pytest.approx(theirs.get_last_lr(), rel=1e-12)
        assert (ours.num_bad_epochs, ours.in_cooldown) == (theirs.num_bad_epochs,
                                                          theirs.in_cooldown)
        if k == 40:
            state = copy.deepcopy(ours.state_dict())
            pairs[0] = learngrad.optim.lr_scheduler.ReduceLROnPlateau(ours.optimizer)
            pairs[0].load_state_dict(state)


def test_a_plateau_by_hand():
    optimizer = optimizer_of(learngrad)
    scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2, factor=0.5)
    for loss, lr in [(2.0, 0.5), (1.0, 0.5), (1.0, 0.5), (1.5, 0.5), (1.0, 0.25), (1.0, 0.25)]:
        scheduler.step(loss)
        assert scheduler.get_last_lr() == [lr, lr * 0.4]


def test_a_plateau_with_more_groups_than_before():
    optimizer = optimizer_of(learngrad)
    one, several = (optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=low)
                    for low in (0.01, [0.01, 0.02]))
    optimizer.add_param_group({"params": learngrad.ones(1, requires_grad=True), "lr": 1.0})
    for scheduler in (one, several):
        scheduler.step(1.0)
    one.step(1.0)
    assert one.get_last_lr() == pytest.approx([0.05, 0.02, 0.1])
    with pytest.raises(GraphError, match="min_lr"):
        several.step(1.0)


# ---- What is said --------------------------------------------------------------------------------

@BOTH
def test_the_wrong_order_is_warned_of(lib):
    optimizer = optimizer_of(lib)
    scheduler = lib.optim.lr_scheduler.StepLR(optimizer, 3)
    with pytest.warns(UserWarning, match=r"optimizer\.step\(\)") as warned:
        scheduler.step()
    assert warned[0].filename == __file__
    scheduler.step()  # once is enough: a second warning would fail this test


@BOTH
def test_the_right_order_is_not(lib):
    optimizer = optimizer_of(lib)
    first, second = (lib.optim.lr_scheduler.StepLR(optimizer, 3) for _ in range(2))
    for _ in range(5):
        optimizer.step()
        first.step()
        second.step()


def test_what_listens_for_the_first_step_is_gone_after_it():
    optimizer = optimizer_of(learngrad)
    optim.lr_scheduler.StepLR(optimizer, 3)
    for _ in range(3):  # the optimiser's own look at its first steps is over then, too
        optimizer.zero_grad()
        for group in optimizer.param_groups:
            group["params"][0].grad = learngrad.ones(1)
        optimizer.step()
    assert not optimizer._after


def test_a_step_of_the_users_own_is_not_mistaken_for_none():
    class Own(optim.SGD):
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    with learngrad.no_grad():
                        p -= group["lr"] * p.grad

    w = learngrad.ones(1, requires_grad=True)
    w.grad = learngrad.ones(1)
    optimizer = Own([w], lr=0.5)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1)
    optimizer.step()
    scheduler.step()
    optimizer.step()
    assert w.item() == pytest.approx(0.45)


@BOTH
def test_asking_for_the_rates_of_no_step_is_warned_of(lib):
    scheduler = lib.optim.lr_scheduler.StepLR(optimizer_of(lib), 3)
    with pytest.warns(UserWarning, match="get_last_lr") as warned:
        scheduler.get_lr()
    assert lib is torch or warned[0].filename == __file__


@BOTH
def test_a_scheduler_of_ones_own(lib):
    class Sawtooth(lib.optim.lr_scheduler._LRScheduler):
        def __init__(self, optimizer, teeth, last_epoch=-1):
            self.teeth = teeth
            super().__init__(optimizer, last_epoch)

        def get_lr(self):
            assert self._get_lr_called_within_step
            return [base * (1 - self.last_epoch % self.teeth / self.teeth)
                    for base in self.base_lrs]

    optimizer = optimizer_of(lib)
    scheduler = Sawtooth(optimizer, 4)
    seen = []
    for _ in range(6):
        seen.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    assert seen == [0.5, 0.375, 0.25, 0.125, 0.5, 0.375]
    assert scheduler.state_dict()["teeth"] == 4


def test_objects_as_functions_keep_their_state():
    class Warm:
        def __init__(self, length):
            self.length = length

        def __call__(self, t):
            return min(1.0, (t + 1) / self.length)

    scheduler = optim.lr_scheduler.LambdaLR(optimizer_of(learngrad), Warm(10))
    state = scheduler.state_dict()
    assert state["lr_lambdas"] == [{"length": 10}] * 2
    other = optim.lr_scheduler.LambdaLR(optimizer_of(learngrad), Warm(3))
    other.load_state_dict(state)
    assert other.lr_lambdas[0].length == 10
    cyclic = optim.lr_scheduler.CyclicLR(optimizer_of(learngrad), 0.1, 0.2, scale_fn=Warm(7))
    assert cyclic.state_dict()["_scale_fn_custom"] == {"length": 7}
    other = optim.lr_scheduler.CyclicLR(optimizer_of(learngrad), 0.1, 0.2, scale_fn=Warm(1))
    other.load_state_dict(cyclic.state_dict())
    assert other.scale_fn(14) == 1.0
    assert other._scale_fn_custom.length == 7


S = optim.lr_scheduler
WRONG = [
    (lambda o: S.StepLR(3, 10), ArgumentTypeError, "optimiser"),
    (lambda o: S.StepLR(o, 0), ArgumentError, "step_size"),
    (lambda o: S.ConstantLR(o, factor=2.0), ArgumentError, "factor=2.0"),
    (lambda o: S.LinearLR(o, start_factor=0.0), ArgumentError, "start_factor"),
    (lambda o: S.LinearLR(o, end_factor=2.0), ArgumentError, "end_factor"),
    (lambda o: S.LambdaLR(o, [lambda t: 1.0]), ArgumentError, "1 values"),
    (lambda o: S.LambdaLR(o, 0.9), ArgumentTypeError, "function"),
    (lambda o: S.CosineAnnealingLR(o, 0), ArgumentError, "T_max"),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 2.5), ArgumentError, "T_0"),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 2).step(-1), ArgumentError, "beginning"),
    (lambda o: S.CyclicLR(o, 0.1, 0.2, mode="square"), ArgumentError, "square"),
    (lambda o: S.CyclicLR(o, 0.1, [0.2]), ArgumentError, "max_lr"),
    (lambda o: S.CyclicLR(optim.Adagrad([learngrad.ones(1, requires_grad=True)]), 0.1, 0.2),
     ArgumentError, "cycle_momentum=False"),
    (lambda o: S.OneCycleLR(o, 0.1), ArgumentError, "total_steps"),
    (lambda o: S.OneCycleLR(o, 0.1, total_steps=-1), ArgumentError, "total_steps"),
    (lambda o: S.OneCycleLR(o, 0.1, total_steps=9, pct_start=2.0), ArgumentError, "pct_start"),
    (lambda o: S.OneCycleLR(o, 0.1, total_steps=9, anneal_strategy="x"), ArgumentError, "anneal"),
    (lambda o: S.ReduceLROnPlateau(o, factor=1.0), ArgumentError, "factor"),
    (lambda o: S.ReduceLROnPlateau(o, mode="best"), ArgumentError, "mode 'best'"),
    (lambda o: S.ReduceLROnPlateau(o, threshold_mode="x"), ArgumentError, "threshold_mode"),
    (lambda o: S.ReduceLROnPlateau(o, min_lr=[0.1]), ArgumentError, "min_lr"),
    (lambda o: S.SequentialLR(o, [], []), ArgumentError, "none"),
    (lambda o: S.SequentialLR(o, [S.StepLR(o, 1)], [3]), ArgumentError, "milestones"),
    (lambda o: S.SequentialLR(o, [S.StepLR(o, 1), 3], [3]), ArgumentTypeError, "scheduler 1"),
    (lambda o: S.ChainedScheduler([S.ReduceLROnPlateau(o)]), ArgumentError, "by itself"),
    (lambda o: S.ChainedScheduler([S.StepLR(o, 1), S.StepLR(optimizer_of(learngrad), 1)]),
     ArgumentError, "another optimiser"),
    (lambda o: optim.swa_utils.SWALR(o, [0.1]), ArgumentError, "swa_lr"),
    (lambda o: optim.swa_utils.SWALR(o, 0.1, anneal_strategy="x"), ArgumentError, "anneal"),
    (lambda o: optim.swa_utils.SWALR(o, 0.1, anneal_epochs=-1), ArgumentError, "anneal_epochs"),
]


@pytest.mark.parametrize(("make", "error", "said"), WRONG, ids=range(len(WRONG)))
def test_what_makes_no_sense_is_refused(make, error, said):
    with pytest.raises(error, match=said):
        make(optimizer_of(learngrad))


def test_one_cycle_ends():
    optimizer = optimizer_of(learngrad)
    scheduler = S.OneCycleLR(optimizer, 0.1, total_steps=5)
    for _ in range(5):
        optimizer.step()
        scheduler.step()
    with pytest.raises(ArgumentError, match="the cycle has 5"):
        scheduler.step()


def test_one_cycle_whose_rise_is_a_single_step():
    """PyTorch divides 0 by 0 here."""
    scheduler = S.OneCycleLR(optimizer_of(learngrad), 0.1, total_steps=10, pct_start=0.1)
    assert scheduler.get_last_lr() == [0.1, 0.1]
