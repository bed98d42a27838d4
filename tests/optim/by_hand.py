"""Every rule as its paper's formula, written for clarity: what the optimisers are held to.

A rule takes a parameter, the number of the step (from 1), a dict to remember things in, the
settings, and the gradient; it returns the new parameter.
"""

import math

import numpy as np


def turned(p, g, weight_decay, maximize):
    return (-g if maximize else g) + weight_decay * p


def sgd(p, t, memory, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False,
        maximize=False, *, g):
    g = turned(p, g, weight_decay, maximize)
    if momentum:
        memory["v"] = g if t == 1 else momentum * memory["v"] + (1 - dampening) * g
        g = g + momentum * memory["v"] if nesterov else memory["v"]
    return p - lr * g


def adagrad(p, t, memory, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0,
            eps=1e-10, maximize=False, *, g):
    g = turned(p, g, weight_decay, maximize)
    memory["s"] = memory.get("s", initial_accumulator_value) + g * g
    return p - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(memory["s"]) + eps)


def rmsprop(p, t, memory, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0,
            centered=False, maximize=False, *, g):
    g = turned(p, g, weight_decay, maximize)
    s = memory["s"] = alpha * memory.get("s", 0) + (1 - alpha) * g * g
    m = memory["m"] = alpha * memory.get("m", 0) + (1 - alpha) * g
    step = g / (np.sqrt(s - m * m if centered else s) + eps)
    memory["v"] = momentum * memory.get("v", 0) + step
    return p - lr * memory["v"]


def adadelta(p, t, memory, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, maximize=False, *, g):
    g = turned(p, g, weight_decay, maximize)
    memory["s"] = rho * memory.get("s", 0) + (1 - rho) * g * g
    delta = np.sqrt(memory.get("u", 0) + eps) / np.sqrt(memory["s"] + eps) * g
    memory["u"] = rho * memory.get("u", 0) + (1 - rho) * delta * delta
    return p - lr * delta


def moments(memory, t, betas, g):
    """Adam's two running means, each divided by what the zeros at its beginning take from it."""
    m = memory["m"] = betas[0] * memory.get("m", 0) + (1 - betas[0]) * g
    v = memory["v"] = betas[1] * memory.get("v", 0) + (1 - betas[1]) * g * g
    return m / (1 - betas[0]**t), v / (1 - betas[1]**t)


def decayed(p, g, lr, weight_decay, decoupled, maximize):
    if decoupled:
        return (1 - lr * weight_decay) * p, turned(p, g, 0, maximize)
    return p, turned(p, g, weight_decay, maximize)


def adam(p, t, memory, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False,
         maximize=False, decoupled_weight_decay=False, *, g):
    p, g = decayed(p, g, lr, weight_decay, decoupled_weight_decay, maximize)
    m, v = moments(memory, t, betas, g)
    if amsgrad:
        memory["top"] = np.maximum(memory.get("top", 0), memory["v"])
        v = memory["top"] / (1 - betas[1]**t)
    return p - lr * m / (np.sqrt(v) + eps)


def adamw(p, t, memory, weight_decay=1e-2, *, g, **settings):
    return adam(p, t, memory, weight_decay=weight_decay, decoupled_weight_decay=True, g=g,
                **settings)


def adamax(p, t, memory, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, maximize=False,
           *, g):
    g = turned(p, g, weight_decay, maximize)
    m, _ = moments(memory, t, betas, g)
    memory["u"] = np.maximum(betas[1] * memory.get("u", 0), np.abs(g) + eps)
    return p - lr * m / memory["u"]


def nadam(p, t, memory, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0,
          momentum_decay=4e-3, decoupled_weight_decay=False, maximize=False, *, g):
    p, g = decayed(p, g, lr, weight_decay, decoupled_weight_decay, maximize)
    _, v = moments(memory, t, betas, g)
    mu = [betas[0] * (1 - 0.5 * 0.96**(k * momentum_decay)) for k in range(1, t + 2)]
    ahead = (mu[t] * memory["m"] / (1 - math.prod(mu))
             + (1 - mu[t - 1]) * g / (1 - math.prod(mu[:t])))
    return p - lr * ahead / (np.sqrt(v) + eps)


def radam(p, t, memory, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0,
          decoupled_weight_decay=False, maximize=False, *, g):
    p, g = decayed(p, g, lr, weight_decay, decoupled_weight_decay, maximize)
    m, _ = moments(memory, t, betas, g)
    end = 2 / (1 - betas[1]) - 1
    rho = end - 2 * t * betas[1]**t / (1 - betas[1]**t)
    if rho <= 5:
        return p - lr * m
    r = math.sqrt((rho - 4) * (rho - 2) * end / ((end - 4) * (end - 2) * rho))
    return p - lr * r * m * math.sqrt(1 - betas[1]**t) / (np.sqrt(memory["v"]) + eps)


