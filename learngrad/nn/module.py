"""`Module`: a function with parameters, made of smaller ones, that knows what it is made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Self

from learngrad import devices, source
from learngrad.autograd.mode import no_grad
from learngrad.autograd.observe import thread
from learngrad.errors import ArgumentError, ArgumentTypeError, no_tensor
from learngrad.nn import state
from learngrad.nn.hooks import Hooked
from learngrad.nn.state import LoadResult, ModuleError
from learngrad.tensor import Tensor

__all__ = ["LoadResult", "Module", "ModuleError"]


class NoForward(ModuleError, NotImplementedError):
    """A module that is called and has no forward."""


class Module(Hooked):
    """Base of every layer and network.

    A subclass calls ``super().__init__()``, assigns its `Parameter` and `Module` objects to
    attributes, and computes in ``forward``. The module is called like a function. Its parts are
    what its attributes hold, in the order in which they were first assigned; the name of a part is
    its path, such as ``encoder.0.weight``.

    A part cannot take the name of a method, such as ``parameters``. (PyTorch: `torch.nn.Module`
    lets a module take it, and the method is found in its place.)

    Raises
    ------
    SetUpError
        If a part is assigned, or the module is used, without ``super().__init__()``.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(learngrad.tensor(2.0))
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(learngrad.tensor([1.0, 3.0])).tolist()
    [2.0, 6.0]
    """

    def forward(self, *inputs: Any) -> Any:
        """Compute the output; each subclass has its own."""
        from difflib import get_close_matches
        name = type(self).__name__
        near = get_close_matches("forward", vars(type(self)).keys() - {"forward"})
        raise NoForward(f"{name} has no forward, so it cannot be called",
                        fix=f"rename {near[0]} to forward" if near else
                            "def forward(self, x): ... in the class, at the depth of __init__")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward``; watchers hear when it begins and ends."""
        watchers = thread.watchers
        try:
            if not watchers:
                if self._call_hooks is None:
                    return self.forward(*args, **kwargs)
                return self._call_hooked(args, kwargs)
            for watcher in watchers:
                watcher.enter(self, args)
            try:
                return self._call_hooked(args, kwargs)
            finally:
                for watcher in watchers:
                    watcher.leave(self)
        except AttributeError as error:
            _refuse_no_tensor(self, error, [*args, *kwargs.values()])
            raise

    # ---- What is done to all parts ---------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` with each part, the innermost first, and with itself last."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set the training mode of itself and all parts: some layers differ in evaluation."""
        if not isinstance(mode, bool):
            raise ArgumentError(f"the training mode is True or False, not {mode!r:.60}",
                                fix="model.train(), model.eval()")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Set evaluation mode: ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Collect gradients for all parameters, or (False) freeze them."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters; with False fill them with zeros instead."""
        for p in self.parameters():
            p.grad = None if set_to_none or p.grad is None else p.grad.detach().zero_()

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Put what `fn` makes of each tensor in its place; parameters stay the same objects."""
        for child in self.children() if recurse else ():
            child._apply(fn)
        with no_grad():
            for _, p in self._own_parts("parameters"):
                g = p.grad
                p.data = fn(p.data)
                p._grad = g if g is None else fn(g.detach())
            for name, value in self._own_parts("buffers"):
                vars(self)[name] = fn(value)
        return self

    def to(self, *args: Any, device: Any = None, dtype: Any = None,
           non_blocking: bool = False, memory_format: Any = None) -> Self:
        """Move all parameters and buffers to a device, a floating dtype, or both.

        Parameters stay the objects they are, so that an optimiser keeps them; gradients come
        along. What is not floating keeps its dtype.

        Parameters
        ----------
        *args : str, Device, dtype or Tensor
            ``to("cuda")``, ``to(learngrad.float64)``, or both; or a tensor to be like.
        device, dtype : optional
            The same by name.
        non_blocking, memory_format
            Accepted, and change nothing.

        Raises
        ------
        ArgumentTypeError
            If the dtype is not floating.

        Examples
        --------
        >>> import learngrad
        >>> learngrad.nn.Linear(1, 1).to(learngrad.float64).weight.dtype
        dtype('float64')
        """
        named = [arg for arg in args if not isinstance(arg, bool)]
        dtype, device = devices.destination(named, dtype, device)
        if dtype is not None and not devices.is_floating(dtype := devices.to_dtype(dtype)):
            raise ArgumentTypeError(f"a module is moved to a floating dtype, not to {dtype}",
                                    fix="model.to(learngrad.float64)")
        return self._apply(lambda t: t.to(device=device, dtype=dtype if t.is_floating_point()
                                          else None))

    def cpu(self) -> Self:
        """Move everything to the CPU."""
        return self.to("cpu")

    def cuda(self, device: Any = None) -> Self:
        """Move everything to the GPU."""
        return self.to("cuda" if device is None else device)

    def float(self) -> Self:
        """Keep what is floating in float32."""
        return self.to(devices.float32)

    def double(self) -> Self:
        """Keep what is floating in float64."""
        return self.to(devices.float64)

    def half(self) -> Self:
        """Keep what is floating in float16."""
        return self.to(devices.float16)

    def bfloat16(self) -> Self:
        """Keep what is floating in bfloat16; needs ml-dtypes."""
        return self.to(devices.bfloat16())

    def type(self, dst_type: Any) -> Self:
        """Keep everything, also what is not floating, in this dtype."""
        return self._apply(lambda t: t.to(dtype=dst_type))

    def share_memory(self) -> Self:
        """Refused: processes do not share parameters here."""
        raise ModuleError("learngrad's parameters live in the memory of one process",
                          fix="train in threads, or send model.state_dict() to other processes")

    # ---- State -----------------------------------------------------------------------------------

    def state_dict(self, *, destination: Any = None, prefix: str = "",
                   keep_vars: bool = False) -> OrderedDict[str, Tensor]:
        """Every parameter and persistent buffer by its path.

        The tensors share memory with the module: training goes on changing them. For a copy, clone
        them or use ``copy.deepcopy``. What else a subclass returns from ``get_extra_state()``
        comes along, and is given to its ``set_extra_state(state)``.

        Parameters
        ----------
        destination : dict, optional
            Where to put them, by default an ``OrderedDict``.
        prefix : str, default ""
            What stands before each path.
        keep_vars : bool, default False
            Give the parameters themselves, not tensors outside the graph.

        Examples
        --------
        >>> from learngrad import nn
        >>> {name: list(t.shape) for name, t in nn.Linear(2, 3).state_dict().items()}
        {'weight': [3, 2], 'bias': [3]}
        """
        found = OrderedDict() if destination is None else destination
        for name, value in state.own(self):
            found[prefix + name] = value if keep_vars else value.detach()
        if hasattr(self, "get_extra_state"):
            found[prefix + state.EXTRA] = self.get_extra_state()
        for name, child in self._own_parts("modules"):
            child.state_dict(destination=found, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return found

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True,
                        assign: bool = False) -> LoadResult:
        """Copy the values of `state_dict` into the parameters and buffers.

        Parameters
        ----------
        state_dict : mapping of str to Tensor or array
            As `state_dict` gives it. Values are converted to the dtype of what they replace.
        strict : bool, default True
            Refuse keys that are missing or unexpected; with False they are left out and returned.
        assign : bool, default False
            Put the tensors themselves, with their dtypes and devices, in the place of the
            parameters and buffers. An optimiser made before goes on with the old ones.

        Returns
        -------
        LoadResult
            ``missing_keys`` and ``unexpected_keys``.

        Raises
        ------
        ModuleError
            If a shape differs or, under `strict`, a key is missing or unexpected. Every problem is
            listed, and nothing is loaded.
        """
        return state.load(self, state_dict, strict, assign)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what a copy or a pickle holds; a copy has names of its own."""
        vars(self).update(state)
        vars(self)["_part_names"] = {
            kind: dict(names) for kind, names in state["_part_names"].items()}

    # ---- As Python shows it ----------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the brackets of its repr, for a subclass to say."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        return self._repr_of(extra.split("\n") if extra else [], [
            f"({name}): {vars(self)[name]!r}" for name in self._part_names["modules"]])

    def _repr_of(self, extra: list[str], parts: list[str]) -> str:
        """A repr of lines about itself and of its parts' reprs."""
        if not parts and len(extra) < 2:
            return f"{self._get_name()}({''.join(extra)})"
        lines = [*extra, *(part.replace("\n", "\n  ") for part in parts)]
        return "\n  ".join([f"{self._get_name()}(", *lines]) + "\n)"

    def __dir__(self) -> list[str]:
        return sorted(name for name in super().__dir__() if not name[0].isdigit())


def _refuse_no_tensor(module: Module, error: AttributeError, given: list[Any]) -> None:
    """Say so, where a layer of ours asked what is no tensor for what only tensors have."""
    value, name = error.obj, type(module).__name__
    if (not type(module).__module__.startswith("learngrad.nn.") or isinstance(value, Tensor)
            or not any(value is x for x in given)
            or f"{type(value).__name__}' object has no" not in str(error)):
        return
    asked = error.__traceback__
    while asked is not None and asked.tb_next is not None:
        asked = asked.tb_next
    if asked is None or not source.inside[asked.tb_frame.f_code.co_filename]:
        return  # in a module of the user's, within a Sequential
    raise no_tensor(f"nn.{name}", value) from None
