"""A training step recorded as a CUDA graph, and replayed without Python: a dynamic run made static.

Each operation of a step starts a kernel, and in small networks most of the time goes by between the
kernels, in Python. A CUDA graph holds the kernels and their order; one call starts them all. It is
what a static graph was: fast, and fixed. https://docs.nvidia.com/cuda/cuda-c-programming-guide/
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.mode import no_grad
from learngrad.autograd.observe import Watcher, watch
from learngrad.cuda.device import is_available
from learngrad.cuda.products import direct, get_ready
from learngrad.errors import ArgumentError, GraphError
from learngrad.tensor import Tensor

__all__ = ["RecordedStep", "graph", "recorded", "recording"]

COUNTERS = 1 << 14  # numbers of steps that a recording can keep, one for each parameter

recorded: list[RecordedStep] = []


def recording() -> RecordedStep | None:
    """The step that is being recorded, if one is: the last of `recorded`."""
    return recorded[-1] if recorded else None


class _Sequence(Watcher):
    """What ran of a step, in order: what a recording would hold on to."""

    replays = False  # a recording would hold the copies that are made for one who watches

    def __init__(self, name: str) -> None:
        self.name = name
        self.ran: list[tuple[str, tuple[int, ...], Any]] = []
        self.leaves: dict[int, Tensor] = {}

    def operation(self, node: Any, inputs: Any, outputs: Any, made: Any) -> None:
        """Note an operation, its shape, and where it stands."""
        if isinstance(outputs[0]._data, np.ndarray) and recording() is not None:
            raise GraphError(f"{self.name} cannot be recorded: "
                             f"{type(node).__name__.lower()}{_at(made)} works on the CPU, and a "
                             "replay would not do it again", fix='model.to("cuda"), x.to("cuda")')
        self.ran.append((type(node).__name__, tuple(outputs[0].shape), made))
        self.leaves |= {id(x): x for x in inputs
                        if isinstance(x, Tensor) and x.requires_grad and x.is_leaf}


class _Number:
    """A number that Python decides about, as the recording reads it."""

    def __init__(self, read: Callable[[], float], array: Any) -> None:
        self.read, self.array = read, array
        self.there: float | None = None  # the number that the GPU has

    def catch_up(self) -> None:
        """Tell the GPU, if it has changed."""
        if self.there != self.read():
            self.there = self.read()
            self.array.fill(self.there)

    def step(self) -> None:
        """A step was replayed, which changes nothing here."""


class _Gradient:
    """What a recorded step does with the ``.grad`` of a leaf: put a new one there, or add to it.

    The recording writes to one place. Between two replays a program may do with ``.grad`` what it
    likes: a step that adds finds there what it would have found in Python.
    """

    def __init__(self, leaf: Tensor) -> None:
        self.leaf, self.kept = leaf, leaf._grad
        # Zeros to add to show whether the step clears what was there, and are its sum if not.
        self.sum = leaf._grad = leaf._blank() if self.kept is None else self.kept
        self.before = self.sum._cell[0]

    def is_written(self) -> bool:
        """Whether the step has done anything to it; if not, it is as it was."""
        self.found = self.leaf._grad
        self.clears = self.found is not self.sum
        if self.clears or self.sum._cell[0] != self.before:
            return True
        self.give_back()
        return False

    def give_back(self) -> None:
        """As it was before the recording."""
        self.leaf._grad = self.kept

    def catch_up(self) -> None:
        """What a step adds to stands where it is looked for."""
        now = self.leaf._grad
        if self.clears or now is self.found:
            return
        if now is None:
            self.sum.zero_()
        else:
            self.sum.copy_(now)

    def step(self) -> None:
        """A step was replayed."""
        self.leaf._grad = self.found


def _count(gradient: Tensor | None) -> int:
    """When a gradient was changed last."""
    return -1 if gradient is None else gradient._cell[0]


class _Counter:
    """The number of an optimiser's step for one parameter, counted in Python and on the GPU."""

    def __init__(self, state: dict[str, Any], array: Any) -> None:
        self.state = state
        state["step"] -= 1  # what is recorded has not run yet
        self.there = None  # the number that the GPU has
        self.array = array
        self.array += 1

    def catch_up(self) -> None:
        """Tell the GPU, if steps were taken in between."""
        if self.there != self.state["step"]:
            self.there = self.state["step"]
            self.array.fill(self.there)

    def step(self) -> None:
        """A step was replayed."""
        self.there = self.state["step"] = self.state["step"] + 1


