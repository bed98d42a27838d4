"""`Parameter`, a tensor that a module trains, and `Buffer`, one that it only keeps."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, Self

from learngrad import devices, source
from learngrad.creation import zeros
from learngrad.errors import GraphError, LearngradError
from learngrad.tensor import Tensor, tensor

__all__ = ["Buffer", "Parameter", "Uninitialized", "UninitializedBuffer", "UninitializedError",
           "UninitializedParameter"]


class Parameter(Tensor):
    """A leaf of the graph that a module finds by itself when it is assigned to an attribute.

    Parameters
    ----------
    data : Tensor, optional
        The values to start from; memory is shared with it. Anything else is copied. Without it
        there are no elements.
    requires_grad : bool, default True
        False keeps the parameter in the module's state, frozen.

    Attributes
    ----------
    name : str or None
        The attribute of the first module it was assigned to; errors and graphs show it.

    Raises
    ------
    DtypeError
        If a gradient is wanted of something that is not floating.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Parameter(learngrad.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        super().__init__()
        if data is not None:
            _share(self, data)
        if requires_grad:
            self.requires_grad_()

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Parameter, (Tensor._from_array(self._data, None), self.requires_grad), vars(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A copy of the values, without the gradient, as in PyTorch."""
        if not self.is_leaf:
            raise GraphError("only leaves can be deep-copied: this tensor belongs to a graph",
                             tensors={"this": self}, fix="x.detach().clone()")
        copy = Parameter(Tensor._from_array(self._data.copy(), None), self.requires_grad)
        vars(copy).update(vars(self))
        memo[id(self)] = copy
        return copy


class Buffer(Tensor):
    """A tensor that is not trained and that a module finds when it is assigned to an attribute.

    Parameters
    ----------
    data : Tensor, optional
        Memory is shared with it. Anything else is copied.
    persistent : bool, default True
        Whether it belongs to the module's `state_dict`.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> layer = nn.Module()
    >>> layer.mean = nn.Buffer(learngrad.zeros(2))
    >>> list(layer.state_dict())
    ['mean']
    """

    __slots__ = ()
    persistent: bool

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        super().__init__()
        if data is not None:
            _share(self, data)
        self.persistent = persistent

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Buffer, (Tensor._from_array(self._data, None),), vars(self)


def _share(t: Tensor, data: Any) -> None:
    """Give `t` the memory of `data`, and with it the count of its changes."""
    given = data if isinstance(data, Tensor) else tensor(data)
    t._data, t._cell = given._data, given._cell
    t._cell[1] = t._cell[1] or given is data


# ---- Without a shape yet -------------------------------------------------------------------------

class UninitializedError(LearngradError, RuntimeError, ValueError):
    """A lazy layer's parameter is used before it has a shape."""


class Uninitialized(Tensor):
    """A tensor that has a dtype and a device, and gets its shape by `materialize`.

    It then becomes what `becomes` says and stays the same object, so that an optimiser that holds
    it goes on with it. Until then whatever needs its elements raises `UninitializedError`.
    """

    __slots__ = ()
    becomes: ClassVar[type[Tensor]]

    def __init__(self, requires_grad: bool = False, device: Any = None, dtype: Any = None) -> None:
        self._edge = self._grad = None
        self._cell = [0, False, 0]
        self._made = source.caller()
        self._is = (devices.get_default_dtype() if dtype is None else devices.to_dtype(dtype),
                    devices.place(device), requires_grad)

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become a tensor of zeros of this shape."""
        own_dtype, own_device, requires_grad = self._is
        data = zeros(tuple(shape), dtype=own_dtype if dtype is None else dtype,
                     device=own_device if device is None else device)
        del self._is
        self.__class__ = self.becomes  # type: ignore[assignment]
        self._data = data._data
        self.requires_grad_(requires_grad)

    @property
    def _data(self) -> NoReturn:
        raise UninitializedError(
            f"{self.name or 'this tensor'} has no shape yet: a lazy layer finds it out from the "
            "first input", fix="call the model once before: model(x)")

    @_data.setter
    def _data(self, value: Any) -> None:
        raise UninitializedError("this tensor has no shape yet", fix="p.materialize(shape)")

    dtype = property(lambda self: self._is[0])
    device = property(lambda self: self._is[1])
    requires_grad = property(lambda self: self._is[2],
                             lambda self, value: self.requires_grad_(value))

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Whether gradients will be collected."""
        self._is = *self._is[:2], requires_grad
        return self

    @property
    def data(self) -> Tensor:
        """A tensor of its dtype and device, without elements; one that is assigned changes both."""
        return zeros(0, dtype=self.dtype, device=self.device)

    @data.setter
    def data(self, value: Tensor) -> None:
        self._is = value.dtype, value.device, self._is[2]

    def detach(self) -> Self:
        """Itself: there is nothing to cut off yet."""
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        dtype, device, requires_grad = self._is
        return type(self), (requires_grad, str(device), dtype), vars(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copy = memo[id(self)] = type(self)()
        vars(copy).update(vars(self))
        return copy


class UninitializedParameter(Uninitialized, Parameter):
    """A `Parameter` of a lazy layer that has not seen an input."""

    __slots__ = ()
    becomes = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(requires_grad, device, dtype)


class UninitializedBuffer(Uninitialized, Buffer):
    """A buffer of a lazy layer that has not seen an input."""

    __slots__ = ()
    becomes = Buffer
    persistent = True
