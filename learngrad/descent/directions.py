"""Directions in the space of all parameters, along which a loss is looked at.

Random ones are normalised filter by filter after H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein,
*Visualizing the Loss Landscape of Neural Nets* (2018), arXiv:1712.09913, and so are the principal
components of a path. Eigenvectors of the Hessian come from C. Lanczos' iteration (1950) on products
of the Hessian with a vector, as B. Pearlmutter (1994) has them: two backward passes each.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd import engine
from learngrad.autograd.mode import enable_grad
from learngrad.descent.surface_batch import Evaluator
from learngrad.descent.trajectory import Trajectory
from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.nn.module import Module
from learngrad.trace.text import elide, number

__all__ = ["Direction", "chosen"]

LANCZOS = 30
"""Products with the Hessian; the outer eigenvalues are found long before."""
_SCALAR = re.compile(r"(?P<name>[^\[\]]+)\[(?P<index>[-\d,\s]+)\]")


@dataclass
class Direction:
    """One axis of a surface.

    Attributes
    ----------
    label : str
        What the axis is called.
    words : str
        What it is, as a sentence without its full stop.
    arrays : list of ndarray
        How far each parameter goes when the axis grows by 1.
    low, high : float
        How far to look, measured from where the parameters are.
    origin : float, default 0
        What the axis says where the parameters are.
    curvature : float, optional
        The second derivative of the loss along it, where it was computed: an eigenvalue.
    """

    label: str
    words: str
    arrays: list[np.ndarray]
    low: float
    high: float
    origin: float = 0.0
    curvature: float | None = None


def chosen(spec: Any, at: Evaluator, path: Trajectory | None, seed: int) -> list[Direction]:
    """One or two directions from what a person writes; see `Surface`.

    Raises
    ------
    ArgumentError
        If a direction has no name that is known, has no length, or needs a path that is not there.
    ArgumentTypeError
        If it is nothing that names directions.
    """
    if isinstance(spec, str) and spec in _PAIRS:
        return _PAIRS[spec](at, path, seed, 2)
    several = isinstance(spec, (list, tuple))
    listed = list(spec) if several else [spec]
    if len(listed) not in (1, 2):
        raise ArgumentError(f"a surface has one or two directions, and these are {len(listed)}",
                            fix='directions=("gradient", "random")')
    counted: dict[str, int] = {}
    found = []
    for k, one in enumerate(listed):
        if isinstance(one, str) and one in _PAIRS:
            rank = counted[one] = counted.get(one, 0) + 1
            found.append(_PAIRS[one](at, path, seed, rank)[rank - 1])
        else:
            found.append(_named(one, at, seed + k))
    if len(found) == 2:
        _refuse_parallel(found)
        if found[0].label == found[1].label:  # two random ones within a parameter
            found[1] = replace(found[1], label=f"{found[1].label} (2)")
    return found


def _named(one: Any, at: Evaluator, seed: int) -> Direction:
    if isinstance(one, Direction):
        return one
    if isinstance(one, Module):
        return _towards(one.state_dict(), at)
    if isinstance(one, Mapping):
        return _towards(one, at)
    if not isinstance(one, str):
        raise ArgumentTypeError(
            f"a direction is a name or another model, not {type(one).__name__}",
            fix='directions="random", "pca", "hessian", or ["gradient", other_model]')
    if one == "gradient":
        return _gradient(at)
    if one in at.names:
        which = at.names.index(one)
        if at.center[which].size == 1:
            return _single(one, which, (0,) * at.center[which].ndim, at)
        arrays = _random(at, seed, which)
        return Direction(f"within {one}", f"a random direction within {one} alone, normalised row "
                         "by row; all other parameters stand still", arrays, -1.0, 1.0)
    match = _SCALAR.fullmatch(one)
    if match and match["name"] in at.names:
        which = at.names.index(match["name"])
        shape = at.center[which].shape
        try:
            index = tuple(int(part) for part in match["index"].split(","))
            np.zeros(shape)[index] + 0.0
            if len(index) != len(shape):
                raise IndexError
        except (ValueError, IndexError):
            raise ArgumentError(
                f"{one} names no single number: {match['name']} has shape {list(shape)}",
                fix=f"{match['name']}[{', '.join('0' * len(shape))}]") from None
        return _single(one, which, index, at)
    raise ArgumentError(f"{elide(one, 60)!r} is no direction, and no parameter of the model",
                        fix='"random", "pca", "gradient", "hessian", or a parameter: '
                            + ", ".join(at.names[:6]))


def _single(name: str, which: int, index: tuple[int, ...], at: Evaluator) -> Direction:
    arrays = [np.zeros(a.shape) for a in at.center]
    arrays[which][index] = 1.0
    value = float(at.center[which][index])
    reach = max(1.0, 1.5 * abs(value))
    return Direction(name, f"the number {name} itself", arrays, -reach, reach, value)


# ---- random


def _random_pair(at: Evaluator, path: Trajectory | None, seed: int, count: int) -> list[Direction]:
    names = ("α", "β")
    return [Direction(f"random direction {names[k]}", "a random direction, each row (filter) as "
                      "long as the model's own: 1 is a change as large as the weights",
                      _random(at, seed + 7919 * k), -1.0, 1.0) for k in range(count)]


def _random(at: Evaluator, seed: int, only: int | None = None) -> list[np.ndarray]:
    """Normal numbers, scaled so that each filter is as long as the model's; biases stand still."""
    draw = np.random.default_rng(seed)
    matrices = [a.ndim > 1 for a in at.center]
    arrays = []
    for k, a in enumerate(at.center):
        here = devices.to_device(a, devices.CPU).astype(np.float64)
        noise = draw.standard_normal(here.shape)
        if (only is None and any(matrices) and not matrices[k]) or only not in (None, k):
            arrays.append(np.zeros(here.shape))
            continue
        axes = tuple(range(1, here.ndim)) if here.ndim > 1 else None
        size = np.sqrt((here ** 2).sum(axes, keepdims=True))
        arrays.append(noise * size / np.sqrt((noise ** 2).sum(axes, keepdims=True)))
    if not any(a.any() for a in arrays):
        raise ArgumentError(
            "a random direction is as long as the weights, and the weights are all 0",
            fix='name what to move: directions=("weight[0, 0]", "bias[0]")')
    return arrays