class RecordedStep:
    """What `graph` makes of a step; call it as the step was called."""

    def __init__(self, step: Callable[..., Any], warmup: int) -> None:
        functools.update_wrapper(self, step)
        self._step, self._warmup = step, warmup
        self.reset()

    def reset(self) -> None:
        """Forget the recording: the next calls run the step in Python, and then record it again."""
        self._graph: Any = None
        self._calls = 0
        self._ran: list[Any] | None = None
        self._inputs: tuple[Any, ...] = ()
        self._outputs: Any = None
        self._settings: list[tuple[Any, Any]] = []
        self._counters: list[_Counter | _Number] = []
        self._numbers: Any = None
        self._read: list[Tensor] = []
        self._written: list[Tensor] = []
        self._gradients: list[_Gradient] = []
        self._place: tuple[Any, Any] | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether the next call replays."""
        return self._graph is not None

    def __call__(self, *inputs: Any) -> Any:
        """One step: in Python the first times, then replayed.

        Raises
        ------
        ArgumentError
            If an input has another shape, dtype or device than in the recording, or is another
            number.
        GraphError
            If the step does not do the same each time, or looks at a value.
        """
        if not is_available():
            return self._step(*inputs)
        if self._graph is not None:
            self._check(inputs)
            if self._settings != self._asked():  # as a learning rate that a schedule has changed
                self._graph = None
        if self._graph is None:
            self._calls += 1
            if self._calls <= self._warmup:
                return self._aside(lambda: self._looked_at(inputs))
            self._record(inputs)
        with no_grad():
            for mine, given in zip(self._inputs, inputs, strict=True):
                if isinstance(mine, Tensor):
                    mine.copy_(given)
            for kept in (*self._counters, *self._gradients):
                kept.catch_up()
            self._graph.launch()
            for kept in (*self._counters, *self._gradients):
                kept.step()
            return _copied(self._outputs)

    # ---- Before it is recorded

    def _aside(self, work: Callable[[], Any]) -> Any:
        """Run `work` in the stream and the memory that belong to the recording."""
        cupy = devices.cupy()
        if self._place is None:
            self._place = cupy.cuda.Stream(non_blocking=True), cupy.cuda.MemoryPool()
        stream, pool = self._place
        outside = cupy.cuda.get_current_stream()
        stream.wait_event(outside.record())
        try:
            with cupy.cuda.using_allocator(pool.malloc), stream:
                return work()
        finally:
            outside.wait_event(stream.record())

    def _looked_at(self, inputs: tuple[Any, ...]) -> Any:
        """A step in Python, compared with the one before."""
        seen = _Sequence(self._step.__name__)
        before = [(leaf, leaf._grad, _count(leaf._grad)) for leaf in self._read]
        with watch(seen):
            result = self._step(*inputs)
        self._compare(seen.ran)
        self._written = [leaf for leaf, gradient, count in before
                         if leaf._grad is not gradient or _count(gradient) != count]
        self._read = [*seen.leaves.values()]
        return result

    def _compare(self, ran: list[Any]) -> None:
        """Refuse a step that is not the one before; the very first may set things up."""
        before, self._ran = self._ran, ran
        if before is not None and self._calls > 2:
            self._same(before, ran)

    def _same(self, before: list[Any], now: list[Any]) -> None:
        for k in range(max(len(before), len(now))):
            (was, line), (was_not, other) = ((
                (f"{ran[k][0].lower()} {list(ran[k][1])}", ran[k][2]) if k < len(ran)
                else ("nothing", None)) for ran in (before, now))
            if was != was_not:
                raise GraphError(
                    f"{self._step.__name__} cannot be recorded, for it does not do the same each "
                    f"time: operation {k + 1} was {was}{_at(line)}, and is {was_not}{_at(other)} "
                    "in the next step", fix="a recording is fixed: take `if`s on data and "
                    "changing shapes out of it, pad the last batch or leave it out "
                    "(drop_last=True), or call the step as it is")

    # ---- The recording

    def _record(self, inputs: tuple[Any, ...]) -> None:
        for k, x in enumerate(inputs, 1):
            if isinstance(x, Tensor) and x.device.type != "cuda":
                raise ArgumentError(
                    f"input {k} of {self._step.__name__} is on the CPU, and only what the GPU does "
                    "can be recorded", tensors={f"input {k}": x}, fix='step(x.to("cuda"))')
        self._inputs = tuple(x.detach().clone() if isinstance(x, Tensor) else x for x in inputs)
        self._settings, self._counters = [], []
        recorded.append(self)
        try:
            self._aside(self._captured)
        finally:
            recorded.pop()
        self._settings = self._asked()

    def _captured(self) -> None:
        cupy = devices.cupy()
        stream = cupy.cuda.get_current_stream()
        get_ready()
        # What lasts from replay to replay has its memory before the recording begins. In a
        # recording memory goes from hand to hand: what is taken late was another's before.
        self._numbers = cupy.zeros(COUNTERS, devices.float32)
        gradients = [_Gradient(leaf) for leaf in self._written]
        stream.begin_capture()
        seen = _Sequence(self._step.__name__)
        try:
            with direct(), watch(seen):
                self._outputs = self._step(*self._inputs)
            self._compare(seen.ran)
        except BaseException as error:
            for gradient in gradients:
                gradient.give_back()
            self._give_up(stream)
            if isinstance(error, MemoryError) or not isinstance(error, Exception):
                raise  # these say themselves what there is to do; or somebody pressed Stop
            if isinstance(error, GraphError) and error.what.startswith(self._step.__name__):
                raise
            raise GraphError(
                f"{self._step.__name__} cannot be recorded: {_words(error)}",
                fix=error.fix if isinstance(error, GraphError) else
                    "while it is recorded nothing runs, so there are no values to look at: take "
                    ".item(), print, .cpu() and `if`s on tensors out of the step, and look at "
                    "what it returns") from error
        self._graph = stream.end_capture()
        self._gradients = [gradient for gradient in gradients if gradient.is_written()]

    def _give_up(self, stream: Any) -> None:
        """End a capture that has failed, so that the stream can be used again."""
        try:
            stream.end_capture()
        except RuntimeError:  # it says once more that the capture is not valid
            self._place = None

    def stepped(self, optimizer: Any) -> None:
        """An optimiser tells that its step is recorded: with the settings that it has now."""
        self._settings.append((optimizer, None))

    def counted(self, state: dict[str, Any]) -> Any:
        """The number of an optimiser's step, as an array that the recording counts up itself."""
        self._counters.append(_Counter(state, self._room()))
        return self._counters[-1].array

    def number(self, read: Callable[[], float]) -> Tensor:
        """What `read` gives before each replay, as a tensor that the recording reads."""
        self._counters.append(_Number(read, self._room()))
        return Tensor._from_array(self._counters[-1].array, None)

    def _room(self) -> Any:
        """Room for one more number that lasts from replay to replay."""
        if len(self._counters) == COUNTERS:
            raise GraphError(f"a recording follows up to {COUNTERS} counts and factors",
                             fix="call this step as it is")
        return self._numbers[len(self._counters)]

    def _asked(self) -> list[tuple[Any, Any]]:
        """The settings of the recorded optimisers now."""
        return [(optimizer, [{name: value for name, value in group.items() if name != "params"}
                             for group in optimizer.param_groups])
                for optimizer, _ in self._settings]

    def _check(self, inputs: tuple[Any, ...]) -> None:
        if len(inputs) != len(self._inputs):
            raise ArgumentError(f"{self._step.__name__} was recorded with {len(self._inputs)} "
                                f"inputs, and gets {len(inputs)}", fix="step.reset()")
        for k, (mine, given) in enumerate(zip(self._inputs, inputs, strict=True), 1):
            if isinstance(mine, Tensor) != isinstance(given, Tensor) or (
                    not isinstance(mine, Tensor) and mine != given):
                raise ArgumentError(
                    f"input {k} of {self._step.__name__} was {_short(mine)} when it was recorded, "
                    f"and is {_short(given)} now", fix="give what changes as a tensor on the GPU; "
                    "step.reset() records anew")
            if isinstance(mine, Tensor) and (mine.shape, mine.dtype, mine.device) != (
                    given.shape, given.dtype, given.device):
                raise ArgumentError(
                    f"input {k} of {self._step.__name__} does not fit the recording, which is "
                    "made for one shape", tensors={"recorded": mine, "given": given},
                    fix="drop_last=True leaves a smaller last batch out; x.to(\"cuda\") moves one; "
                        "step.reset() records anew")


