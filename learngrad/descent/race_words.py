"""A race in words: who stands where after a step. The front end says the same (core/race.ts)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learngrad.descent.checks import whole
from learngrad.trace.text import elide, number

if TYPE_CHECKING:
    from learngrad.descent.race import Race, Walk

__all__ = ["board", "describe", "place", "ranked"]


BATCHES = 20
"""Their mean stands for a model's loss: that of one batch is chance."""


def place(at: tuple[float, float]) -> str:
    """A point as pictures show it: ``(−1.5, 2)``."""
    return f"({number(at[0])}, {number(at[1])})"


def _loss(walk: Walk, step: int) -> float:
    """The loss after a step, or after the last one that was made; of a model a mean of batches."""
    at = min(step, walk.steps)
    return float(walk.loss[at] if walk.path is not None else
                 walk.loss[max(0, at - BATCHES + 1):at + 1].mean())


def _gone(walk: Walk, step: int) -> bool:
    return walk.diverged is not None and walk.diverged <= step


def ranked(runs: dict[str, Walk], step: int) -> list[str]:
    """Names by their loss after a step, the lowest first; then the lost, then who does not run."""
    def key(name: str) -> tuple[int, float]:
        walk = runs[name]
        if walk.problem:
            return 2, 0.0
        lost = _gone(walk, step) or not len(walk.loss)
        return (1, -float(walk.diverged or 0)) if lost else (0, _loss(walk, step))

    return sorted(runs, key=key)


def board(runs: dict[str, Walk], step: int) -> str:
    """Who stands where after a step, in a sentence."""
    names = ranked(runs, step)
    well = [name for name in names
            if not runs[name].problem and len(runs[name].loss) and not _gone(runs[name], step)]
    said = [f"{_short(name)} {'at' if i else 'is at'} {number(_loss(runs[name], step))}"
            for i, name in enumerate(well)]
    if len(well) > 1 and said[0].rpartition(" ")[2] != said[1].rpartition(" ")[2]:
        said[0] = f"{_short(well[0])} leads with {number(_loss(runs[well[0]], step))}"
    lost = [f"{_short(name)} diverged at step {runs[name].diverged}" for name in names
            if name not in well and not runs[name].problem and runs[name].diverged is not None]
    out = [f"{_short(name)} does not run" for name in names if runs[name].problem]
    when = "At the start" if step == 0 else f"After {step:,} {'step' if step == 1 else 'steps'}"
    return f"{when}: " + "; ".join(part for part in (", ".join(said), *lost, *out) if part) + "."


def _short(name: str) -> str:
    return elide(name, 40)


def describe(race: Race, step: int | None = None) -> str:
    """The whole race: what it is run on, from where, and who stands where at the end."""
    step = race.steps if step is None else min(whole("step", step, 0), race.steps)
    land = race.landscape
    if land is None or race.start is None:
        return f"A race of {len(race.entrants)} on one model. {board(race.runs, step)}"
    lowest = " or ".join(place(at) for at in land.minima)
    return (f"A race of {len(race.entrants)} on {land.name} from {place(race.start)}"
            + (f" to {lowest}" if lowest else "") + f". {board(race.runs, step)}")