# ---- the path


def _pca(at: Evaluator, path: Trajectory | None, seed: int, count: int) -> list[Direction]:
    if path is None or len(path) < 3:
        raise ArgumentError(
            '"pca" looks along the path that training took, and there is none of three points',
            fix="path = learngrad.Trajectory(model, optimizer) before the loop, and then "
                'LossSurface(…, directions="pca", trajectory=path)')
    here = flat(at.center)
    moved = path.points().astype(np.float64) - here
    # The components of n points in many dimensions, from their n × n products.
    values, vectors = np.linalg.eigh(moved @ moved.T)
    order = np.argsort(values)[::-1][:2]
    total = values.clip(0).sum()
    if not total > 0 or values[order[min(1, count - 1)]] <= 1e-9 * total:
        raise ArgumentError("the path has no second direction: it stands still, or runs straight",
                            fix='directions=("pca",) for one, or ("pca", "random")')
    found = []
    for k in order[:count]:
        axis = vectors[:, k] @ moved / math.sqrt(values[k])
        along = moved @ axis
        if along[0] > 0:  # the path comes from the left, and from below
            axis, along = -axis, -along
        found.append((axis, along, values[k] / total))
    widest = max(np.ptp(np.append(along, 0)) for _, along, _ in found)
    directions = []
    for rank, (axis, along, share) in enumerate(found):
        low, high = min(0.0, along.min()), max(0.0, along.max())
        room = 0.3 * (high - low) + max(0.0, 0.5 * widest - (high - low)) / 2
        directions.append(Direction(
            f"component {rank + 1} of the path ({100 * share:.0f} %)",
            f"principal component {rank + 1} of the path, with {100 * share:.1f} % of its squared "
            "length from here", unflat(axis, at.center), float(low - room), float(high + room)))
    return directions


