"""Every scheduler, with settings to compare it under, and the formula of its rates."""

import itertools
import math

STEPS = 70
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
    "stairs of one": (of("StepLR", step_size=1.0), lambda lr, t: lr * 0.1**t),
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
