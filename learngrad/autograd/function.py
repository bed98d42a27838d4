"""`Function`, the base of every operation, and the gate through which each of them runs.

An operation is a subclass with a ``forward`` and a ``backward`` on plain arrays. Calling
``Mul.apply(a, b)`` unwraps the tensors, promotes, runs ``forward`` and, if a gradient will be asked
for, keeps the instance as a node of the graph: what ran, what fed it, and what its backward needs.
"""

from __future__ import annotations

import itertools
import sys
import weakref
from collections.abc import Callable
from operator import itemgetter
from typing import Any, ClassVar, NoReturn

import numpy as np

from learngrad import devices, source
from learngrad.autograd.observe import thread
from learngrad.autograd.order import RISING
from learngrad.errors import DtypeError, GraphError, LearngradError, ShapeError, name_of
from learngrad.kernels import does_not_compile
from learngrad.memory import out_of_memory

__all__ = ["AccumulateGrad", "Function"]

_inside = source.inside
_ndarray = np.ndarray
_scalar = np.generic
FLOATING = devices.FLOATING
_new = object.__new__
as_array = devices.as_array


class _Kinds(dict[Any, Any]):
    """Descriptions of outputs, shared by the nodes that have them alike: the first 4,096."""

    def __missing__(self, kind: Any) -> Any:
        outputs = (kind,)
        devices.is_bfloat16(kind[1])  # the first one may be what an operation of a user's made
        if len(self) < 4096:
            self[kind] = outputs
        return outputs


_kinds = _Kinds()


prepared_by: list[Callable[[type[Function]], None]] = []  # what is done to each new operation


class _Unregistered:
    """Stands for Tensor until tensor.py has registered it."""


Tensor: Any = _Unregistered


def register_tensor(cls: type) -> None:
    """Tell the gate what a tensor is; nothing above tensor.py imports it."""
    global Tensor
    Tensor = cls


_ref = weakref.ref
SMALL = 32  # views of one memory; of more those that are gone are forgotten now and then


def share(whole: Any, parts: tuple[Any, ...]) -> None:
    """Note that `parts` are views of `whole`, for when one of them is changed in place."""
    cell = whole._cell
    family: Any = cell[1] or [_ref(whole)]
    for part in parts:
        part._cell = cell
        if part._edge is not None:
            part._edge[0].shares = True
    if family is not True:
        before = len(family)
        family.extend(map(_ref, parts))
        if len(family) > SMALL and len(family).bit_length() > before.bit_length():
            family = [one for one in family if one() is not None]
    cell[1] = family


def _shares_memory(a: Any, b: Any) -> bool:
    module = np if type(a) is _ndarray else devices.array_module(a)
    return bool(module.may_share_memory(a, b))