# ---- derivatives


def _derivative(at: Evaluator) -> tuple[float, list[Any], Any]:
    """The loss, its gradient, and a function for products with its second derivative."""
    at.put(at.center)
    with enable_grad():
        for p in at.parameters:  # of the copy: those that are frozen, too
            p.requires_grad_(True)
        loss = at.loss()
        grads = engine.grad(loss, at.parameters, create_graph=True, allow_unused=True)

    def product(vector: list[np.ndarray]) -> list[np.ndarray]:
        with enable_grad():
            dot: Any = None
            for g, v in zip(grads, vector):
                if g is not None and g.requires_grad:
                    like = devices.to_device(v.astype(g.dtype), devices.device_of(g._data))
                    term = (g * like).sum()
                    dot = term if dot is None else dot + term
            if dot is None:
                return [np.zeros(a.shape) for a in at.center]
            found = engine.grad(dot, at.parameters, retain_graph=True, allow_unused=True)
        return [_plain(h, a) for h, a in zip(found, at.center)]

    values = [_plain(g, a) for g, a in zip(grads, at.center)]
    return float(loss.item()), values, product


def _plain(gradient: Any, like: Any) -> np.ndarray:
    if gradient is None:
        return np.zeros(like.shape)
    return np.asarray(devices.to_device(gradient.detach()._data, devices.CPU), dtype=np.float64)


def _gradient(at: Evaluator) -> Direction:
    _, slope, product = _derivative(at)
    size = math.sqrt(sum(float((g ** 2).sum()) for g in slope))
    if not size > 0 or not math.isfinite(size):
        raise ArgumentError(f"the gradient has length {number(size)} here, which is no direction",
                            fix='directions=("hessian",) or "random"')
    bend = sum(float((g * h).sum()) for g, h in zip(slope, product(slope))) / size ** 2
    length = float(np.linalg.norm(flat(at.center)))
    reach = 3.0 / bend if bend > 0 else length / size
    reach = min(reach, 2 * max(length, 1.0) / size)
    return Direction("step against the gradient (learning rate)",
                     "against the gradient: the axis is the learning rate of one step of plain "
                     "gradient descent from here", [-g for g in slope], -reach / 3, reach)


def _hessian(at: Evaluator, path: Trajectory | None, seed: int, count: int) -> list[Direction]:
    loss, _, product = _derivative(at)
    values, vectors = lanczos(lambda v: flat(product(unflat(v, at.center))), at.size, seed)
    length = float(np.linalg.norm(flat(at.center)))
    if len(values) < count:
        raise ArgumentError(f"the Hessian has only {len(values)} direction with curvature here",
                            fix='directions=("hessian", "random")')
    found = []
    for k, (value, vector) in enumerate(zip(values[:count], vectors)):
        if abs(value) < 1e-12:
            raise ArgumentError("the loss has no curvature here: all of the Hessian is 0",
                                fix='directions=("gradient", "random")')
        # Where a parabola of this curvature has risen by some losses.
        reach = min(math.sqrt(2 * 4 * max(abs(loss), 0.1) / abs(value)), max(length, 1.0))
        found.append(Direction(
            f"eigenvector {k + 1} of the Hessian (λ = {number(value)})",
            f"eigenvector {k + 1} of the Hessian, along which the loss bends with curvature "
            f"{number(value)}; the axis is the distance in parameter space",
            unflat(vector, at.center), -reach, reach, curvature=value))
    return found


