"""`Tensor`: an array that remembers where it came from. Its methods are one-liners onto `ops`."""

from __future__ import annotations

import math
import sys
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from learngrad import devices, source
from learngrad.autograd import engine, function
from learngrad.autograd.function import AccumulateGrad
from learngrad.autograd.handle import RemovableHandle
from learngrad.autograd.mode import is_grad_enabled
from learngrad.autograd.observe import thread
from learngrad.autograd.order import changed
from learngrad.autograd.why import why_no_grad
from learngrad.devices import Device
from learngrad.errors import (
    ArgumentRangeError,
    ArgumentTypeError,
    DtypeError,
    GraphError,
    OutOfRangeError,
    ShapeError,
)
from learngrad.numbers import sizes_or_data, to_array
from learngrad.ops import NUMPY
from learngrad.ops import elementwise as E
from learngrad.ops import index as I
from learngrad.ops import parts as P
from learngrad.ops.methods import USUAL, Methods
from learngrad.printing import represent

__all__ = ["Size", "Tensor", "tensor"]

_new = object.__new__


class Size(tuple[int, ...]):
    """A tensor's shape: a tuple that also counts.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.zeros(2, 3).shape.numel()
    6
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements."""
        return math.prod(self)

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return Size(found) if isinstance(key, slice) else found

    def __add__(self, other: Any) -> Any:
        return Size(tuple.__add__(self, other)) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return Size(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        return Size(tuple.__mul__(self, other))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"learngrad.Size({list(self)})"


class Tensor(Methods):
    """An array with a dtype and a device that can take part in a graph.

    Make one with `learngrad.tensor`. It holds the array, the edge of the graph that it came out of
    (``grad_fn``), its ``grad``, a version that counts changes in place, and where it was made.

    ``Tensor(2, 3)`` is one of zeros in that shape, to be filled, and ``Tensor([2, 3])`` a floating
    one of these numbers, as in PyTorch.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.Tensor([2, 3])
    >>> x, x.shape, x.dtype
    (tensor([2., 3.]), learngrad.Size([2]), dtype('float32'))
    """

    __slots__ = ("__dict__", "__weakref__", "_cell", "_data", "_edge", "_grad", "_made")

    _cell: list[Any]  # of its memory: see `order.changed`
    _data: Any
    _edge: tuple[Any, int] | None  # (node, output); None: needs no gradient
    _grad: Tensor | None
    _made: source.Made | None
    name: str | None = None
    _cut: source.Made | None = None  # where it was detached

    def __init__(self, *data: Any, dtype: Any = None, device: Any = None,
                 requires_grad: bool = False) -> None:
        with_dtype = dtype is not None and len(data) == 1
        self._begin(to_array(data[0], dtype, device) if with_dtype else
                    sizes_or_data(data, dtype, device), requires_grad)

    def _begin(self, array: Any, requires_grad: bool) -> None:
        self._data = array
        self._edge = self._grad = None
        self._cell = [0, False, 0]
        self._made = source.caller()
        if requires_grad:
            self.requires_grad_()

    @staticmethod
    def _from_array(array: Any, edge: tuple[Any, int] | None) -> Tensor:
        """A tensor round an array as it is, without looking at it."""
        t: Tensor = _new(Tensor)
        t._data = array
        t._edge = edge
        t._grad = t._made = None
        t._cell = [0, False, 0]
        return t

    # ---- What it is ------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return Size(self._data.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """What kind of numbers it holds."""
        return self._data.dtype

    @property
    def device(self) -> Device:
        """Where it lives."""
        return devices.device_of(self._data)

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to it."""
        return self._edge is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    @property
    def is_leaf(self) -> bool:
        """Whether no operation made it (or none that is recorded)."""
        return self._edge is None or type(self._edge[0]) is AccumulateGrad

    @property
    def _version(self) -> int:
        """How often these values were changed in place, by whichever view of them."""
        return int(self._cell[2])

    @property
    def grad_fn(self) -> Any:
        """The node of the graph that made it, or None."""
        return None if self.is_leaf else self._edge[0]  # type: ignore[index]

    @property
    def grad(self) -> Tensor | None:
        """The sum of the gradients that arrived here, None before the first.

        Warns
        -----
        UserWarning
            If it is None because an operation made this tensor: only leaves keep their gradients.
        """
        if self._grad is None and not self.is_leaf and not self._retains():
            warnings.warn(self.why_no_grad(), stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise ArgumentTypeError(f"a gradient is a tensor or None, not {value!r:.60}",
                                    fix="x.grad = None")
        if value is not None and value.shape != self.shape:
            raise ShapeError("a gradient has the shape of its tensor",
                             tensors={"tensor": self, "gradient": value}, fix="x.grad = None")
        if value is not None and (value.dtype, value.device) != (self.dtype, self.device):
            raise DtypeError("a gradient has the dtype of its tensor and lives on its device",
                             tensors={"tensor": self, "gradient": value}, fix="x.grad = g.to(x)")
        self._grad = value

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` has asked for the gradient of what an operation made."""
        return not self.is_leaf and self._retains()

    def _retains(self) -> bool:
        node, slot = self._edge  # type: ignore[misc]
        return slot in (node.extras or {}).get("retained", {})

    @property
    def data(self) -> Tensor:
        """The same memory as a tensor outside the graph; changes of it are not counted."""
        t = Tensor._from_array(self._data, None)
        t._made = self._made
        for watcher in thread.watchers:
            watcher.bared(t, self)
        return t

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise ArgumentTypeError(f"the data of a tensor is a tensor, not {value!r:.60}",
                                    fix="x.data = learngrad.tensor(value)")
        if self._edge is not None and not devices.is_floating(value.dtype):
            raise DtypeError(f"this tensor needs a gradient, and {value.dtype} numbers have none",
                             fix="x.data = value.float()")
        if value._data is not self._data:  # else `w.data -= step`, which was told of
            for watcher in thread.watchers:
                watcher.changed(self)
        self._data = value._data
        if self._edge is not None and self.is_leaf:
            self._edge[0].outputs = ((self._data.shape, self._data.dtype),)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        if dim is not None and not self.ndim:
            raise OutOfRangeError(f"size({dim}): a single number has no dimensions", fix="x.shape")
        return self.shape if dim is None else self.shape[devices.normalise_dim(dim, self.ndim)]

    def dim(self) -> int:
        """The number of dimensions."""
        return self.ndim

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return int(self._data.size)

    def is_floating_point(self) -> bool:
        """Whether its dtype is a floating one."""
        return devices.is_floating(self._data.dtype)

    def is_nonzero(self) -> bool:
        """Whether its one element is not 0."""
        return bool(self)

    def is_complex(self) -> bool:
        """False: all numbers are real."""
        return False

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether its rows lie one after another in memory; no other `memory_format` is known."""
        return bool(self._data.flags.c_contiguous)

    # ---- The graph -------------------------------------------------------------------------------

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let gradients be collected in ``.grad`` of this leaf, or no longer.

        Raises
        ------
        DtypeError
            If the tensor is not floating: only those have gradients.
        GraphError
            If an operation made it and it is asked to need none.
        """
        if requires_grad:
            if self._edge is None:
                if not devices.is_floating(self.dtype):
                    raise DtypeError(
                        f"only floating tensors have gradients, and this is {self.dtype}",
                        fix="make it floating: 3.0 instead of 3, or x.float().requires_grad_()")
                self._edge = (AccumulateGrad(self), 0)
        elif self.is_leaf:
            self._edge = None
        else:
            raise GraphError("an operation made this tensor, so it is part of the graph",
                             fix="x.detach() gives a tensor outside of it")
        return self

    def backward(self, gradient: Tensor | None = None, retain_graph: bool | None = None,
                 create_graph: bool = False, inputs: Any = None) -> None:
        """Replay the graph backwards from here and add the gradients to the leaves' ``.grad``.

        Parameters
        ----------
        gradient : Tensor, optional
            The gradient to begin with, of this tensor's shape; needed unless it has one element.
        retain_graph : bool, default `create_graph`
            Keep what the formulas need, so that backward can be called again.
        create_graph : bool, default False
            Give the gradients a graph of their own, for second derivatives.
        inputs : Tensor or sequence of Tensor, optional
            Only these get a gradient.

        Raises
        ------
        GraphError
            If nothing here needs a gradient, the tensor has several elements and no `gradient` is
            given, the graph was freed by an earlier call, or a saved value was changed in place.
        AnomalyError
            If this is a nan on the CPU and `gradient` is not given. (PyTorch goes on with nan.)

        Examples
        --------
        >>> import learngrad
        >>> x = learngrad.tensor(3.0, requires_grad=True)
        >>> (x * x).backward()
        >>> x.grad
        tensor(6.)
        """
        if inputs is None:
            edge, g = engine.start(self, gradient, create_graph)
            engine.exhaust([edge], [g], retain_graph, create_graph, made=source.caller())
        else:
            engine.backward([self], [gradient], retain_graph, create_graph, inputs)

    def replay(self, gradient: Tensor | None = None) -> Iterator[engine.Step]:
        """The backward pass a step at a time: a generator of `autograd.engine.Step`.

        The graph is kept, so it can be replayed again; ``.grad`` is written at each leaf's step.

        Examples
        --------
        >>> import learngrad
        >>> x = learngrad.tensor(3.0, requires_grad=True)
        >>> for step in (x * x).replay():
        ...     print(step.node.name(), [float(c.value) for c in step.contributions])
        MulBackward0 [3.0, 3.0]
        AccumulateGrad []
        """
        edge, g = engine.start(self, gradient, False)
        return engine.replay([edge], [g])

    def detach(self) -> Tensor:
        """The same memory, outside the graph."""
        t = Tensor._from_array(self._data, None)
        t._made = self._made
        function.share(self, (t,))
        if self._edge is not None:
            t._cut = source.caller()
            for watcher in thread.watchers:
                watcher.detached(t, self)
        return t

    def detach_(self) -> Self:
        """Leave the graph: what made it is forgotten."""
        if self._edge is not None and not self.is_leaf:
            self._cut = source.caller()
        self._edge = None
        return self

    def why_no_grad(self) -> str:
        """Why ``.grad`` is None, in words.

        Examples
        --------
        >>> import learngrad
        >>> w = learngrad.tensor(2.0, requires_grad=True)
        >>> w.why_no_grad()
        'No backward has run since w was made: call backward on the loss.'
        """
        return why_no_grad(self)

    def retain_grad(self) -> None:
        """Keep the gradient of this tensor too, though an operation made it."""
        if self._edge is None:
            raise GraphError("this tensor needs no gradient, so there is none to retain",
                             fix="make its inputs with requires_grad=True")
        if not self.is_leaf:
            node, slot = self._edge
            node.extra("retained", dict)[slot] = weakref.ref(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call `hook` with this tensor's gradient when it is known; what it returns replaces it.

        ``remove()`` of what this returns takes the hook away.
        """
        if self._edge is None:
            raise GraphError("this tensor needs no gradient, so a hook would never be called",
                             fix="make it with requires_grad=True")
        node, slot = self._edge
        return RemovableHandle(node.extra("hooks", dict), (slot, hook))

    # ---- Out of tensors --------------------------------------------------------------------------

    def item(self) -> Any:
        """The one element as a Python number."""
        if self._data.size != 1:
            raise ArgumentRangeError(
                f"item() is for one number, and this tensor has {self.numel()}",
                fix="x.tolist() gives them all")
        return self._data.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._data.tolist()

    def numpy(self) -> Any:
        """The array itself, sharing memory; not for a tensor that needs a gradient."""
        if self._edge is not None:
            raise GraphError("a NumPy array has no gradient, and this tensor needs one",
                             fix="x.detach().numpy()")
        if not isinstance(self._data, np.ndarray):
            raise ArgumentTypeError("this tensor lives on the GPU, and NumPy's arrays do not",
                                    fix="x.cpu().numpy()")
        return self._data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if copy:
            return np.array(array, dtype=dtype)
        return array if dtype is None else array.astype(dtype, copy=False)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """How CuPy's functions and kernels read a tensor on the GPU: in its own memory."""
        if isinstance(self._data, np.ndarray):
            raise AttributeError("a tensor on the CPU is no array of a GPU: x.cuda()")
        if self._edge is not None:
            raise GraphError("CuPy's functions record no graph, and this tensor needs a gradient",
                             fix="x.detach(), or an autograd.Function")
        interface: dict[str, Any] = self._data.__cuda_array_interface__
        return interface

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs or ufunc not in NUMPY:
            raise _not_offered(f"np.{ufunc.__name__}"
                               + ("" if method == "__call__" else f".{method}"))
        return NUMPY[ufunc](*inputs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func not in NUMPY:
            raise _not_offered(f"np.{func.__name__}")
        return NUMPY[func](*args, **kwargs)

    def to(self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False,
           copy: bool = False, memory_format: Any = None) -> Tensor:
        """In another dtype, on another device, or both; itself where it is so already.

        With `copy` it is always a new tensor; `non_blocking` and `memory_format` are accepted and
        change nothing.
        """
        flags = [arg for arg in args if isinstance(arg, bool)]
        dtype, device = devices.destination(args[:len(args) - len(flags)], dtype, device)
        moved = self if device is None else _move(self, Device(device))
        moved = moved if dtype is None else E.cast(moved, dtype)
        return moved.clone() if moved is self and (copy or flags[1:] == [True]) else moved

    def cpu(self, memory_format: Any = None) -> Tensor:
        """On the CPU; `memory_format` is accepted and changes nothing."""
        return self.to("cpu")

    def cuda(self, device: Any = None, non_blocking: bool = False,
             memory_format: Any = None) -> Tensor:
        """On the current GPU, or another; the other two are accepted and change nothing."""
        return self.to("cuda" if device is None else device)

    def pin_memory(self, device: Any = None) -> Tensor:
        """Itself: copies to a GPU are made from any memory."""
        return self

    def is_pinned(self, device: Any = None) -> bool:
        """False: there is no such memory."""
        return False

    def astype(self, dtype: Any) -> Tensor:
        """NumPy's spelling of ``to(dtype)``."""
        return E.cast(self, dtype)

    # ---- In place --------------------------------------------------------------------------------

    def _assign(self, what: str, new: Callable[[], Tensor]) -> Self:
        """Put what `new` computes into this tensor's memory, and into the graph if recording."""
        others = None
        if is_grad_enabled() and self._edge is not None:
            if self.is_leaf:
                raise GraphError(f"{what} would change a leaf that needs a gradient, while "
                                 "recording: the value that the gradient belongs to would be lost",
                                 fix="with learngrad.no_grad(): around an update by hand; or make "
                                     "a new tensor")
            if self._has_views():
                if source.stored_next(self._made):
                    return self._apart(new())
                others = P.sharing(self)
                if others is None:
                    raise GraphError(
                        f"{what} on a tensor of the graph that shares its memory with another "
                        "(a view)", fix="make a new tensor: v = v + 1; to change a part of y: "
                        "y[i] = y[i] + 1")
        result = new()
        array = result._data
        if array.shape != self._data.shape:
            raise ShapeError(f"{what} gives shape {list(array.shape)}, which does not fit in place",
                             fix="make a new tensor: x = x + y")
        if not np.can_cast(array.dtype, self.dtype, "same_kind") and (
                array.dtype.kind, self.dtype.kind) != ("i", "u"):
            raise DtypeError(f"{what} gives {array.dtype}, which does not fit in place in "
                             f"{self.dtype}",
                             fix="make a new tensor, or convert this one: x = x.float()")
        if result._edge is not None and self._edge is None and self._has_views():
            if source.stored_next(self._made):
                return self._apart(result)
            raise GraphError(
                f"{what} would bring a gradient into memory that other tensors share (a view)",
                fix="use a tensor of its own: x.clone(); to change a part of y: y[i] = y[i] + x")
        if not getattr(self._data.flags, "writeable", True):
            raise _read_only(what, self)
        if result._edge is not None:
            result._edge[0].keep_own(self)
            if array.dtype != self._data.dtype:
                result = E.cast(result, self.dtype)  # whose gradient comes back in `array`'s
        if is_grad_enabled():
            if result._edge is not None and getattr(result._edge[0], "shares", False):
                result = E.clone(result)  # a part of other memory is no part of this one
            if others:
                P.spread(self, self._edge, result, others)
            else:
                self._edge = result._edge
        self._data[...] = array
        changed(self)
        return self

    def _apart(self, result: Any) -> Any:
        """What ``x[i] += v`` computes from this part of x; Python puts it into x's graph."""
        if result._edge is not None:
            result._edge[0].keep_own(self)  # that memory is about to change
        return result

    def _has_views(self) -> bool:
        """Whether another tensor, or a value kept for backward, shares this one's memory."""
        return bool(self._cell[1]) and _holders(self) > _ALONE

    def _blank(self) -> Tensor:
        """Zeros of this shape and dtype, on this device."""
        return Tensor._from_array(devices.array_module(self._data).zeros_like(self._data), None)

    def __setitem__(self, key: Any, value: Any) -> None:
        key = I.unwrap_key(key, self._data)
        if not isinstance(value, (Tensor, int, float)) and not devices.is_array(value):
            value = to_array(value, None, None)
        value = (devices.fitting(value, self.dtype) if isinstance(value, (int, float)) else
                 I.without_ones(value))
        recorded = self._edge is not None or getattr(value, "_edge", None) is not None
        if recorded and is_grad_enabled():
            if isinstance(value, Tensor) and devices.is_floating(self.dtype):
                value = E.cast(value, self.dtype)
            self._assign("x[…] = value", lambda: I.put_at(self, value, key))
            return
        if not getattr(self._data.flags, "writeable", True):
            raise _read_only("x[…] = value", self)
        data = value._data if isinstance(value, Tensor) else value
        try:
            thread.quietly(I.assign, self._data, key, data)
        except (IndexError, OverflowError, TypeError, ValueError) as error:
            inputs = self, value if hasattr(value, "shape") else 0, key
            raise (function.apart(I.IndexPut, inputs)
                   or I.IndexPut.explain(error, inputs)) from error
        changed(self)

    # ---- As Python sees it -----------------------------------------------------------------------

    __hash__ = object.__hash__

    def __len__(self) -> int:
        if not self.ndim:
            raise ArgumentTypeError("a single number has no len()",
                                    fix="x.numel() counts the elements")
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise ArgumentTypeError("a single number cannot be gone through, nor unpacked",
                                    tensors={"this": self}, fix="x.item() is the number itself")
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise GraphError("only a tensor of one element is true or false",
                             fix="x.any() or x.all(): some of them, or each")
        return bool(self._data)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iub" or self._data.size != 1:
            raise ArgumentTypeError("only a tensor of one integer can be an index", fix="int(x)")
        return int(self._data.item())

    def __format__(self, spec: str) -> str:
        if self.ndim == 0:
            return format(self.item(), spec)
        if spec:
            raise ArgumentTypeError(f"the format {spec!r} is for one number, and this tensor has "
                                    f"{self._data.size}",
                                    fix="format one element, or print the tensor as it is")
        return repr(self)

    def __repr__(self) -> str:
        return represent(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (self._data, self.requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise GraphError("only leaves can be deep-copied: this tensor belongs to a graph",
                             fix="x.detach().clone()")
        copy = type(self).__new__(type(self))
        copy._begin(self._data.copy(), self.requires_grad)
        memo[id(self)] = copy
        copy.__dict__.update(self.__dict__)
        if self._grad is not None:
            copy._grad = self._grad.detach().clone()
        return copy


def _read_only(what: str, tensor: Tensor) -> GraphError:
    return GraphError(
        f"{what} on memory that cannot be written: it stands for several elements (expand), or "
        "belongs to an array that is read-only", tensors={"this": tensor}, fix="change x.clone()")


function.register_tensor(Tensor)
source.tensor_methods.update(dir(Tensor))
USUAL.add(Tensor)


def _rebuild(array: Any, requires_grad: bool) -> Tensor:
    return tensor(array, requires_grad=requires_grad)


def _not_offered(name: str) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"{name} is not among the operations that tensors know, so its gradient would be lost",
        fix="use learngrad's operation, or leave the graph: x.detach().numpy()")


def _move(t: Tensor, device: Device) -> Tensor:
    if t.device == device or (t.device.type == device.type and device.index is None):
        return t
    return _Move.apply(t, device)


class _Move(function.Function):
    """The same numbers on another device; the gradient comes back."""

    formula, sign, local = "x", "to", {"x": "1"}

    def forward(self, x, device):
        self.before = devices.device_of(x)
        return devices.to_device(x, device)

    def backward(self, g):
        if isinstance(g, Tensor):
            return _move(g, self.before)
        return devices.to_device(g, self.before)


def _holders(tensor: Tensor) -> int:
    """How many hold a tensor's cell: itself, its views, and nodes that keep its values."""
    return sys.getrefcount(tensor._cell)


_ALONE = _holders(Tensor._from_array(np.zeros(1), None))


def tensor(data: Any, *, dtype: Any = None, device: Any = None,
           requires_grad: bool = False) -> Tensor:
    """A tensor of numbers: a copy of `data`.

    Parameters
    ----------
    data : number, nested sequence, array or Tensor
    dtype : dtype, optional
        By default float32 for Python floats (`set_default_dtype`), int64 for integers, bool for
        bools, and an array's own dtype.
    device : str or Device, default "cpu"
    requires_grad : bool, default False
        Collect gradients in ``.grad``; floating tensors only.

    Raises
    ------
    ArgumentTypeError
        If something in `data` is no number.
    ArgumentError
        If the rows have different lengths.
    DtypeError
        If a gradient is asked for an integer tensor.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    tensor([[1., 2.],
            [3., 4.]])
    """
    t = _new(Tensor)
    t._begin(to_array(data, dtype, device), requires_grad)
    return t
