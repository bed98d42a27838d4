"""`Parameter`: a tensor that a module trains."""

from __future__ import annotations

from typing import Any

from learngrad.tensor import Tensor, tensor

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A leaf of the graph that a module finds by itself when it is assigned to an attribute.

    Parameters
    ----------
    data : Tensor
        The values to start from; memory is shared with it. Anything else is copied.
    requires_grad : bool, default True
        False keeps the parameter in the module's state, frozen.

    Attributes
    ----------
    name : str or None
        The attribute of the first module it was assigned to; errors and graphs show it.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Parameter(learngrad.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__()
        source = data if isinstance(data, Tensor) else tensor(data)
        # The memory is shared, and with it the count of its changes.
        self._data, self._version = source._data, source._version
        self._version[1] = self._version[1] or source is data
        if requires_grad:
            self.requires_grad_()

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Parameter, (Tensor._from_array(self._data, None), self.requires_grad), vars(self)