def lanczos(product: Callable[[np.ndarray], np.ndarray], size: int, seed: int,
            steps: int = LANCZOS) -> tuple[list[float], list[np.ndarray]]:
    """The largest eigenvalues of a symmetric matrix and their vectors, from products with it.

    Returns
    -------
    values : list of float
        Falling; only the outer ones are exact.
    vectors : list of ndarray, shape (size,)

    Examples
    --------
    >>> matrix = np.diag([5.0, 1.0, -2.0])
    >>> [round(value, 6) for value in lanczos(lambda v: matrix @ v, 3, seed=0)[0]]
    [5.0, 1.0, -2.0]
    """
    vector = np.random.default_rng(seed).standard_normal(size)
    basis = [vector / np.linalg.norm(vector)]
    diagonal: list[float] = []
    beside: list[float] = []
    for _ in range(min(steps, size)):
        image = product(basis[-1])
        diagonal.append(float(basis[-1] @ image))
        for _ in range(2):  # twice is enough (Kahan, Parlett): rounding makes them less than square
            for known in basis:
                image = image - (known @ image) * known
        rest = float(np.linalg.norm(image))
        if rest < 1e-7 * max(1.0, max(map(abs, diagonal))):
            break
        beside.append(rest)
        basis.append(image / rest)
    n = len(diagonal)
    small = np.diag(diagonal) + np.diag(beside[:n - 1], 1) + np.diag(beside[:n - 1], -1)
    values, mixes = np.linalg.eigh(small)
    matrix = np.array(basis[:n])
    return ([float(v) for v in values[::-1]], [mixes[:, k] @ matrix for k in range(n)[::-1]])


# ---- other models


def _towards(state: Mapping[str, Any], at: Evaluator) -> Direction:
    missing = [name for name in at.names if name not in state]
    if missing:
        raise ArgumentError(f"the other model has no parameter {missing[0]!r}",
                            fix="pass a model of the same kind, or its state_dict()")
    arrays = []
    for name, here in zip(at.names, at.center):
        given = devices.as_array(getattr(state[name], "_data", state[name]))
        if given.dtype.kind not in "biuf":
            raise ArgumentTypeError(f"{name} in the other state is no tensor of numbers",
                                    fix="pass a model of the same kind, or its state_dict()")
        there = np.asarray(devices.to_device(given, devices.CPU), dtype=np.float64)
        if there.shape != here.shape:
            raise ArgumentError(f"{name} has shape {list(there.shape)} in the other model and "
                                f"{list(here.shape)} in this one",
                                fix="pass a model of the same kind")
        arrays.append(there - devices.to_device(here, devices.CPU))
    if not any(a.any() for a in arrays):
        raise ArgumentError("the other model is this model: there is no direction between them",
                            fix="copy the state before training: state = {name: p.clone() "
                                "for name, p in model.state_dict().items()}")
    return Direction("towards the other model", "the straight line to the other model, which "
                     "stands at 1", arrays, -0.3, 1.3)


# ---- vectors


def flat(arrays: Sequence[Any]) -> np.ndarray:
    """All numbers in one vector, float64."""
    return np.concatenate([np.asarray(devices.to_device(a, devices.CPU), dtype=np.float64).ravel()
                           for a in arrays])


def unflat(vector: np.ndarray, like: Sequence[Any]) -> list[np.ndarray]:
    """A vector as arrays of these shapes."""
    ends = np.cumsum([a.size for a in like])
    return [part.reshape(a.shape) for part, a in zip(np.split(vector, ends[:-1]), like)]


def _refuse_parallel(two: list[Direction]) -> None:
    a, b = (flat(one.arrays) for one in two)
    if abs(a @ b) > (1 - 1e-9) * float(np.linalg.norm(a) * np.linalg.norm(b)):
        raise ArgumentError("both directions are the same line, and a surface needs two",
                            fix="choose another one, or look along one: directions=(…,)")


_PAIRS: dict[str, Callable[..., list[Direction]]] = {
    "random": _random_pair, "pca": _pca, "hessian": _hessian}