def rprop(p, t, memory, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), maximize=False, *, g):
    g = -g if maximize else g
    product = g * memory.get("g", 0)
    s = memory.get("s", lr) * np.where(product > 0, etas[1], np.where(product < 0, etas[0], 1))
    memory["s"] = np.clip(s, *step_sizes)
    memory["g"] = np.where(product < 0, 0, g)
    return p - np.sign(memory["g"]) * memory["s"]


def asgd(p, t, memory, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, maximize=False,
         *, g):
    g = turned(p, g, weight_decay, maximize)
    eta = memory.get("eta", lr)
    p = (1 - lambd * eta) * p - eta * g
    memory["ax"] = memory.get("ax", 0) + memory.get("mu", 1) * (p - memory.get("ax", 0))
    memory["eta"], memory["mu"] = lr / (1 + lambd * lr * t)**alpha, 1 / max(1, t - t0)
    return p


TURNED = {"lr": 0.1, "weight_decay": 0.1, "maximize": True}

# For each optimiser its rule, and settings to compare it under.
RULES = {
    "SGD": (sgd, [
        {"lr": 0.1}, {}, {"lr": 0.0}, {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}, {"lr": 0.1, "weight_decay": 0.1},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True}, {"lr": 0.1, "maximize": True},
        {"momentum": 0.9, "dampening": 0.5, **TURNED},
        {"momentum": 0.9, "nesterov": True, **TURNED}]),
    "Adagrad": (adagrad, [
        {}, {"lr": 0.1, "lr_decay": 0.05}, {"lr": 0.1, "initial_accumulator_value": 0.5},
        {"lr": 0.1, "eps": 0.1}, {"lr_decay": 0.01, **TURNED}]),
    "RMSprop": (rmsprop, [
        {}, {"lr": 0.1, "alpha": 0.5}, {"momentum": 0.9}, {"centered": True, "eps": 1e-3},
        {"centered": True, "momentum": 0.5, "eps": 1e-2}, {"momentum": 0.5, **TURNED},
        {"centered": True, "eps": 1e-2, **TURNED}]),
    "Adadelta": (adadelta, [
        {}, {"lr": 0.5, "rho": 0.5}, {"eps": 0.1}, {"rho": 0.7, **TURNED}]),
    "Adam": (adam, [
        {}, {"lr": 0.1}, {"lr": 0.1, "betas": (0.5, 0.9)}, {"lr": 0.1, "betas": (0.0, 0.0)},
        {"lr": 0.1, "eps": 0.1}, {"lr": 0.1, "weight_decay": 0.1}, {"lr": 0.1, "maximize": True},
        {"lr": 0.1, "amsgrad": True, "betas": (0.5, 0.5)}, {"amsgrad": True, **TURNED},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        {"eps": 1e-3, **TURNED}]),
    "AdamW": (adamw, [
        {}, {"lr": 0.1}, {"lr": 0.1, "weight_decay": 0.0}, {"lr": 0.1, "amsgrad": True},
        {"betas": (0.5, 0.9), **TURNED}]),
    "Adamax": (adamax, [{}, {"lr": 0.1, "betas": (0.5, 0.9)}, {"eps": 0.1}, TURNED]),
    "NAdam": (nadam, [
        {}, {"lr": 0.1, "momentum_decay": 0.1}, {"lr": 0.1, "betas": (0.5, 0.9)},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}, TURNED]),
    "RAdam": (radam, [
        {}, {"lr": 0.1, "betas": (0.5, 0.9)}, {"lr": 0.1, "betas": (0.9, 0.5)},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}, TURNED]),
    "Rprop": (rprop, [
        {}, {"lr": 0.1, "etas": (0.3, 1.5)}, {"step_sizes": (1e-3, 0.05)}, {"maximize": True}]),
    "ASGD": (asgd, [
        {}, {"lr": 0.1, "lambd": 0.1, "t0": 5}, {"alpha": 0.5, "t0": 0}, {"t0": 10, **TURNED}]),
}
CASES = [(name, settings) for name, (_, rows) in RULES.items() for settings in rows]
IDS = [f"{name}-{'-'.join(f'{k}={v}' for k, v in settings.items())}" for name, settings in CASES]
