"""Each scheduler's rates, step by step, against PyTorch and against its formula."""

import copy

import pytest

import learngrad
from learngrad import optim
from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError
from tests.optable.reference import torch
from tests.optim.schedules import LR, SCHEDULERS, STEPS, cosine, optimizer_of

LIBRARIES = [learngrad] if torch is None else [learngrad, torch]
BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=lambda lib: lib.__name__)
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


def test_a_line_of_no_steps_stays_at_its_start():
    optimizer = optimizer_of(learngrad)
    scheduler = optim.lr_scheduler.LinearLR(optimizer, 0.5, total_iters=0)
    optimizer.step()
    scheduler.step(0)  # so does a SequentialLR that hands over to it
    assert scheduler.get_last_lr() == [lr / 2 for lr in LR]


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


@BOTH
def test_a_cycle_that_goes_on_needs_its_bounds(lib):
    optimizer = optimizer_of(lib)
    lib.optim.lr_scheduler.StepLR(optimizer, 5)
    with pytest.raises(KeyError, match="max_lr"):
        lib.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=9, last_epoch=3)


@pytest.mark.parametrize("T_mult", [1, 2, 3])
@pytest.mark.parametrize("steps", range(1, 9))
def test_restarts_go_on_where_they_were(steps, T_mult):
    """Also beyond the first start, where PyTorch loses the lengths that grew."""
    def made(last_epoch=-1):
        return optim.lr_scheduler.CosineAnnealingWarmRestarts(
            optimizer, T_0=2, T_mult=T_mult, last_epoch=last_epoch)

    optimizer = optimizer_of(learngrad)
    optimizer.step()
    scheduler = made()
    for _ in range(steps):
        scheduler.step()
    again = made(last_epoch=steps - 1)
    for _ in range(5):
        assert again.get_last_lr() == pytest.approx(scheduler.get_last_lr())
        again.step()
        scheduler.step()


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
    (lambda o: S.StepLR(o, float("inf")), ArgumentError, "step_size"),
    (lambda o: S.MultiStepLR(o, 3), ArgumentTypeError, "several steps"),
    (lambda o: S.CyclicLR(o, 0.1, 0.2, step_size_up=0), ArgumentError, "no way up"),
    (lambda o: S.ReduceLROnPlateau(o).step(None), ArgumentTypeError, "a number, not None"),
    (lambda o: S.ConstantLR(o, factor=2.0), ArgumentError, "factor=2.0"),
    (lambda o: S.ConstantLR(o, factor=0.0), ArgumentError, "factor=0.0"),
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