class Node:
    """A place in the graph that gradients pass through.

    ``seq`` rises with creation, so that falling ``seq`` is an order in which every node comes after
    all that use it. ``edges`` holds for each input ``(producer node, output number)``, or None
    where no gradient goes; ``outputs`` holds the shape and dtype of each output.
    """

    __slots__ = ("__weakref__", "cells", "edges", "extras", "made", "outputs", "saved", "seq")

    edges: list[tuple[Node, int] | None]
    outputs: tuple[tuple[tuple[int, ...], np.dtype[Any]], ...]
    extras: dict[Any, Any] | None  # hooks and retained tensors, for the few nodes that have some
    made: source.Made | None
    saved: Any  # what backward needs, arrays and numbers; or a Freed
    cells: Any  # for each saved value when it was changed last, or None for what cannot change
    seq: int

    def name(self) -> str:
        """The node's name as PyTorch spells it: ``MulBackward0``."""
        return type(self).__name__ + "Backward0"

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes that this one passes gradients on to, as PyTorch gives them."""
        return tuple((None, 0) if edge is None else edge for edge in self.edges)

    def extra(self, key: Any, default: Callable[[], Any]) -> Any:
        """What is kept under `key` for this node, made when first asked for."""
        if self.extras is None:
            self.extras = {}
        return self.extras.setdefault(key, default())

    def __repr__(self) -> str:
        return f"<{self.name()}>"


def apart(operation: type[Function], inputs: tuple[Any, ...]) -> DtypeError | None:
    """The error for inputs on different devices; looked for only once something has failed."""
    found = operation.named(inputs)
    for x in inputs:  # the arrays of an index
        for k, part in enumerate(x if isinstance(x, tuple) else ()):
            if devices.is_array(part):
                found[f"index {k}"] = part
    return between(operation.sign or operation.__name__.lower(), found)


def together(what: str, **found: Any) -> None:
    """Refuse tensors on different devices, by name, before one of them is read or moved."""
    kinds = {type(getattr(x, "_data", x)) for x in found.values() if hasattr(x, "shape")}
    error = between(what, found) if len(kinds) > 1 else None
    if error is not None:
        raise error


def between(what: str, found: dict[str, Any]) -> DtypeError | None:
    """The error for tensors on different devices, if they are."""
    places: dict[str, str] = {}
    for letter, x in found.items():
        array = getattr(x, "_data", x)
        if devices.is_array(array):
            places.setdefault(str(devices.device_of(array)), name_of(x, letter))
    if len(places) < 2:
        return None
    (here, a), (there, b), *_ = places.items()
    return DtypeError(
        f"{what}: {a} is on {here} and {b} on {there}, and an operation needs its tensors on one "
        "device", tensors={letter: x for letter, x in found.items() if hasattr(x, "shape")},
        fix=f'move one of them: {b}.to("{here}")')


class AccumulateGrad(Node):
    """The end of a path: where the gradient of a leaf is summed and written to its ``.grad``."""

    __slots__ = ("variable",)

    def __init__(self, tensor: Any) -> None:
        self.seq = next(RISING)
        self.edges = []
        self.extras = None
        self.saved = ()
        self.made = tensor._made
        self.outputs = ((tensor._data.shape, tensor._data.dtype),)
        self.variable = weakref.ref(tensor)  # weak: the tensor holds this node

    def name(self) -> str:
        """The name as PyTorch spells it."""
        return "AccumulateGrad"


class Freed:
    """Stands in ``saved`` once a backward pass has used it, and tells whoever asks for values."""

    __slots__ = ("made",)

    def __init__(self, made: source.Made | None) -> None:
        self.made = made

    def __iter__(self) -> NoReturn:
        freed = source.resolve(self.made)
        raise GraphError(
            "this graph was replayed before, and what its backward needs was freed then"
            + (f": at {freed}" if freed is not None else ""),
            fix="call backward once per forward pass; add the losses and call backward once; "
                "cut off what is carried on from step to step, as a recurrent state: "
                "h = h.detach(); or keep the graph with loss.backward(retain_graph=True)")


class Function(Node):
    r"""Base of every operation; an instance is the operation's node in the graph.

    A subclass gives ``forward(self, *arrays)``, which returns an array or a tuple of them, and
    ``backward(self, g, *saved)``, which gets the gradient of the loss with respect to the output
    (one for each output) and returns one with respect to each input, in their order. Trailing
    inputs that are no tensors need none.

    Class attributes, all data:

    ``saves``
        What ``backward`` needs, by the names of forward's parameters and ``out``. A dict says for
        whose gradient it is needed: ``{"a": "b", "b": "a"}`` saves `a` only if `b` needs a
        gradient; where it is not needed, ``backward`` gets None.
    ``promotion``
        How operands come to a common dtype: ``devices.arithmetic``, ``devices.floating`` or None.
    ``broadcasts``
        Whether gradients may be larger than their inputs and are then summed back to their shape.
    ``view``
        Whether the output may share memory with the first input.
    ``halves``
        Where it takes bfloat16 as it is: on a ``"gpu"``, on ``"all"`` devices, or nowhere: then
        it runs in float32, and its results are rounded. A view's forward always does.
    ``quiet``
        Whether NumPy's warnings are off while it runs; no for what runs operations itself.
    ``formula``, ``sign``, ``local``
        What a learner reads: the formula in LaTeX, the operation's sign, and for each letter the
        local derivative (or the whole contribution, where it contains ``g``).

    Examples
    --------
    >>> import numpy as np, learngrad
    >>> class Cube(learngrad.autograd.Function):
    ...     "The third power."
    ...     saves = ("x",)
    ...     local = {"x": "3·x²"}
    ...     def forward(self, x):
    ...         return x * x * x
    ...     def backward(self, g, x):
    ...         return g * 3 * x * x
    >>> x = learngrad.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad.item()
    12.0
    """

    __slots__ = ()

    saves: ClassVar[tuple[str, ...] | dict[str, str]] = ()
    promotion: ClassVar[Any] = None  # a static method from a list of inputs to a list of inputs
    broadcasts: ClassVar[bool] = False
    view: ClassVar[bool] = False
    halves: ClassVar[str] = ""
    quiet: ClassVar[bool] = True
    formula: ClassVar[str] = ""
    sign: ClassVar[str] = ""
    local: ClassVar[dict[str, str]] = {}
    absent: ClassVar[dict[str, float]] = {}  # what stands for an operand that is not given
    letters: ClassVar[tuple[str, ...]] = ()
    promotes: ClassVar[bool] = False  # plain numbers among its inputs are operands, not options
    _saves: ClassVar[tuple[tuple[int, int], ...]] = ()
    _plan: ClassVar[tuple[Any, ...]] = (None, True, False, None, False, False)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # PyTorch's protocol: a static forward of its own, or of the operation that it changes.
        if isinstance(next(vars(one)["forward"] for one in cls.__mro__ if "forward" in vars(one)),
                      staticmethod):
            from learngrad.autograd.custom import adopt
            adopt(cls)
            return
        forward: Any = cls.forward
        code = getattr(forward, "__wrapped__", forward).__code__  # it may have a cover by now
        cls.letters = code.co_varnames[1:code.co_argcount]
        cls.promotes = cls.promotes or cls.promotion is not None
        saves = cls.saves
        pairs = saves.items() if isinstance(saves, dict) else [(name, "") for name in saves]
        # (what: input i as i, output k as -1-k; for whose gradient: input i, or -1 for always)
        cls._saves = tuple((-1 if what == "out" else cls.letters.index(what),
                            cls.letters.index(whose) if whose else -1) for what, whose in pairs)
        cls._prepare()
        for prepare in prepared_by:
            prepare(cls)

    @classmethod
    def _prepare(cls) -> None:
        """Put together what the gate asks of a class: one look is much faster than six.

        Its last three: what takes the saved values from inputs and output, whether the output is
        one of them, and whether they depend on whose gradient is needed.
        """
        whats = [what for what, _ in cls._saves]
        pick = itemgetter(*whats) if len(whats) > 1 else itemgetter(
            slice(whats[0], whats[0] + 1 or None)) if whats else None  # a slice makes one a list
        cls._plan = (cls.promotion, cls.quiet, cls.view, pick, -1 in whats,
                     any(whose >= 0 for _, whose in cls._saves))

    def forward(self, *inputs: Any) -> Any:
        """Compute the output from arrays."""
        raise TypeError(f"{type(self).__name__} has no forward")

    def backward(self, g: Any, *saved: Any) -> Any:
        """Compute the inputs' gradients from the output's."""
        raise GraphError(f"{type(self).__name__} has no backward: it cannot be differentiated")

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        """The error to raise for an exception of ``forward``, in the user's terms."""
        shapes = [tuple(x.shape) for x in inputs if hasattr(x, "shape")]
        if isinstance(error, ValueError) and cls.broadcasts and len(shapes) > 1:
            return ShapeError(
                f"{cls.sign or cls.__name__.lower()}: shapes "
                f"{' and '.join(str(list(s)) for s in shapes)} do not broadcast: counted from the "
                "last, two sizes must be equal, or one of them 1",
                tensors=cls.named(inputs), fix="reshape or unsqueeze one of them")
        return error

    @classmethod
    def named(cls, inputs: tuple[Any, ...]) -> dict[str, Any]:
        """The tensors among `inputs`, by the letters of the formula."""
        letters = itertools.chain(cls.letters, (f"input {i}" for i in itertools.count(1)))
        return {letter: x for letter, x in zip(letters, inputs) if hasattr(x, "shape")}

    def __call__(self, *inputs: Any) -> Any:
        """Say that ``apply`` runs it."""
        raise GraphError(f"{type(self).__name__}() is a node of the graph, and runs nothing",
                         fix=f"{type(self).__name__}.apply(x)")

    @classmethod
    def apply(cls, *inputs: Any) -> Any:
        """Run the operation on tensors, numbers and arrays. This is the gate.

        With no tensor among `inputs`, arrays go in and arrays come out: formulas use that.
        """
        arrays, edges, cells = [], [], []
        for x in inputs:
            if isinstance(x, Tensor):
                arrays.append(x._data)
                edges.append(x._edge)
                cells.append(x._cell)
            else:
                arrays.append(x)
                edges.append(None)
                cells.append(None)
        node = cls()
        node.edges = edges
        promote, quiet, view, pick, keeps_out, choosy = cls._plan
        if not any(cells):  # a formula at work, inside the gate already
            try:
                out = node.forward(*(arrays if promote is None else promote(arrays)))
            except Exception as error:  # noqa: BLE001  (raised again, explained)
                told = cls.explain(error, inputs)
                raise told from (error if told is not error else error.__cause__)
            return tuple(map(as_array, out)) if type(out) is tuple else as_array(out)

        frame: Any = sys._getframe(1)
        try:
            while _inside[frame.f_code.co_filename]:
                frame = frame.f_back
            made = frame.f_code, frame.f_lasti
        except AttributeError:  # no frame is left: the program itself is machinery
            made = None
        node.made = made
        here = thread.__dict__  # this thread's own: one look instead of three
        try:
            if promote is not None:
                arrays = promote(arrays)
            out = here["quietly"](node.forward, *arrays) if quiet else node.forward(*arrays)
        except Exception as error:  # noqa: BLE001  (raised again, explained)
            cls._fail(node, inputs, error)
        record = here["grad"] and any(edges)
        result: Any
        kind = type(out)
        if kind is tuple:
            result = node._several(out, record)
            first = result[0]
            out = first._data
        else:
            if kind is not _ndarray:
                out = np.asarray(out) if isinstance(out, _scalar) else as_array(out)
            first = result = _new(Tensor)
            result._data = out
            result._edge = result._grad = None
            result._cell = [0, False, 0]
            result._made = made
            if record:
                dtype = out.dtype
                node.outputs = _kinds[out.shape, dtype]
                if dtype.kind in FLOATING:  # an index or a comparison has no gradient
                    result._edge = node, 0
        if view and _shares_memory(out, arrays[0]):
            share(inputs[0], result if type(result) is tuple else (first,))
        if record:
            node.extras = None
            node.seq = next(RISING)
            if pick is not None:
                if keeps_out:
                    arrays.append(out)
                    cells.append(first._cell)
                if choosy and None in edges:
                    node._keep(arrays, cells)
                else:
                    node.saved = pick(arrays)
                    node.cells = pick(cells)
            else:
                node.saved = ()
        if here["watchers"]:
            outputs = result if type(result) is tuple else (result,)
            for watcher in here["watchers"]:
                watcher.operation(node, inputs, outputs, made)
        return result

    def _several(self, outs: tuple[Any, ...], record: bool) -> tuple[Any, ...]:
        """The output tensors of an operation that has more than one."""
        results = []
        for k, out in enumerate(map(as_array, outs)):
            edge = (self, k) if record and devices.is_floating(out.dtype) else None
            t = Tensor._from_array(out, edge)
            t._made = self.made
            results.append(t)
        if record:
            self.outputs = tuple((t._data.shape, t._data.dtype) for t in results)
        return tuple(results)

    def _keep(self, arrays: list[Any], cells: list[Any]) -> None:
        """Save values and their cells; None for what only an input without gradient would need."""
        edges = self.edges
        for what, whose in self._saves:
            if whose >= 0 and edges[whose] is None:
                arrays[what] = cells[what] = None
        pick = self._plan[3]
        self.saved, self.cells = pick(arrays), pick(cells)

    def keep_own(self, tensor: Any) -> None:
        """Keep a copy of `tensor` if it was saved: it is about to get this operation's result."""
        for k, value in enumerate(self.saved):
            converted = devices.is_array(value) and value.dtype != tensor._data.dtype
            if value is tensor._data or (converted and self.cells[k] is tensor._cell):
                self.saved, self.cells = [*self.saved], [*self.cells]
                self.saved[k], self.cells[k] = value if converted else value.copy(), None

    def unpack(self, join: bool) -> list[Any]:
        """The saved values, each checked for changes; as tensors of the graph under `join`."""
        saved = self.saved
        for k, value in enumerate(saved):
            cell = None if value is None else self.cells[k]
            if cell is not None and cell[0] > self.seq:
                self._refuse_change(self._saves[k][0], value)
        return saved if not join else [
            v if v is None else self._join(what, v) for (what, _), v in zip(self._saves, saved)]

    def _join(self, what: int, array: Any) -> Any:
        """A saved array as the tensor that it was, joined to the graph again."""
        edge = (self, -1 - what) if what < 0 else self.edges[what]
        if not devices.is_array(array):
            return array
        dtype = array.dtype if edge is None else edge[0].outputs[edge[1]][1]
        if dtype == array.dtype:
            return Tensor._from_array(array, edge)
        # It was brought to another dtype before it was saved; that is a step of the graph here.
        return Tensor._from_array(devices.converted(array, dtype), edge).to(array.dtype)

    def _refuse_change(self, what: int, array: Any) -> NoReturn:
        letter = "out" if what < 0 else self.letters[what]
        edge = (self, 0) if what < 0 else self.edges[what]
        made = None if edge is None else edge[0].made
        place, operation = source.resolve(made), source.resolve(self.made)
        name = (place.target if place is not None else None) or letter
        raise GraphError(
            f"{name} was changed in place after {type(self).__name__.lower()} saved it for its "
            "backward pass: the gradient would be computed from the wrong values"
            + (f"\n  saved by {operation}" if operation else "")
            + (f"\n  {name}: shape {list(array.shape)}, {array.dtype}, made at {place}"
               if place else ""),
            fix=f"use an operation that makes a new tensor instead of changing {name}, or change "
                f"{name}.clone()")

    @classmethod
    def _fail(cls, node: Function, inputs: tuple[Any, ...], error: Exception) -> NoReturn:
        """Tell the watchers, and raise what a person can act on."""
        told: Exception = error
        if isinstance(error, MemoryError):
            told = out_of_memory(error, cls.sign or cls.__name__.lower())
        elif hasattr(error, "get_message"):  # CuPy's, of the compiler: a kernel of the user's own
            told = does_not_compile(error, cls.__name__, source.resolve(node.made))
        elif not isinstance(error, LearngradError):
            told = apart(cls, inputs) or cls.explain(error, inputs)
        for watcher in thread.watchers:
            watcher.failed(node, inputs, told, node.made)
        try:
            raise told from (error if told is not error else error.__cause__)
        finally:
            # An error holds this frame, which else would hold the error. Not `del`: a notebook
            # shows the arguments of each frame, and says so where one is gone.
            told = error = None  # type: ignore[assignment]
