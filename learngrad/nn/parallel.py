"""One network on several GPUs, in programs that are written so: here it runs on one device."""

from __future__ import annotations

from typing import Any

from learngrad.nn.module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    r"""A module behind the attribute ``module``, called on the whole batch at once.

    .. math:: y = \text{module}(x)

    PyTorch: `torch.nn.DataParallel` shares a batch among GPUs. The states have the same keys, so
    what was saved by such a program fits: ``module.`` goes before each.

    Shape
    -----
    As of `module`.

    Parameters
    ----------
    module : Module
    device_ids : list of int, optional
    output_device : int, optional
    dim : int, default 0
        These say how PyTorch shares a batch, and change nothing.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> model = nn.DataParallel(nn.Linear(3, 2))
    >>> model(learngrad.ones(4, 3)).shape
    learngrad.Size([4, 2])
    >>> list(model.state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None,
                 dim: int = 0) -> None:
        super().__init__()
        self.module = module
        self.device_ids, self.output_device, self.dim = device_ids or [], output_device, dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module makes of the inputs."""
        return self.module(*inputs, **kwargs)
