"""Derivatives of functions: gradient, Jacobian, Hessian, and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from learngrad.autograd import engine, function
from learngrad.autograd.mode import enable_grad
from learngrad.errors import (
    ArgumentError,
    ArgumentTypeError,
    GraphError,
    ShapeError,
    a_kind_of,
)

__all__ = ["grad", "hessian", "jacobian", "jvp", "value_and_grad", "vjp"]

Func = Callable[..., Any]


def value_and_grad(func: Func, argnums: int | tuple[int, ...] = 0) -> Func:
    """A function that gives what `func` gives, a single number, and its gradient.

    Parameters
    ----------
    func : callable
        Takes tensors, gives a tensor of one element.
    argnums : int or tuple of int, default 0
        The arguments to differentiate with respect to.

    Examples
    --------
    >>> import learngrad
    >>> f = learngrad.autograd.functional.value_and_grad(lambda x: (x * x).sum())
    >>> f(learngrad.tensor([1.0, 2.0]))
    (tensor(5.), tensor([2., 4.]))
    """
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def both(*args: Any) -> tuple[Any, Any]:
        with enable_grad():
            fresh = list(args)
            for i in chosen:
                fresh[i] = _leaf(args[i])
            value = func(*fresh)
            nested = any(t.requires_grad for t in args if isinstance(t, function.Tensor))
            grads = engine.grad(value, [fresh[i] for i in chosen], create_graph=nested,
                                materialize_grads=True)
        return (value if nested else value.detach(),
                grads[0] if isinstance(argnums, int) else grads)

    return both


def grad(func: Func, argnums: int | tuple[int, ...] = 0) -> Func:
    """A function that gives the gradient of `func`; apply it twice for the second derivative.

    PyTorch: ``torch.func.grad``.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.autograd.functional import grad
    >>> grad(grad(lambda x: x ** 3))(learngrad.tensor(2.0))
    tensor(12.)
    """
    both = value_and_grad(func, argnums)
    return lambda *args: both(*args)[1]


def vjp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple[Any, Any]:
    """What `func` gives, and the product of a vector with its Jacobian: one backward pass.

    Parameters
    ----------
    func : callable
        Gives one tensor.
    inputs : Tensor or tuple of Tensor
    v : Tensor, optional
        Of the output's shape; not needed where the output has one element.
    create_graph : bool, default False
    strict : bool, default False
        Must be False, as for `jacobian`.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([1.0, 2.0])
    >>> learngrad.autograd.functional.vjp(lambda x: x * x, x, learngrad.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    _not_strict(strict)
    with enable_grad():
        args = [_leaf(x) for x in _several(inputs)]
        out = _one("vjp", func(*args))
        v = v[0] if isinstance(v, (tuple, list)) and len(v) == 1 else v
        if out.numel() != 1 if v is None else list(getattr(v, "shape", ())) != list(out.shape):
            raise ShapeError(f"v goes along with the output, of shape {list(out.shape)}",
                             tensors={"output": out}, fix="v=learngrad.ones_like(output)")
        grads = _gradients(out, args, v, create_graph=create_graph)
    return out if create_graph else out.detach(), _like(inputs, grads)


def jvp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple[Any, Any]:
    """What `func` gives, and the product of its Jacobian with a vector, by two backward passes.

    The first pass gives ``u @ J`` as a function of u, which is linear; its derivative along u is
    ``J @ v``.

    Parameters
    ----------
    func : callable
        Gives one tensor.
    inputs : Tensor or tuple of Tensor
    v : Tensor or tuple of Tensor, optional
        One for each input, of its shape; not needed for one input of one element.
    create_graph : bool, default False
    strict : bool, default False
        Must be False, as for `jacobian`.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([1.0, 2.0])
    >>> learngrad.autograd.functional.jvp(lambda x: (x * x).sum(), x, learngrad.tensor([1.0, 0.0]))
    (tensor(5.), tensor(2.))
    """
    _not_strict(strict)
    with enable_grad():
        args = [_leaf(x) for x in _several(inputs)]
        vectors = _directions(v, args)
        out = _one("jvp", func(*args))
        u = _leaf(out._blank())
        grads = _gradients(out, args, u, create_graph=True)
        total = sum((g * vector).sum() for g, vector in zip(grads, vectors))
        product, = _gradients(total, [u], create_graph=create_graph)
    return out if create_graph else out.detach(), product


def jacobian(func: Func, inputs: Any, create_graph: bool = False, strict: bool = False,
             vectorize: bool = False, strategy: str = "reverse-mode") -> Any:
    """Every derivative of every output element with respect to every input element.

    It is one backward pass for each output element: `vectorize` and `strategy`, PyTorch's ways to
    compute it, are taken, and change nothing.

    PyTorch: with ``strict=True`` it refuses an output that does not depend on an input; here such a
    derivative is 0.

    Returns
    -------
    Tensor, shape [*output, *input], or a tuple of them where `inputs` is a tuple.

    Raises
    ------
    ArgumentTypeError
        If `func` does not give one tensor.
    ArgumentError
        If it is asked to be strict.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.autograd.functional.jacobian(lambda x: x * x, learngrad.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    _not_strict(strict)
    with enable_grad():
        args = [_leaf(x) if not create_graph or not x.requires_grad else x
                for x in _several(inputs)]
        out = _one("jacobian", func(*args))
        flat = out.reshape(-1)
        rows: list[list[Any]] = [[] for _ in args]
        for k in range(flat.numel()):
            grads = _gradients(flat[k], args, retain_graph=True, create_graph=create_graph)
            for row, g in zip(rows, grads):
                row.append(g)
    return _like(inputs, [_stacked(row, out, x) for row, x in zip(rows, args)])


def hessian(func: Func, inputs: Any, create_graph: bool = False, strict: bool = False,
            vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode") -> Any:
    """Every second derivative of a function that gives one number.

    `strict` is refused, as by `jacobian`; what comes after it is taken, and changes nothing.

    Returns
    -------
    Tensor, shape [*input, *input]; for a tuple of inputs a tuple of tuples of them.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([1.0, 2.0])
    >>> learngrad.autograd.functional.hessian(lambda x: (x ** 3).sum(), x)
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    several = _several(inputs)

    def gradient_of(i: int) -> Func:
        def gradient(*args: Any) -> Any:
            out = _one("hessian", func(*args))
            if out.numel() != 1:
                raise GraphError(f"hessian needs a function of one number, not {out.numel()}",
                                 tensors={"output": out}, fix="reduce it with .sum() or .mean()")
            return _gradients(out, [args[i]], create_graph=True)[0]

        return gradient

    rows = [jacobian(gradient_of(i), tuple(several), create_graph, strict)
            for i in range(len(several))]
    return tuple(rows) if isinstance(inputs, (tuple, list)) else rows[0][0]


def _not_strict(strict: bool) -> None:
    if strict:
        raise ArgumentError("what does not depend on an input is not refused here: its derivative "
                            "is 0", fix="leave strict out, and look for zeros")


def _one(name: str, out: Any) -> Any:
    if not isinstance(out, function.Tensor):
        raise ArgumentTypeError(f"{name} needs a function that gives one tensor, not "
                                f"{a_kind_of(out)}", fix="return one tensor")
    return out


def _directions(v: Any, args: list[Any]) -> list[Any]:
    """The direction to go in at each input: a tensor of its shape."""
    if v is None and len(args) == 1 and args[0].numel() == 1:
        return [function.Tensor(args[0]._data * 0 + 1, dtype=args[0].dtype)]
    if v is None:
        raise GraphError("jvp needs a direction v: there are many ways to move several numbers",
                         fix="v=learngrad.ones_like(x), to raise all of them alike")
    found, wanted = ([list(getattr(x, "shape", ())) for x in xs] for xs in (_several(v), args))
    if not all(isinstance(x, function.Tensor) for x in _several(v)):
        raise ArgumentTypeError(f"v is a tensor, or one for each input, not {v!r:.60}",
                                fix="v=learngrad.ones_like(x)")
    if found != wanted:
        raise ShapeError(f"v goes along with the inputs, whose shapes are {wanted}, and it has "
                         f"{found}", fix="v=learngrad.ones_like(x), or one for each input")
    return _several(v)


def _several(inputs: Any) -> list[Any]:
    return list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]


def _like(inputs: Any, results: Sequence[Any]) -> Any:
    return tuple(results) if isinstance(inputs, (tuple, list)) else results[0]


def _leaf(x: Any) -> Any:
    """`x` to differentiate with respect to, still connected to its own graph if it has one."""
    if not isinstance(x, function.Tensor):
        raise ArgumentTypeError(f"a derivative is taken with respect to a tensor, not {x!r:.60}",
                                fix="learngrad.tensor(x)")
    return x.clone() if x.requires_grad else x.detach().requires_grad_()


def _gradients(out: Any, inputs: list[Any], v: Any = None, **options: Any) -> Sequence[Any]:
    """The gradients of `out` by `inputs`: 0 for what it does not depend on."""
    if not out.requires_grad:
        return [x._blank() for x in inputs]
    return engine.grad(out, inputs, v, materialize_grads=True, **options)


def _stacked(rows: list[Any], out: Any, x: Any) -> Any:
    """The rows of a Jacobian of `out` by `x` as one tensor, in the graph where the rows are."""
    whole = function.Tensor(np.zeros((len(rows), *x.shape)), dtype=x.dtype, device=x.device)
    for k, row in enumerate(rows):
        whole[k] = row
    return whole.reshape((*out.shape, *x.shape))
