"""`Module`: a function with parameters, made of smaller ones, that knows what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Self

from learngrad.autograd.mode import no_grad
from learngrad.autograd.observe import thread
from learngrad.errors import ArgumentError, ArgumentTypeError, LearngradError
from learngrad.nn.parameter import Parameter
from learngrad.tensor import Tensor, tensor

__all__ = ["LoadResult", "Module", "ModuleError"]


class ModuleError(LearngradError, RuntimeError):
    """A module that is not complete, or a state that does not fit it."""


class LoadResult(NamedTuple):
    """What `Module.load_state_dict` could not match."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """Base of every layer and network.

    A subclass calls ``super().__init__()``, assigns its `Parameter` and `Module` objects to
    attributes, and computes in ``forward``. The module is called like a function. Its parts are
    what its attributes hold, in the order in which they were first assigned; the name of a part is
    its path, such as ``encoder.0.weight``.

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

    training: bool
    _buffers: dict[str, bool]  # the names of the buffers, and whether they belong to the state

    def __init__(self) -> None:
        vars(self).update(training=True, _buffers={})

    def forward(self, *inputs: Any) -> Any:
        """Compute the output; each subclass has its own."""
        raise ModuleError(f"{type(self).__name__} has no forward, so it cannot be called",
                          fix="def forward(self, x): ... in the class, at the depth of __init__")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward``; watchers hear when it begins and ends."""
        watchers = thread.watchers
        if not watchers:
            return self.forward(*args, **kwargs)
        for watcher in watchers:
            watcher.enter(self, args)
        try:
            return self.forward(*args, **kwargs)
        finally:
            for watcher in watchers:
                watcher.leave(self)

    # ---- Its parts -------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        held = vars(self)
        if isinstance(value, (Parameter, Module)):
            if "_buffers" not in held:
                raise ModuleError(
                    f"{type(self).__name__}.{name} is assigned before the module is set up",
                    fix="super().__init__() as the first line of __init__")
            if isinstance(value, Parameter) and value.name is None:
                value.name = name
        elif value is not None and isinstance(held.get(name), (Parameter, Module)):
            kind = "parameter" if isinstance(held[name], Parameter) else "module"
            raise ArgumentTypeError(
                f"{name} is a {kind} of this {type(self).__name__}, and {type(value).__name__} "
                "would take its place: optimisers would go on with the old one",
                fix=f"with learngrad.no_grad(): module.{name}.copy_(value)" if kind == "parameter"
                    else f"assign a module, or None, to {name}")
        held[name] = value

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Assign a parameter to an attribute, by its name."""
        setattr(self, name, param)

    def add_module(self, name: str, module: Module | None) -> None:
        """Assign a module to an attribute, by its name."""
        setattr(self, name, module)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that is not trained, such as a running mean.

        Parameters
        ----------
        name : str
        tensor : Tensor or None
        persistent : bool, default True
            Whether it belongs to `state_dict`.
        """
        if tensor is not None and (not isinstance(tensor, Tensor) or isinstance(tensor, Parameter)):
            raise ArgumentTypeError(f"a buffer is a plain tensor, not a {type(tensor).__name__}",
                                    fix="register_buffer(name, learngrad.zeros(n))")
        if name in vars(self) and name not in self._buffers:
            raise ArgumentError(f"{type(self).__name__} has an attribute {name!r} already",
                                fix="choose another name")
        vars(self)[name] = tensor
        self._buffers[name] = persistent

    def named_modules(self, memo: set[int] | None = None,
                      prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Paths and modules: itself (path ``""``), its parts, their parts; each module once."""
        memo = set() if memo is None else memo
        if id(self) not in memo:
            memo.add(id(self))
            yield prefix, self
            for name, value in vars(self).items():
                if isinstance(value, Module):
                    yield from value.named_modules(memo, f"{prefix}.{name}" if prefix else name)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Names and modules of its own attributes, not of their parts."""
        return ((name, value) for name, value in vars(self).items() if isinstance(value, Module))

    def named_parameters(self, prefix: str = "",
                         recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Paths and parameters, each parameter once.

        Examples
        --------
        >>> from learngrad import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(2, 3), nn.ReLU()).named_parameters()]
        ['0.weight', '0.bias']
        """
        return self._named(prefix, recurse, lambda module: (
            (name, value) for name, value in vars(module).items() if isinstance(value, Parameter)))

    def named_buffers(self, prefix: str = "",
                      recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Paths and buffers, each buffer once."""
        return self._named(prefix, recurse, lambda module: (
            (name, vars(module)[name]) for name in module._buffers
            if vars(module).get(name) is not None))

    def _named(self, prefix: str, recurse: bool,
               own: Callable[[Module], Iterable[tuple[str, Any]]]) -> Iterator[tuple[str, Any]]:
        seen = set()
        for path, module in self.named_modules(prefix=prefix) if recurse else [(prefix, self)]:
            for name, value in own(module):
                if id(value) not in seen:
                    seen.add(id(value))
                    yield f"{path}.{name}" if path else name, value

    def modules(self) -> Iterator[Module]:
        """Itself, its parts, their parts; each module once."""
        return (module for _, module in self.named_modules())

    def children(self) -> Iterator[Module]:
        """The modules of its own attributes."""
        return (module for _, module in self.named_children())

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter, once: what an optimiser is given."""
        return (value for _, value in self.named_parameters(recurse=recurse))

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer, once."""
        return (value for _, value in self.named_buffers(recurse=recurse))

    # ---- What is done to all of them -------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` with each part, the innermost first, and with itself last."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set the training mode of itself and all parts: some layers differ in evaluation."""
        for module in self.modules():
            module.training = mode
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

    # ---- State -----------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Tensor]:
        """Every parameter and persistent buffer by its path.

        The tensors share memory with the module: training goes on changing them. For a copy, clone
        them or use ``copy.deepcopy``.

        Examples
        --------
        >>> from learngrad import nn
        >>> {name: list(t.shape) for name, t in nn.Linear(2, 3).state_dict().items()}
        {'weight': [3, 2], 'bias': [3]}
        """
        return {name: value.detach() for name, value in self._state()}

    def _state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """As `state_dict`, the tensors themselves; a shared one under each of its paths."""
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield prefix + name, value
        for name, persistent in self._buffers.items():
            if persistent and vars(self)[name] is not None:
                yield prefix + name, vars(self)[name]
        for name, child in self.named_children():
            yield from child._state(f"{prefix}{name}.")

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Copy the values of `state_dict` into the parameters and buffers.

        Parameters
        ----------
        state_dict : mapping of str to Tensor or array
            As `state_dict` gives it. Values are converted to the dtype of what they replace.
        strict : bool, default True
            Refuse keys that are missing or unexpected; with False they are left out and returned.

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
        if not isinstance(state_dict, Mapping):
            raise ArgumentTypeError(f"a state is a dict of tensors, not {state_dict!r:.60}",
                                    fix="model.load_state_dict(other.state_dict())")
        own = dict(self._state())
        given = {key: value if isinstance(value, Tensor) else tensor(value)
                 for key, value in state_dict.items() if key in own}
        result = LoadResult([key for key in own if key not in given],
                            [key for key in state_dict if key not in own])
        problems = [f"{key}: shape {list(value.shape)} in the state, {list(own[key].shape)} here"
                    for key, value in given.items() if value.shape != own[key].shape]
        if strict:
            problems += [f"{key}: missing in the state" for key in result.missing_keys]
            problems += [f"{key}: not in this module" for key in result.unexpected_keys]
        if problems:
            raise ModuleError("\n  ".join([f"this state does not fit {type(self).__name__}:",
                                           *problems]),
                              fix="build the module as the one that was saved, or pass "
                                  "strict=False to leave out keys that do not match")
        with no_grad():
            for key, value in given.items():
                own[key].copy_(value)
        return result

    # ---- As Python shows it ----------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the brackets of its repr, for a subclass to say."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = [f"({name}): {child!r}".replace("\n", "\n  ")
                 for name, child in self.named_children()]
        if not lines:
            return f"{type(self).__name__}({extra})"
        return "\n  ".join([f"{type(self).__name__}(", *extra.splitlines(), *lines]) + "\n)"
