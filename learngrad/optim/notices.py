"""What an optimiser notices in its first steps, and says once; after them it costs nothing."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from learngrad import source
from learngrad.autograd.engine import last_replay
from learngrad.errors import describe_tensor
from learngrad.nn.notices import tell

if TYPE_CHECKING:
    from learngrad.optim.optimizer import Optimizer

__all__ = ["FirstSteps"]

STEPS = 3
"""So many are looked at. A net that uses its parts by turns has used them by then, mostly."""


class FirstSteps:
    """A hook after an optimiser's first steps, which takes itself away."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._handle = optimizer.register_step_post_hook(self)
        self._steps = 0
        self._moved: set[int] = set()  # ids of the parameters that have had a gradient
        self._idle = False
        self._old: OldGradient | None = None

    def __call__(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """Look at the step that was just made."""
        params = [p for group in optimizer.param_groups for p in group["params"]]
        now = [p for p in params if p._grad is not None]
        self._steps += 1
        self._moved.update(map(id, now))
        if not self._moved and not self._idle:
            self._idle = True
            tell(_nothing_moved(type(optimizer).__name__))
        summed = self._old is not None and self._old.is_summed()
        if self._old is not None:
            self._old.forget()
        last = self._steps == STEPS or summed
        self._old = None if last or not now else OldGradient(min(now, key=lambda p: p._data.size))
        if summed:
            tell(f"this step of {type(optimizer).__name__} used the sum of new gradients and of "
                 "those that the step before had used already: nothing cleared them in between. "
                 "Call optimizer.zero_grad() once a step, before loss.backward(). (To sum over "
                 "several batches on purpose, call it once for all of them.)")
        if last:
            self._handle.remove()
        never = [p for p in params if p.requires_grad and id(p) not in self._moved]
        if last and never and self._moved:
            tell(_never_moved(type(optimizer).__name__, never, self._steps))


class OldGradient:
    """Whether backward adds to a gradient that a step has used; seen where it is added.

    It hangs on the parameter as a hook until the next step. Adding alone is no mistake: the loss of
    another network may send gradients here too, which are then cleared before they are used.
    """

    def __init__(self, p: Any) -> None:
        # Weak: a hook that held its tensor would keep it alive.
        self._p, self._grad = weakref.ref(p), weakref.ref(p._grad)
        self._added = self._cleared = False
        self._edge = p._edge
        self._remove = p.register_hook(self) if self._edge is not None else None

    def __call__(self, g: Any) -> None:
        """A gradient arrives and is about to be added to what is there."""
        p, old = self._p(), self._grad()
        if p is None or old is None or p._grad is not old or not old._data.any():
            self._cleared = True
        self._added = True

    def is_summed(self) -> bool:
        """Whether the gradient of the step before is in the one that is there now."""
        p, old = self._p(), self._grad()
        return (self._added and not self._cleared and p is not None and old is not None
                and p._grad is old)

    def forget(self) -> None:
        """Take the hook away; backward then passes the parameter as fast as before."""
        if self._remove is not None:
            self._remove()
            node = self._edge[0]
            if node.extras is not None and not any(node.extras.values()):
                node.extras = None


def _nothing_moved(kind: str) -> str:
    last = last_replay()
    if last is None:
        why = "no backward has run yet. Call loss.backward() before step()"
    else:
        place = source.resolve(last[1])
        why = (f"the last backward{f' ({place})' if place is not None else ''} did not reach them, "
               "or zero_grad() cleared what it left. The order is zero_grad(), backward(), step(); "
               "and the optimiser is built from the parameters of the model that the loss is "
               "computed with")
    return f"{kind}.step() moved nothing: none of its parameters has a gradient, because {why}."


def _never_moved(kind: str, never: list[Any], steps: int) -> str:
    shown = [f"  {describe_tensor(p, 'parameter')}" for p in never[:8]]
    if len(never) > len(shown):
        shown.append(f"  and {len(never) - len(shown)} more")
    many = len(never) > 1
    return "\n".join([
        f"{len(never)} parameter{'s' if many else ''} of {kind} had no gradient in its first "
        f"{steps} steps, and so did not move:", *shown,
        f"The loss does not depend on {'them' if many else 'it'}, or the path was cut by detach, "
        "no_grad, an integer or NumPy: p.why_no_grad() looks for the reason. Leave out of the "
        "optimiser, or freeze with p.requires_grad_(False), what is not meant to be trained."])