def graph(step: Callable[..., Any] | None = None, *, warmup: int = 3) -> Any:
    """Record a training step on the GPU and replay it without Python; a decorator, too.

    The first calls run the step in Python, as they would without it, and see whether it does the
    same each time; the next records it; every call is one step. What it returns are copies, so
    that they can be kept. It holds on to what the step read and wrote: parameters, optimiser and
    other tensors must stay the same objects. An optimiser, or `GradScaler.step`, may also follow
    outside of it, and a step that adds to ``.grad`` adds to what is there; a gradient is the same
    tensor each time, written anew: clone what you keep of it. When a setting of an optimiser
    changes, as by a schedule, the step is recorded anew. SGD, Adam and AdamW count their
    steps on the GPU; rules that look at the count in Python are refused. A graph made before a
    replay does not know that parameters have changed since: call backward before the next step, as
    loops do.

    Without a GPU it is the step itself.

    PyTorch: `torch.cuda.make_graphed_callables` and `torch.cuda.graph`, where the memory for
    inputs and outputs is kept and filled by hand.

    Parameters
    ----------
    step : callable
        Takes tensors on the GPU, and numbers that do not change; returns tensors.
    warmup : int, default 3
        Calls in Python before it is recorded; 2 or more.

    Returns
    -------
    RecordedStep

    Raises
    ------
    ArgumentError
        If `warmup` is less than 2.

    Examples
    --------
    >>> import learngrad
    >>> device = "cuda" if learngrad.cuda.is_available() else "cpu"
    >>> w = learngrad.ones(3, device=device, requires_grad=True)
    >>> optimizer = learngrad.optim.SGD([w], lr=0.25)
    >>> @learngrad.cuda.graph
    ... def step(x):
    ...     optimizer.zero_grad()
    ...     loss = ((w * x) ** 2).sum()
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> x = learngrad.ones(3, device=device)
    >>> [round(step(x).item(), 4) for _ in range(3)]
    [3.0, 0.75, 0.1875]
    """
    if warmup < 2:
        raise ArgumentError(f"warmup={warmup}: whether a step does the same each time is seen from "
                            "two", fix="warmup=3")
    if step is None:
        return lambda step: RecordedStep(step, warmup)
    return RecordedStep(step, warmup)


def _copied(outputs: Any) -> Any:
    """Copies of what a step returned: its own memory is written again by the next."""
    if isinstance(outputs, Tensor):
        return outputs.detach().clone()
    if isinstance(outputs, dict):
        return {key: _copied(value) for key, value in outputs.items()}
    if isinstance(outputs, (list, tuple)):
        copies = [_copied(value) for value in outputs]
        return type(outputs)(*copies) if hasattr(outputs, "_fields") else type(outputs)(copies)
    return outputs


def _at(made: Any) -> str:
    from learngrad import source

    place = source.resolve(made)
    return "" if place is None else f" at {place}"


def _short(value: Any) -> str:
    return "a tensor" if isinstance(value, Tensor) else f"{value!r:.60}"


def _words(error: Exception) -> str:
    """What an error says, in a line."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    waits = "StreamCapture" in text or "capturing, so" in text  # CUDA's words, and CuPy's
    return "it waits for the GPU, or looks at a value" if waits else text
