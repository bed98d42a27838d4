"""An operation of one's own, in two functions: what it computes, and what it passes back."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from learngrad.autograd.function import Function
from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.kernels import Fused

__all__ = ["Operation", "operation"]


class Operation:
    """What `operation` makes of a formula; calling it runs the operation on tensors.

    Examples
    --------
    >>> import learngrad
    >>> @learngrad.autograd.operation
    ... def double(x):
    ...     return x + x
    >>> double
    <operation double(x)>
    """

    def __init__(self, formula: Callable[..., Any], cuda: str | None) -> None:
        self.letters = _letters(formula)
        self.__name__, self.__doc__, self.__wrapped__ = formula.__name__, formula.__doc__, formula
        self._formula = _beside(formula, self.letters, cuda)
        self._class = self._made((), None)

    def __call__(self, *inputs: Any) -> Any:
        """Run it: tensors and numbers in, a tensor out."""
        if len(inputs) != len(self.letters):
            raise ArgumentTypeError(
                f"{self.__name__} takes {len(self.letters)} inputs ({', '.join(self.letters)}), "
                f"not {len(inputs)}", fix=f"{self.__name__}({', '.join(self.letters)})")
        return self._class.apply(*inputs)

    def backward(self, rule: Callable[..., Any] | None = None, *, cuda: str | None = None) -> Any:
        """Say what it passes back; a decorator, plain or with `cuda`.

        Parameters
        ----------
        rule : callable
            Its first parameter is the gradient that arrives. The others are inputs of the
            operation, by their names, or ``out``, its output: they are kept for it. It gives the
            gradient of each input, in their order; None for one that has none.
        cuda : str, optional
            The body of a kernel that stands for `rule` on a GPU, where there is one input: it
            writes ``grad``.

        Raises
        ------
        ArgumentError
            If a parameter is no input, or there is a kernel and more than one input.
        """
        if rule is None:
            return lambda rule: self.backward(rule, cuda=cuda)
        names = _letters(rule)[1:]
        for name in names:
            if name not in (*self.letters, "out"):
                raise ArgumentError(
                    f"the backward of {self.__name__} asks for {name}, which is no input of it",
                    fix=f"def {rule.__name__}(g, {', '.join(self.letters)}, out): any of these")
        if cuda is not None and len(self.letters) > 1:
            raise ArgumentError(
                f"{self.__name__} has {len(self.letters)} inputs, and a kernel of its backward "
                "gives one gradient", fix="leave cuda out of backward: the formula runs on a GPU "
                                          "as well")
        self._class = self._made(names, _beside(rule, _letters(rule), cuda, "grad"))
        return rule

    def _made(self, saves: tuple[str, ...], rule: Callable[..., Any] | None) -> type[Function]:
        """The class of its nodes."""
        body: dict[str, Any] = {
            "__doc__": self.__doc__, "__module__": self.__wrapped__.__module__,
            "sign": self.__name__, "broadcasts": True, "promotion": staticmethod(list),
            "forward": lambda node, *inputs: self._formula(*inputs)}
        if rule is not None:
            body["backward"] = lambda node, g, *saved: rule(g, *saved)
        made: Any = type(self.__name__.title().replace("_", ""), (Function,), body)
        # What the base reads off the names of forward's parameters.
        made.letters = self.letters
        made._saves = tuple((-1 if name == "out" else self.letters.index(name), -1)
                            for name in saves)
        made._prepare()
        return made

    def __repr__(self) -> str:
        return f"<operation {self.__name__}({', '.join(self.letters)})>"


def operation(formula: Callable[..., Any] | None = None, *, cuda: str | None = None) -> Any:
    """Make an operation of a formula on arrays; a decorator, plain or with `cuda`.

    The formula is written in NumPy's functions and operators, and runs on a GPU's arrays, too. Its
    derivative is a second function (`Operation.backward`); written in operators, it is good for
    second derivatives as well.

    PyTorch: `torch.library.custom_op` takes such a pair of functions on tensors.

    Parameters
    ----------
    formula : callable
        From arrays, and numbers, to an array.
    cuda : str, optional
        The body of a kernel that stands for it on a GPU, in CUDA C: what happens to one element.
        The inputs have their names and one dtype, ``T``; it writes ``out``.

    Returns
    -------
    Operation
        To be called with tensors.

    Raises
    ------
    KernelError
        When it first runs on a GPU, if the kernel does not compile.

    Examples
    --------
    >>> import learngrad
    >>> @learngrad.autograd.operation(cuda="out = x * x * x;")
    ... def cube(x):
    ...     return x * x * x
    >>> @cube.backward(cuda="grad = g * T(3) * x * x;")
    ... def cube_back(g, x):
    ...     return g * 3 * x * x
    >>> x = learngrad.tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad.item()
    12.0
    """
    if formula is None:
        return lambda formula: Operation(formula, cuda)
    return Operation(formula, cuda)


def _letters(formula: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's parameters."""
    found = inspect.signature(formula).parameters.values()
    if any(p.kind not in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in found):
        raise ArgumentTypeError(f"{formula.__name__} has parameters without a place: *args, "
                                "keywords", fix="name each input: def f(x, y)")
    return tuple(p.name for p in found)


def _beside(formula: Callable[..., Any], letters: tuple[str, ...], cuda: str | None,
            out: str = "out") -> Callable[..., Any]:
    """The formula, with its kernel if there is one."""
    if cuda is None:
        return formula
    return Fused(formula, ", ".join(f"T {letter}" for letter in letters), f"T {out}", cuda)
